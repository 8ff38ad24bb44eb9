//! Settings of a mempool.

use crate::Lane;
use salus_types::NetworkId;

/// Settings of a mempool. Room and threads are this node's own business; `network` and
/// `validity_blocks` are what all nodes agree on.
#[derive(Clone, Debug)]
pub struct Config {
    /// The network whose transactions are admitted.
    pub network: NetworkId,
    /// The lane of what clients of this node submit.
    pub own_lane: Lane,
    /// Longest distance of `valid_until` from the current height, in blocks; see
    /// [`crate::Mempool::set_validity_blocks`].
    pub validity_blocks: u64,
    /// Most bytes that wait, all lanes together.
    pub bytes_max: usize,
    /// Most transactions that wait, all lanes together.
    pub count_max: usize,
    /// Bytes of transactions that are kept because they were checked as part of a block.
    pub recent_bytes_max: usize,
    /// Threads that check signatures, 1 or more.
    pub threads: usize,
}

impl Config {
    /// The usual settings: 64 MiB and 100,000 transactions that wait, two threads.
    pub fn new(network: NetworkId, own_lane: Lane) -> Self {
        Self {
            network,
            own_lane,
            validity_blocks: 600,
            bytes_max: 64 * 1024 * 1024,
            count_max: 100_000,
            recent_bytes_max: 16 * 1024 * 1024,
            threads: 2,
        }
    }
}
