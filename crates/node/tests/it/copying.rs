//! A node that copies the state instead of executing every block.

use crate::scene::{PATIENCE, Scene, client, entry, reach};
use salus_api::{
    ApiToken,
    client::{At, Client},
};
use salus_node::{
    Home, Node, NodeConfig, NodeHandle,
    backup::{Restore, Take, VotesAgain, restore, take},
    clock::now_ms,
    config::Sync,
    init, repair,
};
use salus_types::{BlockTime, Height, LedgerParameters, ModuleId};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Blocks for which a transaction can be valid in these stories.
const VALIDITY: u64 = 310;

/// A place just behind the header of a file.
const FIRST_BYTES: usize = 4096 + 20;

/// A network whose ledger is old enough for its state to be copied, with an early entry.
async fn old_ledger() -> (Scene, Vec<NodeHandle>, Height) {
    let parameters = LedgerParameters { validity_blocks: VALIDITY, ..LedgerParameters::default() };
    let scene = Scene::with(2, &parameters);
    let members = vec![scene.start(0).await, scene.start(1).await];
    let api = client(&members[0]);
    let hospital = scene.organisation(0);
    let message = entry("service");
    let early = hospital.must(&api, &scene.network, ModuleId::IDENTITY, &message).await.height;
    // Blocks that hold something come faster than empty ones.
    let mut number = 0;
    while api.status().await.unwrap().height < Height(VALIDITY + 60) {
        let height = api.status().await.unwrap().height;
        let message = entry(&format!("service {number}"));
        let transaction = hospital.sign(&scene.network, height, ModuleId::IDENTITY, &message);
        api.submit(&transaction, PATIENCE).await.unwrap();
        number += 1;
    }
    (scene, members, early)
}

fn observer(scene: &Scene, sync: Sync) -> Home {
    let home = Home::new(scene.folder.path().join("observer"));
    let config = NodeConfig {
        peer_listen: "127.0.0.1:0".parse().unwrap(),
        api_listen: "127.0.0.1:0".parse().unwrap(),
        sync,
        ..NodeConfig::default()
    };
    init::observer(home.folder(), &scene.network, &config).unwrap();
    home
}

async fn has_entry(api: &Client, scene: &Scene) -> bool {
    let account = scene.organisation(0).account;
    api.proof(&format!("accounts/{account}")).await.is_ok()
        && api.entry::<serde_json::Value>(account, "service", At::default()).await.is_ok()
}

/// The newest file of a part of the engine's store.
fn newest(home: &Home, part: &str) -> PathBuf {
    let files = fs::read_dir(home.engine().join("store").join(part)).unwrap();
    files.map(|file| file.unwrap().path()).max().unwrap()
}

fn flip(file: &Path, at: usize) {
    let mut bytes = fs::read(file).unwrap();
    bytes[at] ^= 1;
    fs::write(file, bytes).unwrap();
}

/// Flips a byte in each store, and cuts one off; the check names the file each time.
fn names_what_is_damaged(home: &Home) {
    assert_eq!(repair::check(home).unwrap().damage(), None);
    for part in [
        "salus-blocks-key",
        "salus-blocks-value",
        "salus-certificates-key",
        "salus-certificates-value",
        "salus-state-log_data",
        "salus-state-mmr-journal-blobs",
    ] {
        let file = newest(home, part);
        flip(&file, FIRST_BYTES);
        let findings = repair::check(home).unwrap().findings;
        assert!(findings.iter().any(|found| found.path == file), "{part}: {findings:?}");
        flip(&file, FIRST_BYTES);
    }
    let file = newest(home, "salus-blocks-key");
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..4096]).unwrap();
    assert!(repair::check(home).unwrap().damage().is_some());
    fs::write(&file, whole).unwrap();
}

/// Backs up a node that does not have the first blocks, loses its home, and starts what was restored.
async fn comes_back_from_a_back_up_without_blocks(
    scene: &Scene,
    home: &Home,
    node: NodeHandle,
) -> NodeHandle {
    let token = fs::read_to_string(home.token()).unwrap();
    let api = client(&node).with_token(ApiToken::new(token.trim()));
    let from = scene.folder.path().join("backup");
    let passphrase = Some("six words are long enough here");
    let manifest = take(&Take { home, client: &api, to: &from, passphrase }).await.unwrap();
    assert!(!manifest.has_ledger());
    node.stop().await.unwrap();
    fs::remove_dir_all(home.folder()).unwrap();
    let network = scene.network_file();
    let with = |votes| Restore {
        from: &from,
        home,
        network: &network,
        passphrase,
        keys: None,
        ledger: None,
        votes,
    };

    let refused = restore(&with(VotesAgain::AtOnce)).await.unwrap_err();
    let votes = VotesAgain::InEpochsAfter(BlockTime::from_unix_ms(now_ms()));
    let restored = restore(&with(votes)).await.unwrap();

    assert_eq!(refused.code(), "backup.no_ledger");
    assert_eq!((restored.ledger, restored.height), (false, manifest.height));
    Node::start(home).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_node_copies_the_state_and_again_when_its_files_are_damaged_or_lost() {
    let (scene, members, early) = old_ledger().await;
    let home = observer(&scene, Sync::State);

    let node = Node::start(&home).await.unwrap();
    let tip = members[0].ledger().status().await.height;
    reach(&node, tip.after(3)).await;

    let status = client(&node).status().await.unwrap();
    assert!(status.oldest > early, "it holds blocks from {} on", status.oldest);
    assert!(has_entry(&client(&node), &scene).await);
    let refusal = client(&node).block(Some(early)).await.unwrap_err();
    assert_eq!(refusal.code(), "api.block_not_kept");

    node.stop().await.unwrap();
    let tip = members[0].ledger().status().await.height;
    reach(&members[0], tip.after(15)).await;
    let node = Node::start(&home).await.unwrap();
    reach(&node, tip.after(18)).await;
    assert!(has_entry(&client(&node), &scene).await);

    node.stop().await.unwrap();
    names_what_is_damaged(&home);
    let blocks = newest(&home, "salus-blocks-value");
    flip(&blocks, FIRST_BYTES);
    assert_eq!(Node::start(&home).await.err().map(|error| error.code()), Some("node.damaged"));
    let aside = repair::repair(&home).unwrap().set_aside.unwrap();
    assert!(aside.join("engine").exists());
    let node = Node::start(&home).await.unwrap();
    let tip = members[0].ledger().status().await.height;
    reach(&node, tip.after(2)).await;
    assert!(has_entry(&client(&node), &scene).await);

    let node = comes_back_from_a_back_up_without_blocks(&scene, &home, node).await;
    let tip = members[0].ledger().status().await.height;
    reach(&node, tip.after(2)).await;
    assert!(has_entry(&client(&node), &scene).await);
    let refusal = client(&node).block(Some(early)).await.unwrap_err();
    assert_eq!(refusal.code(), "api.block_not_kept");
    for node in members.into_iter().chain([node]) {
        node.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_node_that_is_told_to_executes_every_block() {
    let scene = Scene::new(1);
    let member = scene.start(0).await;
    reach(&member, Height(12)).await;
    let home = observer(&scene, Sync::Blocks);

    let node = Node::start(&home).await.unwrap();
    reach(&node, Height(12)).await;

    assert_eq!(client(&node).status().await.unwrap().oldest, Height(1));
    node.stop().await.unwrap();
    member.stop().await.unwrap();
}
