//! Consents compiled to Cedar: the same consents, requests and data, decided by another engine.
//!
//! A consent is drawn as a small tree. From the tree two texts are written independently: the FHIR
//! Consent that `salus-fhir` evaluates, and conditions in Cedar's language after the words of
//! `docs/spec/consent-rules.md`. Both must decide alike.

use cedar_policy::{Authorizer, Context, Decision, Entities, PolicySet, Request as CedarRequest};
use proptest::{collection::vec, prelude::*, sample::select, sample::subsequence};
use salus_fhir::{
    DaySpan,
    consent::{ACT_REASON, Action, Consent, Consents, Moment, Request},
    labels::{Coding, CodingRef, Confidentiality, Facts, Labels, Sensitivities},
};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

const WHO: [&str; 4] = ["Practitioner/1", "Practitioner/2", "Organization/1", "Group/1"];
const LEVELS: [&str; 6] = ["U", "L", "M", "N", "R", "V"];
const V3: &str = "http://terminology.hl7.org/CodeSystem/";

/// A provision as it is drawn. What is empty is no limit.
#[derive(Clone, Debug)]
struct Rule {
    permit: bool,
    actors: Vec<&'static str>,
    purposes: Vec<&'static str>,
    actions: Vec<&'static str>,
    level: Option<usize>,
    sensitive: Vec<&'static str>,
    types: Vec<&'static str>,
    codes: Vec<&'static str>,
    years: Option<(i64, i64)>,
    authors: Vec<&'static str>,
    nested: Vec<Rule>,
}

fn some(of: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    prop_oneof![3 => Just(vec![]), 1 => subsequence(of.to_vec(), 1..=of.len())]
}

fn rule() -> impl Strategy<Value = Rule> {
    let years = select(vec![(2018, 2019), (2019, 2020), (2020, 2021)]);
    let limits = (
        any::<bool>(),
        some(&WHO),
        some(&["TREAT", "HRESCH"]),
        some(&["access", "disclose"]),
        proptest::option::weighted(0.2, 0..6_usize),
        some(&["PSY", "HIV"]),
        some(&["Observation", "Condition"]),
        some(&["1", "2"]),
        proptest::option::weighted(0.2, years),
        some(&["Practitioner/1", "Practitioner/2"]),
    );
    let leaf = limits.prop_map(
        |(permit, actors, purposes, actions, level, sensitive, types, codes, years, authors)| {
            Rule {
                permit,
                actors,
                purposes,
                actions,
                level,
                sensitive,
                types,
                codes,
                years,
                authors,
                nested: vec![],
            }
        },
    );
    let leaf = leaf.boxed();
    leaf.clone().prop_recursive(2, 6, 3, move |inner| {
        (leaf.clone(), vec(inner, 0..3)).prop_map(|(mut rule, nested)| {
            rule.nested = nested;
            rule
        })
    })
}

/// Who asks for what, and of what kind the data is.
#[derive(Clone, Debug)]
struct Scene {
    parties: Vec<&'static str>,
    purpose: &'static str,
    action: Action,
    level: usize,
    sensitive: Vec<&'static str>,
    kind: &'static str,
    codes: Vec<&'static str>,
    year: Option<i64>,
    authors: Vec<&'static str>,
}

fn scene() -> impl Strategy<Value = Scene> {
    (
        subsequence(WHO.to_vec(), 0..=3),
        select(vec!["TREAT", "HRESCH"]),
        select(vec![Action::Access, Action::Disclose]),
        0..6_usize,
        subsequence(vec!["PSY", "HIV"], 0..=2),
        select(vec!["Observation", "Condition"]),
        subsequence(vec!["1", "2"], 0..=2),
        proptest::option::of(2018..2022_i64),
        subsequence(vec!["Practitioner/1", "Practitioner/2"], 0..=2),
    )
        .prop_map(
            |(parties, purpose, action, level, sensitive, kind, codes, year, authors)| Scene {
                parties,
                purpose,
                action,
                level,
                sensitive,
                kind,
                codes,
                year,
                authors,
            },
        )
}

// As FHIR.

fn fhir(rule: &Rule) -> Value {
    let mut fields = Map::new();
    let mut set = |name: &str, values: Vec<Value>| {
        if !values.is_empty() {
            fields.insert(name.to_owned(), Value::Array(values));
        }
    };
    let recipient =
        json!({"coding": [{"system": format!("{V3}v3-ParticipationType"), "code": "IRCP"}]});
    let reference = |name: &&str| json!({"reference": *name});
    set(
        "actor",
        rule.actors
            .iter()
            .map(|who| json!({"role": recipient, "reference": reference(who)}))
            .collect(),
    );
    set(
        "purpose",
        rule.purposes.iter().map(|code| json!({"system": ACT_REASON, "code": code})).collect(),
    );
    let action =
        |code: &&str| json!({"coding": [{"system": format!("{V3}consentaction"), "code": code}]});
    set("action", rule.actions.iter().map(action).collect());
    let level = rule
        .level
        .map(|at| json!({"system": format!("{V3}v3-Confidentiality"), "code": LEVELS[at]}));
    let sensitive = rule
        .sensitive
        .iter()
        .map(|code| json!({"system": format!("{V3}v3-ActCode"), "code": code}));
    set("securityLabel", level.into_iter().chain(sensitive).collect());
    let class = |code: &&str| json!({"system": "http://hl7.org/fhir/resource-types", "code": code});
    set("class", rule.types.iter().map(class).collect());
    set(
        "code",
        rule.codes
            .iter()
            .map(|code| json!({"coding": [{"system": "urn:s", "code": code}]}))
            .collect(),
    );
    let by = |who: &&str| json!({"meaning": "authoredby", "reference": reference(who)});
    set("data", rule.authors.iter().map(by).collect());
    set("provision", rule.nested.iter().map(fhir).collect());
    if let Some((first, last)) = rule.years {
        fields.insert(
            "dataPeriod".into(),
            json!({"start": first.to_string(), "end": last.to_string()}),
        );
    }
    fields.insert("type".into(), json!(if rule.permit { "permit" } else { "deny" }));
    Value::Object(fields)
}

fn consent(number: usize, rule: &Rule) -> Option<Consent> {
    let consent = json!({
        "resourceType": "Consent", "id": format!("c{number}"), "status": "active",
        "scope": {"coding": [{"system": format!("{V3}consentscope"), "code": "patient-privacy"}]},
        "patient": {"reference": "Patient/1"}, "provision": fhir(rule),
    });
    Consent::from_json(consent.to_string().as_bytes()).ok()
}

fn facts(scene: &Scene) -> Facts {
    let mut facts = Facts::of_type(scene.kind.parse().unwrap());
    let one = |code: &&str| Sensitivities::from_code(code).unwrap();
    facts.labels = Labels {
        confidentiality: Confidentiality::from_code(LEVELS[scene.level]),
        sensitivities: scene
            .sensitive
            .iter()
            .map(one)
            .fold(Sensitivities::NONE, Sensitivities::with),
        others: vec![],
    };
    facts.codes = scene.codes.iter().map(|code| Coding::new("urn:s", code)).collect();
    facts.dates = scene.year.and_then(|year| DaySpan::from_fhir(&year.to_string()));
    facts.authors = scene.authors.iter().map(|who| (*who).into()).collect();
    facts
}

fn ours(consents: Vec<Consent>, scene: &Scene) -> bool {
    let request = Request {
        patient: "Patient/1",
        person: None,
        organisation: None,
        member_of: &scene.parties,
        roles: &[],
        custodians: &[],
        purpose: CodingRef::new(ACT_REASON, scene.purpose),
        action: scene.action,
        now: Moment::from_unix_ms(0),
    };
    Consents::new(consents).unwrap().decide_for(&request, &facts(scene)).is_permitted()
}

// As Cedar.

fn list(items: &[&str]) -> String {
    format!("[{}]", items.iter().map(|item| format!("\"{item}\"")).collect::<Vec<_>>().join(", "))
}

fn joined(parts: &[String], with: &str, none: &str) -> String {
    if parts.is_empty() { none.to_owned() } else { format!("({})", parts.join(with)) }
}

/// The rule with the limits that it inherits.
fn widened(rule: &Rule, outer: &Rule) -> Rule {
    fn or<T: Clone>(own: &[T], outer: &[T]) -> Vec<T> {
        if own.is_empty() { outer.to_vec() } else { own.to_vec() }
    }
    let labelled = rule.level.is_some() || !rule.sensitive.is_empty();
    Rule {
        permit: rule.permit,
        actors: or(&rule.actors, &outer.actors),
        purposes: or(&rule.purposes, &outer.purposes),
        actions: or(&rule.actions, &outer.actions),
        level: if labelled { rule.level } else { outer.level },
        sensitive: if labelled { rule.sensitive.clone() } else { outer.sensitive.clone() },
        types: or(&rule.types, &outer.types),
        codes: or(&rule.codes, &outer.codes),
        years: rule.years.or(outer.years),
        authors: or(&rule.authors, &outer.authors),
        nested: rule.nested.clone(),
    }
}

/// Whether the rule itself covers request and data.
fn covers(rule: &Rule) -> String {
    let mut all: Vec<String> = Vec::new();
    let mut one_of = |items: &[&str], condition: &str| {
        if !items.is_empty() {
            all.push(condition.replace("LIST", &list(items)));
        }
    };
    one_of(&rule.actors, "context.parties.containsAny(LIST)");
    one_of(&rule.purposes, "LIST.contains(context.purpose)");
    one_of(&rule.actions, "LIST.contains(context.action)");
    one_of(&rule.types, "LIST.contains(context.kind)");
    one_of(&rule.codes, "context.codes.containsAny(LIST)");
    one_of(&rule.authors, "context.authors.containsAny(LIST)");
    let mut labels: Vec<String> = Vec::new();
    if let Some(level) = rule.level {
        let compared = if rule.permit { "<=" } else { ">=" };
        labels.push(format!("context.level {compared} {level}"));
    }
    if !rule.sensitive.is_empty() {
        let named = list(&rule.sensitive);
        labels.push(if rule.permit {
            format!("(!context.sensitive.isEmpty() && {named}.containsAll(context.sensitive))")
        } else {
            format!("context.sensitive.containsAny({named})")
        });
    }
    if !labels.is_empty() {
        all.push(joined(&labels, " || ", ""));
    }
    if let Some((first, last)) = rule.years {
        let within = format!("(context.year >= {first} && context.year <= {last})");
        all.push(if rule.permit {
            format!("(context.dated && {within})")
        } else {
            format!("(!context.dated || {within})")
        });
    }
    joined(&all, " && ", "true")
}

/// What a rule with all that is nested in it says.
struct Says {
    covers: String,
    permits: String,
    denies: String,
}

fn says(rule: &Rule) -> Says {
    let same: Vec<Says> = rule
        .nested
        .iter()
        .filter(|nested| nested.permit == rule.permit)
        .map(|nested| says(&widened(nested, rule)))
        .collect();
    let other: Vec<Says> =
        rule.nested.iter().filter(|nested| nested.permit != rule.permit).map(says).collect();
    let mut reach = vec![covers(rule)];
    reach.extend(same.iter().map(|nested| nested.covers.clone()));
    let covers = joined(&reach, " || ", "false");
    let within = |take: fn(&Says) -> &String| {
        let parts: Vec<String> = same.iter().chain(&other).map(|one| take(one).clone()).collect();
        joined(&parts, " || ", "false")
    };
    let (permits, denies) = (within(|one| &one.permits), within(|one| &one.denies));
    let (by_default_permit, by_default_deny) = if rule.permit {
        (format!("({permits} || !{denies})"), denies.clone())
    } else {
        (permits.clone(), format!("({denies} || !{permits})"))
    };
    Says {
        permits: format!("({covers} && !{denies} && {by_default_permit})"),
        denies: format!("({covers} && {by_default_deny})"),
        covers,
    }
}

fn cedars(rules: &[Rule], scene: &Scene) -> bool {
    let mut text = String::new();
    for rule in rules {
        let Says { permits, denies, .. } = says(rule);
        writeln!(text, "permit (principal, action, resource) when {{ {permits} }};").unwrap();
        writeln!(text, "forbid (principal, action, resource) when {{ {denies} }};").unwrap();
    }
    let policies: PolicySet = text.parse().unwrap();
    let context = json!({
        "parties": scene.parties, "purpose": scene.purpose, "action": scene.action.code(),
        "kind": scene.kind, "codes": scene.codes, "authors": scene.authors, "level": scene.level,
        "sensitive": scene.sensitive, "dated": scene.year.is_some(), "year": scene.year.unwrap_or(0),
    });
    let context = Context::from_json_value(context, None).unwrap();
    let uid = |text: &str| text.parse().unwrap();
    let request =
        CedarRequest::new(uid("P::\"p\""), uid("A::\"a\""), uid("R::\"r\""), context, None);
    let response =
        Authorizer::new().is_authorized(&request.unwrap(), &policies, &Entities::empty());
    assert_eq!(response.diagnostics().errors().count(), 0, "{text}");
    response.decision() == Decision::Allow
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn both_engines_decide_alike(rules in vec(rule(), 0..5), scenes in vec(scene(), 1..8)) {
        let read: Vec<(Rule, Consent)> = rules
            .iter()
            .enumerate()
            .filter_map(|(number, rule)| Some((rule.clone(), consent(number, rule)?)))
            .collect();
        let (rules, consents): (Vec<_>, Vec<_>) = read.into_iter().unzip();
        for scene in &scenes {
            prop_assert_eq!(ours(consents.clone(), scene), cedars(&rules, scene), "{:?}", scene);
        }
    }
}
