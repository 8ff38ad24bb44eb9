//! The choice of transactions for a block: deficit round robin over the lanes.

use crate::{
    CheckedTransaction, SelectLimits,
    pool::{LENGTH_BYTES, Pool},
};
use salus_types::{Height, TransactionHash};
use std::sync::Arc;

/// Bytes that a lane of weight 1 may take in one round of block building.
const QUANTUM: usize = 64;

impl Pool {
    /// Chooses transactions for the block at `height`: lanes take turns by weight, each in the order
    /// of its admissions.
    pub(crate) fn select(
        &self,
        limits: SelectLimits,
        height: Height,
        exclude: &dyn Fn(&TransactionHash) -> bool,
    ) -> Vec<Arc<CheckedTransaction>> {
        let latest = height.after(self.validity_blocks);
        let fits = |one: &&Arc<CheckedTransaction>| {
            one.valid_until() >= height && one.valid_until() <= latest && !exclude(&one.hash)
        };
        let mut turns: Vec<_> = self
            .lanes
            .values()
            .filter(|queue| !queue.waiting.is_empty())
            .map(|queue| {
                let credit_each = QUANTUM * queue.weight.max(1) as usize;
                (queue.waiting.values().filter(fits).peekable(), credit_each, 0_usize)
            })
            .collect();
        if !turns.is_empty() {
            // Another lane begins at each height, for blocks that hold only a few transactions.
            let first = usize::try_from(height.0 % turns.len() as u64).unwrap_or(0);
            turns.rotate_left(first);
        }
        let (mut chosen, mut bytes) = (Vec::new(), 0);
        while !turns.is_empty() && chosen.len() < limits.count {
            turns.retain_mut(|(waiting, credit_each, credit)| {
                *credit += *credit_each;
                while let Some(next) = waiting.peek() {
                    let size = next.bytes.len() + LENGTH_BYTES;
                    if bytes + size > limits.bytes || chosen.len() >= limits.count {
                        return false;
                    }
                    if size > *credit {
                        return true;
                    }
                    *credit -= size;
                    bytes += size;
                    chosen.extend(waiting.next().cloned());
                }
                false
            });
        }
        chosen
    }
}
