//! What whoever keeps records asks of consents.

use super::scene::{actor, observation, purpose, r4, read, request, set};
use crate::{
    consent::{Consent, Consents, Kind, Reason, Refusal, Request},
    labels::CodingRef,
};
use serde_json::json;

fn emergency<'a>() -> Request<'a> {
    Request { purpose: CodingRef { system: super::super::ACT_REASON, code: "BTG" }, ..request() }
}

fn in_emergency(consents: &Consents) -> Kind {
    consents.decide_in_emergency(&emergency()).flows(&observation()).kind
}

#[test]
fn in_an_emergency_only_denials_that_name_emergencies_count() {
    let permit = json!({"type": "permit", "purpose": [purpose("BTG")]});
    let denies = |code: &str| {
        set(&[r4("p", &permit), r4("d", &json!({"type": "deny", "purpose": [purpose(code)]}))])
    };

    assert_eq!(denies("TREAT").decide(&emergency()).flows(&observation()).kind, Kind::Deny);
    assert_eq!(in_emergency(&denies("TREAT")), Kind::Permit);
    assert_eq!(in_emergency(&denies("BTG")), Kind::Deny);
    assert_eq!(in_emergency(&denies("ETREAT")), Kind::Deny);
}

#[test]
fn a_consent_that_is_not_understood_denies_everything_but_an_emergency() {
    let refused = read(&json!({"resourceType": "Consent", "status": "active", "surprise": 1}));
    let error = refused.unwrap_err();
    assert_eq!(error.refusal, Refusal::UnknownElement);
    let instead = Consent::not_understood("c", "Patient/1", &error.at);
    let permit = read(&r4("p", &json!({"type": "permit"}))).unwrap();
    let consents = Consents::new(vec![permit, instead]).unwrap();

    let flow = consents.decide_for(&request(), &observation());
    assert_eq!(flow.kind, Kind::Deny);
    assert!(matches!(flow.reason, Reason::Obscure { .. }));
    assert_eq!(consents.explain(flow).consent.as_deref(), Some("c"));
    assert_eq!(in_emergency(&consents), Kind::Permit);
}

#[test]
fn one_that_is_not_understood_ends_when_it_is_replaced() {
    let instead = Consent::not_understood("c", "Patient/1", &crate::consent::Place::default());
    let permit = read(&r4("p", &json!({"type": "permit"}))).unwrap().replacing("Consent/c");

    let consents = Consents::new(vec![instead, permit]).unwrap();

    assert!(consents.decide_for(&request(), &observation()).is_permitted());
    assert_eq!((consents.counts(0), consents.counts(1)), (false, true));
}

#[test]
fn whom_denials_name_and_what_rules_relate_to_is_told() {
    let role = json!({"coding": [{"system": "urn:roles", "code": "student"}]});
    let consents = set(&[r4(
        "c",
        &json!({"type": "permit", "provision": [
            {"type": "deny", "actor": [actor("Practitioner/9"), {"role": role, "reference": {"reference": "Group/2"}}]},
            {"type": "deny", "data": [{"meaning": "related", "reference": {"reference": "Encounter/5"}}]}
        ]}),
    )]);

    let denied = consents.denied_actors();
    assert_eq!(denied.references, ["Group/2", "Practitioner/9"]);
    assert_eq!(denied.roles, [CodingRef { system: "urn:roles", code: "student" }]);
    assert_eq!(consents.related(), ["Encounter/5"]);
    assert!(consents.asks_references());
    assert!(!set(&[r4("c", &json!({"type": "permit"}))]).asks_references());
}

#[test]
fn a_consent_is_of_the_patient_that_is_said_to_be_its() {
    let consent = read(&r4("c", &json!({"type": "permit"}))).unwrap().about("Patient/2");
    let consents = Consents::new(vec![consent]).unwrap();

    assert!(!consents.decide_for(&request(), &observation()).is_permitted());
    let other = Request { patient: "Patient/2", ..request() };
    assert!(consents.decide_for(&other, &observation()).is_permitted());
}

#[test]
fn labels_alone_decide_by_labels_and_nothing_by_codes() {
    let limit = json!([{"system": crate::labels::ACT_CODE, "code": "PSY"}]);
    let by_label = set(&[r4(
        "c",
        &json!({"type": "permit", "provision": [{"type": "deny", "securityLabel": limit}]}),
    )]);
    let code = json!([{"coding": [{"system": "urn:s", "code": "1"}]}]);
    let by_code =
        set(&[r4("c", &json!({"type": "permit", "provision": [{"type": "deny", "code": code}]}))]);
    let reduced = observation().labels_only();

    assert!(by_label.decide_for(&request(), &reduced).is_permitted());
    assert!(!by_code.decide_for(&request(), &reduced).is_permitted());
}
