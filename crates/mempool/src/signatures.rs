//! Signature checks: in batches, on a bounded pool of threads.
//!
//! A signature costs half as much in a batch as alone. So callers with few transactions that come
//! while others are being checked wait for those, and are then checked together.

use crate::CheckedTransaction;
use parking_lot::Mutex;
use rayon::prelude::*;
use rustix::time::{ClockId, clock_gettime};
use salus_crypto::sign::{SignatureItem, verify_batch};
use salus_types::Transaction;
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering},
};

/// Transactions of one batch: enough for batch verification to pay, few enough to spread.
const CHUNK: usize = 256;

type Verdicts = Arc<OnceLock<Vec<Option<usize>>>>;

/// The transactions of one caller.
#[derive(Debug)]
struct Brought {
    transactions: Vec<Arc<CheckedTransaction>>,
    verdicts: Verdicts,
}

/// Checks signatures and counts what that costs.
#[derive(Debug)]
pub(crate) struct Signatures {
    /// None when the operating system gives no threads: then the caller's own thread checks.
    threads: Option<rayon::ThreadPool>,
    /// What callers with few transactions have brought.
    queue: Mutex<Vec<Brought>>,
    /// Held by the caller that checks what is queued.
    turn: Mutex<()>,
    verified: AtomicU64,
    cpu_ns: AtomicU64,
}

impl Signatures {
    pub(crate) fn new(threads: usize) -> Self {
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(threads.max(1))
            .thread_name(|index| format!("signatures-{index}"))
            .build()
            .inspect_err(|error| tracing::warn!(%error, "signatures are checked without threads"))
            .ok();
        Self {
            threads,
            queue: Mutex::default(),
            turn: Mutex::default(),
            verified: AtomicU64::new(0),
            cpu_ns: AtomicU64::new(0),
        }
    }

    /// Checks every signature of every transaction: for each transaction the position of the first
    /// bad one, or none.
    pub(crate) fn check(&self, transactions: &[Arc<CheckedTransaction>]) -> Vec<Option<usize>> {
        if transactions.is_empty() {
            return Vec::new();
        }
        if transactions.len() > CHUNK {
            return self.check_all(transactions);
        }
        let verdicts = Verdicts::default();
        let brought =
            Brought { transactions: transactions.to_vec(), verdicts: Arc::clone(&verdicts) };
        self.queue.lock().push(brought);
        {
            let _turn = self.turn.lock();
            if verdicts.get().is_none() {
                self.check_queue();
            }
        }
        verdicts.get().expect("whoever takes from the queue gives every verdict").clone()
    }

    /// Checks together what all callers have brought.
    fn check_queue(&self) {
        let group = std::mem::take(&mut *self.queue.lock());
        let all: Vec<_> = group.iter().flat_map(|one| one.transactions.iter().cloned()).collect();
        let mut verdicts = self.check_all(&all).into_iter();
        for one in group {
            let own = verdicts.by_ref().take(one.transactions.len()).collect();
            // Each is given once, by whoever took it from the queue.
            let _ = one.verdicts.set(own);
        }
    }

    fn check_all(&self, transactions: &[Arc<CheckedTransaction>]) -> Vec<Option<usize>> {
        if transactions.len() <= CHUNK {
            // Handing one batch to another thread and waiting for it costs more than it brings.
            return self.check_chunk(transactions);
        }
        let all = || {
            transactions.par_chunks(CHUNK).flat_map_iter(|chunk| self.check_chunk(chunk)).collect()
        };
        match &self.threads {
            Some(threads) => threads.install(all),
            None => transactions.chunks(CHUNK).flat_map(|chunk| self.check_chunk(chunk)).collect(),
        }
    }

    /// How many signatures were checked, and the CPU time that took, in nanoseconds.
    pub(crate) fn cost(&self) -> (u64, u64) {
        (self.verified.load(Ordering::Relaxed), self.cpu_ns.load(Ordering::Relaxed))
    }

    fn check_chunk(&self, chunk: &[Arc<CheckedTransaction>]) -> Vec<Option<usize>> {
        let start = thread_cpu_ns();
        let messages: Vec<_> =
            chunk.iter().map(|one| Transaction::signed_bytes(one.hash)).collect();
        let items: Vec<_> = chunk
            .iter()
            .zip(&messages)
            .flat_map(|(one, message)| {
                one.transaction.signatures.iter().map(move |signature| SignatureItem {
                    key: &signature.key,
                    message,
                    signature: &signature.signature,
                })
            })
            .collect();
        let mut good = verify_batch(&items).into_iter();
        let first_bad = chunk
            .iter()
            .map(|one| {
                let verdicts: Vec<_> =
                    good.by_ref().take(one.transaction.signatures.len()).collect();
                verdicts.iter().position(|good| !good)
            })
            .collect();
        self.verified.fetch_add(items.len() as u64, Ordering::Relaxed);
        self.cpu_ns.fetch_add(thread_cpu_ns().saturating_sub(start), Ordering::Relaxed);
        first_bad
    }
}

/// CPU time of the calling thread, in nanoseconds.
fn thread_cpu_ns() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(time.tv_nsec).unwrap_or(0))
}
