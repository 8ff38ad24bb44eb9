//! Lanes: one queue for each node that admits transactions.

use crate::CheckedTransaction;
use salus_types::{AccountId, NodeKey, NodeRecord};
use std::{collections::BTreeMap, fmt, sync::Arc};

/// The weight of an organisation with one node; with more, they share it.
pub const WEIGHT_USUAL: u32 = 12;
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

/// The lanes of these nodes. Each organisation has [`WEIGHT_USUAL`], which its nodes share, so that
/// nobody gets a larger part by running more nodes.
pub fn lanes_of<'a>(nodes: impl IntoIterator<Item = &'a NodeRecord>) -> Vec<(Lane, u32)> {
    let mut organisations: BTreeMap<AccountId, Vec<Lane>> = BTreeMap::new();
    for node in nodes {
        organisations.entry(node.organisation).or_default().push(Lane(node.key));
    }
    let share = |lanes: Vec<Lane>| {
        let count = u32::try_from(lanes.len()).unwrap_or(u32::MAX);
        let weight = (WEIGHT_USUAL / count.max(1)).max(1);
        lanes.into_iter().map(move |lane| (lane, weight))
    };
    organisations.into_values().flat_map(share).collect()
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
