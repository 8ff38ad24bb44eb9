//! Shapes of the ledger's own types in the OpenAPI document. They are descriptions only: what is
//! parsed and printed are the types of `salus-types`, and a test compares the two.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Raw bytes.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(value_type = String, format = Binary)]
pub(crate) struct Binary(Vec<u8>);

/// A signed transaction.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Transaction {
    /// What is asked.
    body: TransactionBody,
    /// Who asks: 1 to 16; the first is the sender's.
    signatures: Vec<TransactionSignature>,
}

/// What is hashed and signed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransactionBody {
    /// The network, 64 hexadecimal digits.
    network: String,
    /// The account that acts, 64 hexadecimal digits.
    sender: String,
    /// The accounts that sign beside the sender, at most 15, in the order of their signatures.
    #[serde(default)]
    cosigners: Vec<String>,
    /// The last height at which it may be in a block.
    valid_until: u64,
    /// Random, 32 hexadecimal digits.
    salt: String,
    /// 1 to 128 calls, executed in order, all or none.
    calls: Vec<Call>,
}

/// One call to one module.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Call {
    /// The module's number.
    module: u16,
    /// The module's message in canonical bytes, as hexadecimal digits.
    payload: String,
}

/// A signature over the transaction's hash.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransactionSignature {
    /// The account that signs.
    account: String,
    /// The key that signed.
    key: Algorithmic,
    /// The signature.
    signature: Algorithmic,
}

/// A key or a signature with its algorithm, in hexadecimal digits.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Algorithmic {
    /// Ed25519.
    Ed25519(String),
    /// ECDSA over P-256.
    P256(String),
}

/// One transaction or a list of them.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum OneOrMany {
    /// One.
    One(Transaction),
    /// Several, at most 1,000.
    Many(Vec<Transaction>),
}

/// What became of a transaction in a block.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Receipt {
    /// The transaction.
    transaction: String,
    /// Height of its block.
    height: u64,
    /// Its position in the block, from 0.
    index: u32,
    /// Whether it changed the ledger.
    outcome: Outcome,
    /// Work done.
    work_units: u64,
    /// What modules told, in order; empty when refused.
    events: Vec<Event>,
}

/// Whether a transaction changed the ledger.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "status")]
pub(crate) enum Outcome {
    /// Every call was executed.
    Ok,
    /// One call was refused, so nothing was changed.
    Refused {
        /// Position of that call.
        call: u16,
        /// Why, as a stable code.
        code: String,
        /// Why, for people.
        message: String,
    },
}

/// Something that a module tells the world.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Event {
    /// The module's number.
    module: u16,
    /// Its name.
    name: String,
    /// The module's event in canonical bytes, as hexadecimal digits.
    payload: String,
}

/// The header of a block.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlockHeader {
    version: u16,
    network: String,
    epoch: u64,
    view: u64,
    parent_view: u64,
    height: u64,
    /// Milliseconds since 1970.
    time: u64,
    proposer: String,
    parent: String,
    transactions_root: String,
    receipts_root: String,
    /// Root of the state after this block.
    state_root: String,
    store: StoreTarget,
    /// Hash of the validator set that decides the next block.
    validators_next: String,
}

/// What a copy of the state is checked against.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoreTarget {
    operations_root: String,
    start: u64,
    end: u64,
}

/// A node of the network.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NodeRecord {
    /// The node's key, 64 hexadecimal digits.
    key: String,
    /// The organisation that runs it, 64 hexadecimal digits.
    organisation: String,
    /// Where its peers reach it, `host:port`.
    address: String,
    /// Where clients reach its API; may be empty.
    api: String,
}
