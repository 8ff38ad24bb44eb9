//! The window of recent blocks: which transactions are in one and could otherwise come again.

use crate::CheckedTransaction;
use salus_types::{Height, TransactionHash};
use std::collections::{BTreeMap, HashMap};

/// Transactions in blocks whose validity has not ended.
///
/// An entry is kept until the ledger passes its `valid_until`: from then on a copy is refused as
/// expired. So the window is exact even when the parameter `validity_blocks` changes.
#[derive(Debug, Default)]
pub(crate) struct Window {
    heights: HashMap<TransactionHash, Height>,
    ends: BTreeMap<Height, Vec<TransactionHash>>,
}

impl Window {
    /// Notes that a transaction is in the block at `height`; the first block counts.
    pub(crate) fn insert(&mut self, transaction: &CheckedTransaction, height: Height) {
        let mut new = false;
        self.heights.entry(transaction.hash).or_insert_with(|| {
            new = true;
            height
        });
        if new {
            self.ends.entry(transaction.valid_until()).or_default().push(transaction.hash);
        }
    }

    /// The block that holds the transaction.
    pub(crate) fn height(&self, hash: &TransactionHash) -> Option<Height> {
        self.heights.get(hash).copied()
    }

    /// Forgets transactions that could not be in the block after `height` anyway.
    pub(crate) fn prune(&mut self, height: Height) {
        for hash in take_until(&mut self.ends, height) {
            self.heights.remove(&hash);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.heights.len()
    }
}

/// Takes the lists of all heights up to and with `height`, in the order of heights.
pub(crate) fn take_until<T>(ends: &mut BTreeMap<Height, Vec<T>>, height: Height) -> Vec<T> {
    let later = ends.split_off(&height.next());
    std::mem::replace(ends, later).into_values().flatten().collect()
}
