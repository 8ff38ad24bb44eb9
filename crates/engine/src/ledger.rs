//! What the tasks of the engine share: the application, the mempool, what executing recent blocks
//! gave, and how far the state has come.

use crate::{
    Application, Block, CommittedBlock, LedgerRules,
    block::{hash_of, node_key, public_key},
    block_size::BlockSize,
    history::{History, Outcome},
};
use commonware_cryptography::{Digestible as _, sha256};
use parking_lot::Mutex;
use salus_mempool::{Mempool, SelectLimits, lanes_of};
use salus_types::{
    BlockHeader, Hash, Height, NetworkId, NodeKey, TransactionHash, block::PROTOCOL_VERSION,
};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};
use tokio::sync::{broadcast, watch};

/// Heights that a slow listener to commits may be behind.
const COMMITS_BUFFERED: usize = 1024;

/// The highest block that is applied and of which the application knows.
#[derive(Clone, Debug)]
pub(crate) struct Applied {
    pub(crate) header: BlockHeader,
    pub(crate) rules: Arc<LedgerRules>,
}

/// The members have decided on a protocol version that this program does not know.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outgrown {
    /// The last block that this program can execute.
    pub(crate) height: Height,
    pub(crate) needed: u16,
    pub(crate) known: u16,
}

/// Shared by the tasks of one engine; clones are handles to the same one.
#[derive(Clone)]
pub(crate) struct Ledger {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) application: Arc<dyn Application>,
    pub(crate) mempool: Mempool,
    pub(crate) network: NetworkId,
    pub(crate) genesis: Block,
    pub(crate) epoch_blocks: u64,
    pub(crate) me: NodeKey,
    /// What executing blocks gave: those that are not final, and the one applied last.
    outcomes: Mutex<HashMap<Hash, Arc<Outcome>>>,
    pub(crate) history: Mutex<History>,
    /// Height of the highest block known to be final, and its view.
    pub(crate) tip: watch::Sender<(Height, u64)>,
    pub(crate) applied: watch::Sender<Option<Applied>>,
    /// The highest protocol version that this program can follow.
    protocol_version_max: u16,
    /// The height after which another one is needed, and which.
    pub(crate) outgrown: watch::Sender<Option<Outgrown>>,
    pub(crate) committed: broadcast::Sender<Height>,
    pub(crate) block_size: BlockSize,
    #[cfg(feature = "sim")]
    pub(crate) after_commit: Option<crate::sim::AfterCommit>,
}

impl Ledger {
    pub(crate) fn new(
        application: Arc<dyn Application>,
        mempool: Mempool,
        genesis: Block,
        epoch_blocks: u64,
        me: NodeKey,
        history: History,
        protocol_version_max: u16,
    ) -> Self {
        let shared = Shared {
            application,
            mempool,
            network: genesis.header().network,
            genesis,
            epoch_blocks,
            me,
            outcomes: Mutex::default(),
            history: Mutex::new(history),
            tip: watch::Sender::new((Height(0), 0)),
            applied: watch::Sender::new(None),
            protocol_version_max,
            outgrown: watch::Sender::new(None),
            committed: broadcast::Sender::new(COMMITS_BUFFERED),
            block_size: BlockSize::default(),
            #[cfg(feature = "sim")]
            after_commit: None,
        };
        Self { shared: Arc::new(shared) }
    }

    /// The same with something to run after each block; before there are other handles.
    #[cfg(feature = "sim")]
    pub(crate) fn with_after_commit(mut self, after: crate::sim::AfterCommit) -> Self {
        if let Some(shared) = Arc::get_mut(&mut self.shared) {
            shared.after_commit = Some(after);
        }
        self
    }

    /// Whether this program can follow a protocol version.
    pub(crate) fn knows(&self, protocol_version: u16) -> bool {
        (PROTOCOL_VERSION..=self.shared.protocol_version_max).contains(&protocol_version)
    }

    /// Whether the block at this height is the last of its epoch.
    pub(crate) fn is_last_of_epoch(&self, height: Height) -> bool {
        height.0 % self.shared.epoch_blocks == self.shared.epoch_blocks - 1
    }

    /// What executing a block gave, if it was executed lately.
    pub(crate) fn outcome(&self, block: &Hash) -> Option<Arc<Outcome>> {
        self.shared.outcomes.lock().get(block).cloned()
    }

    /// Remembers what executing a block gave.
    pub(crate) fn remember(&self, outcome: Arc<Outcome>) {
        self.shared.outcomes.lock().insert(outcome.hash, outcome);
    }

    /// The transactions of the block with this hash and of those below it that may not be final.
    pub(crate) fn pending_above_final(&self, block: Hash) -> HashSet<TransactionHash> {
        let mut hashes = HashSet::new();
        let mut next = block;
        let outcomes = self.shared.outcomes.lock();
        while let Some(outcome) = outcomes.get(&next) {
            hashes.extend(outcome.transactions.iter().map(|one| one.hash));
            next = outcome.header.parent;
        }
        hashes
    }

    /// Whether a block on top of `parent` would hold a transaction.
    pub(crate) fn has_work(&self, parent: Hash) -> bool {
        if self.shared.mempool.is_empty() {
            return false;
        }
        if self.waiting_above(parent) > 0 {
            // More wait than stand in blocks below, so one is in none of them.
            return true;
        }
        let height = self
            .outcome(&parent)
            .map_or(self.shared.mempool.height(), |outcome| outcome.header.height);
        let below = self.pending_above_final(parent);
        let limits = SelectLimits { bytes: usize::MAX, count: 1 };
        let chosen =
            self.shared.mempool.select(limits, height.next(), &|hash| below.contains(hash));
        !chosen.is_empty()
    }

    /// How many transactions wait, less those in blocks up to `parent` that may not be final: at
    /// least so many stand in no block.
    pub(crate) fn waiting_above(&self, parent: Hash) -> usize {
        let (mut below, mut next) = (0, parent);
        {
            let outcomes = self.shared.outcomes.lock();
            while let Some(outcome) = outcomes.get(&next) {
                below += outcome.transactions.len();
                next = outcome.header.parent;
            }
        }
        self.shared.mempool.len().saturating_sub(below)
    }

    /// How long a leader waits for transactions before it proposes without any.
    pub(crate) fn idle_interval(&self) -> Duration {
        let applied = self.shared.applied.borrow();
        let parameters = applied.as_ref().map(|applied| &applied.rules.parameters);
        Duration::from_millis(parameters.map_or(1000, |known| known.idle_interval_ms.max(1)))
    }

    /// Notes that this block is about to become the state.
    ///
    /// # Panics
    ///
    /// When it was not executed: whatever is applied was executed by this process.
    pub(crate) fn about_to_apply(&self, block: &Block) {
        let outcome = self.executed(block);
        self.shared.history.lock().push(&outcome);
    }

    /// What executing this block gave.
    pub(crate) fn executed(&self, block: &Block) -> Arc<Outcome> {
        let hash = hash_of(&block.digest());
        self.outcome(&hash).expect("a block is executed before it is applied")
    }

    /// Tells everybody that a block is final and applied. Blocks while the application stores it.
    pub(crate) fn commit(&self, outcome: &Outcome) {
        let block = committed_block(outcome);
        self.shared.application.committed(&block);
        let height = outcome.header.height;
        self.shared.mempool.committed(height, &outcome.transactions);
        self.shared.outcomes.lock().retain(|_, known| known.header.height >= height);
        self.apply_rules(outcome.header.clone(), Arc::clone(&outcome.rules.rules));
        self.shared.application.applied(height);
        // Nobody listening is no error.
        let _ = self.shared.committed.send(height);
    }

    /// Takes note of where the state stands at the start, unless blocks were applied already.
    pub(crate) fn open(&self, header: BlockHeader, rules: Arc<LedgerRules>) {
        if self.shared.applied.borrow().is_none() {
            self.apply_rules(header, rules);
        }
    }

    #[expect(clippy::needless_pass_by_value, reason = "both are kept when they are newer")]
    fn apply_rules(&self, header: BlockHeader, rules: Arc<LedgerRules>) {
        let same = |applied: &Applied| Arc::ptr_eq(&applied.rules, &rules);
        if !self.shared.applied.borrow().as_ref().is_some_and(same) {
            let nodes = rules.validators.nodes().iter().chain(&rules.observers);
            self.shared.mempool.set_lanes(lanes_of(nodes));
            self.shared.mempool.set_validity_blocks(rules.parameters.validity_blocks);
        }
        if !self.knows(rules.protocol_version) {
            self.shared.outgrown.send_replace(Some(Outgrown {
                height: header.height,
                needed: rules.protocol_version,
                known: self.shared.protocol_version_max,
            }));
        }
        let newer = |known: &Option<Applied>| {
            known.as_ref().is_none_or(|known| known.header.height <= header.height)
        };
        let header = header.clone();
        self.shared.applied.send_if_modified(|known| {
            let newer = newer(known);
            if newer {
                *known = Some(Applied { header: header.clone(), rules: Arc::clone(&rules) });
            }
            newer
        });
    }

    /// Waits until the block at this height is applied; none when the engine stops first.
    pub(crate) async fn wait_applied(&self, height: Height) -> Option<Applied> {
        let mut applied = self.shared.applied.subscribe();
        let reached = |applied: &Option<Applied>| {
            applied.as_ref().is_some_and(|applied| applied.header.height >= height)
        };
        applied.wait_for(reached).await.ok()?.clone()
    }

    /// Notes how far blocks are known to be final.
    pub(crate) fn note_tip(&self, height: Height, view: u64) {
        self.shared.tip.send_if_modified(|tip| {
            let higher = height > tip.0;
            if higher {
                *tip = (height, view);
            }
            higher
        });
    }
}

/// What the application is told about a final block.
pub(crate) fn committed_block(outcome: &Outcome) -> CommittedBlock {
    CommittedBlock {
        header: outcome.header.clone(),
        hash: outcome.hash,
        transactions: Arc::clone(&outcome.transactions),
        receipts: Arc::clone(&outcome.receipts),
        events: outcome.events.clone(),
        rules: Arc::clone(&outcome.rules.rules),
    }
}

/// Whether these 32 bytes are a key that a node can have.
pub(crate) fn is_node_key(key: NodeKey) -> bool {
    public_key(key).is_some_and(|public| node_key(&public) == key)
}

/// Our form of the digest of a parent.
pub(crate) fn parent_hash(digest: &sha256::Digest) -> Hash {
    hash_of(digest)
}
