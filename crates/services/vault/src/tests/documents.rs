//! Documents: any bytes come back, versions, who reads them and who does not, what of them is erased.

use super::{
    custodial::Play,
    scene::{HOSPITAL, Scene, TREATMENT, bundle},
};
use crate::{
    RecordFilter, Result, Scope,
    erasure::{Reach, Trace, Whose, fingerprint, scan},
    notary::{Opening, Role, document_of},
    port::ConsentLedger as _,
};
use proptest::prelude::*;
use salus_consent::{
    ErasureScope, RecordId,
    state::{DocumentSignature, DocumentVersion},
};
use salus_fhir::{
    Category,
    document::{DOCUMENT_BYTES_MAX, Document},
    rest::{Effect, Written},
    search::{Handling, Query},
};
use salus_types::{AccountId, BlockTime, Hash, Height, VecMax, hash};

const PDF: &[u8] = b"%PDF-1.7\n\x00\xff\xfe the letter of Quillfeather";

fn letter(content: &[u8]) -> Document {
    Document {
        title: Some("Quillfeather's letter".to_owned()),
        media_type: Some("application/pdf".to_owned()),
        kind: Some("18842-5".parse().unwrap()),
        date: Some("2026-05-06".to_owned()),
        content: content.to_vec(),
        ..Document::default()
    }
}

async fn patient() -> (Scene, AccountId) {
    let scene = Scene::new().await;
    let patient = scene.import(bundle("p1", &[])).await.unwrap().patients[0];
    (scene, patient)
}

async fn add(scene: &Scene, patient: AccountId, document: Document) -> Result<Written> {
    scene.vault.add_document(patient, document, &TREATMENT.into()).await
}

async fn added(scene: &Scene, patient: AccountId, content: &[u8]) -> RecordId {
    add(scene, patient, letter(content)).await.unwrap().resource.id.parse().unwrap()
}

async fn update(
    scene: &Scene,
    record: RecordId,
    version: Option<u32>,
    changes: Document,
) -> Result<Written> {
    scene.vault.update_document(record, version, changes, &TREATMENT.into()).await
}

async fn read(scene: &Scene, record: RecordId) -> Document {
    let opened = scene.vault.read_own(record, TREATMENT).await.unwrap();
    Document::of_resource(&opened.bytes).unwrap()
}

fn code<T: std::fmt::Debug>(result: Result<T>) -> &'static str {
    result.unwrap_err().code()
}

/// All of a category.
fn of(category: Category) -> Scope {
    Scope { categories: VecMax::new(vec![category]).unwrap(), ..Scope::default() }
}

#[tokio::test]
async fn a_document_is_a_record_of_its_patient_and_its_bytes_come_back() {
    let (scene, patient) = patient().await;

    let record = added(&scene, patient, PDF).await;

    let found = read(&scene, record).await;
    assert_eq!(found.content, PDF);
    assert_eq!(found.title.as_deref(), Some("Quillfeather's letter"));
    assert!(found.secret.is_some());
    let summary = scene.record("DocumentReference").await;
    assert_eq!((summary.patient, summary.category), (patient, Category::Documents));
    let pairs = [("type", "http://loinc.org|18842-5"), ("date", "2026-05-06")];
    let query =
        Query::parse(summary.resource_type, pairs.iter().copied(), Handling::Strict).unwrap();
    let shown = scene.vault.search(&query, &|_| true, &TREATMENT.into()).await.unwrap();
    assert_eq!(shown.matches[0].id, record.to_string());
    let log = scene.vault.accesses(patient).await.unwrap();
    assert_eq!(log.entries.len(), 2, "the read and the search; adding shows nothing");
}

#[tokio::test]
async fn among_others_a_large_document_is_a_link_to_its_bytes() {
    let (scene, patient) = patient().await;
    let small = added(&scene, patient, PDF).await;
    let bytes = vec![7; 100_000];
    let large = added(&scene, patient, &bytes).await;
    let id = scene.vault.id_of(patient).await.unwrap().unwrap();

    let found = scene.vault.everything(&id, None, 9, &|_| true, &TREATMENT.into()).await.unwrap();

    let text = |record: RecordId| {
        let shown = found.matches.iter().find(|one| one.id == record.to_string());
        &shown.unwrap().text
    };
    assert!(text(large).contains(&format!("\"url\":\"Binary/{large}\"")));
    assert!(text(large).len() < 2_000 && !text(small).contains("Binary/"));
    let one = found.matches[1].resource_type;
    let one = scene.vault.resource(one, &large.to_string(), None, &TREATMENT.into()).await.unwrap();
    assert_eq!(Document::of_resource(one.text.as_bytes()).unwrap().content, bytes);
}

#[tokio::test]
async fn a_document_of_the_largest_size_comes_back_and_a_larger_one_is_refused() {
    let (scene, patient) = patient().await;
    let largest: Vec<u8> = (0..=250).cycle().take(DOCUMENT_BYTES_MAX).collect();

    let record = added(&scene, patient, &largest).await;

    assert!(read(&scene, record).await.content == largest);
    let larger = vec![0; DOCUMENT_BYTES_MAX + 1];
    assert_eq!(code(add(&scene, patient, letter(&larger)).await), "document.too_large");
    assert_eq!(code(add(&scene, patient, letter(&[])).await), "document.empty");
    let untitled = Document { title: None, ..letter(PDF) };
    assert_eq!(code(add(&scene, patient, untitled).await), "document.metadata");
    assert_eq!(code(add(&scene, HOSPITAL, letter(PDF)).await), "vault.unknown_patient");
    let filter = RecordFilter { patient: Some(patient), ..RecordFilter::default() };
    assert_eq!(scene.vault.records(&filter).await.unwrap().len(), 2, "nothing of them is kept");
}

#[test]
fn any_bytes_come_back_exactly() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (scene, patient) = runtime.block_on(patient());
    let config = ProptestConfig { cases: 24, ..ProptestConfig::default() };

    proptest!(config, |(content in proptest::collection::vec(any::<u8>(), 1..2048))| {
        let found = runtime.block_on(async {
            read(&scene, added(&scene, patient, &content).await).await
        });
        prop_assert_eq!(found.content, content);
    });
}

#[tokio::test]
async fn a_new_version_takes_the_place_of_the_latest_and_the_secret_stays() {
    let (scene, patient) = patient().await;
    let record = added(&scene, patient, PDF).await;
    let before = read(&scene, record).await;
    let bytes = |content: &[u8]| Document { content: content.to_vec(), ..Document::default() };
    let title = Document { title: Some("Corrected".to_owned()), ..Document::default() };

    let second = update(&scene, record, Some(1), bytes(b"second")).await.unwrap();
    let third = update(&scene, record, None, title).await.unwrap();

    assert_eq!([second.resource.version, third.resource.version], [2, 3]);
    let now = read(&scene, record).await;
    assert_eq!((now.content, now.title.as_deref()), (b"second".to_vec(), Some("Corrected")));
    assert_eq!((now.kind, now.secret), (before.kind, before.secret));
    let kind = scene.record("DocumentReference").await.resource_type;
    let id = record.to_string();
    let first = scene.vault.resource(kind, &id, Some(1), &TREATMENT.into()).await.unwrap();
    assert_eq!(Document::of_resource(first.text.as_bytes()).unwrap().content, PDF);
    let same = update(&scene, record, None, bytes(b"second")).await.unwrap();
    assert_eq!((same.effect, same.resource.version), (Effect::Unchanged, 3));
    assert_eq!(code(update(&scene, record, Some(1), bytes(b"x")).await), "vault.version_conflict");
    let unknown = RecordId::new([9; 32]);
    assert_eq!(code(update(&scene, unknown, None, bytes(b"x")).await), "vault.unknown_record");
    let no_document = scene.record("Patient").await.record;
    assert_eq!(code(update(&scene, no_document, None, bytes(b"x")).await), "document.not_one");
}

#[tokio::test]
async fn who_has_a_grant_for_documents_reads_them_and_who_has_none_does_not() {
    let (scene, patient) = patient().await;
    let record = added(&scene, patient, PDF).await;
    let documents = scene.grant(patient, &of(Category::Documents)).await;
    let observations = scene.grant(patient, &of(Category::Observations)).await;

    let opened = scene.ask(scene.request(record, documents)).await.unwrap();

    assert_eq!(Document::of_resource(&opened.bytes).unwrap().content, PDF);
    assert_eq!(scene.refusal(scene.request(record, observations)).await, "vault.scope");
    scene.ledger.revoke(documents);
    assert_eq!(scene.refusal(scene.request(record, documents)).await, "vault.grant_revoked");
    let log = scene.vault.accesses(patient).await.unwrap();
    // Refusals are accounted for beside, without waiting.
    assert_eq!(log.released(), 1);
}

#[tokio::test]
async fn a_document_whose_key_is_with_custodians_is_read_with_their_shares() {
    let play = Play::with(Category::Documents).await;
    let record = added(&play.scene, play.patient, PDF).await;
    let session = play.session(record).await;
    play.finalise(&session).await;

    let opened = play.open(&session, record, &[0, 2]).await.unwrap();

    assert_eq!(Document::of_resource(&opened).unwrap().content, PDF);
    assert_eq!(code(play.scene.vault.read_own(record, TREATMENT).await), "vault.custodial");
    let changed = update(&play.scene, record, None, letter(b"x")).await;
    assert_eq!(code(changed), "vault.custodial");
}

#[tokio::test]
async fn an_erasure_leaves_no_trace_of_a_document_and_what_opens_its_notarisation() {
    let (scene, patient) = patient().await;
    let record = added(&scene, patient, PDF).await;
    let secret = read(&scene, record).await.secret.unwrap();
    let whose = Whose {
        folder: scene.home.path().to_owned(),
        organisation: HOSPITAL,
        network: scene.ledger.network(),
        sealing: scene.sealing.clone(),
    };
    let mut traces = fingerprint(whose, patient, HOSPITAL).await.unwrap().traces;
    for bytes in [PDF.to_vec(), secret.to_vec(), b"Quillfeather".to_vec()] {
        traces.push(Trace { kind: "document".to_owned(), reach: Reach::Nowhere, bytes });
    }
    let kinds = || {
        let found = scan(scene.home.path(), &traces, &|_| false).unwrap().found;
        found.into_iter().map(|found| found.kind).collect::<std::collections::BTreeSet<_>>()
    };
    let before = kinds();
    let erasure = scene.ledger.ask_for_erasure(patient, HOSPITAL, ErasureScope::All);

    scene.vault.erase(erasure).await.unwrap();

    assert!(before.contains("sealed record"), "{before:?}");
    assert!(!before.contains("document"), "not even before: it is sealed");
    assert!(kinds().is_empty());
    assert_eq!(code(scene.vault.read_own(record, TREATMENT).await), "vault.erased");
    assert_eq!(code(update(&scene, record, None, letter(b"x")).await), "vault.erased");
    assert_eq!(code(add(&scene, patient, letter(PDF)).await), "vault.erased");
}

#[test]
fn what_opens_a_version_opens_no_other_and_only_with_the_same_bytes() {
    let (secret, owner, signer) = ([3; 32], AccountId([1; 32]), AccountId([2; 32]));
    let (file, other) = (hash(PDF), hash(b"another"));
    let opening = Opening::of(&secret, owner, file);
    let version = DocumentVersion {
        commitment: opening.commitment(file),
        kind_commitment: opening.kind_commitment(file, Some("http://loinc.org|18842-5")),
        notarised_height: Height(1),
        notarised_at: BlockTime::from_unix_ms(1),
        signatures: 1,
    };
    let signature = |role_commitment| DocumentSignature {
        signer,
        role_commitment,
        signed_at: BlockTime::from_unix_ms(2),
    };

    assert!(opening.opens(file, &version) && !opening.opens(other, &version));
    assert!(!Opening::of(&secret, owner, other).opens(file, &version));
    assert!(!Opening::of(&secret, signer, file).opens(file, &version));
    assert!(!Opening::fresh().opens(file, &version) && !Opening::public().opens(file, &version));
    assert_eq!(Opening::public().commitment(file), file);
    assert_ne!(document_of(&secret, owner), document_of(&secret, signer));
    for role in Role::ALL {
        let with_role = signature(opening.role_commitment(file, signer, *role));
        assert_eq!(opening.role_of(file, &with_role), Some(*role));
        assert_eq!(role.code().parse(), Ok(*role));
    }
    assert_eq!(opening.role_of(file, &signature(Hash::ZERO)), None);
}
