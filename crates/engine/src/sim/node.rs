//! One node of a simulation.

use super::{
    Clients,
    machine::{Life, Machine},
    record::Record,
    wire::Wire,
};
use crate::{
    CommittedBlock, EngineConfig, EngineError,
    epochs::Marshal,
    ledger::Ledger,
    node::{self, Parts},
};
use commonware_runtime::{Handle, Spawner as _, Strategizer as _, Supervisor as _};
use commonware_utils::NZUsize;
use salus_mempool::{Config as MempoolConfig, Expiry, Lane, Mempool};
use salus_types::Height;
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};
use tokio::sync::broadcast;

/// Bytes of pages that a simulated node keeps.
const PAGE_CACHE_BYTES: usize = 1024 * 1024;

/// A simulated node that runs.
pub(crate) struct Running {
    pub(crate) mempool: Mempool,
    pub(crate) lane: Lane,
    pub(crate) expiries: broadcast::Receiver<Arc<Expiry>>,
    pub(crate) life: Life,
    /// Whether it takes transactions: its mempool knows what was final before it started.
    pub(crate) open: Arc<AtomicBool>,
    /// Its blocks and certificates, once it has started.
    pub(crate) blocks: Arc<OnceLock<Marshal>>,
    /// Aborting this task takes the node away: all its tasks descend from it.
    pub(crate) task: Handle<()>,
}

impl Running {
    /// Whether clients can submit to it.
    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }
}

/// What runs after each block of a simulated node.
pub(crate) struct AfterCommit {
    pub(crate) node: usize,
    pub(crate) record: Record,
    pub(crate) clients: Option<Arc<dyn Clients>>,
}

impl AfterCommit {
    pub(crate) fn committed(&self, block: &CommittedBlock) {
        self.record.committed(self.node, block);
    }

    pub(crate) fn check(&self) -> Option<super::Check> {
        self.record.check.clone()
    }

    pub(crate) fn failed(&self, height: Height, failure: &str) {
        self.record.failed(format!("node {} at height {height}: {failure}", self.node));
    }
}

/// What a node is started with.
pub(crate) struct Start {
    pub(crate) index: usize,
    pub(crate) config: EngineConfig,
    pub(crate) application: Arc<dyn crate::Application>,
    pub(crate) record: Record,
    pub(crate) clients: Option<Arc<dyn Clients>>,
}

/// Starts a node on what its machine has on disk.
pub(crate) fn start(
    context: commonware_runtime::deterministic::Context,
    machine: impl FnOnce(commonware_runtime::deterministic::Context, Life) -> Machine,
    wire: &Wire,
    start: Start,
) -> Result<Running, EngineError> {
    let Start { index, config, application, record, clients } = start;
    let lane = Lane(config.secret.public());
    let mut mempool_config = MempoolConfig::new(config.network.id(), lane);
    mempool_config.threads = 1;
    let journal = clients.as_ref().and_then(|clients| clients.journal(index));
    let mempool = Mempool::new(mempool_config, journal);
    let expiries = mempool.subscribe_expired();
    let replayed = mempool.clone();
    let after = AfterCommit { node: index, record, clients: clients.clone() };
    let ledger: Ledger =
        Parts::ledger(&config, application, mempool.clone())?.with_after_commit(after);
    let (door, channels) = wire.open(index);
    let strategy = context.child("strategy").strategy(NZUsize!(1));
    let life = Life::default();
    let open = Arc::new(AtomicBool::new(false));
    let opened = Arc::clone(&open);
    let blocks = Arc::new(OnceLock::new());
    let stored = Arc::clone(&blocks);
    let machine = machine(context, life.clone());
    let task = machine.spawn(move |machine| async move {
        let parts = Parts {
            config: EngineConfig {
                page_cache_bytes: PAGE_CACHE_BYTES,
                peers_max: usize::MAX,
                ..config
            },
            prefix: format!("node{index}"),
            ledger,
            // All nodes of a simulation are linked; its events say who hears whom.
            track: Box::new(|_| {}),
            strategy,
        };
        let node = node::start(&machine, parts, door.clone(), door, channels).await;
        let node = node.expect("a simulated node starts");
        if let Some(clients) = clients {
            let records = clients.journalled(index);
            replayed.replay(records, &|hash| clients.is_final(index, hash));
        }
        // A start happens once.
        let _ = stored.set(node.marshal.clone());
        opened.store(true, Ordering::Relaxed);
        // The node lives as long as this task, and its parts as long as the node.
        let (ended, _, _) = futures::future::select_all(node.tasks).await;
        panic!("a part of the node ended by itself: {ended:?}");
    });
    Ok(Running { mempool, lane, expiries, life, open, blocks, task })
}
