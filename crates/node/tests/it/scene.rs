//! What the stories need: a network in a temporary folder, its organisations' keys, transactions.

use salus_api::client::Client;
use salus_crypto::{random, sign::SigningKey};
use salus_identity::{IdentityTx, tx::SetEntry};
use salus_node::{
    Home, Node, NodeHandle, Secrets,
    clock::now_ms,
    init::{self, NetworkOptions},
};
use salus_types::{
    AccountId, BlockTime, BytesMax, Call, Height, LedgerParameters, ModuleId, NetworkFile, Outcome,
    Receipt, Salt, TextMax, Transaction, TransactionBody, UnsignedTransaction, VecMax, encode,
};
use std::{net::TcpListener, path::PathBuf, time::Duration};
use tempfile::TempDir;

/// Longest wait for anything in these stories.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A network that is made and not started.
pub(crate) struct Scene {
    pub(crate) folder: TempDir,
    pub(crate) network: NetworkFile,
}

/// An organisation that can sign.
pub(crate) struct Organisation {
    pub(crate) account: AccountId,
    pub(crate) key: SigningKey,
}

impl Scene {
    pub(crate) fn new(validators: usize) -> Self {
        Self::with(validators, &LedgerParameters::default())
    }

    /// A network with these parameters, but for short epochs, a short idle interval and no delay of
    /// decisions.
    pub(crate) fn with(validators: usize, parameters: &LedgerParameters) -> Self {
        let folder = TempDir::new().unwrap();
        let base = free_ports(2 * validators);
        let mut options = NetworkOptions::new(
            folder.path().join("net"),
            validators,
            BlockTime::from_unix_ms(now_ms()),
        );
        options.peer_port = base;
        options.api_port = base + u16::try_from(validators).unwrap();
        options.parameters = LedgerParameters {
            epoch_blocks: 10,
            idle_interval_ms: 100,
            time_lock_blocks: 0,
            ..parameters.clone()
        };
        let network = init::network(&options).unwrap();
        Self { folder, network }
    }

    pub(crate) fn home(&self, index: usize) -> Home {
        Home::new(self.folder.path().join("net").join(format!("node{index}")))
    }

    pub(crate) fn network_file(&self) -> PathBuf {
        self.folder.path().join("net").join("network.json")
    }

    pub(crate) async fn start(&self, index: usize) -> NodeHandle {
        Node::start(&self.home(index)).await.unwrap()
    }

    pub(crate) fn organisation(&self, index: usize) -> Organisation {
        let organisation = Secrets::read(&self.home(index)).unwrap().organisation;
        Organisation { account: organisation.account.unwrap(), key: organisation.key }
    }
}

impl Organisation {
    pub(crate) fn sign(
        &self,
        network: &NetworkFile,
        height: Height,
        module: ModuleId,
        message: &impl borsh::BorshSerialize,
    ) -> Transaction {
        let call = Call { module, payload: BytesMax::new(encode(message)).unwrap() };
        let unsigned = UnsignedTransaction::new(TransactionBody {
            network: network.id(),
            sender: self.account,
            cosigners: VecMax::default(),
            valid_until: height.after(300),
            salt: Salt(random::<16>()),
            calls: VecMax::new(vec![call]).unwrap(),
        });
        let signature = self.key.sign(&unsigned.signed_bytes());
        unsigned.with_signature(self.account, self.key.public(), signature).finish().unwrap()
    }

    /// Submits a call through the interface and gives its receipt.
    pub(crate) async fn send(
        &self,
        client: &Client,
        network: &NetworkFile,
        module: ModuleId,
        message: &impl borsh::BorshSerialize,
    ) -> Receipt {
        let height = client.status().await.unwrap().height;
        let transaction = self.sign(network, height, module, message);
        client.submit_binary(transaction.to_bytes(), Duration::ZERO).await.unwrap();
        let answer = client.transaction(transaction.hash(), PATIENCE).await.unwrap();
        answer.receipt.expect("it is final in time")
    }

    /// As [`Self::send`], and the ledger changed.
    pub(crate) async fn must(
        &self,
        client: &Client,
        network: &NetworkFile,
        module: ModuleId,
        message: &impl borsh::BorshSerialize,
    ) -> Receipt {
        let receipt = self.send(client, network, module, message).await;
        assert_eq!(receipt.outcome, Outcome::Ok);
        receipt
    }
}

pub(crate) fn entry(name: &str) -> IdentityTx {
    IdentityTx::SetEntry(SetEntry {
        name: TextMax::new(name).unwrap(),
        value: BytesMax::new(vec![7; 300]).unwrap(),
    })
}

pub(crate) fn client(node: &NodeHandle) -> Client {
    Client::new(&node.api_url()).unwrap()
}

/// Waits until the node has noted the block at `height`.
pub(crate) async fn reach(node: &NodeHandle, height: Height) {
    until(node, |status| status.height >= height).await;
}

/// Waits for a block after which the node stands as `wanted`.
pub(crate) async fn until(
    node: &NodeHandle,
    wanted: impl Fn(&salus_api::port::NodeStatus) -> bool,
) {
    let ledger = node.ledger();
    let mut commits = ledger.subscribe();
    let seen = async {
        while !wanted(&ledger.status().await) {
            // One that was missed is followed by another.
            let _ = commits.recv().await;
        }
    };
    tokio::time::timeout(PATIENCE, seen).await.expect("the node gets there in time");
}

/// The first of so many ports in a row that nobody listens on.
fn free_ports(count: usize) -> u16 {
    loop {
        let bytes = random::<2>();
        let first = 10_000 + u16::from_be_bytes(bytes) % 20_000;
        let count = u16::try_from(count).unwrap();
        if (first..first + count).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok()) {
            return first;
        }
    }
}
