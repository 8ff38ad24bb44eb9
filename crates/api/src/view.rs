//! Answers, as JSON. Clients read the same types.

use crate::schema;
use salus_types::{
    BlockHeader, BlockTime, Event, Hash, Height, ModuleId, NetworkId, NodeKey, Receipt,
    Transaction, TransactionHash,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What became of each transaction of a submission, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SubmissionAnswer {
    /// One for each transaction.
    pub transactions: Vec<SubmittedItem>,
}

/// What became of one transaction of a submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SubmittedItem {
    /// Its hash; none where the bytes are not a transaction.
    #[schema(value_type = Option<String>)]
    pub hash: Option<TransactionHash>,
    /// What became of it.
    pub status: SubmittedStatus,
    /// Why it was refused, as a stable code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Why it was refused, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// When to try again, in milliseconds, for a refusal that passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// Time of its block, in milliseconds since 1970, once it is in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>)]
    pub time: Option<BlockTime>,
    /// Its receipt, once it is in a block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Receipt>)]
    pub receipt: Option<Receipt>,
}

/// What became of a submitted transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SubmittedStatus {
    /// Accepted for ordering: it will be in a block or be reported expired.
    Accepted,
    /// It was submitted before; with its receipt once it is in a block.
    Duplicate,
    /// Not accepted; `code` says why.
    Refused,
    /// It was accepted, and its validity ended without a block during the wait.
    Expired,
}

/// Where a transaction stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TransactionAnswer {
    /// Its hash.
    #[schema(value_type = String)]
    pub hash: TransactionHash,
    /// Where it stands.
    pub status: TransactionStanding,
    /// Height of its block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>)]
    pub height: Option<Height>,
    /// Time of its block, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>)]
    pub time: Option<BlockTime>,
    /// Hash of its block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub block: Option<Hash>,
    /// Its receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Receipt>)]
    pub receipt: Option<Receipt>,
}

/// Where a transaction stands, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TransactionStanding {
    /// This node has not seen it.
    Unknown,
    /// It waits for a block.
    Pending,
    /// It is in a block, for good; the receipt says whether it changed the ledger.
    Final,
    /// It was accepted here and never will be in a block.
    Expired,
}

/// A block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BlockAnswer {
    /// Its hash: the hash of the header.
    #[schema(value_type = String)]
    pub hash: Hash,
    /// Its header.
    #[schema(value_type = schema::BlockHeader)]
    pub header: BlockHeader,
    /// Its transactions, in order.
    pub transactions: Vec<BlockTransaction>,
}

/// A transaction of a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BlockTransaction {
    /// Its hash.
    #[schema(value_type = String)]
    pub hash: TransactionHash,
    /// What was asked and who signed.
    #[schema(value_type = schema::Transaction)]
    pub transaction: Transaction,
    /// What became of it.
    #[schema(value_type = schema::Receipt)]
    pub receipt: Receipt,
}

/// An event, as a listener gets it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventAnswer {
    /// Height of its block.
    #[schema(value_type = u64)]
    pub height: Height,
    /// Time of its block, in milliseconds since 1970.
    #[schema(value_type = u64)]
    pub time: BlockTime,
    /// The transaction that caused it; none when the block did, at genesis or at its end.
    #[schema(value_type = Option<String>)]
    pub transaction: Option<TransactionHash>,
    /// The number of the module that tells it.
    #[schema(value_type = u16)]
    pub module: ModuleId,
    /// Its name, such as `RecordAnchored`.
    pub name: String,
    /// The module's event in canonical bytes, as hexadecimal digits: what a proof is about.
    pub payload: String,
    /// The same in words: `module`, `name` and `fields`; `payload` instead of `fields` where this node
    /// does not know the module.
    #[schema(value_type = Object)]
    pub described: serde_json::Value,
}

impl EventAnswer {
    /// The event at a place of a block.
    pub(crate) fn new(
        height: Height,
        time: BlockTime,
        transaction: Option<TransactionHash>,
        event: &Event,
    ) -> Self {
        Self {
            height,
            time,
            transaction,
            module: event.module,
            name: event.name.as_str().to_owned(),
            payload: hex::encode(&event.payload[..]),
            described: salus_app::describe_event(event),
        }
    }
}

/// How a node stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatusAnswer {
    /// The network.
    #[schema(value_type = String)]
    pub network: NetworkId,
    /// Name of the network.
    pub network_name: String,
    /// Version of the software.
    pub version: String,
    /// The node's own key.
    #[schema(value_type = String)]
    pub node: NodeKey,
    /// The highest block that is final and executed here.
    #[schema(value_type = u64)]
    pub height: Height,
    /// The lowest block that is kept here; those below are to be asked for at an archive.
    #[schema(value_type = u64)]
    pub oldest: Height,
    /// Time of the highest block, in milliseconds since 1970.
    #[schema(value_type = u64)]
    pub time: BlockTime,
    /// State root after that block.
    #[schema(value_type = String)]
    pub state_root: Hash,
    /// The current epoch.
    pub epoch: u64,
    /// Whether the node votes in the current epoch.
    pub validator: bool,
    /// How many peers are connected.
    pub peers: usize,
    /// Whether the node is catching up.
    pub syncing: bool,
    /// Transactions that wait for a block.
    pub mempool: usize,
    /// The machine's clock, in milliseconds since 1970: peers that are more than a minute apart do
    /// not connect.
    pub clock_ms: u64,
}

/// Whether a node is alive, or ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HealthAnswer {
    /// Whether it is.
    pub ok: bool,
    /// Why not; empty when it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A value of the state, with the height at which it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StateAnswer<T> {
    /// The height at which `value` stands.
    #[schema(value_type = u64)]
    pub height: Height,
    /// The value.
    pub value: T,
    /// A proof file for the value at this height, in base64, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
}
