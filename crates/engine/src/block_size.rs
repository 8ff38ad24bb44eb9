//! How many transactions a leader puts into a block: as many as it can execute in a while.
//!
//! Everybody waits while a block is built, and again while it is checked, so what a client waits for
//! grows with what blocks hold. Blocks have their own price too, which many transactions share. The
//! limits of the network bound both.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// For how long a block should be executed.
const TARGET: Duration = Duration::from_millis(120);
/// So many are put into a block however long they take.
const LEAST: usize = 500;
/// Blocks with fewer say little about what one transaction takes.
const TELLING: usize = 64;

/// What a transaction took of late when this node built blocks.
#[derive(Debug, Default)]
pub(crate) struct BlockSize {
    nanoseconds_each: AtomicU64,
}

impl BlockSize {
    /// Notes how long a block of so many transactions took to build.
    pub(crate) fn note(&self, transactions: usize, took: Duration) {
        if transactions < TELLING {
            return;
        }
        let each = took.as_nanos() / transactions as u128;
        let each = u64::try_from(each).unwrap_or(u64::MAX);
        let before = self.nanoseconds_each.load(Ordering::Relaxed);
        // One slow block does not decide.
        let after = if before == 0 { each } else { before - before / 4 + each / 4 };
        self.nanoseconds_each.store(after, Ordering::Relaxed);
    }

    /// Most transactions for the next block.
    pub(crate) fn most(&self) -> usize {
        let target = u64::try_from(TARGET.as_nanos()).unwrap_or(u64::MAX);
        let many = target.checked_div(self.nanoseconds_each.load(Ordering::Relaxed));
        many.map_or(usize::MAX, |many| usize::try_from(many).unwrap_or(usize::MAX).max(LEAST))
    }
}

#[cfg(test)]
mod tests {
    use super::{BlockSize, LEAST};
    use std::time::Duration;

    #[test]
    fn a_slow_machine_builds_smaller_blocks_within_bounds() {
        let size = BlockSize::default();
        assert_eq!(size.most(), usize::MAX);

        size.note(1, Duration::from_secs(1));
        assert_eq!(size.most(), usize::MAX, "one transaction says nothing");

        size.note(1_000, Duration::from_millis(60));
        assert_eq!(size.most(), 2_000);

        for _ in 0..100 {
            size.note(1_000, Duration::from_secs(10));
        }
        assert_eq!(size.most(), LEAST);

        for _ in 0..100 {
            size.note(1_000, Duration::from_millis(30));
        }
        assert!((3_900..=4_100).contains(&size.most()), "{}", size.most());
    }
}
