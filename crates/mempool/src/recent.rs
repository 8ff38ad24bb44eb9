//! Transactions that were checked as part of a block and do not wait here.

use crate::CheckedTransaction;
use salus_types::Hash;
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

/// Checked transactions by leaf, bounded in bytes; the oldest goes first.
#[derive(Debug)]
pub(crate) struct Recent {
    by_leaf: HashMap<Hash, Arc<CheckedTransaction>>,
    order: VecDeque<Hash>,
    bytes: usize,
    bytes_max: usize,
}

impl Recent {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { by_leaf: HashMap::new(), order: VecDeque::new(), bytes: 0, bytes_max }
    }

    pub(crate) fn get(&self, leaf: &Hash) -> Option<Arc<CheckedTransaction>> {
        self.by_leaf.get(leaf).cloned()
    }

    pub(crate) fn insert(&mut self, transaction: &Arc<CheckedTransaction>) {
        if self.by_leaf.insert(transaction.leaf, Arc::clone(transaction)).is_some() {
            return;
        }
        self.order.push_back(transaction.leaf);
        self.bytes += transaction.bytes.len();
        while self.bytes > self.bytes_max {
            let Some(oldest) = self.order.pop_front() else { break };
            self.remove(&oldest);
        }
    }

    /// Forgets a transaction; its place in the order is skipped later.
    pub(crate) fn remove(&mut self, leaf: &Hash) {
        if let Some(transaction) = self.by_leaf.remove(leaf) {
            self.bytes -= transaction.bytes.len();
        }
        if self.by_leaf.is_empty() {
            self.order.clear();
        }
    }
}
