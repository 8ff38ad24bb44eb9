//! Lanes: one queue for each node that admits transactions.

use crate::CheckedTransaction;
use salus_types::NodeKey;
use std::{collections::BTreeMap, fmt, sync::Arc};

/// The usual weight of a lane.
pub const WEIGHT_USUAL: u32 = 10;
/// The highest weight of a lane.
pub const WEIGHT_MAX: u32 = 1_000;
/// The weight of the one lane that all unregistered nodes share.
pub(crate) const WEIGHT_GUESTS: u32 = 1;

/// The node that admitted a transaction first; its share is its organisation's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lane(pub NodeKey);

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lane({})", self.0)
    }
}

/// Key of a queue: a registered lane, or none for the guests.
pub(crate) type LaneKey = Option<Lane>;

/// The transactions of a lane, in the order of their admission.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    /// Share of the room and of blocks; 0 for a lane that is registered no more and drains.
    pub(crate) weight: u32,
    pub(crate) waiting: BTreeMap<u64, Arc<CheckedTransaction>>,
    pub(crate) bytes: usize,
    pub(crate) admitted: u64,
    pub(crate) refused_full: u64,
}

impl Queue {
    pub(crate) fn push(&mut self, sequence: u64, transaction: Arc<CheckedTransaction>) {
        self.bytes += transaction.bytes.len();
        self.waiting.insert(sequence, transaction);
    }

    pub(crate) fn remove(&mut self, sequence: u64) {
        if let Some(transaction) = self.waiting.remove(&sequence) {
            self.bytes -= transaction.bytes.len();
        }
    }
}
