//! Import: exact bytes, all or nothing, what a crash leaves, what a second import does.

use super::scene::{HOSPITAL, Scene, TREATMENT, bundle};
use crate::{ImportOptions, RecordFilter, testing::Mishap};
use salus_fhir::{BundleReader, Limits};
use std::io::Cursor;

const DAY: &str = "2020-02-03";

#[tokio::test]
async fn what_is_imported_is_anchored_and_read_back_byte_for_byte() {
    let scene = Scene::new().await;
    let bundle = bundle("p1", &[("Observation", "o1", DAY), ("Condition", "c1", DAY)]);

    let report = scene.import(bundle.clone()).await.unwrap();

    assert_eq!((report.entries, report.new_records, report.unchanged), (3, 3, 0));
    assert_eq!(report.bytes, bundle.len() as u64);
    assert_eq!(scene.ledger.facts().records.len(), 3);
    let entries: Vec<_> = BundleReader::new(Cursor::new(bundle), Limits::default())
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for entry in entries {
        let record = scene.record(entry.view.resource_type.name()).await;
        let opened = scene.vault.read_own(record.record, TREATMENT).await.unwrap();
        assert_eq!(*opened.bytes, entry.bytes);
    }
}

#[tokio::test]
async fn the_same_bundle_again_changes_nothing() {
    let scene = Scene::new().await;
    let bundle = bundle("p1", &[("Observation", "o1", DAY)]);
    let first = scene.import(bundle.clone()).await.unwrap();

    let second = scene.import(bundle).await.unwrap();

    assert_eq!((second.new_records, second.new_versions, second.unchanged), (0, 0, 2));
    assert_eq!(second.patients, first.patients);
    assert_eq!(scene.ledger.facts().records.len(), 2);
}

#[tokio::test]
async fn a_changed_resource_is_a_new_version_of_its_record() {
    let scene = Scene::new().await;
    scene.import(bundle("p1", &[("Observation", "o1", DAY)])).await.unwrap();

    let report = scene.import(bundle("p1", &[("Observation", "o1", "2021-01-01")])).await.unwrap();

    assert_eq!((report.new_records, report.new_versions, report.unchanged), (0, 1, 1));
    let record = scene.record("Observation").await;
    assert_eq!(record.version, 2);
    assert_eq!(scene.vault.history(record.record).await.unwrap().len(), 2);
    let opened = scene.vault.read_own(record.record, TREATMENT).await.unwrap();
    assert!(String::from_utf8_lossy(&opened.bytes).contains("2021-01-01"));
}

#[tokio::test]
async fn a_bundle_that_breaks_at_its_end_leaves_nothing() {
    let scene = Scene::new().await;
    let mut bytes = bundle("p1", &[("Observation", "o1", DAY)]);
    bytes.truncate(bytes.len() - 2);

    let error = scene.import(bytes).await.unwrap_err();

    assert_eq!(error.code(), "fhir.truncated");
    assert!(scene.vault.records(&RecordFilter::default()).await.unwrap().is_empty());
    assert!(scene.ledger.facts().records.is_empty());
    scene.import(bundle("p1", &[("Observation", "o1", DAY)])).await.unwrap();
}

#[tokio::test]
async fn when_packs_cannot_be_written_nothing_is_acknowledged() {
    let scene = Scene::new().await;
    let in_the_way = scene.home.path().join("blobs/packs");
    std::fs::write(&in_the_way, b"no folder").unwrap();

    let error = scene.import(bundle("p1", &[("Observation", "o1", DAY)])).await.unwrap_err();

    assert_eq!(error.code(), "vault.storage");
    assert!(scene.ledger.facts().records.is_empty());
    assert!(scene.ledger.facts().persons.is_empty());
    std::fs::remove_file(&in_the_way).unwrap();
    let report = scene.import(bundle("p1", &[("Observation", "o1", DAY)])).await.unwrap();
    assert_eq!(report.new_records, 2);
}

#[tokio::test]
async fn a_folder_opens_for_its_own_organisation_and_key_only() {
    let scene = Scene::new().await;
    let open = |organisation| {
        let sealing = salus_crypto::wrap::SealingSecret::generate();
        let config = crate::VaultConfig::new(scene.home.path(), organisation, sealing);
        crate::Vault::open(config, std::sync::Arc::new(scene.ledger.clone()))
    };

    assert_eq!(open(super::scene::CLINIC).await.unwrap_err().code(), "vault.home");
    assert_eq!(open(HOSPITAL).await.unwrap_err().code(), "vault.home");
}

#[tokio::test]
async fn an_import_that_was_not_accepted_is_removed_at_the_next_start() {
    let mut scene = Scene::new().await;
    let import = [9; 16];
    scene.vault.index.begin_import(&import).await.unwrap();
    let pack = crate::packs::Packs::name(&import, 0);
    scene.vault.packs.write(&pack, b"sealed".to_vec()).await.unwrap();
    let file = scene.home.path().join("blobs").join(&pack);
    assert!(file.exists());

    scene.reopen().await;

    assert!(!file.exists());
    assert!(scene.vault.index.open_imports().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_was_sealed_before_a_crash_is_anchored_after_it() {
    let mut scene = Scene::new().await;
    scene.ledger.facts().mishaps.extend([Mishap::Unavailable, Mishap::Unavailable]);
    let error = scene.import(bundle("p1", &[("Observation", "o1", DAY)])).await.unwrap_err();
    assert_eq!(error.code(), "vault.ledger");

    scene.ledger.facts().mishaps.clear();
    scene.reopen().await;
    let resumed = scene.vault.resume().await.unwrap();

    assert_eq!((resumed.patients, resumed.versions), (1, 2));
    assert_eq!(scene.ledger.facts().records.len(), 2);
    assert_eq!(scene.vault.records(&RecordFilter::default()).await.unwrap().len(), 2);
    assert_eq!(scene.vault.resume().await.unwrap().versions, 0);
}

#[tokio::test]
async fn anchors_whose_answer_was_lost_are_found_on_the_ledger() {
    let scene = Scene::new().await;
    scene.ledger.facts().mishaps.extend([Mishap::LostAnswer, Mishap::LostAnswer]);

    let report = scene.import(bundle("p1", &[("Observation", "o1", DAY)])).await.unwrap();

    assert_eq!(report.new_records, 2);
    assert_eq!(scene.vault.records(&RecordFilter::default()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn two_imports_of_one_patient_at_once_make_one_set_of_records() {
    let scene = Scene::new().await;
    let bytes = bundle("p1", &[("Observation", "o1", DAY), ("Condition", "c1", DAY)]);

    let (one, other) = tokio::join!(scene.import(bytes.clone()), scene.import(bytes));

    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(one.new_records + other.new_records, 3);
    assert_eq!(one.unchanged + other.unchanged, 3);
}

#[tokio::test]
async fn the_same_id_of_another_source_system_is_another_patient() {
    let scene = Scene::new().await;
    let bytes = bundle("p1", &[]);
    let one = scene.import(bytes.clone()).await.unwrap();
    let options = ImportOptions { source_system: "laboratory".to_owned(), ..Default::default() };

    let other = scene.vault.import(Cursor::new(bytes), options).await.unwrap();

    assert_ne!(one.patients, other.patients);
}

#[tokio::test]
async fn the_index_holds_no_name_of_a_resource() {
    let scene = Scene::new().await;
    scene.import(bundle("patient-4711", &[("Observation", "obs-0815", DAY)])).await.unwrap();
    scene.vault.close().await;

    for name in ["patient-4711", "obs-0815"] {
        for file in ["index.sqlite", "index.sqlite-wal"] {
            let bytes = std::fs::read(scene.home.path().join(file)).unwrap_or_default();
            assert!(!bytes.windows(name.len()).any(|window| window == name.as_bytes()));
        }
    }
}

#[tokio::test]
async fn an_assisted_patient_has_a_key_that_is_the_one_on_the_ledger() {
    let scene = Scene::new().await;
    let report = scene.import(bundle("p1", &[])).await.unwrap();

    let key = scene.vault.patient_key(report.patients[0]).await.unwrap();

    assert!(key.is_some());
    assert!(scene.ledger.facts().persons.contains(&report.patients[0]));
    assert!(scene.vault.patients(None).await.unwrap()[0].assisted);
    assert_eq!(scene.vault.patient_key(HOSPITAL).await.unwrap().map(|_| ()), None);
}

#[tokio::test]
async fn synthea_patients_are_imported_and_read_back() {
    let Some(folder) = salus_testdata::folder("records/synthea") else { return };
    let scene = Scene::new().await;
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".json.gz"))
        .collect();
    names.sort();
    let bytes = salus_testdata::read(&folder, &names[0]);
    let entries: Vec<_> = BundleReader::new(Cursor::new(bytes.clone()), Limits::default())
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();

    let report = scene.import(bytes).await.unwrap();

    assert_eq!(report.new_records, entries.len() as u64);
    let records = scene.vault.records(&RecordFilter::default()).await.unwrap();
    for record in records.iter().take(20) {
        let opened = scene.vault.read_own(record.record, TREATMENT).await.unwrap();
        assert!(entries.iter().any(|entry| entry.bytes == *opened.bytes));
    }
}
