//! One node: what was final stays final.

use crate::scene::{PATIENCE, Scene, client, entry};
use salus_types::{Height, ModuleId, Outcome};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_final_before_a_stop_is_there_after_it() {
    let scene = Scene::new(1);
    let hospital = scene.organisation(0);
    let node = scene.start(0).await;
    let message = entry("service");
    let before = hospital.must(&client(&node), &scene.network, ModuleId::IDENTITY, &message).await;

    node.stop().await.unwrap();
    let node = scene.start(0).await;
    let answer = client(&node).transaction(before.transaction, PATIENCE).await.unwrap();

    assert_eq!(answer.receipt, Some(before.clone()));
    let block = client(&node).block(Some(before.height)).await.unwrap();
    assert_eq!(block.header.height, before.height);
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_submitted_again_after_a_restart_is_answered_with_its_first_receipt() {
    let scene = Scene::new(1);
    let hospital = scene.organisation(0);
    let node = scene.start(0).await;
    let message = entry("service");
    let transaction = hospital.sign(&scene.network, Height(0), ModuleId::IDENTITY, &message);
    let first = client(&node).submit(&transaction, PATIENCE).await.unwrap();
    let receipt = first.receipt.expect("it is final in time");
    assert_eq!(receipt.outcome, Outcome::Ok);

    node.stop().await.unwrap();
    let node = scene.start(0).await;
    let again = client(&node).submit(&transaction, PATIENCE).await.unwrap();

    assert_eq!(again.receipt, Some(receipt));
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_name_units_and_no_account() {
    let scene = Scene::new(1);
    let hospital = scene.organisation(0);
    let node = scene.start(0).await;
    hospital.must(&client(&node), &scene.network, ModuleId::IDENTITY, &entry("service")).await;

    let text = client(&node).metrics().await.unwrap();

    for name in [
        "ledger_height_blocks",
        "ledger_transactions_ok_total 1",
        "ledger_finality_seconds_bucket",
        "index_write_seconds_bucket",
        "mempool_waiting_transactions",
        "mempool_signature_cpu_seconds_total",
    ] {
        assert!(text.contains(name), "{name} is missing in\n{text}");
    }
    assert!(!text.contains(&hospital.account.to_string()));
    node.stop().await.unwrap();
}
