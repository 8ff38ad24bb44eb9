//! What always holds, over random consents, requests and data.

use super::scene::{NOW, actor, purpose, r4, read};
use crate::{
    DaySpan,
    consent::{
        ACT_REASON, Action, Consent, Consents, Kind, Reason, Request, ResidualKind, ResidualRule,
    },
    labels::{Coding, CodingRef, Confidentiality, Facts, Labels, Sensitivities},
};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

const WHO: [&str; 4] =
    ["Practitioner/doctor", "Practitioner/nurse", "Organization/hospital", "Group/team"];

/// Some limits of a provision.
fn limits() -> impl Strategy<Value = Value> {
    let maybe = |field: &'static str, values: Vec<Value>| {
        proptest::option::weighted(0.25, select(values)).prop_map(move |value| (field, value))
    };
    let label = |code: &str| json!([{"system": crate::labels::ACT_CODE, "code": code}]);
    let level = |code: &str| json!([{"system": crate::labels::CONFIDENTIALITY, "code": code}]);
    let code = |code: &str| json!([{"coding": [{"system": "urn:s", "code": code}]}]);
    let data =
        |meaning: &str, of: &str| json!([{"meaning": meaning, "reference": {"reference": of}}]);
    let action = |code: &str| {
        json!([{"coding": [{
        "system": "http://terminology.hl7.org/CodeSystem/consentaction", "code": code}]}])
    };
    let class =
        |code: &str| json!([{"system": "http://hl7.org/fhir/resource-types", "code": code}]);
    (
        maybe("actor", WHO.iter().map(|who| json!([actor(who)])).collect()),
        maybe("purpose", ["TREAT", "HRESCH"].iter().map(|one| json!([purpose(one)])).collect()),
        maybe("action", vec![action("access"), action("disclose")]),
        maybe("securityLabel", vec![label("PSY"), label("ETH"), level("N"), level("R")]),
        maybe("class", vec![class("Observation"), class("Condition")]),
        maybe("code", vec![code("1"), code("2")]),
        maybe("dataPeriod", vec![json!({"start": "2020"}), json!({"end": "2019-12-31"})]),
        maybe(
            "data",
            vec![
                data("authoredby", WHO[0]),
                data("related", "Encounter/1"),
                data("instance", "Observation/1"),
            ],
        ),
        maybe("period", vec![json!({"end": "2020"}), json!({"start": "2020"})]),
    )
        .prop_map(|(a, b, c, d, e, f, g, h, i)| {
            let given = [a, b, c, d, e, f, g, h, i];
            Value::Object(
                given
                    .into_iter()
                    .filter_map(|(field, value)| Some((field.to_owned(), value?)))
                    .collect(),
            )
        })
}

fn provision() -> impl Strategy<Value = Value> {
    let leaf = (select(vec!["permit", "deny"]), limits())
        .prop_map(|(kind, mut limits)| {
            limits["type"] = json!(kind);
            limits
        })
        .boxed();
    leaf.clone().prop_recursive(3, 12, 4, move |inner| {
        (leaf.clone(), vec(inner, 0..4)).prop_map(|(mut provision, nested)| {
            if !nested.is_empty() {
                provision["provision"] = json!(nested);
            }
            provision
        })
    })
}

/// Consents that are not refused.
fn consents(most: usize) -> impl Strategy<Value = Vec<Value>> {
    vec(provision(), 0..most).prop_map(|provisions| {
        let all = provisions.iter().enumerate().map(|(at, one)| r4(&format!("c{at}"), one));
        all.filter(|consent| read(consent).is_ok()).collect()
    })
}

type Asked = (usize, bool, &'static str, Action);

fn asked() -> impl Strategy<Value = Asked> {
    let actions = vec![Action::Access, Action::Disclose];
    (0..2_usize, any::<bool>(), select(vec!["TREAT", "HRESCH", "BTG"]), select(actions))
}

fn request((person, in_team, purpose, action): Asked) -> Request<'static> {
    Request {
        patient: "Patient/1",
        person: Some(WHO[person]),
        organisation: Some(WHO[2]),
        member_of: if in_team { &["Group/team"] } else { &[] },
        roles: &[],
        custodians: &[],
        purpose: CodingRef { system: ACT_REASON, code: purpose },
        action,
        now: NOW,
    }
}

fn facts() -> impl Strategy<Value = Facts> {
    let dates = select(vec![None, DaySpan::from_fhir("2019"), DaySpan::from_fhir("2021-05")]);
    let sensitive = select(vec!["", "PSY", "ETHUD"]);
    let codes = select(vec![vec![], vec!["1"], vec!["1", "2"]]);
    let level = select(Confidentiality::ALL.to_vec());
    (dates, sensitive, codes, level, any::<[bool; 4]>()).prop_map(
        |(dates, sensitive, codes, level, flags)| {
            let kind = if flags[0] { "Observation" } else { "Condition" };
            let mut facts = Facts::of_type(kind.parse().unwrap());
            facts.dates = dates;
            facts.labels = Labels {
                confidentiality: Some(level),
                sensitivities: Sensitivities::from_code(sensitive).unwrap_or_default(),
                others: Vec::new(),
            };
            facts.codes = codes.iter().map(|code| Coding::new("urn:s", code)).collect();
            if flags[1] {
                facts.authors = vec![WHO[0].into()];
            }
            if flags[2] {
                facts.references = vec!["Encounter/1".into()];
            }
            if flags[3] {
                facts.names = vec!["Observation/1".into()];
            }
            facts
        },
    )
}

fn set(consents: &[Value]) -> Consents {
    Consents::new(consents.iter().map(|one| read(one).unwrap()).collect()).unwrap()
}

fn permits(consents: &[Value], asked: Asked, facts: &Facts) -> bool {
    set(consents).decide_for(&request(asked), facts).is_permitted()
}

/// Adds a denial without exceptions to some provision of a consent.
fn add_denial(provision: &mut Value, denial: &Value, mut way: usize) {
    let nested = provision["provision"].as_array().map_or(0, Vec::len);
    if nested > 0 && !way.is_multiple_of(3) {
        way /= 3;
        return add_denial(&mut provision["provision"][way % nested], denial, way / nested);
    }
    let mut list = provision["provision"].as_array().cloned().unwrap_or_default();
    let at = way % (list.len() + 1);
    list.insert(at, denial.clone());
    provision["provision"] = json!(list);
}

fn items<'v>(provision: &'v mut Value, field: &str) -> impl Iterator<Item = &'v mut Value> {
    provision.get_mut(field).and_then(Value::as_array_mut).into_iter().flatten()
}

/// Whether the list of residual rules lets the data flow: the last rule that covers it counts.
fn flows_by_list(rules: &[ResidualRule], facts: &Facts) -> bool {
    let covers = |rule: &ResidualRule| {
        let mut provision = serde_json::to_value(rule).unwrap();
        let permit = rule.r#type == ResidualKind::Permit;
        provision["type"] = json!(if permit { "permit" } else { "deny" });
        for data in items(&mut provision, "data") {
            data["reference"] = json!({"reference": data["reference"]});
        }
        for code in items(&mut provision, "code") {
            *code = json!({"coding": [code]});
        }
        let set = set(&[r4("rule", &provision)]);
        let flow = set.decide_for(&request((0, false, "TREAT", Action::Access)), facts);
        matches!(flow.reason, Reason::Provision { .. })
    };
    rules
        .iter()
        .rev()
        .find(|rule| covers(rule))
        .is_none_or(|rule| rule.r#type == ResidualKind::Permit)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_consents_and_strangers_among_them_never_change_a_decision(
        consents in consents(6), asked in asked(), facts in facts(), turn in 0..6_usize,
        stranger in provision(),
    ) {
        let mut other = consents.clone();
        other.rotate_left(turn % consents.len().max(1));
        other.reverse();
        let mut stranger = r4("stranger", &stranger);
        stranger["patient"] = json!({"reference": "Patient/2"});
        if read(&stranger).is_ok() {
            other.insert(turn % (other.len() + 1), stranger);
        }

        prop_assert_eq!(permits(&consents, asked, &facts), permits(&other, asked, &facts));
    }

    #[test]
    fn a_denial_that_is_added_never_grants(
        consents in consents(4), asked in asked(), facts in facts(), limits in limits(), way in any::<u32>(),
    ) {
        let before = permits(&consents, asked, &facts);
        let mut denial = limits;
        denial["type"] = json!("deny");
        let mut beside = consents.clone();
        beside.push(r4("denial", &denial));
        prop_assert!(before || !permits(&beside, asked, &facts));

        let mut within = consents.clone();
        if let Some(one) = within.first_mut() {
            add_denial(&mut one["provision"], &denial, way as usize);
            if read(one).is_ok() {
                prop_assert!(before || !permits(&within, asked, &facts));
            }
        }
    }

    #[test]
    fn several_consents_say_what_each_says_alone(
        consents in consents(30), asked in asked(), facts in facts(),
    ) {
        let alone: Vec<_> = consents
            .iter()
            .map(|one| set(std::slice::from_ref(one)).decide_for(&request(asked), &facts))
            .collect();
        let denied = alone.iter().any(|flow| {
            flow.kind == Kind::Deny && matches!(flow.reason, Reason::Provision { .. })
        });
        let permitted = alone.iter().any(|flow| flow.is_permitted());

        prop_assert_eq!(permits(&consents, asked, &facts), permitted && !denied);
    }

    #[test]
    fn what_can_not_flow_by_the_request_flows_for_no_data_and_the_list_is_never_wider(
        consents in consents(4), asked in asked(), facts in facts(),
    ) {
        let set = set(&consents);
        let decision = set.decide(&request(asked));
        let flows = decision.flows(&facts).is_permitted();

        if decision.kind() == Kind::Deny {
            prop_assert!(!flows);
            prop_assert!(decision.why_denied().is_some());
        }
        prop_assert!(flows || !flows_by_list(&decision.residual(), &facts), "{:?}", decision.residual());
    }

    #[test]
    fn noise_is_refused_and_never_breaks_the_reader(
        bytes in vec(any::<u8>(), 0..200), provision in provision(), at in any::<u32>(), with in any::<u8>(),
    ) {
        prop_assert!(Consent::from_json(&bytes).is_err());
        let mut text = r4("c", &provision).to_string().into_bytes();
        let at = at as usize % text.len();
        text[at] = with;
        let _ = Consent::from_json(&text);
        text.truncate(at);
        prop_assert!(Consent::from_json(&text).is_err());
    }
}
