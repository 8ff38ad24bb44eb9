//! What the API needs of the node: one trait, so that routes can be tested without a network.

use async_trait::async_trait;
use bytes::Bytes;
use salus_state::StateKey;
use salus_types::{
    BlockHeader, BlockTime, Event, Hash, Height, NetworkFile, NodeRecord, Receipt, TransactionHash,
    ValidatorSet,
};
use serde::Serialize;
use std::time::Duration;
use tokio::sync::broadcast;

/// Why a transaction was not accepted for ordering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmitRefusal {
    /// The hash, where the bytes could be decoded.
    pub hash: Option<TransactionHash>,
    /// Stable code, such as `mempool.full` or `transaction.expired`.
    pub code: &'static str,
    /// What was wrong and what to do.
    pub detail: String,
    /// When to try again, for refusals that pass.
    pub retry_after: Option<Duration>,
}

/// What became of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// Accepted for ordering; it will be in a block or be reported expired.
    Accepted(TransactionHash),
    /// Already waiting.
    Pending(TransactionHash),
    /// Already in a block: the first receipt.
    Final(Box<FinalTransaction>),
}

/// A transaction in a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FinalTransaction {
    /// Time of its block.
    pub time: BlockTime,
    /// Hash of its block.
    pub block: Hash,
    /// Its receipt.
    pub receipt: Receipt,
}

/// Where a transaction stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransactionStatus {
    /// This node has not seen it.
    Unknown,
    /// It waits for a block.
    Pending,
    /// It is in a block, for good.
    Final(Box<FinalTransaction>),
    /// It was accepted here and its validity has ended without a block: it never will be in one.
    Expired,
}

/// A block as the API shows it.
#[derive(Clone, Debug)]
pub struct BlockView {
    /// The header.
    pub header: BlockHeader,
    /// Its hash.
    pub hash: Hash,
    /// The transactions' canonical bytes, in order.
    pub transactions: Vec<Bytes>,
    /// Their receipts, in the same order.
    pub receipts: Vec<Receipt>,
}

/// A block that has just become final and was executed.
#[derive(Clone, Debug)]
pub struct Committed {
    /// Its height.
    pub height: Height,
    /// Its time.
    pub time: BlockTime,
    /// Its receipts, in order.
    pub receipts: std::sync::Arc<Vec<Receipt>>,
    /// What the block told beside its transactions: at genesis, and at its end.
    pub events: Vec<Event>,
}

/// How the node stands.
#[derive(Clone, Debug, Serialize)]
pub struct NodeStatus {
    /// The node's own key.
    pub node: salus_types::NodeKey,
    /// The highest block that is final and executed here, and that [`Ledger::receipts`] knows.
    pub height: Height,
    /// The lowest block that is kept here.
    pub oldest: Height,
    /// Time of that block.
    pub time: BlockTime,
    /// State root after that block.
    pub state_root: Hash,
    /// The current epoch.
    pub epoch: u64,
    /// Whether this node votes in the current epoch.
    pub validator: bool,
    /// How many peers are connected, this node not counted.
    pub peers: usize,
    /// Whether the node is catching up.
    pub syncing: bool,
    /// Transactions that wait for a block.
    pub mempool: usize,
    /// The machine's clock, in milliseconds since 1970.
    pub clock_ms: u64,
}

/// A refusal of a read. Code in `code`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRefusal {
    /// Stable code, such as `engine.height_not_retained`.
    pub code: &'static str,
    /// What was wrong and what to do.
    pub detail: String,
}

/// A proof about values in the state, as a file that a stranger verifies offline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateProof {
    /// The height at which the values stood.
    pub height: Height,
    /// The file's bytes.
    pub file: Vec<u8>,
}

/// The ledger as a node offers it.
#[async_trait]
pub trait Ledger: Send + Sync + 'static {
    /// The network that this node is part of.
    fn network(&self) -> &NetworkFile;

    /// How the node stands.
    async fn status(&self) -> NodeStatus;

    /// Why this node takes no submission of many transactions now; none while it does.
    fn full(&self) -> Option<SubmitRefusal>;

    /// Submits encoded transactions; one answer each, in order.
    async fn submit(&self, transactions: Vec<Bytes>) -> Vec<Result<Submitted, SubmitRefusal>>;

    /// Where a transaction stands; waits up to `wait` for it to become final or expired.
    async fn transaction(&self, hash: TransactionHash, wait: Duration) -> TransactionStatus;

    /// The block at a height, the latest for none.
    async fn block(&self, height: Option<Height>) -> Option<BlockView>;

    /// The values of `keys`, all at one height: the latest, or a recent one.
    ///
    /// # Errors
    ///
    /// The height is not retained, or is in the future.
    async fn read(
        &self,
        height: Option<Height>,
        keys: Vec<StateKey>,
    ) -> Result<(Height, Vec<Option<Bytes>>), ReadRefusal>;

    /// A proof file about the values of these paths, present or absent, all at one height: the
    /// latest, or a recent one. [`Ledger::read`] answers at that height for a while after.
    ///
    /// # Errors
    ///
    /// The height is not retained, or is in the future; no certificate could be had in time.
    async fn prove_state(
        &self,
        height: Option<Height>,
        paths: Vec<Vec<u8>>,
    ) -> Result<StateProof, ReadRefusal>;

    /// A proof file about a transaction and its receipt.
    ///
    /// # Errors
    ///
    /// The transaction is not final here, or no certificate could be had in time.
    async fn prove_transaction(&self, hash: TransactionHash) -> Result<Vec<u8>, ReadRefusal>;

    /// Where a node that joins can begin: the last block of an epoch, proved from the network file,
    /// as old as a transaction can be valid.
    ///
    /// # Errors
    ///
    /// The ledger is too young, or no certificate could be had in time.
    async fn anchor(&self) -> Result<Vec<u8>, ReadRefusal>;

    /// The validators of the current epoch.
    async fn validators(&self) -> ValidatorSet;

    /// Lets a node that is not on the ledger follow as a guest of this one.
    ///
    /// # Errors
    ///
    /// No place is free, or the address does not parse.
    async fn add_guest(&self, guest: NodeRecord) -> Result<(), ReadRefusal>;

    /// Final blocks from a height on, with the certificates that there are, for an archive: some
    /// megabytes of them, in the encoding of the engine's archives. Empty beyond the last block.
    async fn archive(&self, from: Height) -> Vec<u8>;

    /// Receipts of a past block, for listeners that resume. None up to the status's height means that
    /// they are no longer kept.
    async fn receipts(&self, height: Height) -> Option<Committed>;

    /// Blocks as they become final and executed, from now on, in order; each is known to
    /// [`Ledger::receipts`] before it comes.
    fn subscribe(&self) -> broadcast::Receiver<Committed>;

    /// The metrics in Prometheus text format.
    async fn metrics(&self) -> String;
}
