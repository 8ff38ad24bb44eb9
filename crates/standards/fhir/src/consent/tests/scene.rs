//! A patient, some who ask, and consents as JSON.

use crate::{
    consent::{ACT_REASON, Action, Consent, ConsentError, Consents, Moment, Request},
    labels::{CodingRef, Facts},
};
use serde_json::{Value, json};

pub(super) const NOW: Moment = Moment::from_unix_ms(1_700_000_000_000);

/// An active consent of R4 with this root provision.
pub(super) fn r4(id: &str, provision: &Value) -> Value {
    json!({
        "resourceType": "Consent", "id": id, "status": "active",
        "scope": {"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/consentscope",
            "code": "patient-privacy"
        }]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": "Patient/1"},
        "provision": provision,
    })
}

/// An active consent of R5.
pub(super) fn r5(id: &str, decision: &str, provisions: &Value) -> Value {
    json!({
        "resourceType": "Consent", "id": id, "status": "active",
        "subject": {"reference": "Patient/1"}, "decision": decision, "provision": provisions,
    })
}

pub(super) fn actor(reference: &str) -> Value {
    json!({
        "role": {"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "code": "IRCP"
        }]},
        "reference": {"reference": reference},
    })
}

pub(super) fn purpose(code: &str) -> Value {
    json!({"system": ACT_REASON, "code": code})
}

pub(super) fn read(consent: &Value) -> Result<Consent, ConsentError> {
    Consent::from_json(consent.to_string().as_bytes())
}

pub(super) fn set(consents: &[Value]) -> Consents {
    Consents::new(consents.iter().map(|one| read(one).unwrap()).collect()).unwrap()
}

/// The doctor asks for treatment.
pub(super) fn request<'a>() -> Request<'a> {
    Request {
        patient: "Patient/1",
        person: Some("Practitioner/doctor"),
        organisation: Some("Organization/hospital"),
        member_of: &[],
        roles: &[],
        custodians: &[],
        purpose: CodingRef { system: ACT_REASON, code: "TREAT" },
        action: Action::Access,
        now: NOW,
    }
}

/// An observation without labels and codes.
pub(super) fn observation() -> Facts {
    Facts::of_type("Observation".parse().unwrap())
}
