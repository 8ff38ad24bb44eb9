//! A simulated disk. What is not synced is lost, kept or torn when power fails, in any combination;
//! it may be slow, full, or say that it has synced what it has not.

mod blob;

pub(crate) use blob::Blob;

use super::machine::Life;
use commonware_runtime::{BlobVersion, Clock as _, Error, deterministic::Context};
use parking_lot::Mutex;
use rand_core::Rng as _;
use std::{
    collections::BTreeMap,
    io,
    ops::RangeInclusive,
    sync::{Arc, Weak},
    time::Duration,
};

/// A write is torn at multiples of this many bytes.
const SECTOR_BYTES: usize = 512;
/// Why a machine ends whose power fails at a write.
pub(crate) const POWER_LOST: &str = "power was lost at a write";

/// How bad a disk is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskFault {
    /// How much longer each write and each sync takes.
    pub slow: Duration,
    /// Whether no file can grow.
    pub full: bool,
    /// How many of a hundred syncs are reported done and are not.
    pub lies_percent: u8,
}

type Partition = BTreeMap<Vec<u8>, Arc<Mutex<File>>>;

/// A disk; clones are handles to the same one.
#[derive(Clone)]
pub(crate) struct Disk(Arc<Mutex<Inner>>);

struct Inner {
    dice: Context,
    partitions: BTreeMap<String, Partition>,
    fault: DiskFault,
    writes: u64,
    /// The write at which power fails.
    fails_at: Option<u64>,
    counts: BTreeMap<&'static str, u64>,
}

#[derive(Default)]
struct File {
    version: BlobVersion,
    /// As the node sees it.
    live: Vec<u8>,
    /// As it survives.
    durable: Vec<u8>,
    pending: Vec<Pending>,
    open: Weak<()>,
}

/// A change that is not synced.
enum Pending {
    Write { offset: usize, bytes: Vec<u8>, kept: bool },
    Resize(usize),
}

fn put(content: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[offset..end].copy_from_slice(bytes);
}

impl File {
    fn sync(&mut self) {
        for change in self.pending.drain(..) {
            match change {
                Pending::Write { offset, bytes, .. } => put(&mut self.durable, offset, &bytes),
                Pending::Resize(len) => self.durable.resize(len, 0),
            }
        }
    }

    /// The file as it is after power failed.
    fn survivor(&mut self, inner: &mut Inner) -> Self {
        let mode = inner.below(4);
        for change in self.pending.drain(..) {
            match (change, mode) {
                (Pending::Write { offset, bytes, kept }, _) if kept || mode == 0 => {
                    put(&mut self.durable, offset, &bytes);
                }
                // Nothing of what was not synced made it.
                (_, 1) => inner.count("writes_lost"),
                (Pending::Write { offset, bytes, .. }, _) => {
                    inner.count("writes_torn");
                    for (number, sector) in bytes.chunks(SECTOR_BYTES).enumerate() {
                        if inner.below(2) == 0 {
                            put(&mut self.durable, offset + number * SECTOR_BYTES, sector);
                        }
                    }
                }
                (Pending::Resize(len), _) => {
                    if mode == 0 || inner.below(2) == 0 {
                        self.durable.resize(len, 0);
                    }
                }
            }
        }
        let durable = std::mem::take(&mut self.durable);
        Self { version: self.version, live: durable.clone(), durable, ..Self::default() }
    }
}

impl Inner {
    fn below(&mut self, bound: u64) -> u64 {
        self.dice.next_u64() % bound.max(1)
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    fn lose_power(&mut self) {
        self.fails_at = None;
        let mut partitions = std::mem::take(&mut self.partitions);
        for file in partitions.values_mut().flat_map(BTreeMap::values_mut) {
            let survivor = file.lock().survivor(self);
            *file = Arc::new(Mutex::new(survivor));
        }
        self.partitions = partitions;
    }
}

fn full(what: &str, partition: &str) -> Error {
    let error = io::Error::new(io::ErrorKind::StorageFull, format!("{what} {partition}"));
    Error::Io(Arc::new(error))
}

impl Disk {
    /// An empty disk.
    pub(crate) fn new(dice: Context) -> Self {
        let (partitions, fault, counts) = (BTreeMap::new(), DiskFault::default(), BTreeMap::new());
        let inner = Inner { dice, partitions, fault, writes: 0, fails_at: None, counts };
        Self(Arc::new(Mutex::new(inner)))
    }

    /// Power fails now; the machine must have ended.
    pub(crate) fn lose_power(&self) {
        self.0.lock().lose_power();
    }

    /// Power fails at the write that is so many writes ahead.
    pub(crate) fn fail_at_write(&self, ahead: u64) {
        let mut inner = self.0.lock();
        inner.fails_at = Some(inner.writes + ahead.max(1));
    }

    /// Is as bad as this from now on.
    pub(crate) fn set_fault(&self, fault: DiskFault) {
        let mut inner = self.0.lock();
        inner.fault = fault;
        inner.fails_at = None;
    }

    /// Is empty again.
    pub(crate) fn replace(&self) {
        self.0.lock().partitions.clear();
    }

    /// What was done to writes, counted.
    pub(crate) fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.0.lock().counts.clone()
    }

    /// Takes the time that a bad disk takes.
    async fn pause(&self) {
        let pause = {
            let inner = self.0.lock();
            (!inner.fault.slow.is_zero()).then(|| inner.dice.sleep(inner.fault.slow))
        };
        if let Some(pause) = pause {
            pause.await;
        }
    }

    /// Counts a write; true when power fails at it.
    fn write_fails(&self, life: &Life) -> bool {
        let mut inner = self.0.lock();
        inner.writes += 1;
        let fails = inner.fails_at.is_some_and(|at| inner.writes >= at);
        if fails {
            inner.lose_power();
            life.end(POWER_LOST);
        }
        fails
    }

    /// Whether a sync is only said to be done.
    fn lies(&self) -> bool {
        let mut inner = self.0.lock();
        let percent = u64::from(inner.fault.lies_percent);
        let lies = percent > 0 && inner.below(100) < percent;
        if lies {
            inner.count("syncs_not_done");
        }
        lies
    }

    pub(crate) async fn open(
        &self,
        life: &Life,
        partition: &str,
        name: &[u8],
        versions: &RangeInclusive<BlobVersion>,
    ) -> Result<(Blob, u64, BlobVersion), Error> {
        self.pause().await;
        let mut inner = self.0.lock();
        let no_room = inner.fault.full;
        let files = inner.partitions.entry(partition.to_owned()).or_default();
        let file = match files.get(name) {
            Some(file) => Arc::clone(file),
            None if no_room => return Err(full("create a file in", partition)),
            None => {
                let file = File { version: *versions.end(), ..File::default() };
                Arc::clone(files.entry(name.to_vec()).or_insert(Arc::new(Mutex::new(file))))
            }
        };
        drop(inner);
        let mut locked = file.lock();
        if locked.open.upgrade().is_some() {
            return Err(Error::BlobAlreadyOpen(partition.to_owned(), format!("{name:?}")));
        }
        let version = locked.version;
        if !versions.contains(&version) {
            let (expected, found) = (versions.clone(), version);
            return Err(Error::BlobVersionMismatch { expected, found });
        }
        let open = Arc::new(());
        locked.open = Arc::downgrade(&open);
        let len = locked.live.len() as u64;
        drop(locked);
        let (disk, life) = (self.clone(), life.clone());
        let blob = Blob::new(disk, life, file, partition, open);
        Ok((blob, len, version))
    }

    pub(crate) async fn remove(
        &self,
        life: &Life,
        partition: &str,
        name: Option<&[u8]>,
    ) -> Result<(), Error> {
        if self.write_fails(life) {
            futures::future::pending::<()>().await;
        }
        let mut inner = self.0.lock();
        let missing = || Error::PartitionMissing(partition.to_owned());
        match name {
            Some(name) => {
                let files = inner.partitions.get_mut(partition).ok_or_else(missing)?;
                let gone = || Error::BlobMissing(partition.to_owned(), format!("{name:?}"));
                files.remove(name).map(|_| ()).ok_or_else(gone)
            }
            None => inner.partitions.remove(partition).map(|_| ()).ok_or_else(missing),
        }
    }

    pub(crate) fn scan(&self, partition: &str) -> Result<Vec<Vec<u8>>, Error> {
        let inner = self.0.lock();
        let files = inner.partitions.get(partition);
        let files = files.ok_or_else(|| Error::PartitionMissing(partition.to_owned()))?;
        Ok(files.keys().cloned().collect())
    }
}
