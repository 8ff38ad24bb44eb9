//! A protocol version that the members decide on, and a program that does not know it.

use crate::scene::{PATIENCE, Scene, client, entry};
use salus_app::governance::{
    Action, Choice, GovernanceTx,
    tx::{Propose, Vote},
};
use salus_node::{Node, NodeConfig};
use salus_types::{ModuleId, block::PROTOCOL_VERSION};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_does_not_know_the_version_stops_and_a_newer_one_goes_on() {
    let scene = Scene::new(1);
    let hospital = scene.organisation(0);
    let home = scene.home(0);
    let config = NodeConfig::read(&home).unwrap();
    let older = NodeConfig { protocol_version_max: Some(PROTOCOL_VERSION), ..config };
    let node = Node::start_with(&home, older.clone()).await.unwrap();
    let version = PROTOCOL_VERSION + 1;
    let propose = GovernanceTx::Propose(Propose { action: Action::SetProtocolVersion { version } });
    let vote = GovernanceTx::Vote(Vote { proposal: 0, choice: Choice::Approve });
    let before =
        hospital.must(&client(&node), &scene.network, ModuleId::GOVERNANCE, &propose).await;
    let transaction = hospital.sign(&scene.network, before.height, ModuleId::GOVERNANCE, &vote);
    // The node may stop before it has answered.
    let _ = client(&node).submit(&transaction, PATIENCE).await;

    let stopped = node.failed().await.unwrap_err();
    let _ = node.stop().await;
    let again = Node::start_with(&home, older).await.unwrap();
    let still = again.failed().await.unwrap_err();
    let _ = again.stop().await;
    let newer = scene.start(0).await;
    let after =
        hospital.must(&client(&newer), &scene.network, ModuleId::IDENTITY, &entry("other")).await;

    assert_eq!(stopped.code(), "engine.protocol_version");
    assert_eq!(still.code(), "engine.protocol_version");
    let voted = client(&newer).transaction(transaction.hash(), PATIENCE).await.unwrap();
    assert!(voted.receipt.is_some());
    let versions = [before.height, after.height];
    let mut headers = Vec::new();
    for height in versions {
        let block = client(&newer).block(Some(height)).await.unwrap();
        headers.push(block.header.version);
    }
    assert_eq!(headers, [PROTOCOL_VERSION, version]);
    newer.stop().await.unwrap();
}
