//! Networks of a few nodes in one process, on loopback.

use super::counter::{Counter, Sender, count_key, count_of};
use crate::{Engine, EngineConfig, EngineHandle, NodeSecret, StateProof, store};
use bytes::Bytes;
use commonware_codec::Decode as _;
use commonware_cryptography::Sha256;
use salus_mempool::{Admission, Config as MempoolConfig, Lane, Mempool, Origin};
use salus_state::stood_at;
use salus_types::{
    AccountId, BlockTime, Hash, Height, LedgerParameters, NetworkFile, NodeRecord, TextMax,
    ValidatorSet, VecMax,
};
use std::{net::TcpListener, path::Path, sync::Arc, time::Duration};
use tokio::time::timeout;

/// Longest wait of any test for anything.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct TestNode {
    pub(super) lane: Lane,
    pub(super) handle: EngineHandle,
    pub(super) mempool: Mempool,
    counter: Arc<Counter>,
}

fn secret(index: u8) -> NodeSecret {
    NodeSecret::from_seed([100 + index; 32])
}

pub(super) fn record(index: u8) -> NodeRecord {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    NodeRecord {
        key: secret(index).public(),
        organisation: AccountId([index; 32]),
        address: TextMax::new(listener.local_addr().unwrap().to_string()).unwrap(),
        api: TextMax::default(),
    }
}

pub(super) fn test_network(nodes: &[NodeRecord]) -> NetworkFile {
    NetworkFile {
        version: 1,
        name: TextMax::new("test").unwrap(),
        genesis_time: BlockTime::from_unix_ms(1_000),
        salt: Hash([9; 32]),
        members: VecMax::default(),
        validators: ValidatorSet::new(nodes.to_vec()).unwrap(),
        parameters: LedgerParameters {
            epoch_blocks: 10,
            idle_interval_ms: 100,
            ..LedgerParameters::default()
        },
    }
}

pub(super) async fn start(
    network: &NetworkFile,
    index: u8,
    node: &NodeRecord,
    folder: &Path,
) -> TestNode {
    let mempool_config = MempoolConfig::new(network.id(), Lane(node.key));
    let mempool = Mempool::new(mempool_config, None);
    let counter = Counter::new(network);
    let listen = node.address.parse().unwrap();
    let folder = folder.join(format!("node{index}"));
    let config = EngineConfig::new(network.clone(), secret(index), folder, listen);
    let (application, pool) = (Arc::clone(&counter), mempool.clone());
    let started = tokio::task::spawn_blocking(move || Engine::start(config, application, pool));
    let handle = started.await.unwrap().unwrap();
    TestNode { lane: Lane(node.key), handle, mempool, counter }
}

impl TestNode {
    fn submit(&self, transaction: Bytes) {
        let answers = self.mempool.admit(self.lane, Origin::Local, vec![transaction]);
        assert!(matches!(answers[0], Ok(Admission::Accepted(_))), "{:?}", answers[0]);
    }

    async fn wait(&self, what: &str, reached: impl Fn(&Self) -> bool) {
        let mut commits = self.handle.subscribe();
        let waiting = async {
            while !reached(self) {
                commits.recv().await.expect("the engine goes on");
            }
        };
        timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("waited in vain for {what}"));
    }

    pub(super) async fn wait_height(&self, height: u64) {
        let reached = |node: &Self| node.counter.block(Height(height)).is_some();
        self.wait(&format!("height {height}"), reached).await;
    }

    pub(super) fn height(&self) -> Height {
        self.counter.committed.lock().keys().next_back().copied().unwrap_or_default()
    }

    /// Waits until a sender's count is this. After a restart the last blocks are committed again, so
    /// that a block alone does not tell.
    async fn wait_count(&self, account: AccountId, expected: u64) {
        let mut commits = self.handle.subscribe();
        let waiting = async {
            while self.count(account).await < expected {
                commits.recv().await.expect("the engine goes on");
            }
        };
        timeout(PATIENCE, waiting).await.expect("the count is reached");
    }

    /// Waits until this many peers are connected; a quorum goes on before all are.
    async fn wait_peers(&self, expected: usize) {
        let mut commits = self.handle.subscribe();
        let waiting = async {
            while self.handle.status().await.peers < expected {
                commits.recv().await.expect("the engine goes on");
            }
        };
        timeout(PATIENCE, waiting).await.expect("all peers connect");
    }

    async fn count(&self, account: AccountId) -> u64 {
        let result = self.handle.read(None, &[count_key(account)]).await.unwrap();
        count_of(result.values[0].as_ref())
    }
}

/// Checks that all nodes have the same block, with the same state, at a height.
fn assert_same_block(nodes: &[&TestNode], height: Height) {
    let first = nodes[0].counter.block(height);
    assert!(first.is_some());
    for node in nodes {
        assert_eq!(node.counter.block(height), first, "at height {height}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_validator_commits_and_remembers_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let record = record(0);
    let network = test_network(std::slice::from_ref(&record));
    let mut sender = Sender::new(&network, 1);
    let node = start(&network, 0, &record, folder.path()).await;
    for _ in 0..5 {
        node.submit(sender.count(Height(500)));
    }
    node.wait("five transactions", |node| node.counter.transactions() == 5).await;
    assert_eq!(node.count(sender.account).await, 5);
    let height = node.height();
    node.handle.stop().await.unwrap();

    let again = start(&network, 0, &record, folder.path()).await;

    assert_eq!(again.count(sender.account).await, 5);
    assert!(again.handle.status().await.applied >= height);
    let block = again.handle.block(height).await.unwrap();
    assert_eq!(Some(block.header().hash()), node.counter.block(height).map(|block| block.0));
    again.submit(sender.count(Height(500)));
    again.wait_count(sender.account, 6).await;
    again.handle.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_another_node_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let record = record(0);
    let network = test_network(std::slice::from_ref(&record));
    let node = start(&network, 0, &record, folder.path()).await;
    node.handle.stop().await.unwrap();

    let listen = "127.0.0.1:0".parse().unwrap();
    let home = folder.path().join("node0");
    let config = EngineConfig::new(network.clone(), secret(1), home, listen);
    let error = Engine::start(config, node.counter.clone(), node.mempool.clone()).unwrap_err();

    assert_eq!(error.code(), "engine.foreign_data");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let record = record(0);
    let network = test_network(std::slice::from_ref(&record));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = listener.local_addr().unwrap();
    let mempool = Mempool::new(MempoolConfig::new(network.id(), Lane(record.key)), None);
    let counter = Counter::new(&network);

    let config = EngineConfig::new(network, secret(0), folder.path(), listen);
    let error = Engine::start(config, counter, mempool).unwrap_err();

    assert_eq!(error.code(), "engine.listen");
}

#[tokio::test(flavor = "multi_thread")]
async fn past_heights_are_read_and_the_present_is_proved() {
    let folder = tempfile::tempdir().unwrap();
    let record = record(0);
    let network = test_network(std::slice::from_ref(&record));
    let mut sender = Sender::new(&network, 1);
    let node = start(&network, 0, &record, folder.path()).await;
    node.submit(sender.count(Height(500)));
    node.wait("the first transaction", |node| node.counter.transactions() == 1).await;
    let first = node.height();
    node.submit(sender.count(Height(500)));
    node.wait("the second transaction", |node| node.counter.transactions() == 2).await;
    let (counted, absent) = (count_key(sender.account), count_key(AccountId([77; 32])));

    let past = node.handle.read(Some(first), &[counted, absent]).await.unwrap();
    let before = node.handle.read(Some(Height(0)), &[counted]).await.unwrap();
    let ahead = node.handle.read(Some(Height(1 << 40)), &[counted]).await.unwrap_err();
    let proofs = node.handle.prove(None, &[counted, absent]).await.unwrap();
    let earlier = node.handle.prove(Some(first), &[counted, absent]).await.unwrap();
    let unproved = node.handle.prove(Some(Height(1 << 40)), &[counted]).await.unwrap_err();

    assert_eq!((past.height, count_of(past.values[0].as_ref())), (first, 1));
    assert_eq!(past.values[1], None);
    assert_eq!(before.values, vec![None]);
    assert_eq!(ahead.code(), "engine.height_ahead");
    let root = crate::block::digest(proofs.header.state_root);
    let StateProof { entries, proof } = &proofs.proofs[0];
    let stood = stood_at(proofs.at, entries).unwrap().unwrap();
    assert_eq!(count_of(stood.value.as_ref()), 2);
    let proof =
        store::InclusionProof::decode_cfg(proof.clone(), &store::inclusion_bounds()).unwrap();
    let key = store::store_key(&counted);
    assert!(proof.verify::<Sha256, store::Encoding>(key, entries[0].to_vec(), &root));
    assert!(!proof.verify::<Sha256, store::Encoding>(key, vec![0; 8], &root));
    let StateProof { entries, proof } = &proofs.proofs[1];
    assert!(entries.is_empty(), "never written");
    let proof =
        store::ExclusionProof::decode_cfg(proof.clone(), &store::exclusion_bounds()).unwrap();
    assert!(proof.verify::<Sha256>(&store::store_key(&absent), &root));
    assert!(!proof.verify::<Sha256>(&key, &root));
    assert_eq!((earlier.at, unproved.code()), (first, "engine.height_ahead"));
    let stood = stood_at(first, &earlier.proofs[0].entries).unwrap().unwrap();
    assert_eq!((count_of(stood.value.as_ref()), earlier.proofs[0].entries.len()), (1, 2));
    let certified = node.handle.certified(proofs.header.height).await.unwrap();
    assert_eq!(certified.headers[0], proofs.header);
    node.handle.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn four_validators_agree_on_transactions_of_all() {
    let folder = tempfile::tempdir().unwrap();
    let records: Vec<_> = (0..4).map(record).collect();
    let network = test_network(&records);
    let mut nodes = Vec::new();
    for (index, record) in (0..).zip(&records) {
        nodes.push(start(&network, index, record, folder.path()).await);
    }
    let mut senders: Vec<_> = (0..4).map(|seed| Sender::new(&network, seed)).collect();

    for _ in 0..10 {
        for (node, sender) in nodes.iter().zip(&mut senders) {
            node.submit(sender.count(Height(500)));
        }
    }

    for node in &nodes {
        node.wait("forty transactions", |node| node.counter.transactions() == 40).await;
    }
    for sender in &senders {
        assert_eq!(nodes[0].count(sender.account).await, 10);
    }
    let height = nodes.iter().map(TestNode::height).min().unwrap();
    for height in 1..=height.0 {
        assert_same_block(&nodes.iter().collect::<Vec<_>>(), Height(height));
    }
    nodes[0].wait_peers(3).await;
    for node in &nodes {
        node.handle.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_follows_then_votes_and_a_validator_leaves_without_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let records: Vec<_> = (0..5).map(record).collect();
    let network = test_network(&records[..4]);
    let mut nodes = Vec::new();
    for (index, record) in (0..).zip(&records[..4]) {
        nodes.push(start(&network, index, record, folder.path()).await);
    }
    nodes[0].wait_height(12).await;

    // A fifth joins from the network file alone, as a guest of two.
    for node in &nodes[..2] {
        node.handle.track_guest(records[4].clone()).await.unwrap();
    }
    nodes.push(start(&network, 4, &records[4], folder.path()).await);
    nodes[4].wait_height(15).await;
    assert!(!nodes[4].handle.status().await.validator);

    // The set changes by a transaction: the fifth votes, the first only follows.
    let set = ValidatorSet::new(records[1..].to_vec()).unwrap();
    let mut sender = Sender::new(&network, 1);
    nodes[4].submit(sender.set_rules(&set, &records[..1], Height(500)));
    nodes[4].wait("the change", |node| node.counter.transactions() == 1).await;
    let boundary = (nodes[4].height().0 / 10 + 1) * 10;
    for node in &nodes {
        node.wait_height(boundary + 15).await;
    }

    assert!(nodes[4].handle.status().await.validator);
    assert!(!nodes[0].handle.status().await.validator);
    assert_same_block(&nodes.iter().collect::<Vec<_>>(), Height(boundary + 15));
    let mut proposers = std::collections::BTreeSet::new();
    for height in boundary + 1..=boundary + 9 {
        let block = nodes[0].handle.block(Height(height)).await.unwrap();
        proposers.insert(block.header().proposer);
    }
    assert!(proposers.contains(&records[4].key) && !proposers.contains(&records[0].key));
    let last = nodes[0].handle.block(Height(boundary - 1)).await.unwrap();
    assert_eq!(last.validators().map(ValidatorSet::hash), Some(set.hash()));
    for node in &nodes {
        node.handle.stop().await.unwrap();
    }
}
