//! Tests of labels: the lists, what is read of a resource, what people set.

use super::{
    ACT_CODE, CONFIDENTIALITY, CodingRef, Confidentiality, Facts, Labelling, Labels, Override,
    Sensitivities, derive, lists,
};
use crate::{DaySpan, consent::Moment};

const ICD: &str = "http://hl7.org/fhir/sid/icd-10-cm";

fn one(code: &str) -> Sensitivities {
    Sensitivities::from_code(code).unwrap()
}

fn facts(json: &serde_json::Value) -> Facts {
    Facts::read(json.to_string().as_bytes()).unwrap()
}

fn set(labels: Labels) -> Override {
    Override {
        who: "Practitioner/1".into(),
        at: Moment::from_unix_ms(0),
        reason: "agreed with the patient".into(),
        labels,
    }
}

#[test]
fn every_line_of_the_lists_is_read() {
    assert!(lists::count() > 200);
}

#[test]
fn a_diagnosis_is_found_with_and_without_its_dot_and_below_its_chapter() {
    for code in ["F32.1", "F321", "F32"] {
        let found = derive([CodingRef::new(ICD, code)].into_iter());
        assert_eq!(found[0].label, one("PSY"), "{code}");
        assert_eq!(found[0].list, "psy");
    }
    assert!(derive([CodingRef::new(ICD, "I10")].into_iter()).is_empty());
    assert!(derive([CodingRef::new(ICD, "Z2")].into_iter()).is_empty());
    assert!(derive([CodingRef::new("urn:other", "F32")].into_iter()).is_empty());
}

/// In ICD-10-CM B20 stands for all of it; elsewhere it goes on to B24.
#[test]
fn hiv_is_found_in_the_classifications_of_other_countries() {
    for (system, code) in [
        (ICD, "B20"),
        ("http://hl7.org/fhir/sid/icd-10", "B24"),
        ("http://fhir.de/CodeSystem/bfarm/icd-10-gm", "B23.0"),
    ] {
        let found = derive([CodingRef::new(system, code)].into_iter());
        assert_eq!(found[0].label, one("HIV"), "{code}");
    }
}

#[test]
fn a_resource_is_restricted_by_its_codes_wherever_they_stand() {
    let facts = facts(&serde_json::json!({
        "resourceType": "MedicationRequest", "id": "m", "status": "active",
        "medicationCodeableConcept": {"coding": [{"system": "urn:local", "code": "7"}]},
        "reasonCode": [{"coding": [{"system": ICD, "code": "B20"}]}],
        "subject": {"reference": "Patient/1"}, "encounter": {"reference": "Encounter/5/_history/2"},
        "requester": {"reference": "Practitioner/9"}, "authoredOn": "2024-05-06T10:00:00+02:00",
        "note": [{"text": "depression"}]
    }));

    assert_eq!(facts.labels.confidentiality, Some(Confidentiality::R));
    assert_eq!(facts.labels.sensitivities, one("HIV"));
    assert_eq!(facts.names, ["MedicationRequest/m".into()]);
    assert_eq!(facts.authors, ["Practitioner/9".into()]);
    assert_eq!(facts.encounters, ["Encounter/5".into()]);
    assert_eq!(facts.references.len(), 3);
    assert_eq!(facts.codes.len(), 1);
    assert_eq!(facts.mentioned.len(), 1);
    assert_eq!(facts.dates, DaySpan::from_fhir("2024-05-06"));
    assert!(facts.complete);
}

#[test]
fn a_resource_without_labels_and_sensitive_codes_is_normal_and_its_own_labels_count() {
    let plain = serde_json::json!({"resourceType": "Observation"});
    assert_eq!(facts(&plain).labels.confidentiality, Some(Confidentiality::N));

    let own = serde_json::json!({"resourceType": "Observation", "meta": {"security": [
        {"system": CONFIDENTIALITY, "code": "V"}, {"system": ACT_CODE, "code": "SDV"},
        {"system": "urn:local", "code": "vip"}], "tag": [{"system": ICD, "code": "B20"}]}});
    let found = facts(&own).labels;
    assert_eq!(found.confidentiality, Some(Confidentiality::V));
    assert_eq!(found.sensitivities, one("SDV"));
    assert_eq!(found.others.len(), 1);

    let low = serde_json::json!({"resourceType": "Observation",
        "meta": {"security": [{"system": CONFIDENTIALITY, "code": "L"}]}});
    assert_eq!(facts(&low).labels.confidentiality, Some(Confidentiality::L));
}

#[test]
fn more_codes_than_are_looked_at_make_a_resource_restricted() {
    let codings: Vec<_> = (0..2000)
        .map(|code| serde_json::json!({"system": "urn:x", "code": code.to_string()}))
        .collect();
    let facts = facts(&serde_json::json!({"resourceType": "List", "code": {"coding": codings}}));

    assert!(!facts.complete);
    assert_eq!(facts.labels.confidentiality, Some(Confidentiality::R));
}

#[test]
fn the_patient_raises_and_the_clinician_sets_and_both_are_kept() {
    let base = Labels { confidentiality: Some(Confidentiality::R), ..Labels::default() };
    let mut labelling = Labelling::new(base);
    let normal = Labels { confidentiality: Some(Confidentiality::N), ..Labels::default() };
    let marked = Labels { sensitivities: one("PSY"), ..Labels::default() };

    labelling.set_by_clinician(set(normal.clone())).unwrap();
    assert_eq!(labelling.effective(), normal);
    labelling.raise_by_patient(set(marked)).unwrap();
    labelling
        .raise_by_patient(set(Labels {
            confidentiality: Some(Confidentiality::U),
            sensitivities: one("PSY"),
            others: Vec::new(),
        }))
        .unwrap();

    assert_eq!(labelling.effective().confidentiality, Some(Confidentiality::N));
    assert_eq!(labelling.effective().sensitivities, one("PSY"));
    assert_eq!((labelling.by_clinicians().len(), labelling.by_patient().len()), (1, 2));
}

#[test]
fn labels_are_not_set_without_who_and_why_and_how_confidential() {
    let mut labelling = Labelling::default();
    let normal = Labels { confidentiality: Some(Confidentiality::N), ..Labels::default() };
    let nobody = Override { who: "".into(), ..set(normal.clone()) };
    let no_reason = Override { reason: "  ".into(), ..set(normal) };

    let code = |result: Result<(), super::LabellingError>| result.unwrap_err().code();
    assert_eq!(code(labelling.set_by_clinician(nobody)), "fhir_labels.who");
    assert_eq!(code(labelling.raise_by_patient(no_reason)), "fhir_labels.reason");
    let silent = set(Labels::default());
    assert_eq!(code(labelling.set_by_clinician(silent)), "fhir_labels.no_confidentiality");
    assert_eq!(labelling, Labelling::default());
}

#[test]
fn a_sensitivity_lies_within_those_that_are_broader() {
    assert!(one("ETH").with_narrower().contains(one("ETHUD")));
    assert!(one("SPI").with_narrower().contains(one("PSY")));
    assert!(one("ETHUD").with_broader().contains(one("SPI")));
    assert!(!one("HIV").with_broader().meets(one("SEX")));
}
