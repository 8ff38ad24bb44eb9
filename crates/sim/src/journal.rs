//! A journal on a simulated disk: it is still there when its node has crashed.

use bytes::Bytes;
use salus_mempool::{Journal, JournalError, Segment};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// A journal in memory. Each call's records are a segment of their own.
#[derive(Debug, Default)]
pub(crate) struct MemoryJournal {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    next: u64,
    full: bool,
    segments: BTreeMap<Segment, (usize, Vec<Bytes>)>,
}

impl MemoryJournal {
    /// What it holds.
    pub(crate) fn records(&self) -> Vec<(Segment, Bytes)> {
        let inner = self.lock();
        let records = inner.segments.iter().flat_map(|(segment, (_, records))| {
            records.iter().map(|record| (*segment, record.clone()))
        });
        records.collect()
    }

    /// From now on nothing can be written, or can again.
    pub(crate) fn set_full(&self, full: bool) {
        self.lock().full = full;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal for MemoryJournal {
    fn append(&self, records: &[Bytes]) -> Result<Segment, JournalError> {
        let mut inner = self.lock();
        if inner.full {
            let reason = std::io::ErrorKind::StorageFull.to_string();
            return Err(JournalError::Io { action: "write", path: "journal".into(), reason });
        }
        let segment = Segment(inner.next);
        inner.next += 1;
        inner.segments.insert(segment, (records.len(), records.to_vec()));
        Ok(segment)
    }

    fn settle(&self, segment: Segment, count: usize) {
        let mut inner = self.lock();
        if let Some((unsettled, _)) = inner.segments.get_mut(&segment) {
            *unsettled = unsettled.saturating_sub(count);
            if *unsettled == 0 {
                inner.segments.remove(&segment);
            }
        }
    }
}
