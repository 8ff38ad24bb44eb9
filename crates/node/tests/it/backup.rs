//! Back-ups: what was final is there again, and what was changed is named.

use crate::scene::{PATIENCE, Scene, client, entry};
use salus_api::{ApiToken, view::TransactionStanding};
use salus_node::{
    Home, NodeHandle,
    backup::{BackupError, Manifest, Restore, Restored, Take, VotesAgain, restore, take},
    clock::now_ms,
};
use salus_types::{BlockTime, ModuleId, hash};
use std::{
    fs,
    path::{Path, PathBuf},
};

const PASSPHRASE: &str = "six words are long enough here";

async fn backup(scene: &Scene, node: &NodeHandle, index: usize, name: &str) -> PathBuf {
    let home = scene.home(index);
    let token = fs::read_to_string(home.token()).unwrap();
    let to = scene.folder.path().join(name);
    let client = client(node).with_token(ApiToken::new(token.trim()));
    let what = Take { home: &home, client: &client, to: &to, passphrase: Some(PASSPHRASE) };
    take(&what).await.unwrap();
    to
}

fn again<'a>(from: &'a Path, home: &'a Home, network: &'a Path) -> Restore<'a> {
    Restore {
        from,
        home,
        network,
        passphrase: Some(PASSPHRASE),
        keys: None,
        ledger: None,
        votes: VotesAgain::AtOnce,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_home_restored_from_a_back_up_of_its_running_node_goes_on_where_it_was() {
    let scene = Scene::new(1);
    let hospital = scene.organisation(0);
    let node = scene.start(0).await;
    let before =
        hospital.must(&client(&node), &scene.network, ModuleId::IDENTITY, &entry("service")).await;
    let from = backup(&scene, &node, 0, "backup").await;
    node.stop().await.unwrap();
    let home = scene.home(0);
    fs::remove_dir_all(home.folder()).unwrap();

    let restored = restore(&again(&from, &home, &scene.network_file())).await.unwrap();
    let node = scene.start(0).await;
    let answer = client(&node).transaction(before.transaction, PATIENCE).await.unwrap();
    let after =
        hospital.must(&client(&node), &scene.network, ModuleId::IDENTITY, &entry("other")).await;

    let Restored { height, block, .. } = restored;
    let manifest = Manifest::read(&from).unwrap();
    assert_eq!((height, block), (manifest.height, manifest.block));
    assert_eq!(answer.receipt, Some(before));
    assert!(after.height > height);
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_validator_votes_again_in_an_epoch_that_begins_later() {
    let scene = Scene::new(4);
    let mut nodes = Vec::new();
    for index in 0..4 {
        nodes.push(scene.start(index).await);
    }
    let hospital = scene.organisation(0);
    hospital.must(&client(&nodes[0]), &scene.network, ModuleId::IDENTITY, &entry("service")).await;
    let lost = nodes.pop().unwrap();
    let from = backup(&scene, &lost, 3, "backup").await;
    lost.stop().await.unwrap();
    let home = scene.home(3);
    fs::remove_dir_all(home.folder()).unwrap();

    let votes = VotesAgain::InEpochsAfter(BlockTime::from_unix_ms(now_ms()));
    let network = scene.network_file();
    restore(&Restore { votes, ..again(&from, &home, &network) }).await.unwrap();
    let node = scene.start(3).await;
    let mut status = client(&node).status().await.unwrap();
    while !status.validator {
        let receipt = hospital
            .must(&client(&nodes[0]), &scene.network, ModuleId::IDENTITY, &entry("service"))
            .await;
        let seen = client(&node).transaction(receipt.transaction, PATIENCE).await.unwrap();
        assert_eq!(seen.status, TransactionStanding::Final);
        status = client(&node).status().await.unwrap();
    }

    assert!(status.epoch > 0);
    for node in nodes.into_iter().chain([node]) {
        node.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_as_it_was_backed_up_is_refused_and_nothing_is_left_behind() {
    let scene = Scene::new(1);
    let node = scene.start(0).await;
    let hospital = scene.organisation(0);
    hospital.must(&client(&node), &scene.network, ModuleId::IDENTITY, &entry("service")).await;
    let from = backup(&scene, &node, 0, "backup").await;
    node.stop().await.unwrap();
    let (home, network) = (Home::new(scene.folder.path().join("new")), scene.network_file());
    let other = Scene::new(1);
    let others = other.network_file();
    let code = |result: Result<Restored, BackupError>| result.unwrap_err().code().to_owned();

    let wrong = Restore { passphrase: Some("another one"), ..again(&from, &home, &network) };
    let sealed = Restore { passphrase: None, ..again(&from, &home, &network) };
    assert_eq!(code(restore(&wrong).await), "backup.keys");
    assert_eq!(code(restore(&sealed).await), "backup.passphrase_missing");
    assert_eq!(code(restore(&again(&from, &home, &others)).await), "backup.network");

    let blocks = from.join("ledger.blocks");
    let mut bytes = fs::read(&blocks).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&blocks, &bytes).unwrap();
    assert_eq!(code(restore(&again(&from, &home, &network)).await), "backup.changed");

    // Even with a manifest to match, the blocks do not prove themselves any more.
    let mut manifest = Manifest::read(&from).unwrap();
    manifest.files.get_mut("ledger.blocks").unwrap().sha256 = hash(&bytes);
    fs::write(from.join("manifest.json"), serde_json::to_vec(&manifest).unwrap()).unwrap();
    assert_eq!(code(restore(&again(&from, &home, &network)).await), "backup.ledger");
    assert!(!home.folder().exists());
}
