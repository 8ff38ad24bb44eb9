//! The engine on real sockets and a real disk, on threads of its own.

use crate::{
    Application, EngineConfig, EngineError, EngineHandle,
    block::public_key,
    handle::{Ended, Request},
    ledger::Outgrown,
    node::{self, MESSAGES_PER_SECOND, PREFIX, Parts, message_bytes_max},
    peers::{Addresses, PeerSet, Track},
    service::{ServiceEnd, serve},
};
use commonware_cryptography::{ChaCha20Poly1305, ed25519::PublicKey};
use commonware_p2p::{
    Address, AddressableManager, AddressableTrackedPeers,
    authenticated::lookup::{self, Network},
};
use commonware_runtime::{Quota, Runner as _, Spawner as _, Strategizer as _, Supervisor as _};
use commonware_stream::{
    cups::{self, Cups},
    sake::{self, Sake},
};
use commonware_utils::{NZU32, NZUsize, ordered::Map};
use salus_mempool::Mempool;
use std::{
    any::Any,
    net::{SocketAddr, TcpListener},
    num::{NonZeroU32, NonZeroUsize},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, OnceLock, mpsc as sync_mpsc},
    time::Duration,
};
use tokio::sync::{broadcast, mpsc, watch};
use tracing::info;

/// Separates connections of this protocol from others; the network's id follows.
const TRANSPORT_NAMESPACE: &[u8] = b"salus/transport/1/";
const REQUESTS_MAX: usize = 256;
/// Room for starting all parts on one thread; the futures of a debug build are large.
const STACK_BYTES: usize = 16 * 1024 * 1024;
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// The engine of a node.
#[derive(Debug)]
pub struct Engine;

impl Engine {
    /// Starts the engine and waits until its state is open.
    ///
    /// Blocks the calling thread for that long; from asynchronous code, call it where blocking is
    /// allowed. The engine ends with [`EngineHandle::stop`], when its last handle is dropped, or
    /// when something fails, which [`EngineHandle::ended`] tells.
    ///
    /// # Errors
    ///
    /// The first that applies: [`EngineError::NoValidators`], [`EngineError::BadNodeKey`],
    /// [`EngineError::BadEpochLength`], [`EngineError::DataFolder`], [`EngineError::ForeignData`],
    /// [`EngineError::Listen`], [`EngineError::Failed`].
    pub fn start(
        mut config: EngineConfig,
        application: Arc<dyn Application>,
        mempool: Mempool,
    ) -> Result<EngineHandle, EngineError> {
        let ledger = Parts::ledger(&config, application, mempool)?;
        crate::folder::claim(&config, ledger.shared.network)?;
        config.quiet_until = crate::folder::restored(&config.folder)?;
        config.listen = free_address(config.listen)?;

        let (requests, incoming) = mpsc::channel(REQUESTS_MAX);
        let (ended_sender, ended) = watch::channel::<Ended>(None);
        let committed: broadcast::Sender<_> = ledger.shared.committed.clone();
        let listen = Arc::new(OnceLock::from(config.listen));
        let handle = EngineHandle { requests, committed, ended, listen };

        let (started_sender, started) = sync_mpsc::sync_channel(1);
        let thread =
            std::thread::Builder::new().name("salus-engine".to_owned()).stack_size(STACK_BYTES);
        let outgrown = ledger.shared.outgrown.subscribe();
        let run = move || {
            let parts = |track, strategy| Parts {
                config: config.clone(),
                prefix: PREFIX.to_owned(),
                ledger,
                track,
                strategy,
            };
            let outcome =
                catch_unwind(AssertUnwindSafe(|| run(&config, parts, incoming, started_sender)));
            // Parts that are ended in the middle of their work may panic, which says nothing then.
            let outcome = match *outgrown.borrow() {
                Some(outgrown) => Err(outgrown.into()),
                None => outcome.unwrap_or_else(|panic| Err(failed(panic.as_ref()))),
            };
            ended_sender.send_replace(Some(outcome.map_err(Arc::new)));
        };
        thread.spawn(run).map_err(|error| EngineError::Failed { reason: error.to_string() })?;
        if started.recv().is_ok() {
            return Ok(handle);
        }
        // It ended before it had started, and says why when its thread is done.
        let reason = loop {
            if let Some(ended) = handle.ended.borrow().as_ref() {
                break match ended.as_ref().err().map(AsRef::as_ref) {
                    Some(EngineError::Failed { reason }) => reason.clone(),
                    Some(other) => other.to_string(),
                    None => String::new(),
                };
            }
            std::thread::yield_now();
        };
        Err(EngineError::Failed { reason })
    }
}

impl From<Outgrown> for EngineError {
    fn from(Outgrown { height, needed, known }: Outgrown) -> Self {
        Self::ProtocolVersion { height, needed, known }
    }
}

/// What a panic says.
fn failed(panic: &(dyn Any + Send)) -> EngineError {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    EngineError::Failed { reason: text.unwrap_or("an unknown failure").to_owned() }
}

/// The address to listen on, with a free port where none was asked for.
fn free_address(address: SocketAddr) -> Result<SocketAddr, EngineError> {
    let listener = TcpListener::bind(address).and_then(|listener| listener.local_addr());
    listener.map_err(|source| EngineError::Listen { address, source })
}

fn addresses(nodes: &Addresses) -> Map<PublicKey, Address> {
    let known = nodes
        .iter()
        .filter_map(|(key, address)| public_key(*key).map(|key| (key, address.clone())));
    Map::from_iter_dedup(known)
}

fn track(mut oracle: lookup::Oracle<PublicKey>) -> Track {
    let mut id = 0;
    Box::new(move |set: &PeerSet| {
        let (deciding, following) = (addresses(&set.deciding), addresses(&set.following));
        let all = set.deciding.iter().chain(&set.following);
        let all = addresses(&all.map(|(key, address)| (*key, address.clone())).collect());
        // The transport may be stopping, which is no error.
        let _ = oracle.track(id, AddressableTrackedPeers::new(deciding, following));
        let _ = oracle.overwrite(all);
        id += 1;
    })
}

fn run(
    config: &EngineConfig,
    parts: impl FnOnce(Track, commonware_parallel::Rayon) -> Parts,
    incoming: mpsc::Receiver<Request>,
    started: sync_mpsc::SyncSender<()>,
) -> Result<(), EngineError> {
    let runtime = commonware_runtime::tokio::Config::new()
        .with_worker_threads(config.worker_threads.max(1))
        .with_storage_directory(config.folder.join("store"))
        .with_max_blocking_threads(32)
        .with_tcp_nodelay(Some(true));
    let runner = commonware_runtime::tokio::Runner::new(runtime);
    // A pool of two only hands work to and fro: its threads cost more than they bring.
    let threads = NonZeroUsize::new(config.worker_threads / 2).unwrap_or(NZUsize!(1));
    let config = config.clone();
    runner.start(|context| async move {
        let strategy = context.child("strategy").strategy(threads);
        let handshake = Cups::<_, ChaCha20Poly1305>::new(
            Sake {
                signer: config.secret.signer().clone(),
                synchrony_bound: Duration::from_secs(60),
                max_handshake_age: Duration::from_secs(60),
                version: sake::Version::V1,
            },
            cups::Version::V1,
        );
        let namespace = [TRANSPORT_NAMESPACE, &config.network.id().0].concat();
        let transport = transport(&config, handshake, &namespace);
        let (mut network, oracle) = Network::new(context.child("network"), transport);
        let mut channels = Vec::new();
        for (number, quota) in (0_u64..).zip(MESSAGES_PER_SECOND) {
            let quota = Quota::per_second(NonZeroU32::new(quota).unwrap_or(NZU32!(1)));
            channels.push(network.register(number, quota));
        }
        let parts = parts(track(oracle.clone()), strategy);
        // The transport listens first: peers that start at the same time find it at once.
        let network = network.start();
        let mut node = node::start(&context, parts, oracle.clone(), oracle, channels).await?;
        node.tasks.push(network);
        info!(listen = %config.listen, node = %config.secret.public(), "the engine runs");
        if started.send(()).is_err() {
            return Ok(());
        }
        drop(started);
        let end = serve(context.child("serve"), node, incoming).await;
        let stopped = context.stop(0, Some(STOP_TIMEOUT)).await;
        match end {
            ServiceEnd::Stop(done) => {
                if let Some(done) = done {
                    // Whoever asked may have gone.
                    let _ = done.send(());
                }
                stopped.map_err(|error| EngineError::Failed { reason: error.to_string() })
            }
            ServiceEnd::Outgrown(outgrown) => Err(outgrown.into()),
            ServiceEnd::PartEnded => {
                Err(EngineError::Failed { reason: "a part of it ended by itself".to_owned() })
            }
        }
    })
}

type Handshake = Cups<Sake<commonware_cryptography::ed25519::PrivateKey>, ChaCha20Poly1305>;

fn transport(
    config: &EngineConfig,
    handshake: Handshake,
    namespace: &[u8],
) -> lookup::Config<Handshake> {
    let peers_max = NonZeroUsize::new(config.peers_max).unwrap_or(NZUsize!(1));
    let bytes_max = message_bytes_max();
    let mut transport = lookup::Config::local(
        handshake,
        namespace,
        config.listen,
        peers_max,
        bytes_max,
        NZUsize!(256),
    );
    transport.tracked_peer_sets = NZUsize!(2);
    // Peers are known by their keys; addresses change behind gateways and in containers.
    transport.bypass_ip_check = true;
    transport.block_duration = Duration::from_secs(600);
    transport
}
