//! Erasure: nothing is left in any file, nothing else is touched, whatever stops it.

use super::scene::{CLINIC, HOSPITAL, Scene, TREATMENT, bundle};
use crate::{
    RecordFilter, Scope, ScopeOpening, Vault, VaultConfig, VaultError,
    erasure::{
        ErasureLedger as _, ErasureOpening, ErasureOutcome, Reach, Step, Trace, Whose, fingerprint,
        scan,
    },
    index::{
        custody::KeptShares,
        erasing::{Rows, TABLES},
    },
    port::ConsentLedger as _,
    testing::Mishap,
};
use salus_consent::{
    ArrangementId, ErasureScope, KeyHolder, RecordId, RequestId, RetentionReason,
    state::Arrangement,
};
use salus_crypto::{random, wrap::SealingSecret};
use salus_fhir::search::{Handling, Query};
use salus_types::{AccountId, BlockTime, Hash, Height, VecMax};
use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

const STEPS: [Step; 7] = [
    Step::Claimed,
    Step::RowsDestroyed,
    Step::WrittenOver,
    Step::Compacted,
    Step::Signed,
    Step::Attested,
    Step::Swept,
];

/// One bundle of two patients, so that their records share a pack.
fn two_patients() -> Vec<u8> {
    let one =
        bundle("p1", &[("Observation", "o1", "2020-02-03"), ("Condition", "c1", "2021-01-01")]);
    let other = bundle("p2", &[("Observation", "o2", "2020-02-03")]);
    let one: serde_json::Value = serde_json::from_slice(&one).unwrap();
    let mut both: serde_json::Value = serde_json::from_slice(&other).unwrap();
    let entries = both["entry"].as_array_mut().unwrap();
    entries.splice(0..0, one["entry"].as_array().unwrap().clone());
    both.to_string().into_bytes()
}

/// Both patients, the first with an access, a refusal, and a grant whose keys the clinic was given.
async fn scene() -> (Scene, AccountId, AccountId) {
    let scene = Scene::new().await;
    let patients = scene.import(two_patients()).await.unwrap().patients;
    let records = records(&scene.vault, patients[0]).await;
    scene.vault.read_own(records[0], TREATMENT).await.unwrap();
    let grant = scene.grant(patients[0], &Scope::default()).await;
    scene.ask(scene.request(records[0], grant)).await.unwrap();
    (scene, patients[0], patients[1])
}

async fn records(vault: &Vault, patient: AccountId) -> Vec<RecordId> {
    let filter = RecordFilter { patient: Some(patient), ..RecordFilter::default() };
    vault.records(&filter).await.unwrap().iter().map(|one| one.record).collect()
}

async fn traces(scene: &Scene, patient: AccountId) -> Vec<Trace> {
    let whose = Whose {
        folder: scene.home.path().to_owned(),
        organisation: HOSPITAL,
        network: scene.ledger.network(),
        sealing: scene.sealing.clone(),
    };
    fingerprint(whose, patient, HOSPITAL).await.unwrap().traces
}

/// The kinds of traces that are in a file below a folder.
fn found(folder: &Path, traces: &[Trace]) -> BTreeSet<String> {
    let scanned = scan(folder, traces, &|_| false).unwrap();
    scanned.found.into_iter().map(|found| found.kind).collect()
}

fn code<T: std::fmt::Debug>(result: crate::Result<T>) -> &'static str {
    result.unwrap_err().code()
}

#[test]
fn every_table_of_the_index_says_what_an_erasure_destroys_in_it() {
    let schema = include_str!("../index/schema.sql");
    let made: BTreeSet<&str> = schema
        .lines()
        .filter_map(|line| line.strip_prefix("CREATE TABLE "))
        .map(|rest| rest.split(' ').next().unwrap())
        .collect();
    let listed: BTreeSet<&str> = TABLES.iter().map(|table| table.name).collect();

    assert_eq!(made, listed);
    for table in TABLES {
        let statement = match table.all {
            Rows::AtHolder(text) | Rows::Everywhere(text) | Rows::OfBases(text) => text,
            Rows::None => {
                let after = schema.split(&format!("CREATE TABLE {} (", table.name)).nth(1).unwrap();
                let columns = after.split(')').next().unwrap();
                assert!(!columns.contains("patient "), "{} names patients", table.name);
                continue;
            }
        };
        assert!(statement.starts_with(&format!("DELETE FROM {} ", table.name)), "{statement}");
    }
}

#[tokio::test]
async fn nothing_of_the_patient_is_left_in_any_file_and_the_other_is_untouched() {
    let (scene, patient, other) = scene().await;
    let traces = traces(&scene, patient).await;
    let before = found(scene.home.path(), &traces);
    let kept = records(&scene.vault, other).await;
    let erasure = scene.ledger.ask_for_erasure(patient, HOSPITAL, ErasureScope::All);

    let outcome = scene.vault.erase(erasure).await.unwrap();

    for kind in
        ["account", "sealed record", "versions.key_wrap", "salt of an access", "scopes.opening"]
    {
        assert!(before.contains(kind), "the search finds nothing at all: {kind} of {before:?}");
    }
    assert!(traces.iter().any(|trace| trace.kind == "data key"));
    assert_eq!(found(scene.home.path(), &traces), BTreeSet::new());
    let ErasureOutcome::Done(report) = outcome else { panic!("{outcome:?}") };
    assert!(report.is_signed());
    let attested = scene.ledger.facts().attested[0].clone();
    assert_eq!((attested.role, attested.report_digest), (KeyHolder::Holder, report.digest()));
    assert_eq!(report.report.destroyed["records"], 3);
    assert!(report.report.destroyed["sealed_bytes"] > 300);
    assert_eq!(scene.vault.erasure_report(erasure).await.unwrap().as_ref(), Some(&*report));
    for record in &kept {
        scene.vault.read_own(*record, TREATMENT).await.unwrap();
    }
    assert_eq!(kept.len(), 2);
    assert_eq!(scene.vault.accesses(other).await.unwrap().entries.len(), 2);
}

#[tokio::test]
async fn whatever_is_asked_of_what_is_erased_is_answered_with_that() {
    let (scene, patient, _) = scene().await;
    let records = records(&scene.vault, patient).await;
    let id = scene.vault.id_of(patient).await.unwrap().unwrap();
    let query = |text: &str| {
        let kind = "Observation".parse().unwrap();
        Query::parse(kind, [("patient", text)], Handling::Strict).unwrap()
    };
    let erasure = scene.ledger.ask_for_erasure(patient, HOSPITAL, ErasureScope::All);
    // Stopped before it is attested: the ledger does not say it yet, and the answers are the same.
    let stopped = |step| {
        if step == Step::Signed { Err(VaultError::Busy { what: "a test" }) } else { Ok(()) }
    };
    scene.vault.erase_in_steps(erasure, &stopped).await.unwrap_err();
    for _ in 0..2 {
        let vault = &scene.vault;
        let all = |_| true;
        assert_eq!(code(vault.history(records[0]).await), "vault.erased");
        assert_eq!(code(vault.accesses(patient).await), "vault.erased");
        assert_eq!(code(vault.access(patient, 1).await), "vault.erased");
        let patient_type = "Patient".parse().unwrap();
        let shown = vault.resource(patient_type, &id, None, &TREATMENT.into()).await;
        assert_eq!(code(shown), "vault.erased");
        let history = vault.resource_history(patient_type, &id, &TREATMENT.into()).await;
        assert_eq!(code(history), "vault.erased");
        let everything = vault.everything(&id, None, 10, &all, &TREATMENT.into()).await;
        assert_eq!(code(everything), "vault.erased");
        assert_eq!(code(vault.search(&query(&id), &all, &TREATMENT.into()).await), "vault.erased");
        assert!(vault.patient_key(patient).await.unwrap().is_none());
        let options = crate::ImportOptions {
            patient: Some(crate::KnownPatient { account: patient, sealing_key: None }),
            ..crate::ImportOptions::default()
        };
        let again = std::io::Cursor::new(bundle("p1", &[("Observation", "o1", "2020-02-03")]));
        assert_eq!(code(vault.import(again, options).await), "vault.erased");
        vault.erase(erasure).await.unwrap();
    }
    let unknown = scene.vault.history(RecordId::new([9; 32])).await;
    assert_eq!(code(unknown), "vault.unknown_record");

    // Who comes back is somebody else to the ledger.
    let back = scene.import(two_patients()).await.unwrap();
    assert_ne!(back.patients[0], patient);
    assert_eq!((back.new_records, back.unchanged), (3, 2));
}

#[tokio::test]
async fn an_erasure_that_is_stopped_anywhere_is_finished_after_the_next_start() {
    for step in STEPS {
        let (mut scene, patient, other) = scene().await;
        let traces = traces(&scene, patient).await;
        let erasure = scene.ledger.ask_for_erasure(patient, HOSPITAL, ErasureScope::All);
        let stopped =
            |at| if at == step { Err(VaultError::Busy { what: "a test" }) } else { Ok(()) };
        scene.vault.erase_in_steps(erasure, &stopped).await.unwrap_err();

        scene.reopen().await;
        assert!(scene.vault.erase_all().await.unwrap() > 0, "{step:?}");

        assert_eq!(found(scene.home.path(), &traces), BTreeSet::new(), "{step:?}");
        let report = scene.vault.erasure_report(erasure).await.unwrap().unwrap();
        assert_eq!(report.report.destroyed["records"], 3, "{step:?}");
        assert_eq!(scene.ledger.facts().attested.len(), 1, "{step:?}");
        assert_eq!(scene.ledger.facts().attested[0].report_digest, report.digest());
        assert_eq!(scene.vault.erase_all().await.unwrap(), 0, "{step:?}");
        for record in records(&scene.vault, other).await {
            scene.vault.read_own(record, TREATMENT).await.unwrap();
        }
    }
}

#[tokio::test]
async fn an_attestation_whose_answer_is_lost_is_not_sent_twice() {
    let (scene, patient, _) = scene().await;
    let erasure = scene.ledger.ask_for_erasure(patient, HOSPITAL, ErasureScope::All);
    scene.ledger.facts().mishaps.push_back(Mishap::LostAnswer);

    assert_eq!(code(scene.vault.erase(erasure).await), "vault.ledger");
    let outcome = scene.vault.erase(erasure).await.unwrap();

    assert!(matches!(outcome, ErasureOutcome::Done(_)));
    assert_eq!(scene.ledger.facts().attested.len(), 1);
}

#[tokio::test]
async fn a_copy_of_before_is_erased_again_when_it_is_started() {
    let (mut scene, patient, _) = scene().await;
    let traces = traces(&scene, patient).await;
    let copy = tempfile::tempdir().unwrap();
    crate::backup::copy(scene.home.path(), &copy.path().join("vault")).await.unwrap();
    let erasure = scene.ledger.ask_for_erasure(patient, HOSPITAL, ErasureScope::All);
    scene.vault.erase(erasure).await.unwrap();
    assert!(!found(copy.path(), &traces).is_empty(), "the copy knows nothing of it");

    fs::remove_dir_all(scene.home.path()).unwrap();
    fs::rename(copy.path().join("vault"), scene.home.path()).unwrap();
    scene.reopen().await;
    assert_eq!(scene.vault.erase_all().await.unwrap(), 1);

    assert_eq!(found(scene.home.path(), &traces), BTreeSet::new());
    assert_eq!(scene.ledger.facts().attested.len(), 1);
}

#[tokio::test]
async fn records_that_the_law_wants_to_be_kept_are_kept_until_it_does_not() {
    let (scene, patient, _) = scene().await;
    let now = scene.ledger.tip().await.unwrap().time;
    let reason = RetentionReason::LegalObligation;
    let nobody = scene.vault.retain(AccountId([8; 32]), reason, now.after_ms(50_000)).await;
    assert_eq!(code(nobody), "vault.unknown_patient");
    scene.vault.retain(patient, reason, now.after_ms(50_000)).await.unwrap();
    let early = scene.ledger.ask_for_erasure(patient, HOSPITAL, ErasureScope::All);

    assert_eq!(scene.vault.erase(early).await.unwrap(), ErasureOutcome::Refused(reason));
    assert_eq!(scene.vault.erase(early).await.unwrap(), ErasureOutcome::Refused(reason));
    let refused = scene.ledger.erasure(early).await.unwrap().unwrap().refused.unwrap();
    assert_eq!(refused.reason, reason);
    let there = records(&scene.vault, patient).await;
    scene.vault.read_own(there[0], TREATMENT).await.unwrap();
    scene.ledger.advance(60_000);
    let late = scene.ledger.ask_for_erasure(patient, HOSPITAL, ErasureScope::All);
    assert!(matches!(scene.vault.erase(late).await.unwrap(), ErasureOutcome::Done(_)));
}

#[tokio::test]
async fn of_some_records_nothing_is_left_and_the_others_stay_in_use() {
    let (scene, patient, _) = scene().await;
    let mut there = records(&scene.vault, patient).await;
    let gone = there.remove(1);
    let wrap = scene.vault.index.latest(gone).await.unwrap().unwrap().key_wrap;
    let wrap = [Trace { kind: "key".to_owned(), reach: Reach::Nowhere, bytes: wrap }];
    assert!(!found(scene.home.path(), &wrap).is_empty());
    let opening = ErasureOpening::new(vec![gone]).unwrap();
    let scope = ErasureScope::Records(opening.commitment());
    let erasure = scene.ledger.ask_for_erasure(patient, HOSPITAL, scope);

    assert_eq!(scene.vault.erase(erasure).await.unwrap(), ErasureOutcome::Untold);
    let other = ErasureOpening::new(there.clone()).unwrap();
    let wrong = scene.vault.open_erasure(erasure, &other).await;
    assert_eq!(code(wrong), "vault.scope_mismatch");
    scene.vault.open_erasure(erasure, &opening).await.unwrap();
    let outcome = scene.vault.erase(erasure).await.unwrap();

    assert!(matches!(outcome, ErasureOutcome::Done(_)));
    assert_eq!(scene.ledger.facts().attested[0].records.to_vec(), [gone]);
    assert_eq!(code(scene.vault.history(gone).await), "vault.erased");
    assert!(found(scene.home.path(), &wrap).is_empty());
    // The leaves of its accesses stay, with the others of the patient: they verify together.
    for record in there {
        scene.vault.read_own(record, TREATMENT).await.unwrap();
    }
    scene.vault.accesses(patient).await.unwrap();
    assert_eq!(scene.vault.erase(erasure).await.unwrap(), outcome);
}

#[tokio::test]
async fn custodians_and_readers_destroy_what_they_have_for_that_holder_and_attest() {
    let (scene, patient, _) = scene().await;
    let home = tempfile::tempdir().unwrap();
    let sealing = SealingSecret::generate();
    let config = VaultConfig::new(home.path(), CLINIC, sealing.clone());
    let clinic = Vault::open(config, Arc::new(scene.ledger.of(CLINIC))).await.unwrap();
    let (here, elsewhere) = (ArrangementId::new(random()), ArrangementId::new(random()));
    let other_holder = AccountId([7; 32]);
    let mut requests = Vec::new();
    for (arrangement, holder) in [(here, HOSPITAL), (elsewhere, other_holder)] {
        let kept = KeptShares {
            patient,
            holder,
            commitments: random::<32>().to_vec(),
            sealed: random::<32>().to_vec(),
        };
        clinic.index.put_shares(arrangement, &kept).await.unwrap();
        let request = RequestId::new(random());
        clinic.index.put_request(request, patient, holder, &random::<32>()).await.unwrap();
        requests.push((request, holder));
    }
    let opening = ScopeOpening::new(&Scope::default());
    let grant = scene.grant_on_ledger(patient, &opening);
    clinic.register_scope(grant.into(), &opening, Height(0)).await.unwrap();
    let stored =
        Arrangement { custodians: VecMax::new(vec![CLINIC]).unwrap(), ..arrangement(patient) };
    scene.ledger.facts().arrangements.insert(here, stored);
    let whose = Whose {
        folder: home.path().to_owned(),
        organisation: CLINIC,
        network: scene.ledger.network(),
        sealing,
    };
    let traces = fingerprint(whose, patient, HOSPITAL).await.unwrap().traces;
    assert!(found(home.path(), &traces).contains("shares.sealed"));
    let erasure = scene.ledger.ask_for_erasure(patient, HOSPITAL, ErasureScope::All);

    assert_eq!(clinic.erase_all().await.unwrap(), 1);

    let attested = scene.ledger.facts().attested[0].clone();
    assert_eq!((attested.erasure, attested.role), (erasure, KeyHolder::Custodian(here)));
    let secret: Vec<Trace> =
        traces.into_iter().filter(|trace| trace.reach == Reach::Nowhere).collect();
    assert_eq!(found(home.path(), &secret), BTreeSet::new());
    assert!(clinic.index.shares(here).await.unwrap().is_none());
    assert!(clinic.index.shares(elsewhere).await.unwrap().is_some());
    for (request, holder) in requests {
        let kept = clinic.index.request(request).await.unwrap();
        assert_eq!(kept.is_some(), holder == other_holder);
    }
    assert!(clinic.index.scope(grant.into()).await.unwrap().is_none());
    // The holder is not done because somebody else is.
    assert!(!records(&scene.vault, patient).await.is_empty());
    // Who has nothing of it has nothing to say.
    let stranger = scene.ledger.of(AccountId([6; 32]));
    assert_eq!(stranger.key_holder(patient, HOSPITAL).await.unwrap(), None);
}

fn arrangement(patient: AccountId) -> Arrangement {
    Arrangement {
        patient,
        holder: HOSPITAL,
        kind: salus_consent::ArrangementKind::Ordinary,
        custodians: VecMax::default(),
        threshold: 1,
        commitments_root: Hash([4; 32]),
        epoch: 1,
        appointed_at: BlockTime::from_unix_ms(1),
        retired_at: None,
        number: 0,
    }
}
