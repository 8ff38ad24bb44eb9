//! The pace at which blocks take transactions, for an honest `retry_after`.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

const BLOCKS: usize = 32;
const SHORTEST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(30);
const UNKNOWN: Duration = Duration::from_secs(1);

/// When the last blocks came, and how many waiting transactions each of them took.
///
/// The only place that reads the machine's clock; nothing but advice to clients depends on it.
#[derive(Debug, Default)]
pub(crate) struct Drain {
    blocks: VecDeque<(Instant, usize)>,
}

impl Drain {
    pub(crate) fn block(&mut self, now: Instant, taken: usize) {
        self.blocks.push_back((now, taken));
        if self.blocks.len() > BLOCKS {
            self.blocks.pop_front();
        }
    }

    /// How long until an eighth of `waiting` transactions is gone, at the pace of the last blocks.
    pub(crate) fn retry_after(&self, now: Instant, waiting: usize) -> Duration {
        let Some((first, _)) = self.blocks.front() else { return UNKNOWN };
        let taken: usize = self.blocks.iter().map(|(_, taken)| taken).sum();
        let elapsed = now.saturating_duration_since(*first);
        if taken == 0 || elapsed.is_zero() {
            return UNKNOWN;
        }
        let goal = u32::try_from(waiting / 8 + 1).unwrap_or(u32::MAX);
        let taken = u32::try_from(taken).unwrap_or(u32::MAX);
        elapsed.saturating_mul(goal).checked_div(taken).unwrap_or(LONGEST).clamp(SHORTEST, LONGEST)
    }
}
