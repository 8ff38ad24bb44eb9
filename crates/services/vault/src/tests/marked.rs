//! Labels in an emergency: what is restricted or sensitive takes a second person.

use super::{
    bases::emergency,
    custodial,
    rules::{coding, labels, order},
    scene::{Scene, TREATMENT},
};
use crate::{
    AccessKind, Basis, Scope, ScopeOf, ScopeOpening,
    custodial::Wanted,
    remote::ReadRequest,
    rules::{LabelledBy, Why},
};
use salus_consent::{EmergencyId, PurposeOfUse, RecordId};
use salus_fhir::{
    Category,
    labels::{ACT_CODE, CONFIDENTIALITY},
};
use salus_types::{AccountId, ErrorCode, Height, VecMax};
use serde_json::json;

fn observations() -> ScopeOpening {
    let categories = VecMax::new(vec![Category::Observations]).unwrap();
    ScopeOpening::new(&Scope { categories, ..Scope::default() })
}

/// A patient with one observation of this LOINC code, and an emergency that one person opened.
async fn scene(code: &str) -> (Scene, RecordId, EmergencyId) {
    let scene = Scene::new().await;
    let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": [
        {"fullUrl": "urn:uuid:p1", "resource": {"resourceType": "Patient", "id": "p1"}},
        {"fullUrl": "urn:uuid:o1", "resource": {"resourceType": "Observation", "id": "o1",
            "status": "final", "code": {"coding": [coding("http://loinc.org", code)]},
            "subject": {"reference": "urn:uuid:p1"}, "effectiveDateTime": "2020-02-03"}},
    ]});
    let patient = scene.import(bundle.to_string().into_bytes()).await.unwrap().patients[0];
    let set = observations();
    let emergency = emergency(&scene, patient, &set);
    scene.vault.register_scope(ScopeOf::EmergencySet(patient), &set, Height(0)).await.unwrap();
    let record = scene.record("Observation").await.record;
    (scene, record, emergency)
}

async fn read(scene: &Scene, record: RecordId, emergency: EmergencyId) -> &'static str {
    let request = scene.request(record, Basis::Emergency(emergency));
    let request = ReadRequest { purpose: PurposeOfUse::BreakTheGlass, ..request };
    scene.ask(request).await.err().map_or("served", |error| error.code())
}

fn sign_as_second(scene: &Scene, emergency: EmergencyId) {
    let mut facts = scene.ledger.facts();
    facts.emergencies.get_mut(&emergency).unwrap().second = Some(AccountId([7; 32]));
}

#[tokio::test]
async fn in_an_emergency_a_marked_record_takes_a_second_person_whatever_the_service_declared() {
    // An HIV test is sensitive by its code.
    let (scene, record, emergency) = scene("7917-8").await;

    assert_eq!(read(&scene, record, emergency).await, "vault.marked");
    let why = Why {
        record,
        accessor: super::scene::CLINIC,
        basis: Some(Basis::Emergency(emergency)),
        asking: PurposeOfUse::BreakTheGlass.into(),
    };
    let told = scene.vault.explain(&why).await.unwrap();
    assert_eq!(told.code.as_deref(), Some("vault.marked"));

    sign_as_second(&scene, emergency);

    assert_eq!(read(&scene, record, emergency).await, "served");
    let patient = scene.record("Patient").await.patient;
    let log = scene.vault.accesses(patient).await.unwrap();
    let refused = AccessKind::RefusedRead { code: ErrorCode::new("vault.marked").unwrap() };
    let kinds: Vec<_> = log.entries.iter().map(|one| one.leaf.kind.clone()).collect();
    assert_eq!(kinds, [refused, AccessKind::EmergencyRead], "both are accounted for");
}

#[tokio::test]
async fn whoever_sets_a_label_decides_what_an_emergency_of_one_person_opens() {
    let (scene, record, emergency) = scene("789-8").await;
    assert_eq!(read(&scene, record, emergency).await, "served");

    for label in [(CONFIDENTIALITY, "R"), (CONFIDENTIALITY, "V"), (ACT_CODE, "SDV")] {
        let raised = order(LabelledBy::Patient, labels(&[label]));
        scene.vault.set_labels(record, raised).await.unwrap();
        assert_eq!(read(&scene, record, emergency).await, "vault.marked", "{label:?}");
    }
    let raised = order(LabelledBy::Patient, labels(&[(CONFIDENTIALITY, "N")]));
    scene.vault.set_labels(record, raised).await.unwrap();
    assert_eq!(read(&scene, record, emergency).await, "served");
    scene.vault.read_own(record, TREATMENT).await.unwrap();
}

#[tokio::test]
async fn the_holder_gives_no_marked_record_for_shares_in_an_emergency_of_one_person() {
    let play = custodial::Play::new().await;
    let record = play.scene.record("Observation").await.record;
    let set = observations();
    let emergency = emergency(&play.scene, play.patient, &set);
    let of = ScopeOf::EmergencySet(play.patient);
    play.scene.vault.register_scope(of, &set, Height(0)).await.unwrap();
    let open = async || {
        let wanted = Wanted {
            patient: play.patient,
            holder: super::scene::HOSPITAL,
            basis: Basis::Emergency(emergency),
            scope: None,
            purpose: PurposeOfUse::BreakTheGlass,
            records: vec![record],
            actor: None,
        };
        let session = play.clinic.vault.request_release(wanted).await.unwrap();
        play.finalise(&session).await;
        let opened = play.open(&session, record, &[0, 1]).await;
        opened.err().map_or("opened", |error| error.code())
    };
    assert_eq!(open().await, "opened");

    let raised = order(LabelledBy::Patient, labels(&[(CONFIDENTIALITY, "R")]));
    play.scene.vault.set_labels(record, raised).await.unwrap();
    assert_eq!(open().await, "vault.marked");

    sign_as_second(&play.scene, emergency);
    assert_eq!(open().await, "opened");
}
