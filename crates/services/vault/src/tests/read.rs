//! Reading: who is refused and why, what is released, and what a tampered store gives.

use super::scene::{HOSPITAL, STRANGER, Scene, TREATMENT, bundle};
use crate::{Scope, ScopeOf, ScopeOpening, testing::Mishap};
use salus_consent::{GrantId, PurposeOfUse, RecordId};
use salus_fhir::{Category, DaySpan};
use salus_types::{AccountId, BlockTime, Height, VecMax};

/// A scene with one patient, whose observation the clinic may read.
async fn granted() -> (Scene, RecordId, GrantId, AccountId) {
    let scene = Scene::new().await;
    let bytes =
        bundle("p1", &[("Observation", "o1", "2020-02-03"), ("Condition", "c1", "2020-02-03")]);
    let patient = scene.import(bytes).await.unwrap().patients[0];
    let observations = Scope {
        categories: VecMax::new(vec![Category::Observations]).unwrap(),
        ..Scope::default()
    };
    let grant = scene.grant(patient, &observations).await;
    let record = scene.record("Observation").await.record;
    (scene, record, grant, patient)
}

#[tokio::test]
async fn a_grantee_reads_what_the_grant_covers() {
    let (scene, record, grant, patient) = granted().await;

    let opened = scene.ask(scene.request(record, grant)).await.unwrap();

    assert!(String::from_utf8_lossy(&opened.bytes).contains("\"o1\""));
    assert_eq!(opened.sequence, 1);
    let log = scene.vault.accesses(patient).await.unwrap();
    assert_eq!((log.entries.len(), log.released(), log.next_sequence), (1, 1, 2));
    assert_eq!(log.entries[0].leaf.basis, Some(grant.into()));
    let proof = scene.vault.access(patient, 1).await.unwrap();
    assert!(proof.path.verify(&proof.batch.leaves_root, &proof.leaf.hash()));
}

#[tokio::test]
async fn every_refusal_has_its_code() {
    let (scene, record, grant, patient) = granted().await;
    let request = || scene.request(record, grant);
    let condition = scene.record("Condition").await.record;
    let unregistered = scene.grant_on_ledger(patient, &ScopeOpening::new(&Scope::default()));
    let other = scene.import(bundle("p2", &[("Observation", "o2", "2020")])).await.unwrap();
    let of_other = scene.grant(other.patients[0], &Scope::default()).await;
    let stale = BlockTime::from_unix_ms(1);

    let cases = [
        (scene.request(record, GrantId::new([9; 32])), "vault.no_grant"),
        (scene.request(condition, grant), "vault.scope"),
        (scene.request(record, unregistered), "vault.scope"),
        (scene.request(record, of_other), "vault.grant_elsewhere"),
        (scene.request(RecordId::new([9; 32]), grant), "vault.unknown_record"),
        (
            crate::remote::ReadRequest { purpose: PurposeOfUse::Research, ..request() },
            "vault.purpose",
        ),
        (crate::remote::ReadRequest { requester: STRANGER, ..request() }, "vault.grantee"),
        (crate::remote::ReadRequest { custodian: STRANGER, ..request() }, "vault.misdirected"),
        (crate::remote::ReadRequest { time: stale, ..request() }, "vault.stale_request"),
        (crate::remote::ReadRequest { height: Height(1_000), ..request() }, "vault.stale_request"),
        (
            crate::remote::ReadRequest { requester: HOSPITAL, ..request() },
            "vault.organisation_inactive",
        ),
    ];
    for (request, code) in cases {
        assert_eq!(scene.refusal(request).await, code);
    }
}

#[tokio::test]
async fn a_grant_counts_from_its_beginning_until_before_its_end() {
    let (scene, record, grant, _) = granted().await;
    let now = scene.ledger.facts().time_ms;
    let begin = BlockTime::from_unix_ms(now + 5_000);
    scene.ledger.facts().grants.get_mut(&grant).unwrap().not_before = begin;

    assert_eq!(scene.refusal(scene.request(record, grant)).await, "vault.grant_not_yet");
    scene.ledger.advance(5_000);
    scene.ask(scene.request(record, grant)).await.unwrap();
    scene.ledger.advance(10_000);
    assert_eq!(scene.refusal(scene.request(record, grant)).await, "vault.grant_expired");
}

#[tokio::test]
async fn after_a_revocation_nothing_is_released() {
    let (scene, record, grant, _) = granted().await;
    scene.ledger.revoke(grant);

    assert_eq!(scene.refusal(scene.request(record, grant)).await, "vault.grant_revoked");
}

#[tokio::test]
async fn a_revocation_between_account_and_release_stops_the_release() {
    let (scene, record, grant, _) = granted().await;
    scene.ledger.facts().revoke_after_account.push(grant);

    assert_eq!(scene.refusal(scene.request(record, grant)).await, "vault.grant_revoked");
}

#[tokio::test]
async fn a_replayed_request_is_refused() {
    let (scene, record, grant, _) = granted().await;
    let request = scene.request(record, grant);
    scene.ask(request.clone()).await.unwrap();

    assert_eq!(scene.refusal(request).await, "vault.replayed");
}

#[tokio::test]
async fn a_request_from_before_a_restart_is_not_answered_again() {
    let (mut scene, record, grant, _) = granted().await;
    let request = scene.request(record, grant);
    scene.ask(request.clone()).await.unwrap();

    scene.reopen().await;

    assert_eq!(scene.refusal(request).await, "vault.stale_request");
}

#[tokio::test]
async fn a_request_signed_by_another_key_is_refused() {
    let (scene, record, grant, _) = granted().await;
    let mut signed = scene.sign(scene.request(record, grant));
    signed.request.nonce = salus_types::Salt([0; 16]);

    let error = scene.vault.serve(&signed).await.unwrap_err();

    assert_eq!(error.code(), "vault.bad_signature");
}

#[tokio::test]
async fn without_an_account_nothing_is_released() {
    for mishap in [Mishap::Unavailable, Mishap::LostRequest, Mishap::LostAnswer] {
        let (scene, record, grant, patient) = granted().await;
        scene.ledger.facts().mishaps.push_back(mishap);

        let code = scene.refusal(scene.request(record, grant)).await;

        assert_eq!(code, "vault.account_not_written");
        scene.ask(scene.request(record, grant)).await.unwrap();
        scene.vault.accesses(patient).await.unwrap();
    }
}

#[tokio::test]
async fn a_tampered_record_is_not_released() {
    let (scene, record, grant, _) = granted().await;
    let place = scene.vault.index.latest(record).await.unwrap().unwrap().place;
    let file = scene.home.path().join("blobs").join(&place.pack);
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[usize::try_from(place.offset).unwrap() + 5] ^= 1;
    std::fs::write(&file, bytes).unwrap();

    assert_eq!(scene.refusal(scene.request(record, grant)).await, "vault.integrity");
    let own = scene.vault.read_own(record, TREATMENT).await.unwrap_err();
    assert_eq!(own.code(), "vault.integrity");
}

#[tokio::test]
async fn a_scope_with_dates_covers_only_records_within_them() {
    let (scene, record, _, patient) = granted().await;
    for (span, allowed) in [("2020", true), ("2019", false), ("2020-02-03", true)] {
        let scope = Scope { dates: DaySpan::from_fhir(span), ..Scope::default() };
        let grant = scene.grant(patient, &scope).await;

        assert_eq!(scene.ask(scene.request(record, grant)).await.is_ok(), allowed);
    }
    let scope = Scope { dates: DaySpan::from_fhir("2020"), ..Scope::default() };
    let grant = scene.grant(patient, &scope).await;
    let undated = scene.record("Patient").await.record;
    assert_eq!(scene.refusal(scene.request(undated, grant)).await, "vault.scope");
}

#[tokio::test]
async fn an_opening_that_does_not_match_the_grant_is_not_kept() {
    let (scene, _, _, patient) = granted().await;
    let opening = ScopeOpening::new(&Scope::default());
    let grant = scene.grant_on_ledger(patient, &opening);

    let other = ScopeOpening::new(&Scope::default());

    let error = scene
        .vault
        .register_scope(ScopeOf::Basis(grant.into()), &other, Height(0))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "vault.scope_mismatch");
}

#[test]
fn two_scopes_that_say_the_same_have_one_commitment() {
    let scope = |list: &[Category]| Scope {
        categories: VecMax::new(list.to_vec()).unwrap(),
        ..Scope::default()
    };
    let (one, other) = (Category::Observations, Category::Conditions);

    let salt = [1; 32];

    assert_eq!(scope(&[one, other, one]).commitment(&salt), scope(&[other, one]).commitment(&salt));
    assert_ne!(scope(&[one]).commitment(&salt), scope(&[other]).commitment(&salt));
}
