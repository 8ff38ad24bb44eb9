//! Records as FHIR resources: what is found, shown, counted, written and refused.

use super::scene::{Scene, TREATMENT, bundle};
use crate::{Result, Vault, testing::Mishap};
use salus_fhir::{
    ResourceType,
    rest::{Effect, Found, Target, Write, Written},
    search::{Handling, Query},
};
use serde_json::Value;

fn kind(name: &str) -> ResourceType {
    name.parse().unwrap()
}

fn query(name: &str, pairs: &[(&str, &str)]) -> Query {
    Query::parse(kind(name), pairs.iter().copied(), Handling::Strict).unwrap()
}

fn all(_: ResourceType) -> bool {
    true
}

async fn search(vault: &Vault, name: &str, pairs: &[(&str, &str)]) -> Result<Found> {
    vault.search(&query(name, pairs), &all, &TREATMENT.into()).await
}

fn write(name: &str, target: Target, full_url: Option<&str>, text: String) -> Write {
    Write { resource_type: kind(name), target, full_url: full_url.map(str::to_owned), text }
}

async fn send(scene: &Scene, writes: Vec<Write>) -> Result<Vec<Written>> {
    scene.vault.write(writes, &TREATMENT.into()).await
}

/// A scene with two patients, and the logical id of the first.
async fn hospital() -> (Scene, String) {
    let scene = Scene::new().await;
    let days: Vec<String> = (1..=5).map(|day| format!("2020-02-0{day}")).collect();
    let names = ["o1", "o2", "o3", "o4", "o5"];
    let resources: Vec<_> =
        names.iter().zip(&days).map(|(id, day)| ("Observation", *id, day.as_str())).collect();
    scene.import(bundle("p1", &resources)).await.unwrap();
    scene.import(bundle("p2", &[("Observation", "q1", "2021-01-01")])).await.unwrap();
    let log = search(&scene.vault, "Observation", &[("date", "lt2021")]).await.unwrap();
    let shown: Value = serde_json::from_str(&log.matches[0].text).unwrap();
    let reference = shown["subject"]["reference"].as_str().unwrap().to_owned();
    (scene, reference.strip_prefix("Patient/").unwrap().to_owned())
}

#[tokio::test]
async fn a_resource_is_shown_with_the_ids_of_here_and_accounted_for() {
    let (scene, patient) = hospital().await;

    let shown =
        scene.vault.resource(kind("Patient"), &patient, None, &TREATMENT.into()).await.unwrap();

    let value: Value = serde_json::from_str(&shown.text).unwrap();
    assert_eq!(value["id"], patient.as_str());
    assert_eq!(value["meta"]["versionId"], "1");
    let account = scene.vault.account_of(&patient).await.unwrap().unwrap();
    assert_eq!(scene.vault.id_of(account).await.unwrap(), Some(patient.clone()));
    let log = scene.vault.accesses(account).await.unwrap();
    assert_eq!(log.entries.last().unwrap().leaf.record.to_string(), patient);
    let wrong = scene.vault.resource(kind("Observation"), &patient, None, &TREATMENT.into()).await;
    assert_eq!(wrong.unwrap_err().code(), "vault.unknown_record");
}

#[tokio::test]
async fn a_search_finds_the_patients_records_in_order_and_pages() {
    let (scene, patient) = hospital().await;
    let asked = [("patient", patient.as_str()), ("_sort", "-date"), ("_count", "2")];

    let mut page = search(&scene.vault, "Observation", &asked).await.unwrap();
    let mut days = Vec::new();
    loop {
        assert_eq!(page.total, 5);
        for shown in &page.matches {
            let value: Value = serde_json::from_str(&shown.text).unwrap();
            days.push(value["effectiveDateTime"].as_str().unwrap().to_owned());
        }
        let Some(next) = &page.next else { break };
        page = scene.vault.next_page("Observation", next, &all, &TREATMENT.into()).await.unwrap();
    }

    assert_eq!(days, ["2020-02-05", "2020-02-04", "2020-02-03", "2020-02-02", "2020-02-01"]);
}

#[tokio::test]
async fn everything_that_a_search_shows_is_accounted_for_and_nothing_else() {
    let (scene, patient) = hospital().await;
    let account = scene.vault.account_of(&patient).await.unwrap().unwrap();
    let before = scene.vault.accesses(account).await.unwrap().entries.len();

    let asked = [("patient", patient.as_str()), ("_summary", "count")];
    let counted = search(&scene.vault, "Observation", &asked).await.unwrap();
    let after_count = scene.vault.accesses(account).await.unwrap().entries.len();
    let asked = [("patient", patient.as_str()), ("_include", "Observation:subject")];
    let shown = search(&scene.vault, "Observation", &asked).await.unwrap();
    let after = scene.vault.accesses(account).await.unwrap().entries.len();

    assert_eq!((counted.total, counted.matches.len()), (5, 0));
    assert_eq!(after_count, before);
    assert_eq!((shown.matches.len(), shown.included.len()), (5, 1));
    assert_eq!(after, before + 6);
}

#[tokio::test]
async fn a_search_that_cannot_be_accounted_for_shows_nothing() {
    let (scene, patient) = hospital().await;
    scene.ledger.facts().mishaps.push_back(Mishap::Unavailable);

    let asked = [("patient", patient.as_str())];
    let error = search(&scene.vault, "Observation", &asked).await.unwrap_err();

    assert_eq!(error.code(), "vault.account_not_written");
}

#[tokio::test]
async fn a_page_of_another_search_and_a_forged_one_are_refused() {
    let (scene, patient) = hospital().await;
    let asked = [("patient", patient.as_str()), ("_count", "2")];
    let next = search(&scene.vault, "Observation", &asked).await.unwrap().next.unwrap();

    for (asked, cursor) in
        [("Condition", next.as_str()), ("Observation", "0.0"), ("Observation", "x")]
    {
        let error =
            scene.vault.next_page(asked, cursor, &all, &TREATMENT.into()).await.unwrap_err();
        assert_eq!(error.code(), "vault.search_forgotten");
    }
}

#[tokio::test]
async fn everything_of_a_patient_begins_with_the_patient_and_holds_nobody_else() {
    let (scene, patient) = hospital().await;

    let found = scene.vault.everything(&patient, None, 100, &all, &TREATMENT.into()).await.unwrap();

    assert_eq!(found.matches[0].id, patient);
    assert_eq!(found.total, 6);
    let stranger =
        scene.vault.everything(&"0".repeat(64), None, 100, &all, &TREATMENT.into()).await;
    assert_eq!(stranger.unwrap_err().code(), "vault.unknown_patient");
}

#[tokio::test]
async fn a_transaction_makes_a_patient_with_records_that_refer_to_each_other() {
    let (scene, _) = hospital().await;
    let patient = r#"{"resourceType":"Patient","id":"theirs","birthDate":"1970-01-01"}"#;
    let observation = r#"{"resourceType":"Observation","status":"final","valueDecimal":1.00,
        "subject":{"reference":"urn:uuid:a"}}"#;

    let written = send(
        &scene,
        vec![
            write("Observation", Target::Create(None), None, observation.to_owned()),
            write("Patient", Target::Create(None), Some("urn:uuid:a"), patient.to_owned()),
        ],
    )
    .await
    .unwrap();

    let id = &written[1].resource.id;
    assert!(written.iter().all(|one| one.effect == Effect::Created && one.resource.version == 1));
    assert!(written[0].resource.text.contains(&format!("\"Patient/{id}\"")));
    assert!(written[0].resource.text.contains("1.00"));
    let found = search(&scene.vault, "Observation", &[("patient", id)]).await.unwrap();
    assert_eq!(found.matches[0].text, written[0].resource.text);
}

#[tokio::test]
async fn a_resource_is_changed_only_from_the_version_that_its_writer_saw() {
    let (scene, patient) = hospital().await;
    let read = async || {
        let shown = scene.vault.resource(kind("Patient"), &patient, None, &TREATMENT.into()).await;
        shown.unwrap()
    };
    let first = read().await;
    let changed = first.text.replacen('{', r#"{"gender":"other","#, 1);
    let update = |version, text: &str| {
        let target = Target::Update { id: patient.clone(), version };
        vec![write("Patient", target, None, text.to_owned())]
    };

    let written = send(&scene, update(Some(1), &changed)).await.unwrap();
    let again = send(&scene, update(Some(2), &changed)).await.unwrap();
    let stale = send(&scene, update(Some(1), &first.text)).await.unwrap_err();

    assert_eq!((written[0].effect, written[0].resource.version), (Effect::Updated, 2));
    assert_eq!((again[0].effect, again[0].resource.version), (Effect::Unchanged, 2));
    assert_eq!(stale.code(), "vault.version_conflict");
    assert!(read().await.text.contains("\"other\""));
    let history = scene.vault.resource_history(kind("Patient"), &patient, &TREATMENT.into()).await;
    let versions: Vec<u32> = history.unwrap().iter().map(|one| one.version).collect();
    assert_eq!(versions, [2, 1]);
    let old =
        scene.vault.resource(kind("Patient"), &patient, Some(1), &TREATMENT.into()).await.unwrap();
    assert_eq!(old.text, first.text);
}

#[tokio::test]
async fn a_conditional_create_makes_nothing_twice() {
    let (scene, patient) = hospital().await;
    let text = format!(
        r#"{{"resourceType":"Condition","identifier":[{{"value":"c-1"}}],"subject":{{"reference":"Patient/{patient}"}}}}"#
    );
    let create = || {
        let condition = query("Condition", &[("identifier", "c-1")]);
        vec![write("Condition", Target::Create(Some(condition)), None, text.clone())]
    };

    let first = send(&scene, create()).await.unwrap();
    let second = send(&scene, create()).await.unwrap();

    assert_eq!((first[0].effect, second[0].effect), (Effect::Created, Effect::Unchanged));
    assert_eq!(first[0].resource.id, second[0].resource.id);
}

#[tokio::test]
async fn what_cannot_be_written_says_why_and_nothing_of_it_is_written() {
    let (scene, patient) = hospital().await;
    let records = || scene.ledger.facts().records.len();
    let before = records();
    let good = || {
        let text = format!(
            r#"{{"resourceType":"Condition","subject":{{"reference":"Patient/{patient}"}}}}"#
        );
        write("Condition", Target::Create(None), None, text)
    };
    let create = |text: &str| write("Condition", Target::Create(None), None, text.to_owned());
    let update = |id: &str, text: String| {
        let target = Target::Update { id: id.to_owned(), version: None };
        write("Condition", target, None, text)
    };
    let unknown = "0".repeat(64);
    let cases = [
        (create("{"), "fhir.not_json"),
        (create(r#"{"resourceType":"Nonsense"}"#), "fhir.not_fhir"),
        (create(r#"{"resourceType":"Observation"}"#), "fhir.not_fhir"),
        (
            create(r#"{"resourceType":"Condition","subject":{"reference":"urn:uuid:none"}}"#),
            "fhir.broken_reference",
        ),
        (update("x", r#"{"resourceType":"Condition","id":"y"}"#.to_owned()), "fhir.not_fhir"),
        (
            update(&unknown, format!(r#"{{"resourceType":"Condition","id":"{unknown}"}}"#)),
            "vault.unknown_record",
        ),
    ];

    for (bad, code) in cases {
        let error = send(&scene, vec![good(), bad]).await.unwrap_err();
        assert_eq!(error.code(), code);
    }
    let nobody = send(&scene, vec![create(r#"{"resourceType":"Condition"}"#)]).await.unwrap_err();

    assert_eq!(nobody.code(), "fhir.no_patient");
    assert_eq!(records(), before);
}

#[tokio::test]
async fn nothing_of_a_search_prints() {
    let (scene, patient) = hospital().await;
    let found = search(&scene.vault, "Patient", &[("_id", &patient)]).await.unwrap();
    let shown = format!("{found:?} {:?}", query("Patient", &[("name", "Anna")]));

    assert!(!shown.contains("resourceType") && !shown.contains("anna"));
}
