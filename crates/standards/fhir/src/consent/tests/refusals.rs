//! What is refused, with which code and where; what is not understood and denies.

use super::scene::{NOW, actor, observation, purpose, r4, r5, read, request, set};
use crate::consent::{Consent, Kind, Moment, PROVISIONS_MAX, Standing};
use serde_json::{Value, json};

fn refused(consent: &Value) -> (&'static str, String) {
    let error = read(consent).unwrap_err();
    (error.code(), error.at.as_str().to_owned())
}

/// A consent whose root permits with this field.
fn with(field: &str, value: &Value) -> Value {
    let mut provision = json!({"type": "permit"});
    provision[field] = value.clone();
    r4("c", &provision)
}

#[test]
fn what_is_no_consent_is_refused() {
    let code = |bytes: &[u8]| Consent::from_json(bytes).unwrap_err().code();

    assert_eq!(code(b""), "fhir_consent.not_json");
    assert_eq!(
        code(b"{\"resourceType\":\"Consent\",\"id\":\"a\",\"id\":\"b\"}"),
        "fhir_consent.not_json"
    );
    assert_eq!(code(b"{\"resourceType\":\"Patient\"}"), "fhir_consent.not_a_consent");
    assert_eq!(code(b"[]"), "fhir_consent.not_a_consent");
    assert_eq!(code(&vec![b' '; 9 * 1024 * 1024]), "fhir_consent.too_large");
}

#[test]
fn each_fault_is_refused_with_its_code_and_its_place() {
    let coding = |code: &str| json!([{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": code}]);
    let concept =
        |system: &str, code: &str| json!([{"coding": [{"system": system, "code": code}]}]);
    let cases = [
        (with("purpose", &json!([purpose("NOSUCH")])), "unknown_code", "provision.purpose[0]"),
        (with("securityLabel", &coding("NOSUCH")), "unknown_code", "provision.securityLabel[0]"),
        (
            with("securityLabel", &json!([{"code": "N"}])),
            "incomplete_coding",
            "provision.securityLabel[0]",
        ),
        (
            with(
                "class",
                &json!([{"system": "http://hl7.org/fhir/resource-types", "code": "NoSuch"}]),
            ),
            "unknown_code",
            "provision.class[0]",
        ),
        (
            with("action", &concept("http://terminology.hl7.org/CodeSystem/consentaction", "sell")),
            "unknown_action",
            "provision.action[0]",
        ),
        (with("action", &concept("urn:other", "access")), "unknown_action", "provision.action[0]"),
        (with("code", &json!([{"text": "anything"}])), "incomplete_coding", "provision.code[0]"),
        (with("surprise", &json!(true)), "unknown_element", "provision"),
        (with("purpose", &json!([])), "missing_element", "provision.purpose"),
        (with("purpose", &json!("TREAT")), "wrong_type", "provision.purpose"),
        (with("period", &json!({"start": "2024-02-30"})), "not_a_time", "provision.period.start"),
        (
            with("period", &json!({"start": "2024-02-02", "end": "2024-02-01"})),
            "period_backwards",
            "provision.period",
        ),
        (
            with("dataPeriod", &json!({"start": "2025", "end": "2024"})),
            "period_backwards",
            "provision.dataPeriod",
        ),
        (
            with("actor", &json!([{"reference": {"reference": "Practitioner/1"}}])),
            "missing_element",
            "provision.actor[0]",
        ),
        (
            with(
                "actor",
                &json!([{"role": {"coding": [{"system": "s", "code": "c"}]}, "reference": {"display": "Dr"}}]),
            ),
            "unusable_reference",
            "provision.actor[0].reference",
        ),
        (
            with("actor", &json!([actor("#contained")])),
            "unusable_reference",
            "provision.actor[0].reference.reference",
        ),
        (
            with(
                "data",
                &json!([{"meaning": "vaguely", "reference": {"reference": "Observation/1"}}]),
            ),
            "unknown_code",
            "provision.data[0].meaning",
        ),
        (
            with("provision", &json!([{"purpose": [purpose("TREAT")]}])),
            "missing_type",
            "provision.provision[0]",
        ),
        (
            with(
                "provision",
                &json!([{"type": "deny"}, {"type": "permit", "purpose": [purpose("TREAT")]}]),
            ),
            "permit_without_effect",
            "provision.provision[1]",
        ),
        (with("type", &json!("perhaps")), "unknown_code", "provision.type"),
        (r4("c", &json!({"purpose": [purpose("TREAT")]})), "no_base", "provision"),
        (r5("c", "maybe", &json!([])), "unknown_code", "decision"),
    ];
    for (consent, code, place) in cases {
        assert_eq!(
            refused(&consent),
            (&*format!("fhir_consent.{code}"), place.to_owned()),
            "{consent}"
        );
    }
}

#[test]
fn a_field_of_another_release_is_refused() {
    let mut consent = r5("c", "permit", &json!([]));
    consent["scope"] = json!({"coding": []});
    assert_eq!(refused(&consent).0, "fhir_consent.unknown_element");
    assert_eq!(refused(&with("expression", &json!({}))).0, "fhir_consent.unknown_element");
}

#[test]
fn periods_that_contradict_one_another_are_refused() {
    let consent = r4(
        "c",
        &json!({
            "type": "permit", "period": {"start": "2024-01-01", "end": "2024-06-30"},
            "provision": [{"type": "deny", "period": {"start": "2024-07-01"}}],
        }),
    );

    let found = refused(&consent);

    assert_eq!(found, ("fhir_consent.period_contradicts", "provision.provision[0]".to_owned()));
}

#[test]
fn ten_thousand_provisions_are_read_and_one_more_is_refused() {
    let nested = |count: usize| -> Vec<Value> {
        (0..count)
            .map(|at| json!({"type": "deny", "actor": [actor(&format!("Practitioner/{at}"))]}))
            .collect()
    };
    let most = r4("c", &json!({"type": "permit", "provision": nested(PROVISIONS_MAX - 1)}));
    let more = r4("c", &json!({"type": "permit", "provision": nested(PROVISIONS_MAX)}));

    let most = set(&[most]);
    assert_eq!(most.consents()[0].provisions(), PROVISIONS_MAX);
    let named = crate::consent::Request { person: Some("Practitioner/9998"), ..request() };
    assert!(most.decide_for(&request(), &observation()).is_permitted());
    assert!(!most.decide_for(&named, &observation()).is_permitted());
    assert_eq!(refused(&more).0, "fhir_consent.too_many_provisions");
}

#[test]
fn eight_levels_are_read_and_nine_are_refused() {
    let nest = |levels: usize| {
        let mut provision = json!({"type": "deny"});
        for level in 1..levels {
            let kind = if level % 2 == 0 { "deny" } else { "permit" };
            provision = json!({"type": kind, "provision": [provision]});
        }
        r4("c", &provision)
    };

    assert!(read(&nest(8)).is_ok());
    assert_eq!(refused(&nest(9)).0, "fhir_consent.too_deep");
    let mut deep = json!({});
    for _ in 0..200 {
        deep = json!([deep]);
    }
    assert_eq!(refused(&with("extension", &deep)).0, "fhir_consent.not_json");
}

#[test]
fn what_could_change_the_meaning_denies_everything_and_says_where() {
    let modifier = json!([{"url": "urn:x", "valueBoolean": true}]);
    let mut at_root = r4("c", &json!({"type": "permit"}));
    at_root["modifierExtension"] = modifier.clone();
    let mut rules = r4("c", &json!({"type": "permit"}));
    rules["implicitRules"] = json!("urn:rules");
    let expression = r5("c", "permit", &json!([{"expression": {"language": "text/cql"}}]));
    let mut by_actor = actor("Practitioner/2");
    by_actor["modifierExtension"] = modifier.clone();
    let cases = [
        (at_root, "modifierExtension"),
        (rules, "implicitRules"),
        (with("modifierExtension", &modifier), "provision.modifierExtension"),
        (with("actor", &json!([by_actor])), "provision.actor[0].modifierExtension"),
        (expression, "provision[0].expression"),
    ];
    let open = r4("open", &json!({"type": "permit"}));
    for (consent, place) in cases {
        let set = set(&[open.clone(), consent]);
        let flow = set.decide_for(&request(), &observation());
        let why = set.explain(flow);
        assert_eq!((flow.kind, why.reason), (Kind::Deny, "obscure_element"));
        assert_eq!((why.consent.as_deref(), why.place.as_deref()), (Some("c"), Some(place)));
        assert_eq!(set.decide(&request()).kind(), Kind::Deny);
    }
}

#[test]
fn only_an_active_consent_about_the_use_of_data_counts() {
    for status in ["draft", "proposed", "rejected", "inactive", "entered-in-error"] {
        let mut consent = r4("c", &json!({"type": "permit"}));
        consent["status"] = json!(status);
        assert_eq!(read(&consent).unwrap().standing(), Standing::NotInForce);
        let set = set(&[consent]);
        let flow = set.decide_for(&request(), &observation());
        assert_eq!(set.explain(flow).reason, "no_consent");
    }
    let mut treatment = r4("c", &json!({"type": "permit"}));
    treatment["scope"]["coding"][0]["code"] = json!("treatment");
    assert_eq!(read(&treatment).unwrap().standing(), Standing::NotInForce);
    treatment["status"] = json!("nonsense");
    assert_eq!(refused(&treatment), ("fhir_consent.unknown_code", "status".to_owned()));
}

#[test]
fn a_time_of_fhir_is_a_span_of_milliseconds() {
    let span = |text: &str| Moment::span_of(text).map(|(a, b)| (a.unix_ms(), b.unix_ms()));

    assert_eq!(span("1970-01-02"), Some((86_400_000, 172_799_999)));
    assert_eq!(span("1970-01-01T00:00:00Z"), Some((0, 999)));
    assert_eq!(span("1970-01-01T01:00:00.25+01:00"), Some((250, 250)));
    assert_eq!(span("1969-12-31T23:00:00-01:00"), Some((0, 999)));
    assert_eq!(span("1970"), Some((0, 365 * 86_400_000 - 1)));
    for text in [
        "",
        "1970-13",
        "1970-01-01T",
        "1970-01-01T00:00Z",
        "1970-01-01T00:00:00",
        "1970-01T00:00:00Z",
        "1970-01-01T24:00:00Z",
        "1970-01-01T00:00:00.Z",
        "now",
    ] {
        assert_eq!(span(text), None, "{text}");
    }
    assert!(NOW > Moment::from_fhir("2023-11-14T22:13:19Z").unwrap());
}
