//! The parts of one node's engine, wired together on any runtime and any transport.

use crate::{
    Block, EngineConfig, EngineError, LedgerRules, commits,
    copies::{self, Copies, OPERATIONS_AT_ONCE},
    epochs::{self, EpochReporter, Epochs, GuestRequest, Marshal},
    executor::{Executor, unix_ms},
    genesis::genesis,
    gossip,
    history::History,
    join::{follow, stands_after},
    kept::Kept,
    ledger::Ledger,
    pace::Paced,
    peers::{Peers, Track},
    rules::KnownRules,
    schemes::Schemes,
    store::{self, REPLAY_BUFFER, Stores, WRITE_BUFFER},
};
use commonware_broadcast::buffered;
use commonware_consensus::{
    Reporters,
    marshal::{
        self,
        core::Actor as MarshalActor,
        resolver::p2p as marshal_resolver,
        standard::{Deferred, Standard},
    },
    simplex::{self, scheme::ed25519::Scheme},
    types::{Epoch, FixedEpocher, Height as ConsensusHeight, ViewDelta},
};
use commonware_cryptography::{Digested, Digestible as _, Signer as _, ed25519::PublicKey, sha256};
use commonware_glue::{
    dkg::orchestrator,
    stateful::{
        Config as StatefulConfig, PruneConfig, Stateful, SyncPlan,
        db::{SyncEngineConfig, p2p},
    },
};
use commonware_macros::select;
use commonware_p2p::{Blocker, Provider, Receiver, Sender, max_message_size};
use commonware_parallel::Rayon;
use commonware_runtime::{
    Clock, Handle, Metrics, Network, Spawner, Storage, buffer::paged::CacheRef,
};
use commonware_storage::{archive::prunable, translator::EightCap};
use commonware_utils::{NZDuration, NZU16, NZU64, NZUsize};
use rand_core::CryptoRng;
use salus_mempool::{CheckedTransaction, Mempool};
use salus_state::StateKey;
use salus_types::{
    BlockHeader, Height, NetworkFile, block::PROTOCOL_VERSION, validators::VALIDATORS_MAX,
};
use std::{
    num::{NonZeroU16, NonZeroU64, NonZeroUsize},
    sync::Arc,
    time::Duration,
};
use tokio::sync::{mpsc, watch};
use tracing::info;

/// What the engine needs of a runtime.
pub(crate) trait Env: Clock + CryptoRng + Spawner + Storage + Metrics + Network {}
impl<T: Clock + CryptoRng + Spawner + Storage + Metrics + Network> Env for T {}

/// Channels of the transport, in the order of their numbers.
pub(crate) const CHANNELS: usize = 7;
/// Messages a second that a peer may send, by channel: votes, certificates, their resolver, missing
/// blocks, new blocks, transactions, copies of the state.
pub(crate) const MESSAGES_PER_SECOND: [u32; CHANNELS] = [256, 128, 64, 64, 128, 128, 256];

/// Prefix of the names of all files of a node that has its folder for itself.
pub(crate) const PREFIX: &str = "salus";
/// A page with its checksum fills 4 KiB.
pub(crate) const PAGE_SIZE: NonZeroU16 = NZU16!(4084);
const ITEMS_PER_SECTION: NonZeroU64 = NZU64!(1024);
/// Blocks are compressed with zstd at its fastest level: what clients write is mostly text, and what
/// is random, as in the benchmark, costs little to find out.
pub(crate) const BLOCKS_COMPRESSION: Option<u8> = Some(1);
/// Views of which blocks are kept a second time, for peers that are a little behind and for a crash
/// between a vote and the block's finality; and how many of them share a file, which is removed as
/// one. At most twice as many blocks are on the disk.
const RECENT_VIEWS: ViewDelta = ViewDelta::new(32);
const RECENT_PER_SECTION: NonZeroU64 = NZU64!(32);
const MAILBOX: NonZeroUsize = NZUsize!(256);
const FETCH_TIMEOUT: Duration = Duration::from_secs(2);
const FETCH_RETRY: Duration = Duration::from_millis(100);

/// Blocks between two times that files are pruned.
const PRUNE_EVERY: NonZeroUsize = NZUsize!(64);
/// Most bytes of a message between nodes.
pub(crate) fn message_bytes_max() -> u32 {
    let validators = u32::try_from(VALIDATORS_MAX).expect("a small constant");
    max_message_size(&[
        orchestrator::max_payload_size::<Scheme, sha256::Digest>(validators),
        simplex::max_payload_size::<Scheme, sha256::Digest>(validators),
        marshal::max_payload_size::<Standard<Block>, Scheme>(validators, &()),
        gossip::MESSAGE_BYTES_MAX,
        copies::message_bytes_max(),
    ])
}

/// What a node is made of, beside runtime and transport.
pub(crate) struct Parts {
    pub(crate) config: EngineConfig,
    /// Prefix of the names of all files.
    pub(crate) prefix: String,
    pub(crate) ledger: Ledger,
    pub(crate) track: Track,
    pub(crate) strategy: Rayon,
}

impl Parts {
    /// The ledger that this configuration describes.
    ///
    /// # Errors
    ///
    /// As [`genesis`].
    pub(crate) fn ledger(
        config: &EngineConfig,
        application: Arc<dyn crate::Application>,
        mempool: Mempool,
    ) -> Result<Ledger, EngineError> {
        let history = History::new(config.history_blocks_max, config.history_bytes_max);
        Ok(Ledger::new(
            application,
            mempool,
            genesis(&config.network)?,
            config.network.parameters.epoch_blocks,
            config.secret.public(),
            history,
            config.protocol_version_max,
        ))
    }
}

/// A running node, as its service sees it.
pub(crate) struct Node<E: Env> {
    pub(crate) ledger: Ledger,
    pub(crate) marshal: Marshal,
    pub(crate) stores: Stores<E>,
    pub(crate) guests: mpsc::Sender<GuestRequest>,
    pub(crate) epoch: watch::Receiver<epochs::CurrentEpoch>,
    /// One for each task; if any ends, the node has failed or is stopping.
    pub(crate) tasks: Vec<Handle<()>>,
}

/// Starts all parts, and returns when the state is open and the node takes part.
#[expect(clippy::too_many_lines, reason = "a list of parts, each wired to those before it")]
pub(crate) async fn start<E, P, B, S, R>(
    context: &E,
    parts: Parts,
    provider: P,
    blocker: B,
    channels: Vec<(S, R)>,
) -> Result<Node<E>, EngineError>
where
    E: Env,
    P: Provider<PublicKey = PublicKey>,
    B: Blocker<PublicKey = PublicKey>,
    S: Sender<PublicKey = PublicKey>,
    R: Receiver<PublicKey = PublicKey>,
{
    let Parts { config, prefix, ledger, track, strategy } = parts;
    let channels: [(S, R); CHANNELS] =
        channels.try_into().ok().expect("the transport gives all channels");
    let [votes, certificates, resolver, backfill, blocks, transactions, copies] = channels;
    let me = config.secret.signer().public_key();
    let page_cache = page_cache(config.page_cache_bytes);
    let epocher = FixedEpocher::new(
        NonZeroU64::new(ledger.shared.epoch_blocks).expect("genesis checks the epoch length"),
    );
    let namespace = NetworkFile::consensus_namespace(ledger.shared.network);
    let schemes = Schemes::new(namespace, config.secret.clone());
    let mut tasks = Vec::new();
    let log_blocks = EngineConfig::log_kept(&config.network.parameters);
    let blocks_min = EngineConfig::blocks_kept_min(&config.network.parameters);
    let blocks_later =
        config.blocks_kept.map(|kept| kept.max(blocks_min).saturating_sub(log_blocks));

    let backfill = marshal_resolver::init(
        context.child("backfill"),
        marshal_resolver::Config {
            public_key: me.clone(),
            peer_provider: provider.clone(),
            blocker: blocker.clone(),
            mailbox_size: MAILBOX,
            fetch_timeout: NZDuration!(FETCH_TIMEOUT),
            fetch_retry_delay: FETCH_RETRY,
            priority_requests: false,
            priority_responses: false,
        },
        backfill,
    );
    let (broadcast, buffer) = buffered::Engine::new(
        context.child("broadcast"),
        buffered::Config {
            public_key: me.clone(),
            mailbox_size: MAILBOX,
            deque_size: 8,
            priority: false,
            codec_config: (),
            peer_provider: provider.clone(),
            strategy: strategy.clone(),
        },
    );
    tasks.push(broadcast.start(blocks));

    let finalizations = archive(
        context.child("finalizations"),
        &format!("{prefix}-certificates"),
        &page_cache,
        None,
        VALIDATORS_MAX,
    )
    .await;
    let bodies = archive(
        context.child("bodies"),
        &format!("{prefix}-blocks"),
        &page_cache,
        BLOCKS_COMPRESSION,
        (),
    )
    .await;
    let (finalizations, bodies) =
        (Kept::new(finalizations, blocks_later), Kept::new(bodies, blocks_later));
    let mut plan = SyncPlan::init(context.child("plan"), &prefix).await;
    let join = config.join.clone().filter(|_| plan.may_sync());
    if let Some(join) = &join {
        schemes.enter(Epoch::new(join.header.epoch), &join.deciding, true);
        plan = plan.set_floor(join.finalization()?).await;
        info!(height = join.header.height.0, "copying the state after this block from peers");
    } else if plan.floor().is_some() {
        return Err(EngineError::CopyInterrupted);
    }
    let genesis = ledger.shared.genesis.clone();
    let genesis = Digested::precomputed(genesis.clone(), genesis.digest());
    let (marshal_actor, marshal, floor) = MarshalActor::<_, Standard<Block>, _, _, _, _, _>::init(
        context.child("marshal"),
        finalizations,
        bodies,
        marshal::Config {
            provider: schemes.clone(),
            epocher: epocher.clone(),
            start: plan.marshal_start(genesis),
            partition_prefix: prefix.clone(),
            mailbox_size: MAILBOX,
            view_retention: RECENT_VIEWS,
            prunable_items_per_section: RECENT_PER_SECTION,
            page_cache: page_cache.clone(),
            replay_buffer: REPLAY_BUFFER,
            key_write_buffer: WRITE_BUFFER,
            value_write_buffer: WRITE_BUFFER,
            block_codec_config: (),
            max_repair: NZUsize!(16),
            max_pending_acks: NZUsize!(16),
            strategy: strategy.clone(),
        },
    )
    .await;

    let (copies_actor, peers_copies) = p2p::Actor::new(
        context.child("copies"),
        p2p::Config {
            peer_provider: provider,
            blocker: blocker.clone(),
            database: None,
            mailbox_size: MAILBOX,
            me: Some(me),
            fetch_timeout: NZDuration!(FETCH_TIMEOUT),
            fetch_retry_delay: FETCH_RETRY,
            max_serve_ops: OPERATIONS_AT_ONCE,
            priority_requests: false,
            priority_responses: false,
        },
    );
    tasks.push(copies_actor.start(copies));

    let (commit, to_commit) = mpsc::unbounded_channel();
    let executor = Executor { ledger: ledger.clone(), strategy: strategy.clone(), commits: commit };
    let committing = ledger.clone();
    tasks.push(
        context.child("commits").spawn(move |context| commits::run(context, committing, to_commit)),
    );
    // The library prunes blocks no later than the log; `Kept` puts that off.
    let window = usize::try_from(log_blocks).expect("a window of blocks fits in memory");
    let db_config =
        store::config(context, &format!("{prefix}-state"), &page_cache, &strategy).await;
    let (stateful, state) = Stateful::new(
        context.child("state"),
        StatefulConfig {
            application: executor,
            db_config,
            provider: (),
            marshal: (marshal.clone(), floor),
            mailbox_size: MAILBOX,
            plan,
            resolvers: Copies::new(context.child("copying"), peers_copies),
            sync_config: SyncEngineConfig {
                fetch_batch_size: OPERATIONS_AT_ONCE,
                apply_batch_size: NZU64!(1024),
                max_outstanding_requests: NZUsize!(16),
            },
            prune_config: Some(PruneConfig {
                maintenance_interval: PRUNE_EVERY,
                retained_marshal_blocks: window,
                retained_qmdb_blocks: window,
            }),
            strategy,
        },
    );

    let (deliver, mut delivered) = mpsc::unbounded_channel();
    let reporter = EpochReporter { ledger: ledger.clone(), blocks: deliver };
    let reporters = Reporters::from((reporter, state.clone()));
    tasks.push(marshal_actor.start(reporters, buffer, backfill));

    let first_set = config.network.validators.clone();
    let mut peers =
        Peers::new(track, &first_set, config.peers.clone(), config.guests_max, config.peers_max);
    let (stores, anchor) = if let Some(join) = &join {
        // The state is not there yet to say who the peers are.
        let now_ms = unix_ms(context.current());
        peers.update(&join.deciding, &rules_of(&config.network), now_ms);
        tasks.push(stateful.start());
        let stores = select! {
            stores = state.subscribe_databases() => stores,
            () = follow(context, &ledger, &marshal, &schemes, join, &mut delivered) => {
                return Err(stopped());
            },
        };
        let anchor = stands_after(&ledger, &marshal, &stores, join.header.height.0).await;
        let anchor = anchor.ok_or_else(stopped)?;
        info!(height = anchor.height.0, "the state is copied");
        (stores, anchor)
    } else {
        // Nothing moves before the state is open: it acknowledges blocks, and it has not begun.
        let anchor = marshal.get_anchor().await;
        let anchor = anchor.map_or_else(
            || ledger.shared.genesis.header().clone(),
            |(_, block)| block.inner().header().clone(),
        );
        ledger.shared.history.lock().set_base(anchor.clone());
        tasks.push(stateful.start());
        (state.subscribe_databases().await, anchor)
    };
    ledger.note_tip(anchor.height, anchor.view);
    open_ledger(&ledger, &marshal, &stores, &anchor).await;

    let deferred = Deferred::new(context.child("deferred"), state, marshal.clone(), epocher);
    let automaton = Paced::new(context.child("pace"), deferred, ledger.clone(), config.gather);
    let (guests, guest_requests) = mpsc::channel(16);
    let (current, epoch) = watch::channel(epochs::CurrentEpoch::default());
    let epochs_config = epochs::Config {
        ledger: ledger.clone(),
        schemes,
        marshal: marshal.clone(),
        automaton,
        blocker,
        peers,
        first_set,
        page_cache,
        leader_grace: config.leader_grace,
        quiet_until: config.quiet_until,
        prefix,
        blocks: delivered,
        guests: guest_requests,
        current,
    };
    let run = context.child("epochs").spawn(move |context| {
        Epochs::new(context, epochs_config).run(votes, certificates, resolver)
    });
    tasks.push(run);
    gossip::start(context, &ledger.shared.mempool, transactions.0, transactions.1);
    Ok(Node { ledger, marshal, stores, guests, epoch, tasks })
}

/// The rules that the network file alone gives.
fn rules_of(network: &NetworkFile) -> LedgerRules {
    LedgerRules {
        parameters: network.parameters.clone(),
        validators: network.validators.clone(),
        observers: Vec::new(),
        protocol_version: PROTOCOL_VERSION,
        longer_validity: None,
    }
}

fn stopped() -> EngineError {
    EngineError::Failed { reason: "it was stopped while it copied the state".to_owned() }
}

/// Memory for pages of files.
pub(crate) fn page_cache(bytes: usize) -> CacheRef {
    let pages = NonZeroUsize::new(bytes / usize::from(PAGE_SIZE.get())).unwrap_or(NZUsize!(64));
    CacheRef::new(PAGE_SIZE, pages)
}

/// Opens one of the two archives: blocks, and certificates, by height.
pub(crate) async fn archive<E: Env, V: commonware_codec::CodecShared>(
    context: E,
    name: &str,
    page_cache: &CacheRef,
    compression: Option<u8>,
    codec_config: V::Cfg,
) -> prunable::Archive<EightCap, E, sha256::Digest, V> {
    let archive = prunable::Archive::init(
        context,
        prunable::Config {
            translator: EightCap,
            metadata_partition: format!("{name}-meta"),
            key_partition: format!("{name}-key"),
            key_page_cache: page_cache.clone(),
            value_partition: format!("{name}-value"),
            compression,
            codec_config,
            items_per_section: ITEMS_PER_SECTION,
            key_write_buffer: WRITE_BUFFER,
            value_write_buffer: WRITE_BUFFER,
            replay_buffer: REPLAY_BUFFER,
        },
    );
    archive.await.expect("the archive can be opened")
}

/// Reads what the state says at the start, and fills the window of recent transactions.
async fn open_ledger<E: Env>(
    ledger: &Ledger,
    marshal: &Marshal,
    stores: &Stores<E>,
    anchor: &BlockHeader,
) {
    let load = |keys: Vec<StateKey>| async move {
        let store = stores.read().await;
        Some(store::values(&store, &keys).await)
    };
    let known = KnownRules::ask(ledger.shared.application.as_ref(), load).await;
    let rules = known.expect("the state gives every value").rules;
    let window = rules.window(anchor.height);
    ledger.open(anchor.clone(), rules);

    let first = anchor.height.0.saturating_sub(window).max(1);
    let mut blocks = Vec::new();
    for height in first..=anchor.height.0 {
        let Some(block) = marshal.get_block(ConsensusHeight::new(height)).await else { continue };
        let transactions = block.inner().transactions().iter().map(|bytes| {
            let one = CheckedTransaction::decode(bytes.clone());
            Arc::new(one.expect("final blocks hold transactions"))
        });
        blocks.push((Height(height), transactions.collect()));
    }
    ledger.shared.mempool.load_window(anchor.height, blocks);
}
