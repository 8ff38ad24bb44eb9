//! What this node knows of final blocks, and who waits for what in them.

use crate::{
    NodeError,
    index::{BlockEntry, Index, ValidatorChange},
    metrics::Meters,
};
use parking_lot::{Mutex, RwLock};
use salus_api::port::{Committed, FinalTransaction};
use salus_engine::CommittedBlock;
use salus_types::{Hash, Height, NetworkFile, TransactionHash};
use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::{broadcast, oneshot};

/// Blocks whose receipts are answered from memory.
const RECENT_BLOCKS: usize = 64;
/// Most receipts in memory, over all recent blocks.
const RECENT_RECEIPTS_MAX: usize = 20_000;
/// Blocks that a slow listener may be behind before it must read them again.
const COMMITS_BUFFERED: usize = 256;
/// Most transactions whose admission time is remembered, to measure finality.
const ADMITTED_MAX: usize = 200_000;
/// For how long.
const ADMITTED_AGE_MAX: Duration = Duration::from_secs(600);

/// How a wait for a transaction ends.
#[derive(Clone, Debug)]
pub(crate) enum Settled {
    Final(Box<FinalTransaction>),
    Expired,
}

struct Recent {
    height: Height,
    entry: BlockEntry,
}

#[derive(Default)]
struct Memory {
    blocks: VecDeque<Arc<Recent>>,
    positions: HashMap<TransactionHash, (Arc<Recent>, usize)>,
}

/// When a transaction was admitted here, and the span that lasts until it is settled.
#[derive(Clone)]
pub(crate) struct Admitted {
    pub(crate) at: Instant,
    pub(crate) at_ms: u64,
    pub(crate) span: tracing::Span,
}

/// What this node knows of final blocks.
pub(crate) struct Chain {
    index: Index,
    epoch_blocks: u64,
    blocks_kept: Option<u64>,
    memory: RwLock<Memory>,
    /// Blocks that are noted and of which nobody is told yet: their writes cannot be read before.
    noted: Mutex<VecDeque<Arc<Recent>>>,
    /// The highest block of which everybody may know.
    told: AtomicU64,
    /// Hash of the set that decides now, to see when it changes.
    deciding: Mutex<Hash>,
    waiting: Mutex<HashMap<TransactionHash, Vec<oneshot::Sender<Settled>>>>,
    admitted: Mutex<HashMap<TransactionHash, Admitted>>,
    committed: broadcast::Sender<Committed>,
    meters: Arc<Meters>,
}

impl Chain {
    pub(crate) fn new(
        index: Index,
        network: &NetworkFile,
        blocks_kept: Option<u64>,
        meters: Arc<Meters>,
    ) -> Result<Self, NodeError> {
        let last = index.changes(Height(u64::MAX))?.pop();
        let told = index.last()?.map_or(0, |(height, _)| height.0);
        let deciding =
            last.map_or_else(|| network.validators.hash(), |change| change.validators.hash());
        Ok(Self {
            index,
            epoch_blocks: network.parameters.epoch_blocks,
            blocks_kept,
            memory: RwLock::default(),
            noted: Mutex::default(),
            told: AtomicU64::new(told),
            deciding: Mutex::new(deciding),
            waiting: Mutex::default(),
            admitted: Mutex::default(),
            committed: broadcast::Sender::new(COMMITS_BUFFERED),
            meters,
        })
    }

    /// Takes note of a final block; durable when it returns.
    ///
    /// # Panics
    ///
    /// The index cannot be written, so what is reported final could be lost: the node stops.
    pub(crate) fn committed(&self, block: &CommittedBlock) {
        let started = Instant::now();
        let height = block.header.height;
        let entry = BlockEntry {
            hash: block.hash,
            time: block.header.time,
            receipts: Arc::clone(&block.receipts),
            events: block.events.clone(),
        };
        let change = self.change(block);
        let keep_from = Height(self.blocks_kept.map_or(0, |kept| height.0.saturating_sub(kept)));
        let written = self.index.put(height, &entry, change.as_ref(), keep_from);
        written.unwrap_or_else(|error| panic!("a final block must be noted, but {error}"));
        if let Some(change) = change {
            *self.deciding.lock() = change.validators.hash();
        }
        self.meters.block(block, started.elapsed());

        self.noted.lock().push_back(Arc::new(Recent { height, entry }));
    }

    /// Tells everybody of the blocks up to a height: their writes can be read from now on.
    ///
    /// Whoever is told that a transaction is final asks for what it wrote next, so nobody is told
    /// between the note and this.
    pub(crate) fn applied(&self, height: Height) {
        let next = || {
            let mut noted = self.noted.lock();
            if noted.front().is_some_and(|one| one.height <= height) {
                noted.pop_front()
            } else {
                None
            }
        };
        while let Some(recent) = next() {
            self.remember(&recent);
            self.told.fetch_max(recent.height.0, Ordering::Release);
            self.wake(&recent);
            // No listener is no error.
            let _ = self.committed.send(Committed {
                height: recent.height,
                time: recent.entry.time,
                receipts: Arc::clone(&recent.entry.receipts),
                events: recent.entry.events.clone(),
            });
        }
    }

    /// The change of validators that a block makes, if it is the last of its epoch and makes one.
    fn change(&self, block: &CommittedBlock) -> Option<ValidatorChange> {
        let last_of_epoch = block.header.height.0 % self.epoch_blocks == self.epoch_blocks - 1;
        let changes = block.header.validators_next != *self.deciding.lock();
        (last_of_epoch && changes).then(|| ValidatorChange {
            header: block.header.clone(),
            validators: block.rules.validators.clone(),
        })
    }

    fn remember(&self, recent: &Arc<Recent>) {
        let mut memory = self.memory.write();
        if memory.blocks.back().is_some_and(|last| last.height >= recent.height) {
            return;
        }
        for (index, receipt) in recent.entry.receipts.iter().enumerate() {
            memory.positions.insert(receipt.transaction, (Arc::clone(recent), index));
        }
        memory.blocks.push_back(Arc::clone(recent));
        while memory.blocks.len() > RECENT_BLOCKS || memory.positions.len() > RECENT_RECEIPTS_MAX {
            let Some(oldest) = memory.blocks.pop_front() else {
                break;
            };
            for receipt in oldest.entry.receipts.iter() {
                memory.positions.remove(&receipt.transaction);
            }
        }
    }

    fn wake(&self, recent: &Recent) {
        let mut waiting = self.waiting.lock();
        let mut admitted = self.admitted.lock();
        for (index, receipt) in recent.entry.receipts.iter().enumerate() {
            if let Some(admitted) = admitted.remove(&receipt.transaction) {
                admitted.span.record("height", recent.height.0);
                let waited_ms = recent.entry.time.unix_ms().saturating_sub(admitted.at_ms);
                self.meters.finality(admitted.at.elapsed(), Duration::from_millis(waited_ms));
            }
            for waiter in waiting.remove(&receipt.transaction).unwrap_or_default() {
                // Whoever waited may have gone.
                let _ = waiter.send(Settled::Final(Box::new(recent.transaction(index))));
            }
        }
    }

    /// Tells those who wait that these transactions will never be in a block.
    pub(crate) fn expired(&self, hashes: &[TransactionHash]) {
        let mut waiting = self.waiting.lock();
        let mut admitted = self.admitted.lock();
        for hash in hashes {
            admitted.remove(hash);
            for waiter in waiting.remove(hash).unwrap_or_default() {
                let _ = waiter.send(Settled::Expired);
            }
        }
    }

    /// Remembers when a transaction was admitted here, to measure how long it takes.
    pub(crate) fn admitted(&self, found: impl Iterator<Item = (TransactionHash, Admitted)>) {
        let mut admitted = self.admitted.lock();
        if admitted.len() < ADMITTED_MAX {
            admitted.extend(found);
        }
    }

    /// Told once the transaction is settled. Ask [`Self::transaction`] after, for it may be already.
    pub(crate) fn wait(&self, hash: TransactionHash) -> oneshot::Receiver<Settled> {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = self.waiting.lock();
        let waiters = waiting.entry(hash).or_default();
        waiters.retain(|waiter| !waiter.is_closed());
        waiters.push(sender);
        receiver
    }

    /// Forgets waits that nobody waits for any more, and admissions that are long past.
    pub(crate) fn sweep(&self) {
        self.waiting.lock().retain(|_, waiters| {
            waiters.retain(|waiter| !waiter.is_closed());
            !waiters.is_empty()
        });
        self.admitted.lock().retain(|_, one| one.at.elapsed() < ADMITTED_AGE_MAX);
    }

    /// A transaction that is in a block, with its receipt.
    pub(crate) fn transaction(
        &self,
        hash: &TransactionHash,
    ) -> Result<Option<FinalTransaction>, NodeError> {
        if let Some((recent, index)) = self.memory.read().positions.get(hash) {
            return Ok(Some(recent.transaction(*index)));
        }
        let Some((height, index)) = self.index.position(hash)? else {
            return Ok(None);
        };
        if height.0 > self.told.load(Ordering::Acquire) {
            return Ok(None);
        }
        let Some(entry) = self.index.block(height)? else {
            return Ok(None);
        };
        let recent = Recent { height, entry };
        let fits = recent.entry.receipts.get(index).is_some_and(|one| one.transaction == *hash);
        Ok(fits.then(|| recent.transaction(index)))
    }

    /// Whether a transaction is in a block.
    pub(crate) fn is_final(&self, hash: &TransactionHash) -> bool {
        matches!(self.transaction(hash), Ok(Some(_)))
    }

    /// What is kept of the block at a height.
    pub(crate) fn block(&self, height: Height) -> Result<Option<BlockEntry>, NodeError> {
        {
            let memory = self.memory.read();
            let found = memory.blocks.iter().rev().find(|recent| recent.height == height);
            if let Some(recent) = found {
                return Ok(Some(recent.entry.clone()));
            }
        }
        self.index.block(height)
    }

    /// The highest block noted, with its time.
    pub(crate) fn last(&self) -> Result<Option<(Height, BlockEntry)>, NodeError> {
        self.index.last()
    }

    /// The lowest block that is kept.
    pub(crate) fn first(&self) -> Option<Height> {
        self.index.first()
    }

    /// The certificate of a change of validators, if it is noted.
    pub(crate) fn certificate(&self, height: Height) -> Result<Option<Vec<u8>>, NodeError> {
        self.index.certificate(height)
    }

    /// Notes changes of validators with their certificates.
    pub(crate) fn put_changes(
        &self,
        changes: &[(ValidatorChange, Vec<u8>)],
    ) -> Result<(), NodeError> {
        self.index.put_changes(changes)?;
        if let Some(last) = self.index.changes(Height(u64::MAX))?.pop() {
            *self.deciding.lock() = last.validators.hash();
        }
        Ok(())
    }

    /// Every change of validators below a height, oldest first.
    pub(crate) fn changes(&self, below: Height) -> Result<Vec<ValidatorChange>, NodeError> {
        self.index.changes(below)
    }

    /// Blocks as they are noted.
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Committed> {
        self.committed.subscribe()
    }
}

impl Recent {
    fn transaction(&self, index: usize) -> FinalTransaction {
        FinalTransaction {
            time: self.entry.time,
            block: self.entry.hash,
            receipt: self.entry.receipts[index].clone(),
        }
    }
}

#[cfg(test)]
mod tests;
