//! Figures for metrics.

use crate::Lane;
use std::collections::BTreeMap;

/// How one lane stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneStats {
    /// The lane; none for the one that all unregistered nodes share.
    pub lane: Option<Lane>,
    /// Its weight; 0 when it is registered no more and only drains.
    pub weight: u32,
    /// Transactions that wait.
    pub waiting: usize,
    /// Bytes that wait.
    pub bytes: usize,
    /// Most bytes that may wait.
    pub bytes_max: usize,
    /// Most transactions that may wait.
    pub count_max: usize,
    /// Transactions admitted since the start.
    pub admitted: u64,
    /// Transactions refused for want of room since the start.
    pub refused_full: u64,
}

/// Figures since the start of the mempool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Each lane that is registered or has transactions.
    pub lanes: Vec<LaneStats>,
    /// Transactions admitted from clients of this node.
    pub admitted_local: u64,
    /// Transactions admitted from peers.
    pub admitted_peer: u64,
    /// Submissions of transactions that were waiting or in a block already.
    pub duplicates: u64,
    /// Refusals by code.
    pub refused: BTreeMap<&'static str, u64>,
    /// Waiting transactions that a block took.
    pub committed: u64,
    /// Waiting transactions that expired.
    pub expired: u64,
    /// Those of them that were accepted here, and so were reported.
    pub expired_local: u64,
    /// Transactions of blocks that were known by their leaf.
    pub block_known: u64,
    /// Transactions of blocks that had to be checked.
    pub block_unseen: u64,
    /// Signatures checked.
    pub signatures_verified: u64,
    /// CPU time spent in signature checks, in nanoseconds.
    pub signature_cpu_ns: u64,
    /// Transactions in the window of recent blocks.
    pub window: usize,
}

/// The counters of [`Stats`] that live under the pool's lock.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) admitted_local: u64,
    pub(crate) admitted_peer: u64,
    pub(crate) duplicates: u64,
    pub(crate) refused: BTreeMap<&'static str, u64>,
    pub(crate) committed: u64,
    pub(crate) expired: u64,
    pub(crate) expired_local: u64,
    pub(crate) block_known: u64,
    pub(crate) block_unseen: u64,
}
