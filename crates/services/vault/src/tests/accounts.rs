//! Accounts of accesses: numbers without a gap, one transaction for many, nothing without an account.

use super::scene::{Scene, TREATMENT, bundle};
use crate::testing::Mishap;
use futures::future::join_all;
use std::collections::BTreeSet;

#[tokio::test]
async fn reads_at_the_same_time_share_accounts_and_have_numbers_without_a_gap() {
    let scene = Scene::new().await;
    let patient = scene.import(bundle("p1", &[])).await.unwrap().patients[0];
    let record = scene.record("Patient").await.record;
    let before = scene.ledger.facts().transactions;

    let reads = join_all((0..300).map(|_| scene.vault.read_own(record, TREATMENT))).await;

    let numbers: BTreeSet<u64> = reads.into_iter().map(|read| read.unwrap().sequence).collect();
    assert_eq!(numbers, (1..=300).collect());
    assert!(scene.ledger.facts().transactions - before < 30);
    let log = scene.vault.accesses(patient).await.unwrap();
    assert_eq!((log.entries.len(), log.next_sequence), (300, 301));
}

#[tokio::test]
async fn an_account_whose_answer_was_lost_is_settled_and_numbers_go_on() {
    let mut scene = Scene::new().await;
    let patient = scene.import(bundle("p1", &[])).await.unwrap().patients[0];
    let record = scene.record("Patient").await.record;
    scene.ledger.facts().mishaps.push_back(Mishap::LostAnswer);
    scene.vault.read_own(record, TREATMENT).await.unwrap_err();

    scene.reopen().await;
    let settled = scene.vault.resume().await.unwrap().accounts;
    let read = scene.vault.read_own(record, TREATMENT).await.unwrap();

    assert_eq!((settled, read.sequence), (1, 2));
    assert_eq!(scene.vault.accesses(patient).await.unwrap().entries.len(), 2);
}

#[tokio::test]
async fn an_account_that_never_came_leaves_its_numbers_to_the_next() {
    let scene = Scene::new().await;
    let patient = scene.import(bundle("p1", &[])).await.unwrap().patients[0];
    let record = scene.record("Patient").await.record;
    scene.ledger.facts().mishaps.push_back(Mishap::LostRequest);
    scene.vault.read_own(record, TREATMENT).await.unwrap_err();

    let read = scene.vault.read_own(record, TREATMENT).await.unwrap();

    assert_eq!(read.sequence, 1);
    assert_eq!(scene.vault.accesses(patient).await.unwrap().entries.len(), 1);
}

#[tokio::test]
async fn a_leaf_that_is_missing_shows() {
    let scene = Scene::new().await;
    let patient = scene.import(bundle("p1", &[])).await.unwrap().patients[0];
    let record = scene.record("Patient").await.record;
    scene.vault.read_own(record, TREATMENT).await.unwrap();
    sqlx::query("DELETE FROM accesses").execute(&scene.vault.index.writes).await.unwrap();

    let error = scene.vault.accesses(patient).await.unwrap_err();

    assert_eq!(error.code(), "vault.accesses_incomplete");
}
