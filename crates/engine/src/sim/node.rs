//! One node of a simulation.

use super::{Clients, record::Record};
use crate::{
    CommittedBlock, EngineConfig, EngineError,
    ledger::Ledger,
    node::{self, MESSAGES_PER_SECOND, Parts},
};
use commonware_cryptography::{Signer as _, ed25519::PublicKey};
use commonware_p2p::simulated::Oracle;
use commonware_runtime::{
    Handle, Quota, Spawner as _, Strategizer as _, Supervisor as _, deterministic::Context,
};
use commonware_utils::{NZU32, NZUsize};
use salus_mempool::{Config as MempoolConfig, Expiry, Lane, Mempool};
use salus_types::Height;
use std::{num::NonZeroU32, sync::Arc};
use tokio::sync::broadcast;

/// Bytes of pages that a simulated node keeps.
const PAGE_CACHE_BYTES: usize = 1024 * 1024;
/// Messages a second on the simulated network are this many times those on a real one: it drops
/// what is above, where the real one waits.
const QUOTA_FACTOR: u32 = 16;

/// A simulated node that runs.
pub(crate) struct Running {
    pub(crate) mempool: Mempool,
    pub(crate) lane: Lane,
    pub(crate) expiries: broadcast::Receiver<Arc<Expiry>>,
    /// Aborting this task crashes the node: all its tasks descend from it.
    pub(crate) task: Handle<()>,
}

/// What runs after each block of a simulated node.
pub(crate) struct AfterCommit {
    pub(crate) node: usize,
    pub(crate) record: Record,
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

/// Starts a node on what it has on disk.
pub(crate) async fn start(
    context: Context,
    index: usize,
    config: EngineConfig,
    application: Arc<dyn crate::Application>,
    oracle: &Oracle<PublicKey, Context>,
    record: Record,
    clients: Option<Arc<dyn Clients>>,
) -> Result<Running, EngineError> {
    let key = config.secret.signer().public_key();
    let lane = Lane(config.secret.public());
    let mut mempool_config = MempoolConfig::new(config.network.id(), lane);
    mempool_config.threads = 1;
    let journal = clients.as_ref().and_then(|clients| clients.journal(index));
    let mempool = Mempool::new(mempool_config, journal);
    let expiries = mempool.subscribe_expired();
    let replayed = mempool.clone();
    let after = AfterCommit { node: index, record };
    let ledger: Ledger =
        Parts::ledger(&config, application, mempool.clone())?.with_after_commit(after);
    let control = oracle.control(key);
    let mut channels = Vec::new();
    for (number, quota) in (0_u64..).zip(MESSAGES_PER_SECOND) {
        let quota = NonZeroU32::new(quota * QUOTA_FACTOR).unwrap_or(NZU32!(1));
        let channel = control.register(number, Quota::per_second(quota)).await;
        channels.push(channel.expect("the simulated network runs"));
    }
    let manager = oracle.manager();
    let task = context.spawn(move |context| async move {
        let strategy = context.child("strategy").strategy(NZUsize!(1));
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
        let node = node::start(&context, parts, manager, control, channels).await;
        let node = node.expect("a simulated node starts");
        if let Some(clients) = clients {
            let records = clients.journalled(index);
            replayed.replay(records, &|hash| clients.is_final(index, hash));
        }
        // The node lives as long as this task.
        futures::future::pending::<()>().await;
        drop(node);
    });
    Ok(Running { mempool, lane, expiries, task })
}
