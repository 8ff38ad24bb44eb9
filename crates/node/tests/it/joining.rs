//! A node that comes later, from the network file alone.

use crate::scene::{Organisation, Scene, client, reach, until};
use salus_api::client::Client;
use salus_app::governance::{
    Action, Choice, GovernanceTx,
    action::AdmitOrganisation,
    tx::{Propose, Vote},
};
use salus_node::{Home, Node, NodeConfig, init};
use salus_types::{
    BytesMax, ModuleId, NodeRecord, OrganisationFunction, OrganisationRole, TextMax, VecMax,
};

/// Proposes as the first organisation and approves as all.
async fn decide(scene: &Scene, api: &Client, number: u64, action: Action) {
    let network = &scene.network;
    let message = GovernanceTx::Propose(Propose { action });
    scene.organisation(0).must(api, network, ModuleId::GOVERNANCE, &message).await;
    for index in 0..network.members.len() {
        let message = GovernanceTx::Vote(Vote { proposal: number, choice: Choice::Approve });
        let voter: Organisation = scene.organisation(index);
        // Whoever comes after the decision is refused.
        voter.send(api, network, ModuleId::GOVERNANCE, &message).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_observer_joins_from_the_network_file_and_becomes_a_validator_by_vote() {
    let scene = Scene::new(2);
    let members = [scene.start(0).await, scene.start(1).await];
    let api = client(&members[0]);
    reach(&members[0], salus_types::Height(3)).await;

    let home = Home::new(scene.folder.path().join("observer"));
    let config = NodeConfig {
        peer_listen: "127.0.0.1:0".parse().unwrap(),
        api_listen: "127.0.0.1:0".parse().unwrap(),
        ..NodeConfig::default()
    };
    let secrets = init::observer(home.folder(), &scene.network, &config).unwrap();
    let observer = Node::start(&home).await.unwrap();
    let tip = members[0].ledger().status().await.height;
    reach(&observer, tip).await;
    assert!(!observer.ledger().status().await.validator);

    let account = secrets.organisation.account.unwrap();
    let admission = Action::AdmitOrganisation(AdmitOrganisation {
        account,
        name: TextMax::new("Laboratory").unwrap(),
        functions: VecMax::new(vec![OrganisationFunction::Laboratory]).unwrap(),
        key: secrets.organisation.key.public(),
        sealing_key: BytesMax::new(secrets.sealing.public().as_bytes()).unwrap(),
        role: OrganisationRole::Member,
    });
    decide(&scene, &api, 0, admission).await;
    let tip = members[0].ledger().status().await.height;
    reach(&members[0], tip.after(2)).await;
    let node = NodeRecord {
        key: observer.key(),
        organisation: account,
        address: TextMax::new(observer.peer_address().unwrap().to_string()).unwrap(),
        api: TextMax::new(observer.api_url()).unwrap(),
    };
    decide(&scene, &api, 1, Action::AddValidator { node }).await;

    until(&observer, |status| status.validator).await;

    // Three of three must sign now, so that blocks go on shows that the newcomer does.
    let tip = members[0].ledger().status().await.height;
    reach(&members[0], tip.after(15)).await;
    assert_eq!(client(&observer).validators().await.unwrap().value.len(), 3);
    for node in members.into_iter().chain([observer]) {
        node.stop().await.unwrap();
    }
}
