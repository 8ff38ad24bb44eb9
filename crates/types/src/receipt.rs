//! Receipts and events: what became of a transaction.

use crate::{BytesMax, Height, ModuleId, TextMax, TransactionHash, VecMax};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// Most events of one transaction.
pub const EVENTS_MAX: usize = 1024;
/// Most bytes of one event.
pub const EVENT_BYTES_MAX: usize = 4096;

/// A stable refusal code, `module.reason`. Append-only; what clients and tests compare.
pub type ErrorCode = TextMax<64>;

/// Whether a transaction changed the ledger.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum Outcome {
    /// Every call was executed.
    Ok,
    /// One call was refused, so nothing was changed.
    Refused {
        /// Position of that call in the transaction.
        call: u16,
        /// Why, as a stable code.
        code: ErrorCode,
        /// Why, for people.
        message: TextMax<256>,
    },
}

/// Something that a module tells the world.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// The module that tells it.
    pub module: ModuleId,
    /// Its name, such as `RecordAnchored`.
    pub name: TextMax<48>,
    /// The module's own event, in canonical bytes.
    pub payload: BytesMax<EVENT_BYTES_MAX>,
}

/// What became of one transaction. Its encoding is a leaf of the block's receipts root.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The transaction.
    pub transaction: TransactionHash,
    /// The block that holds it.
    pub height: Height,
    /// Its position in the block, from 0.
    pub index: u32,
    /// Whether it changed the ledger.
    pub outcome: Outcome,
    /// Work done, in units of the framework's table.
    pub work_units: u64,
    /// What modules told, in order; empty when refused.
    pub events: VecMax<Event, EVENTS_MAX>,
}
