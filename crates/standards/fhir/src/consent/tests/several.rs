//! Stories of several consents, of both clocks and of what is not known of the data.

use super::scene::{actor, observation, purpose, r4, r5, read, request, set};
use crate::{
    DaySpan,
    consent::{ConsentError, Consents, Kind, Request},
    labels::{CodingRef, Confidentiality, Facts, Labels, Sensitivities},
};
use serde_json::{Value, json};

fn permits(consents: &[Value], request: &Request<'_>, facts: &Facts) -> bool {
    set(consents).decide_for(request, facts).is_permitted()
}

fn compiled(consents: &[Value]) -> Result<Consents, ConsentError> {
    Consents::new(consents.iter().map(|one| read(one).unwrap()).collect())
}

fn replacing(mut consent: Value, older: &str) -> Value {
    consent["extension"] = json!([{
        "url": "http://hl7.org/fhir/StructureDefinition/replaces",
        "valueReference": {"reference": older}
    }]);
    consent
}

#[test]
fn a_denial_wins_over_any_permit_and_is_named() {
    let permit = r4("yes", &json!({"type": "permit"}));
    let deny = r4("no", &json!({"type": "deny", "actor": [actor("Practitioner/doctor")]}));
    let set = set(&[permit, deny]);

    let why = set.explain(set.decide_for(&request(), &observation()));

    assert_eq!((why.decision, why.consent.as_deref()), ("deny", Some("no")));
    assert_eq!(why.place.as_deref(), Some("provision"));
    assert_eq!(why.words, "consent no denies it at provision");
    let other = Request { person: Some("Practitioner/other"), ..request() };
    assert!(set.decide_for(&other, &observation()).is_permitted());
}

#[test]
fn a_consent_that_is_replaced_no_longer_counts() {
    let deny = r4("old", &json!({"type": "deny"}));
    let permit = r4("new", &json!({"type": "permit"}));
    let facts = observation();

    assert!(!permits(&[deny.clone(), permit.clone()], &request(), &facts));
    let newer = replacing(permit.clone(), "https://example.org/fhir/Consent/old");
    assert!(permits(&[deny.clone(), newer.clone()], &request(), &facts));
    let mut draft = newer.clone();
    draft["status"] = json!("draft");
    draft["id"] = json!("newest");
    assert!(!permits(&[deny.clone(), permit, draft], &request(), &facts));
    assert!(permits(&[replacing(newer, "Consent/nobody"),], &request(), &facts));
}

#[test]
fn consents_that_replace_one_another_in_a_circle_are_refused() {
    let one = |id: &str, older: &str| replacing(r4(id, &json!({"type": "permit"})), older);
    let code = |consents: &[Value]| compiled(consents).unwrap_err().code();

    let circle = [one("a", "Consent/b"), one("b", "Consent/c"), one("c", "Consent/a")];
    assert_eq!(code(&circle), "fhir_consent.replaces_cycle");
    assert_eq!(code(&[one("a", "Consent/a")]), "fhir_consent.replaces_cycle");
    assert!(
        compiled(&[one("a", "Consent/b"), one("b", "Consent/c"), one("d", "Consent/b")]).is_ok()
    );
    assert_eq!(code(&[one("a", "Consent/b"), one("a", "Consent/b")]), "fhir_consent.duplicate_id");
    let mut stranger = one("b", "Consent/nobody");
    stranger["patient"] = json!({"reference": "Patient/2"});
    assert_eq!(code(&[one("a", "Consent/b"), stranger]), "fhir_consent.replaces_other_patient");
}

#[test]
fn a_consent_of_another_patient_is_none() {
    let mut consent = r4("c", &json!({"type": "permit"}));
    consent["patient"] = json!({"reference": "Patient/2"});

    let set = set(&[consent]);

    assert_eq!(set.explain(set.decide_for(&request(), &observation())).reason, "no_provision");
}

#[test]
fn a_rule_has_two_clocks() {
    let consent = r4(
        "c",
        &json!({
            "type": "permit", "period": {"start": "2023-11-14", "end": "2023-11-15"},
            "dataPeriod": {"start": "2020-01-01", "end": "2020-12-31"},
        }),
    );
    let of = |days: &str| {
        let mut facts = observation();
        facts.dates = DaySpan::from_fhir(days);
        facts
    };
    let consents = [consent];

    assert!(permits(&consents, &request(), &of("2020-06-01")));
    assert!(permits(&consents, &request(), &of("2020")));
    assert!(!permits(&consents, &request(), &of("2021-01-01")));
    assert!(!permits(&consents, &request(), &observation()));
    let later =
        Request { now: crate::consent::Moment::from_fhir("2023-11-16").unwrap(), ..request() };
    assert!(!permits(&consents, &later, &of("2020-06-01")));
}

#[test]
fn what_is_not_known_of_the_data_is_not_permitted_and_is_denied() {
    let limit = json!([{"coding": [{"system": "urn:s", "code": "1"}]}]);
    let permit = r4("c", &json!({"type": "permit", "code": limit}));
    let all_but =
        r4("c", &json!({"type": "permit", "provision": [{"type": "deny", "code": limit}]}));
    let mut partly = observation();
    partly.complete = false;
    partly.labelled = false;

    assert!(!permits(&[permit], &request(), &partly));
    assert!(!permits(std::slice::from_ref(&all_but), &request(), &partly));
    assert!(permits(&[all_but], &request(), &observation()));
    let mut unlabelled = observation();
    unlabelled.labels = Labels::default();
    let level = |code: &str| json!([{"system": crate::labels::CONFIDENTIALITY, "code": code}]);
    let up_to = r4("c", &json!({"type": "permit", "securityLabel": level("V")}));
    let from = r4(
        "c",
        &json!({"type": "permit", "provision": [{"type": "deny", "securityLabel": level("V")}]}),
    );
    assert!(!permits(&[up_to], &request(), &unlabelled));
    assert!(!permits(&[from], &request(), &unlabelled));
}

#[test]
fn confidentiality_is_a_high_water_mark_both_ways() {
    for kind in [Kind::Permit, Kind::Deny] {
        for named in Confidentiality::ALL {
            let label = json!([{"system": crate::labels::CONFIDENTIALITY, "code": named.code()}]);
            let consent = match kind {
                Kind::Permit => json!({"type": "permit", "securityLabel": label}),
                Kind::Deny => {
                    json!({"type": "permit", "provision": [{"type": "deny", "securityLabel": label}]})
                }
            };
            for level in Confidentiality::ALL {
                let mut facts = observation();
                facts.labels.confidentiality = Some(level);
                let expected = match kind {
                    Kind::Permit => level <= named,
                    Kind::Deny => level < named,
                };
                assert_eq!(permits(&[r4("c", &consent)], &request(), &facts), expected);
            }
        }
    }
}

#[test]
fn a_denial_of_a_sensitivity_reaches_what_is_narrower_and_what_is_broader() {
    let all_but = |code: &str| {
        r4(
            "c",
            &json!({"type": "permit", "provision": [{
        "type": "deny", "securityLabel": [{"system": crate::labels::ACT_CODE, "code": code}]}]}),
        )
    };
    let mut facts = observation();
    facts.labels.sensitivities = Sensitivities::from_code("ETHUD").unwrap();

    assert!(!permits(&[all_but("ETH")], &request(), &facts));
    assert!(!permits(&[all_but("ETHUD")], &request(), &facts));
    assert!(permits(&[all_but("OPIOIDUD")], &request(), &facts));
    facts.labels.sensitivities = Sensitivities::from_code("ETH").unwrap();
    assert!(!permits(&[all_but("ETHUD")], &request(), &facts));
}

#[test]
fn a_purpose_covers_those_within_it_but_never_to_break_the_glass() {
    let consents = [r4("c", &json!({"type": "permit", "purpose": [purpose("TREAT")]}))];
    let deny = [
        r4("all", &json!({"type": "permit"})),
        r4("c", &json!({"type": "deny", "purpose": [purpose("TREAT")]})),
    ];
    let asked =
        |code| Request { purpose: CodingRef::new(crate::consent::ACT_REASON, code), ..request() };
    let facts = observation();

    for (code, permitted, denied) in [
        ("TREAT", true, true),
        ("ETREAT", true, true),
        ("BTG", false, true),
        ("HRESCH", false, false),
    ] {
        assert_eq!(permits(&consents, &asked(code), &facts), permitted, "{code}");
        assert_eq!(permits(&deny, &asked(code), &facts), !denied, "{code}");
    }
}

#[test]
fn an_actor_is_a_person_an_organisation_a_group_or_a_role() {
    let nurse = CodingRef::new("urn:roles", "nurse");
    let in_role = json!({"role": {"coding": [{"system": "urn:roles", "code": "nurse"}]},
        "reference": {"reference": "Organization/hospital"}});
    let by = |actor: Value| [r4("c", &json!({"type": "permit", "actor": [actor]}))];
    let facts = observation();
    let member = Request { member_of: &["Group/team"], ..request() };
    let with_role = Request { roles: &[nurse], ..request() };

    assert!(permits(&by(actor("Practitioner/doctor")), &request(), &facts));
    assert!(permits(&by(actor("Practitioner/doctor/_history/3")), &request(), &facts));
    assert!(permits(&by(actor("Organization/hospital")), &request(), &facts));
    assert!(!permits(&by(actor("Group/team")), &request(), &facts));
    assert!(permits(&by(actor("Group/team")), &member, &facts));
    assert!(!permits(&by(in_role.clone()), &request(), &facts));
    assert!(permits(&by(in_role), &with_role, &facts));
    let only_role =
        json!([{"actor": [{"role": {"coding": [{"system": "urn:roles", "code": "nurse"}]}}]}]);
    assert!(permits(&[r5("c", "deny", &only_role)], &with_role, &facts));
    assert!(!permits(&[r5("c", "deny", &only_role)], &request(), &facts));
}

#[test]
fn a_permit_that_takes_everything_back_leaves_nothing_in_the_list_of_rules() {
    let back = r4("back", &json!({"type": "permit", "provision": [{"type": "deny"}]}));
    let permit = r4("yes", &json!({"type": "permit"}));
    let set = set(&[back, permit]);

    let decision = set.decide(&request());

    assert_eq!(decision.kind(), Kind::Deny);
    let list = serde_json::to_value(decision.residual()).unwrap();
    assert_eq!(list, json!([{"type": "forbid"}]));
}
