//! What waits: the one structure under the mempool's lock.

use crate::{
    Admission, AdmissionError, CheckedTransaction, Config, Expiry, Lane, LaneStats, Origin,
    Segment,
    checked::Unfit,
    drain::Drain,
    lane::{LaneKey, Queue, WEIGHT_GUESTS, WEIGHT_MAX},
    recent::Recent,
    stats::Counters,
    window::{Window, take_until},
};
use salus_types::{Hash, Height, TransactionHash};
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

/// How far a peer's clock of heights may be ahead of ours before its transactions are too far.
const PEER_AHEAD_BLOCKS: u64 = 64;
/// How many expired local transactions are remembered.
const EXPIRED_MAX: usize = 65_536;
/// A lane with less than one of so many parts of its room left takes no batches.
const ROOM_PARTS: usize = 64;
/// Bytes that a block spends on the length of each transaction.
pub(crate) const LENGTH_BYTES: usize = 4;

/// A transaction that waits.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) transaction: Arc<CheckedTransaction>,
    lane: LaneKey,
    sequence: u64,
    /// Accepted here: reported when it expires.
    local: bool,
    /// Where the journal keeps it; none until it does.
    pub(crate) segment: Option<Segment>,
}

/// Bytes and transactions that a batch is about to add to a lane.
#[derive(Clone, Copy, Default)]
pub(crate) struct Planned {
    pub(crate) bytes: usize,
    pub(crate) count: usize,
}

/// What a commit changed, for the caller to tell others once the lock is free.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    pub(crate) segments: BTreeMap<Segment, usize>,
    pub(crate) expired: Option<Expiry>,
    pub(crate) pass_on: bool,
}

#[derive(Debug)]
pub(crate) struct Pool {
    config: Config,
    pub(crate) height: Height,
    pub(crate) validity_blocks: u64,
    pub(crate) entries: HashMap<TransactionHash, Entry>,
    by_leaf: HashMap<Hash, Arc<CheckedTransaction>>,
    pub(crate) lanes: BTreeMap<LaneKey, Queue>,
    ends: BTreeMap<Height, Vec<TransactionHash>>,
    pub(crate) outgoing: VecDeque<TransactionHash>,
    pub(crate) passed_on: VecDeque<(Height, TransactionHash)>,
    expired: HashMap<TransactionHash, Height>,
    expired_order: VecDeque<TransactionHash>,
    pub(crate) recent: Recent,
    pub(crate) window: Window,
    drain: Drain,
    sequence: u64,
    pub(crate) counters: Counters,
}

impl Pool {
    pub(crate) fn new(config: Config) -> Self {
        let mut lanes = BTreeMap::new();
        lanes.insert(None, Queue { weight: WEIGHT_GUESTS, ..Queue::default() });
        let own = Queue { weight: crate::WEIGHT_USUAL, ..Queue::default() };
        lanes.insert(Some(config.own_lane), own);
        Self {
            height: Height(0),
            validity_blocks: config.validity_blocks,
            recent: Recent::new(config.recent_bytes_max),
            config,
            entries: HashMap::new(),
            by_leaf: HashMap::new(),
            lanes,
            ends: BTreeMap::new(),
            outgoing: VecDeque::new(),
            passed_on: VecDeque::new(),
            expired: HashMap::new(),
            expired_order: VecDeque::new(),
            window: Window::default(),
            drain: Drain::default(),
            sequence: 0,
            counters: Counters::default(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn entry(&mut self, hash: &TransactionHash) -> Option<&mut Entry> {
        self.entries.get_mut(hash)
    }

    /// The bytes of a waiting transaction, and where the journal keeps it.
    pub(crate) fn journalled(
        &self,
        hash: &TransactionHash,
    ) -> Option<(bytes::Bytes, Option<Segment>)> {
        let entry = self.entries.get(hash)?;
        Some((entry.transaction.bytes.clone(), entry.segment))
    }

    pub(crate) fn is_pending(&self, hash: &TransactionHash) -> bool {
        self.entries.contains_key(hash)
    }

    pub(crate) fn expired_at(&self, hash: &TransactionHash) -> Option<Height> {
        self.expired.get(hash).copied()
    }

    /// A transaction with exactly these bytes that was checked already.
    pub(crate) fn known(&self, leaf: &Hash) -> Option<Arc<CheckedTransaction>> {
        self.by_leaf.get(leaf).cloned().or_else(|| self.recent.get(leaf))
    }

    /// Gives these lanes their shares; all other nodes share the guests' lane from now on.
    pub(crate) fn set_lanes(&mut self, lanes: impl IntoIterator<Item = (Lane, u32)>) {
        for (key, queue) in &mut self.lanes {
            queue.weight = if key.is_none() { WEIGHT_GUESTS } else { 0 };
        }
        for (lane, weight) in lanes {
            self.lanes.entry(Some(lane)).or_default().weight = weight.clamp(1, WEIGHT_MAX);
        }
        let own = self.lanes.entry(Some(self.config.own_lane)).or_default();
        if own.weight == 0 {
            own.weight = WEIGHT_GUESTS;
        }
        self.forget_empty_lanes();
    }

    fn forget_empty_lanes(&mut self) {
        self.lanes.retain(|_, queue| queue.weight > 0 || !queue.waiting.is_empty());
    }

    fn lane_key(&self, lane: Lane) -> LaneKey {
        let registered = self.lanes.get(&Some(lane)).is_some_and(|queue| queue.weight > 0);
        registered.then_some(lane)
    }

    /// Most bytes and most transactions of a lane of this weight.
    fn share(&self, weight: u32) -> (usize, usize) {
        let total: u64 = self.lanes.values().map(|queue| u64::from(queue.weight)).sum();
        let part = |all: usize| {
            // Asked of every transaction: in 64 bits, which hold the product of any real settings.
            let part = u64::from(weight).saturating_mul(all as u64) / total.max(1);
            usize::try_from(part).unwrap_or(all)
        };
        (part(self.config.bytes_max), part(self.config.count_max))
    }

    /// Says what would become of a transaction whose signatures are good: `Ok(None)` when it would be
    /// accepted. `planned` is what the same batch adds before it; none to leave out the room.
    pub(crate) fn judge(
        &self,
        lane: Lane,
        origin: Origin,
        transaction: &CheckedTransaction,
        planned: Option<Planned>,
    ) -> Result<Option<Admission>, AdmissionError> {
        let hash = transaction.hash;
        if self.entries.contains_key(&hash) {
            return Ok(Some(Admission::Pending(hash)));
        }
        if self.window.height(&hash).is_some() {
            return Ok(Some(Admission::Final(hash)));
        }
        let ahead = match origin {
            Origin::Local => 0,
            Origin::Peer => PEER_AHEAD_BLOCKS.min(self.validity_blocks),
        };
        let latest = self.height.after(self.validity_blocks).after(ahead);
        transaction.fits(self.config.network, self.height.next(), latest).map_err(|unfit| {
            match unfit {
                Unfit::WrongNetwork { found } => {
                    AdmissionError::WrongNetwork { hash, expected: self.config.network, found }
                }
                Unfit::Expired { valid_until } => {
                    AdmissionError::Expired { hash, valid_until, height: self.height }
                }
                Unfit::TooFar { valid_until, latest } => {
                    AdmissionError::TooFar { hash, valid_until, latest }
                }
            }
        })?;
        let Some(planned) = planned else { return Ok(None) };
        let queue = self.lanes.get(&self.lane_key(lane)).expect("guests always have a lane");
        let (bytes_max, count_max) = self.share(queue.weight);
        let bytes = queue.bytes + planned.bytes + transaction.bytes.len();
        let count = queue.waiting.len() + planned.count + 1;
        if bytes > bytes_max || count > count_max {
            let retry_after = self.drain.retry_after(Instant::now(), queue.waiting.len());
            return Err(AdmissionError::Full { hash, retry_after });
        }
        Ok(None)
    }

    /// When to come back to a lane of whose room less than a part in [`ROOM_PARTS`] is left.
    pub(crate) fn full(&self, lane: Lane) -> Option<Duration> {
        let queue = self.lanes.get(&self.lane_key(lane))?;
        let (bytes_max, count_max) = self.share(queue.weight);
        let is_full = queue.bytes > bytes_max - bytes_max / ROOM_PARTS
            || queue.waiting.len() > count_max - count_max / ROOM_PARTS;
        is_full.then(|| self.drain.retry_after(Instant::now(), queue.waiting.len()))
    }

    /// Adds a transaction that [`Self::judge`] accepts, or makes a waiting one local.
    pub(crate) fn insert(
        &mut self,
        lane: Lane,
        origin: Origin,
        transaction: &Arc<CheckedTransaction>,
    ) {
        let hash = transaction.hash;
        if let Some(entry) = self.entries.get_mut(&hash) {
            if origin == Origin::Local && !entry.local {
                entry.local = true;
                // The peer that admitted it has passed it on; we do when that led nowhere.
                self.passed_on.push_back((self.height, hash));
            }
            return;
        }
        let lane = self.lane_key(lane);
        let sequence = self.sequence;
        self.sequence += 1;
        let queue = self.lanes.get_mut(&lane).expect("guests always have a lane");
        queue.push(sequence, Arc::clone(transaction));
        queue.admitted += 1;
        let local = origin == Origin::Local;
        if local {
            self.outgoing.push_back(hash);
        }
        self.ends.entry(transaction.valid_until()).or_default().push(hash);
        self.recent.remove(&transaction.leaf);
        self.by_leaf.insert(transaction.leaf, Arc::clone(transaction));
        let transaction = Arc::clone(transaction);
        self.entries.insert(hash, Entry { transaction, lane, sequence, local, segment: None });
    }

    /// Counts a refusal.
    pub(crate) fn refuse(&mut self, lane: Lane, error: &AdmissionError) {
        *self.counters.refused.entry(error.code()).or_default() += 1;
        if matches!(error, AdmissionError::Full { .. }) {
            let key = self.lane_key(lane);
            self.lanes.entry(key).or_default().refused_full += 1;
        }
    }

    fn remove(&mut self, hash: &TransactionHash, settled: &mut Settled) -> Option<Entry> {
        let entry = self.entries.remove(hash)?;
        self.by_leaf.remove(&entry.transaction.leaf);
        if let Some(queue) = self.lanes.get_mut(&entry.lane) {
            queue.remove(entry.sequence);
        }
        if let Some(segment) = entry.segment {
            *settled.segments.entry(segment).or_default() += 1;
        }
        Some(entry)
    }

    /// Takes note of a block: its transactions wait no more, and neither do those that expired.
    pub(crate) fn committed(
        &mut self,
        height: Height,
        transactions: &[Arc<CheckedTransaction>],
    ) -> Settled {
        let mut settled = Settled::default();
        let mut taken = 0;
        for transaction in transactions {
            taken += usize::from(self.remove(&transaction.hash, &mut settled).is_some());
            self.recent.remove(&transaction.leaf);
            self.window.insert(transaction, height);
        }
        self.counters.committed += taken as u64;
        self.drain.block(Instant::now(), taken);
        self.height = self.height.max(height);
        self.window.prune(self.height);

        let mut hashes = Vec::new();
        for hash in take_until(&mut self.ends, self.height) {
            // Those that a block took are still listed under their end.
            let Some(entry) = self.remove(&hash, &mut settled) else { continue };
            self.counters.expired += 1;
            if entry.local {
                hashes.push((entry.sequence, hash));
            }
        }
        hashes.sort_unstable();
        let hashes: Vec<_> = hashes.into_iter().map(|(_, hash)| hash).collect();
        settled.expired = self.note_expired(hashes);
        self.forget_empty_lanes();
        settled.pass_on = self.pass_on_again();
        settled
    }

    /// Remembers local transactions as expired at the present height.
    pub(crate) fn note_expired(&mut self, hashes: Vec<TransactionHash>) -> Option<Expiry> {
        if hashes.is_empty() {
            return None;
        }
        self.counters.expired_local += hashes.len() as u64;
        for hash in &hashes {
            if self.expired.insert(*hash, self.height).is_none() {
                self.expired_order.push_back(*hash);
            }
        }
        while self.expired_order.len() > EXPIRED_MAX {
            if let Some(oldest) = self.expired_order.pop_front() {
                self.expired.remove(&oldest);
            }
        }
        Some(Expiry { height: self.height, hashes })
    }

    /// How each lane stands.
    pub(crate) fn lane_stats(&self) -> Vec<LaneStats> {
        let stats = |(lane, queue): (&LaneKey, &Queue)| {
            let (bytes_max, count_max) = self.share(queue.weight);
            LaneStats {
                lane: *lane,
                weight: queue.weight,
                waiting: queue.waiting.len(),
                bytes: queue.bytes,
                bytes_max,
                count_max,
                admitted: queue.admitted,
                refused_full: queue.refused_full,
            }
        };
        self.lanes.iter().map(stats).collect()
    }
}
