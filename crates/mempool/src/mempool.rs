//! The mempool itself: a handle that is cheap to clone and may be used from any thread.

use crate::{
    CheckedTransaction, Config, Expiry, Journal, Lane, SelectLimits, Standing, Stats,
    pool::{Pool, Settled},
    signatures::Signatures,
};
use bytes::Bytes;
use parking_lot::Mutex;
use salus_types::{Height, TransactionHash};
use std::{fmt, sync::Arc, time::Duration};
use tokio::sync::{broadcast, watch};

/// How many reports of expiry a slow listener may be behind; [`Mempool::standing`] remembers longer.
const EXPIRIES_BUFFERED: usize = 1024;

/// The mempool of a node. Clones are handles to the same one.
///
/// Nothing here is asynchronous. [`Self::admit`] and [`Self::check_block`] do work on the CPU and
/// may write the journal: from asynchronous code, call them where blocking is allowed.
#[derive(Clone)]
pub struct Mempool {
    pub(crate) shared: Arc<Shared>,
}

/// What all handles share.
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) pool: Mutex<Pool>,
    pub(crate) signatures: Signatures,
    pub(crate) journal: Option<Arc<dyn Journal>>,
    added: watch::Sender<u64>,
    outgoing: watch::Sender<u64>,
    expiries: broadcast::Sender<Arc<Expiry>>,
}

impl fmt::Debug for Mempool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mempool({} waiting)", self.len())
    }
}

impl Mempool {
    /// An empty mempool at height 0, without or with a journal.
    pub fn new(config: Config, journal: Option<Arc<dyn Journal>>) -> Self {
        let shared = Shared {
            pool: Mutex::new(Pool::new(config.clone())),
            signatures: Signatures::new(config.threads),
            config,
            journal,
            added: watch::Sender::new(0),
            outgoing: watch::Sender::new(0),
            expiries: broadcast::Sender::new(EXPIRIES_BUFFERED),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Gives lanes their weights, 1 to [`crate::WEIGHT_MAX`], usually by [`crate::lanes_of`]: the
    /// share of the room and of each block. All nodes that are not named share one lane of weight 1.
    ///
    /// Called at the start and whenever the members' nodes change. What waits stays, even where a
    /// smaller share is exceeded; such a lane admits again when it has drained.
    pub fn set_lanes(&self, lanes: impl IntoIterator<Item = (Lane, u32)>) {
        self.shared.pool.lock().set_lanes(lanes);
    }

    /// Sets the longest distance of `valid_until` from the current height, when it was changed by
    /// vote.
    pub fn set_validity_blocks(&self, blocks: u64) {
        self.shared.pool.lock().validity_blocks = blocks;
    }

    /// Fills the window at a start: the tip, and the blocks whose transactions could still come
    /// again, which are the last `validity_blocks` ones, by the highest value that was in force.
    ///
    /// Called before [`Self::replay`] and before anything is admitted.
    pub fn load_window(
        &self,
        tip: Height,
        blocks: impl IntoIterator<Item = (Height, Vec<Arc<CheckedTransaction>>)>,
    ) {
        let mut pool = self.shared.pool.lock();
        pool.height = pool.height.max(tip);
        for (height, transactions) in blocks {
            for transaction in transactions.iter().filter(|one| one.valid_until() > tip) {
                pool.window.insert(transaction, height);
            }
        }
    }

    /// Chooses transactions for the block at `height`, in the order in which they are to stand in
    /// it. They stay until [`Self::committed`].
    ///
    /// `exclude` says which ones stand in blocks below that are not final yet; it must not call the
    /// mempool. The cost follows from what is chosen and excluded, not from what waits.
    pub fn select(
        &self,
        limits: SelectLimits,
        height: Height,
        exclude: &dyn Fn(&TransactionHash) -> bool,
    ) -> Vec<Arc<CheckedTransaction>> {
        self.shared.pool.lock().select(limits, height, exclude)
    }

    /// Takes note of a final block, in the order of heights: its transactions wait no more, and
    /// those whose validity has ended are dropped, and reported if they were accepted here.
    ///
    /// Called once the block is durable. Calling it again for the same block does no harm.
    pub fn committed(&self, height: Height, transactions: &[Arc<CheckedTransaction>]) {
        let settled = self.shared.pool.lock().committed(height, transactions);
        self.tell(settled);
    }

    /// Takes transactions that clients of this node submitted and that the peers have yet to get,
    /// up to `bytes_max` bytes with four for the length of each.
    ///
    /// Those that are in no block some blocks later are handed out again.
    pub fn take_outgoing(&self, bytes_max: usize) -> Vec<Bytes> {
        self.shared.pool.lock().take_outgoing(bytes_max)
    }

    /// Whether a final block below `below` holds the transaction, as far as it could come again.
    pub fn window_contains(&self, hash: &TransactionHash, below: Height) -> bool {
        self.shared.pool.lock().window.height(hash).is_some_and(|height| height < below)
    }

    /// Where a transaction stands, as far as the mempool remembers.
    pub fn standing(&self, hash: &TransactionHash) -> Option<Standing> {
        let pool = self.shared.pool.lock();
        if pool.is_pending(hash) {
            return Some(Standing::Pending);
        }
        let is_final = pool.window.height(hash).map(Standing::Final);
        is_final.or_else(|| pool.expired_at(hash).map(Standing::Expired))
    }

    /// When to come back with many transactions for a lane that has next to no room; none while it
    /// has some. Says before anything is looked at what [`Self::admit`] would say of each.
    pub fn full(&self, lane: Lane) -> Option<Duration> {
        self.shared.pool.lock().full(lane)
    }

    /// How many transactions wait.
    pub fn len(&self) -> usize {
        self.shared.pool.lock().len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The height of the last block that [`Self::committed`] was told of.
    pub fn height(&self) -> Height {
        self.shared.pool.lock().height
    }

    /// A signal that changes whenever transactions begin to wait: the number of them so far.
    ///
    /// A proposer that has nothing to propose waits for its change.
    pub fn subscribe_added(&self) -> watch::Receiver<u64> {
        self.shared.added.subscribe()
    }

    /// A signal that changes whenever [`Self::take_outgoing`] has something to give.
    pub fn subscribe_outgoing(&self) -> watch::Receiver<u64> {
        self.shared.outgoing.subscribe()
    }

    /// Reports of transactions that were accepted here and have expired.
    pub fn subscribe_expired(&self) -> broadcast::Receiver<Arc<Expiry>> {
        self.shared.expiries.subscribe()
    }

    /// Figures for metrics.
    pub fn stats(&self) -> Stats {
        let (signatures_verified, signature_cpu_ns) = self.shared.signatures.cost();
        let pool = self.shared.pool.lock();
        let counters = &pool.counters;
        Stats {
            lanes: pool.lane_stats(),
            admitted_local: counters.admitted_local,
            admitted_peer: counters.admitted_peer,
            duplicates: counters.duplicates,
            refused: counters.refused.clone(),
            committed: counters.committed,
            expired: counters.expired,
            expired_local: counters.expired_local,
            block_known: counters.block_known,
            block_unseen: counters.block_unseen,
            signatures_verified,
            signature_cpu_ns,
            window: pool.window.len(),
        }
    }

    pub(crate) fn tell(&self, settled: Settled) {
        if let Some(journal) = &self.shared.journal {
            for (segment, count) in settled.segments {
                journal.settle(segment, count);
            }
        }
        if let Some(expiry) = settled.expired {
            // No listener is no error: what expired is remembered for `standing`.
            let _ = self.shared.expiries.send(Arc::new(expiry));
        }
        if settled.pass_on {
            self.tell_outgoing();
        }
    }

    pub(crate) fn tell_added(&self, count: usize) {
        if count > 0 {
            self.shared.added.send_modify(|added| *added = added.wrapping_add(count as u64));
        }
    }

    pub(crate) fn tell_outgoing(&self) {
        self.shared.outgoing.send_modify(|turn| *turn = turn.wrapping_add(1));
    }
}
