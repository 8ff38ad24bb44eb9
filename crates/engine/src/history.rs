//! What past heights looked like: the blocks applied last, each with the entries that it replaced.

use crate::{ReadError, rules::KnownRules};
use bytes::Bytes;
use salus_mempool::CheckedTransaction;
use salus_state::StateKey;
use salus_types::{BlockHeader, Event, Hash, Height, Receipt};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

/// What executing a block gave, and what it replaced.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) hash: Hash,
    pub(crate) header: BlockHeader,
    pub(crate) transactions: Arc<Vec<Arc<CheckedTransaction>>>,
    pub(crate) receipts: Arc<Vec<Receipt>>,
    pub(crate) events: Vec<Event>,
    pub(crate) rules: KnownRules,
    /// The entry before the block of each key that it wrote.
    pub(crate) replaced: Arc<BTreeMap<StateKey, Option<Bytes>>>,
}

/// What is kept of a block: not its transactions, which would be most of a node's memory.
#[derive(Debug)]
struct Record {
    header: BlockHeader,
    replaced: Arc<BTreeMap<StateKey, Option<Bytes>>>,
}

impl Record {
    fn bytes(&self) -> usize {
        let values = self.replaced.values().flatten().map(Bytes::len).sum::<usize>();
        values + self.replaced.len() * 96
    }
}

/// The blocks applied last, oldest first, bounded by count and bytes.
#[derive(Debug)]
pub(crate) struct History {
    /// The block below the oldest record; none before the state is open.
    base: Option<BlockHeader>,
    records: VecDeque<Record>,
    bytes: usize,
    count_max: usize,
    bytes_max: usize,
}

impl History {
    pub(crate) fn new(count_max: usize, bytes_max: usize) -> Self {
        Self { base: None, records: VecDeque::new(), bytes: 0, count_max, bytes_max }
    }

    /// Starts at the block after which the state stands.
    pub(crate) fn set_base(&mut self, header: BlockHeader) {
        self.base = Some(header);
        self.records.clear();
        self.bytes = 0;
    }

    /// Adds a block that is about to be applied.
    pub(crate) fn push(&mut self, outcome: &Outcome) {
        if self.newest().is_some_and(|newest| outcome.header.height <= newest.height) {
            return;
        }
        let (header, replaced) = (outcome.header.clone(), Arc::clone(&outcome.replaced));
        let record = Record { header, replaced };
        self.bytes += record.bytes();
        self.records.push_back(record);
        // The newest two stay: one may be about to be applied while the other still is the state.
        while self.records.len() > 2
            && (self.records.len() > self.count_max || self.bytes > self.bytes_max)
        {
            if let Some(oldest) = self.records.pop_front() {
                self.bytes -= oldest.bytes();
                self.base = Some(oldest.header);
            }
        }
    }

    fn newest(&self) -> Option<&BlockHeader> {
        self.records.back().map(|record| &record.header).or(self.base.as_ref())
    }

    /// The block after which the store's log has this end.
    pub(crate) fn at_end(&self, end: u64) -> Option<&BlockHeader> {
        let records = self.records.iter().rev().map(|record| &record.header);
        records.chain(&self.base).find(|header| header.store.end == end)
    }

    /// Checks that a height is retained.
    ///
    /// # Errors
    ///
    /// The first that applies: [`ReadError::HeightAhead`], [`ReadError::HeightNotRetained`].
    pub(crate) fn check_retained(&self, at: Height, now: Height) -> Result<(), ReadError> {
        if at > now {
            return Err(ReadError::HeightAhead { height: at, newest: now });
        }
        let oldest = self.base.as_ref().map_or(now, |base| base.height);
        if at < oldest {
            return Err(ReadError::HeightNotRetained { height: at, oldest, newest: now });
        }
        Ok(())
    }

    /// What the blocks above `at`, up to `now`, replaced: the entries of these keys at `at`.
    ///
    /// # Errors
    ///
    /// As [`History::check_retained`].
    pub(crate) fn replaced(
        &self,
        at: Height,
        now: Height,
        keys: &[StateKey],
    ) -> Result<BTreeMap<StateKey, Option<Bytes>>, ReadError> {
        self.check_retained(at, now)?;
        let mut entries = BTreeMap::new();
        for record in self.above(at, now) {
            for key in keys {
                if let Some(entry) = record.replaced.get(key) {
                    entries.entry(*key).or_insert_with(|| entry.clone());
                }
            }
        }
        Ok(entries)
    }

    /// The entries of a key that the blocks above `at`, up to `now`, replaced, newest first.
    pub(crate) fn replaced_each(&self, at: Height, now: Height, key: &StateKey) -> Vec<Bytes> {
        let records = self.above(at, now).rev();
        records.filter_map(|record| record.replaced.get(key).cloned().flatten()).collect()
    }

    fn above(&self, at: Height, now: Height) -> impl DoubleEndedIterator<Item = &Record> {
        let above =
            move |record: &&Record| record.header.height > at && record.header.height <= now;
        self.records.iter().filter(above)
    }
}
