//! Four nodes in one process.

use crate::scene::{PATIENCE, Scene, client, entry, reach};
use salus_proof::verify;
use salus_types::ModuleId;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_nodes_agree_and_each_answers_for_what_another_took() {
    let scene = Scene::new(4);
    let mut nodes = Vec::new();
    for index in 0..4 {
        nodes.push(scene.start(index).await);
    }
    let mut receipts = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        let organisation = scene.organisation(index);
        let (api, message) = (client(node), entry("service"));
        receipts.push(organisation.must(&api, &scene.network, ModuleId::IDENTITY, &message).await);
    }
    let last = receipts.iter().map(|receipt| receipt.height).max().unwrap();

    let mut hashes = Vec::new();
    for node in &nodes {
        reach(node, last).await;
        for receipt in &receipts {
            let found = client(node).transaction(receipt.transaction, PATIENCE).await.unwrap();
            assert_eq!(found.receipt.as_ref(), Some(receipt));
        }
        hashes.push(client(node).block(Some(last)).await.unwrap().hash);
    }

    assert!(hashes.windows(2).all(|pair| pair[0] == pair[1]));
    for node in nodes {
        node.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proof_of_a_transaction_verifies_against_the_network_file_alone() {
    let scene = Scene::new(1);
    let node = scene.start(0).await;
    let message = entry("service");
    let (api, hospital) = (client(&node), scene.organisation(0));
    let receipt = hospital.must(&api, &scene.network, ModuleId::IDENTITY, &message).await;

    let file = client(&node).proof(&format!("transactions/{}", receipt.transaction)).await.unwrap();

    verify(&file, &scene.network).unwrap();
    node.stop().await.unwrap();
}
