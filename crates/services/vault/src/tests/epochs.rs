//! Epochs of category keys: what a grantee holds, and what a revocation takes from it.

use super::scene::{Scene, bundle};
use crate::{
    Scope,
    remote::{ReadRequest, ReleasedKey},
};
use salus_consent::{GrantId, RecordId};
use salus_fhir::Category;
use salus_types::{AccountId, VecMax};

const OLD: (&str, &str, &str) = ("Observation", "o1", "2020-02-03");
const NEW: (&str, &str, &str) = ("Observation", "o2", "2021-02-03");

struct Two {
    scene: Scene,
    patient: AccountId,
    old: RecordId,
    grants: [GrantId; 2],
}

fn observations() -> Scope {
    Scope { categories: VecMax::new(vec![Category::Observations]).unwrap(), ..Scope::default() }
}

/// A patient with an observation, and two grants by category.
async fn two() -> Two {
    let scene = Scene::new().await;
    let patient = scene.import(bundle("p1", &[OLD])).await.unwrap().patients[0];
    let old = scene.record("Observation").await.record;
    let grants =
        [scene.grant(patient, &observations()).await, scene.grant(patient, &observations()).await];
    Two { scene, patient, old, grants }
}

async fn released(scene: &Scene, request: ReadRequest) -> (u32, usize) {
    match scene.vault.serve(&scene.sign(request)).await.unwrap().key {
        ReleasedKey::Category(release) => (release.epoch, release.links.len()),
        ReleasedKey::Record(_) => panic!("the grant is by category"),
    }
}

async fn import_another(scene: &Scene, old: RecordId) -> RecordId {
    scene.import(bundle("p1", &[OLD, NEW])).await.unwrap();
    let filter = crate::RecordFilter {
        resource_type: Some("Observation".parse().unwrap()),
        ..crate::RecordFilter::default()
    };
    let records = scene.vault.records(&filter).await.unwrap();
    records.into_iter().map(|one| one.record).find(|one| *one != old).unwrap()
}

#[tokio::test]
async fn a_grantee_by_category_gets_the_category_key_once_and_the_same_again() {
    let Two { scene, old, grants, .. } = two().await;

    let first = scene.vault.serve(&scene.sign(scene.request(old, grants[0]))).await.unwrap();
    let second = scene.vault.serve(&scene.sign(scene.request(old, grants[0]))).await.unwrap();

    assert_eq!(first.key, second.key);
    scene.ask(scene.request(old, grants[0])).await.unwrap();
}

#[tokio::test]
async fn a_grant_that_is_narrower_than_categories_gives_keys_of_single_records() {
    let Two { scene, patient, old, .. } = two().await;
    let narrow = Scope { records: VecMax::new(vec![old]).unwrap(), ..Scope::default() };
    let grant = scene.grant(patient, &narrow).await;

    let response = scene.vault.serve(&scene.sign(scene.request(old, grant))).await.unwrap();

    assert!(matches!(response.key, ReleasedKey::Record(_)));
    scene.ledger.revoke(grant);
    assert!(scene.vault.end_basis(grant.into()).await.unwrap());
    let newest = scene.vault.index.newest_epoch(patient, Category::Observations).await.unwrap();
    assert_eq!(newest, Some(0), "its grantee never had a category key");
}

#[tokio::test]
async fn after_a_revocation_a_new_epoch_begins_and_the_others_read_on() {
    let Two { scene, patient, old, grants: [ended, stands] } = two().await;
    scene.ask(scene.request(old, ended)).await.unwrap();
    scene.ask(scene.request(old, stands)).await.unwrap();
    let sealed_before = scene.vault.index.latest(old).await.unwrap().unwrap();

    scene.ledger.revoke(ended);
    assert!(scene.vault.end_basis(ended.into()).await.unwrap());
    assert!(!scene.vault.end_basis(ended.into()).await.unwrap(), "nothing is kept of it any more");
    assert!(!scene.vault.end_basis(stands.into()).await.unwrap());
    let new = import_another(&scene, old).await;

    assert_eq!(scene.refusal(scene.request(old, ended)).await, "vault.grant_revoked");
    assert_eq!(released(&scene, scene.request(old, stands)).await, (1, 1));
    assert_eq!(released(&scene, scene.request(new, stands)).await, (1, 0));
    for record in [old, new] {
        scene.ask(scene.request(record, stands)).await.unwrap();
        scene.vault.read_own(record, super::scene::TREATMENT).await.unwrap();
    }
    let sealed_after = scene.vault.index.latest(old).await.unwrap().unwrap();
    assert_eq!(sealed_before.key_wrap, sealed_after.key_wrap, "what is sealed is left alone");
    assert_eq!(sealed_before.epoch, sealed_after.epoch);
    let newest = scene.vault.index.newest_epoch(patient, Category::Observations).await.unwrap();
    assert_eq!(newest, Some(1));
}

#[tokio::test]
async fn grants_that_end_while_the_vault_is_closed_are_ended_at_its_next_start() {
    let Two { mut scene, old, grants: [ended, _], patient } = two().await;
    scene.ask(scene.request(old, ended)).await.unwrap();
    scene.ledger.revoke(ended);

    scene.reopen().await;

    assert_eq!(scene.vault.resume().await.unwrap().grants, 1);
    assert_eq!(scene.vault.resume().await.unwrap().grants, 0);
    let newest = scene.vault.index.newest_epoch(patient, Category::Observations).await.unwrap();
    assert_eq!(newest, Some(1));
}

#[tokio::test]
async fn a_round_looks_up_what_is_due_and_what_is_told_to_have_ended() {
    let Two { scene, grants: [ended, _], patient, .. } = two().await;
    assert_eq!(scene.vault.resume().await.unwrap().grants, 0, "the first round looks up all");
    scene.ledger.revoke(ended);

    assert_eq!(scene.vault.resume().await.unwrap().grants, 0, "its time is not over");
    assert_eq!(scene.vault.end_bases_of(patient).await.unwrap(), 1);
    scene.ledger.advance(20_000);
    assert_eq!(scene.vault.resume().await.unwrap().grants, 1, "the time of the other is");
    scene.vault.look_at_all_bases();
    assert_eq!(scene.vault.resume().await.unwrap().grants, 0);
}
