//! Measuring the state store by itself: what a commit costs with so many keys.
//!
//! The store is the one of a node, with the same settings; only consensus is left out. Keys are
//! spread like those of the ledger, by a hash.

use crate::{
    EngineError,
    node::PAGE_SIZE,
    store::{self, Key, Store, Value},
};
use commonware_parallel::Rayon;
use commonware_runtime::{
    Runner as _, Strategizer as _, Supervisor as _, buffer::paged::CacheRef, tokio as runtime,
};
use commonware_storage::qmdb::{any::batch::Slot, floor::Proportional};
use commonware_utils::NZUsize;
use salus_types::hash_parts;
use std::{
    num::NonZeroUsize,
    path::PathBuf,
    time::{Duration, Instant},
};

/// Operations of a batch while the store is filled.
const FILL_BATCH: u64 = 20_000;
/// Batches between two prunings while the store is filled.
const PRUNE_EVERY: u64 = 16;

/// What to measure.
#[derive(Clone, Debug)]
pub struct StateLoad {
    /// An empty folder for the store.
    pub folder: PathBuf,
    /// Keys to fill the store with.
    pub keys: u64,
    /// Bytes of each value.
    pub value_bytes: usize,
    /// Batches of each kind that are timed.
    pub batches: u64,
    /// Operations of each of them.
    pub batch_operations: u64,
    /// Memory for pages, in bytes.
    pub page_cache_bytes: usize,
    /// Threads that hash.
    pub threads: usize,
}

/// How far the measuring has come; for progress, and to look at memory at the right moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateStage {
    /// So many keys are in.
    Filled(u64),
    /// All batches were timed.
    Timed,
    /// The store was closed and opened again.
    Reopened,
}

/// What was measured. Times are from the first read of a batch to the moment it is durable.
#[derive(Clone, Debug, Default)]
pub struct StateFigures {
    /// How long filling took.
    pub fill: Duration,
    /// Batches that replace values.
    pub updates: Vec<Duration>,
    /// Batches of which one half replaces values and the other adds keys.
    pub inserts: Vec<Duration>,
    /// How long opening the filled store took.
    pub reopen: Duration,
}

/// Fills a store, times commits, and opens it again.
///
/// # Errors
///
/// [`EngineError::Failed`]: the store cannot be written or read.
pub fn measure_state(
    load: &StateLoad,
    stage: impl FnMut(StateStage) + Send + 'static,
) -> Result<StateFigures, EngineError> {
    let settings = runtime::Config::new()
        .with_worker_threads(load.threads.max(1))
        .with_storage_directory(load.folder.clone());
    let load = load.clone();
    let measured = runtime::Runner::new(settings)
        .start(|context| async move { measure(context, load, stage).await });
    measured.map_err(|error| EngineError::Failed { reason: error.to_string() })
}

type Error = commonware_storage::qmdb::Error<store::Family>;

async fn measure(
    context: runtime::Context,
    load: StateLoad,
    mut stage: impl FnMut(StateStage),
) -> Result<StateFigures, Error> {
    let threads = NonZeroUsize::new(load.threads).unwrap_or(NZUsize!(1));
    let strategy = context.child("strategy").strategy(threads);
    let mut figures = StateFigures::default();

    let mut opened = open(&context, "first", &load, &strategy).await?;
    let started = Instant::now();
    let mut filled = 0;
    while filled < load.keys {
        let end = (filled + FILL_BATCH).min(load.keys);
        opened = commit(opened, (filled..end).collect(), &load).await?;
        filled = end;
        if (filled / FILL_BATCH).is_multiple_of(PRUNE_EVERY) {
            let boundary = opened.sync_boundary();
            opened = opened.prune(boundary).await?;
        }
        stage(StateStage::Filled(filled));
    }
    figures.fill = started.elapsed();

    let (mut dice, mut next) = (1_u64, load.keys);
    for _ in 0..load.batches {
        let numbers = (0..load.batch_operations).map(|_| roll(&mut dice, load.keys)).collect();
        let started = Instant::now();
        opened = commit(opened, numbers, &load).await?;
        figures.updates.push(started.elapsed());
    }
    for _ in 0..load.batches {
        let new = load.batch_operations / 2;
        let old = (0..load.batch_operations - new).map(|_| roll(&mut dice, load.keys));
        let numbers = old.chain(next..next + new).collect();
        next += new;
        let started = Instant::now();
        opened = commit(opened, numbers, &load).await?;
        figures.inserts.push(started.elapsed());
    }
    stage(StateStage::Timed);

    drop(opened.sync().await?);
    let started = Instant::now();
    let opened = open(&context, "second", &load, &strategy).await?;
    figures.reopen = started.elapsed();
    stage(StateStage::Reopened);
    drop(opened);
    Ok(figures)
}

async fn open(
    context: &runtime::Context,
    name: &'static str,
    load: &StateLoad,
    strategy: &Rayon,
) -> Result<Store<runtime::Context>, Error> {
    let pages = load.page_cache_bytes / usize::from(PAGE_SIZE.get());
    let cache = CacheRef::new(PAGE_SIZE, NonZeroUsize::new(pages).unwrap_or(NZUsize!(64)));
    let settings = store::config(context, "measured", &cache, strategy).await;
    Store::init(context.child(name), settings, None).await
}

/// Commits a batch as a block does: it reads every key that it writes.
async fn commit(
    opened: Store<runtime::Context>,
    mut numbers: Vec<u64>,
    load: &StateLoad,
) -> Result<Store<runtime::Context>, Error> {
    numbers.sort_unstable();
    numbers.dedup();
    let keys: Vec<Key> = numbers.iter().map(|number| key(*number)).collect();
    let batch = opened.new_batch();
    let (old, staged) = batch.stage(&keys.iter().collect::<Vec<_>>(), &opened).await?;
    let values = numbers.iter().zip(old).map(|(number, old)| {
        let turn = old.and_then(|old| old.first().copied()).map_or(0, |turn| turn.wrapping_add(1));
        Slot::Put(value(*number, turn, load.value_bytes))
    });
    let slots = values.collect();
    let sealed = staged.merkleize(slots, Vec::new(), None, &opened, &mut Proportional).await?;
    opened.apply_batch(sealed).await?.commit().await
}

fn key(number: u64) -> Key {
    Key::from(hash_parts(&[b"salus/measured/1", &number.to_be_bytes()]).0)
}

/// A value that differs with each turn; its first byte is the turn.
fn value(number: u64, turn: u8, bytes: usize) -> Value {
    let seed = hash_parts(&[&[turn], &number.to_be_bytes()]).0;
    std::iter::once(turn).chain(seed.into_iter().cycle()).take(bytes.max(1)).collect()
}

/// The next number below `end` of a fixed sequence (xorshift).
fn roll(dice: &mut u64, end: u64) -> u64 {
    *dice ^= *dice << 13;
    *dice ^= *dice >> 7;
    *dice ^= *dice << 17;
    *dice % end.max(1)
}
