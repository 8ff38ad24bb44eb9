//! How much one caller may take.

use std::{num::NonZeroU32, time::Duration};

/// Bounds on requests. The defaults suit one organisation's node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most requests of one client address in a second, twice as many after a pause; more get 429.
    /// None: as many as it likes. Requests with the organisation's token are not counted.
    pub requests_per_second: Option<NonZeroU32>,
    /// Whether clients on the machine itself are counted too. A proxy there is one client.
    pub limit_loopback: bool,
    /// Most requests that are answered at once; more get 503.
    pub requests_max: usize,
    /// Most event listeners at once; more get 503.
    pub listeners_max: usize,
    /// Most submissions whose bodies are in memory at once; more wait their turn.
    pub submissions_max: usize,
    /// Most bytes of a submission.
    pub submission_bytes_max: usize,
    /// Most transactions of a submission.
    pub submission_transactions_max: usize,
    /// Most bytes of any other body, but an import, which is streamed.
    pub body_bytes_max: usize,
    /// Longest wait for finality that a caller may ask for.
    pub wait_max: Duration,
    /// Longest time between two parts of a body.
    pub body_idle_max: Duration,
    /// Longest time for one answer, imports and event streams not counted.
    pub deadline: Duration,
    /// Time between two signs of life on a quiet event stream.
    pub keep_alive: Duration,
    /// How far from the ledger's height a signed request may be, in blocks.
    pub freshness_blocks: u64,
    /// How long after the last block the node still counts as ready.
    pub ready_for: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            requests_per_second: NonZeroU32::new(200),
            limit_loopback: false,
            requests_max: 1024,
            listeners_max: 256,
            submissions_max: 32,
            submission_bytes_max: 4 * 1024 * 1024,
            submission_transactions_max: 1000,
            body_bytes_max: 64 * 1024,
            wait_max: Duration::from_mins(1),
            body_idle_max: Duration::from_secs(30),
            deadline: Duration::from_secs(75),
            keep_alive: Duration::from_secs(15),
            freshness_blocks: 100,
            ready_for: Duration::from_secs(30),
        }
    }
}
