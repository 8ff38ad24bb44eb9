//! Answering what the rest of the node asks, beside everything else that runs.

use crate::{
    ArchivedBlock, CertifiedHeaders, EngineStatus, ReadError, ReadResult, StateProof, StateProofs,
    executor::unix_ms,
    handle::Request,
    ledger::{Ledger, Outgrown},
    node::{Env, Node},
    store,
};
use commonware_codec::Encode as _;
use commonware_consensus::types::Height as ConsensusHeight;
use commonware_runtime::Handle;
use futures::future::select_all;
use parking_lot::Mutex;
use salus_state::StateKey;
use salus_types::{Height, NodeRecord};
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::sync::{Semaphore, mpsc, oneshot};

/// Questions that are answered at the same time.
const AT_ONCE: usize = 64;
/// How many final blocks may wait to be applied before a node counts as catching up.
const BEHIND_MAX: u64 = 5;
/// How much older than usual the newest block may be before a node counts as catching up.
const LATE_AFTER: Duration = Duration::from_secs(5);
/// Most headers between a block and the certificate that makes it final.
const CERTIFIED_HEADERS_MAX: u64 = 256;

/// Age from which the count of connected peers is taken anew.
const PEERS_COUNTED_EVERY: Duration = Duration::from_millis(500);

/// Bytes of blocks after which an answer for an archive is full.
const ARCHIVED_BYTES: usize = 4 * 1024 * 1024;

/// Why serving ended.
pub(crate) enum ServiceEnd {
    /// Somebody asked for it; to be told when the engine has stopped.
    Stop(Option<oneshot::Sender<()>>),
    /// A part of the engine ended by itself.
    PartEnded,
    /// The members decided on a protocol version that this program does not know.
    Outgrown(Outgrown),
}

struct Service<E: Env> {
    node: Node<E>,
    /// To read the metrics, where the transport counts its connections.
    context: E,
    /// When the connections were counted last, and how many there were.
    peers: Mutex<Option<(SystemTime, usize)>>,
}

/// Answers questions until somebody asks for a stop or a part of the engine ends.
pub(crate) async fn serve<E: Env>(
    context: E,
    mut node: Node<E>,
    mut requests: mpsc::Receiver<Request>,
) -> ServiceEnd {
    let tasks: Vec<Handle<()>> = std::mem::take(&mut node.tasks);
    let mut ended = select_all(tasks);
    let mut outgrown = node.ledger.shared.outgrown.subscribe();
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let service =
        Arc::new(Service { node, context: context.child("service"), peers: Mutex::default() });
    loop {
        let request = tokio::select! {
            biased;
            request = requests.recv() => request,
            Ok(known) = outgrown.wait_for(Option::is_some) => {
                return ServiceEnd::Outgrown(known.expect("it was waited for"));
            }
            _ = &mut ended => return ServiceEnd::PartEnded,
        };
        match request {
            None => return ServiceEnd::Stop(None),
            Some(Request::Stop(done)) => return ServiceEnd::Stop(Some(done)),
            Some(request) => {
                let permit = Arc::clone(&permits).acquire_owned().await;
                let service = Arc::clone(&service);
                context.child("request").spawn(move |_| async move {
                    service.answer(request).await;
                    drop(permit);
                });
            }
        }
    }
}

impl<E: Env> Service<E> {
    /// Answers one question; whoever asked may have gone, which is no error.
    async fn answer(&self, request: Request) {
        match request {
            Request::Status(to) => drop(to.send(self.status())),
            Request::Block(height, to) => {
                let height = ConsensusHeight::new(height.0);
                let block = self.node.marshal.get_block(height).await;
                drop(to.send(block.map(|block| block.inner().clone())));
            }
            Request::Archived(from, to) => drop(to.send(self.archived(from).await)),
            Request::Certified(height, to) => drop(to.send(self.certified(height).await)),
            Request::Read(at, keys, to) => drop(to.send(self.read(at, keys).await)),
            Request::Prove(at, keys, to) => drop(to.send(self.prove(at, keys).await)),
            Request::Guest(guest, to) => drop(to.send(self.guest(guest).await)),
            Request::Metrics(to) => drop(to.send(self.context.encode())),
            Request::Stop(to) => drop(to.send(())),
        }
    }

    fn ledger(&self) -> &Ledger {
        &self.node.ledger
    }

    fn status(&self) -> EngineStatus {
        let (height, view) = *self.ledger().shared.tip.borrow();
        let applied = self.ledger().shared.applied.borrow().clone();
        let epoch = self.node.epoch.borrow().clone();
        let header = applied.as_ref().map(|applied| &applied.header);
        let applied = header.map_or(Height(0), |header| header.height);
        EngineStatus {
            height: height.max(applied),
            applied,
            time: header.map(|header| header.time).unwrap_or_default(),
            state_root: header.map(|header| header.state_root),
            epoch: epoch.epoch,
            view,
            validator: epoch.validator,
            peers: self.connected(),
            syncing: height.0 > applied.0 + BEHIND_MAX || self.is_late(),
        }
    }

    /// How many peers are connected, as of a short while ago: reading all metrics has its price.
    fn connected(&self) -> usize {
        let now = self.context.current();
        let mut peers = self.peers.lock();
        if let Some((at, counted)) = *peers
            && now.duration_since(at).is_ok_and(|age| age < PEERS_COUNTED_EVERY)
        {
            return counted;
        }
        let counted = connected_peers(&self.context.encode());
        *peers = Some((now, counted));
        counted
    }

    /// Whether the newest block is older than blocks are when the network is well. A node that is
    /// epochs behind cannot tell otherwise.
    fn is_late(&self) -> bool {
        let newest = self.ledger().shared.applied.borrow().clone();
        let Some(newest) = newest.map(|applied| applied.header.time.unix_ms()) else {
            return true;
        };
        let usual = 3 * self.ledger().idle_interval() + LATE_AFTER;
        let usual = u64::try_from(usual.as_millis()).unwrap_or(u64::MAX);
        unix_ms(self.context.current()) > newest.saturating_add(usual)
    }

    /// Applied blocks from a height on, up to about [`ARCHIVED_BYTES`].
    async fn archived(&self, from: Height) -> Vec<ArchivedBlock> {
        let applied = self.ledger().shared.applied.borrow().clone();
        let Some(applied) = applied.map(|applied| applied.header.height) else { return Vec::new() };
        let (mut blocks, mut bytes) = (Vec::new(), 0);
        for height in from.0..=applied.0 {
            let one = ArchivedBlock::read(&self.node.marshal, Height(height)).await;
            let Some(one) = one else { break };
            bytes += one.block.len() + one.certificate.len();
            blocks.push(one);
            if bytes >= ARCHIVED_BYTES {
                break;
            }
        }
        blocks
    }

    async fn certified(&self, height: Height) -> Option<CertifiedHeaders> {
        let mut headers = Vec::new();
        for at in height.0..height.0.saturating_add(CERTIFIED_HEADERS_MAX) {
            let at = ConsensusHeight::new(at);
            let block = self.node.marshal.get_block(at).await?;
            headers.push(block.inner().header().clone());
            if let Some(finalization) = self.node.marshal.get_finalization(at).await {
                return Some(CertifiedHeaders { headers, certificate: finalization.encode() });
            }
        }
        None
    }

    async fn read(&self, at: Option<Height>, keys: Vec<StateKey>) -> Result<ReadResult, ReadError> {
        let store = self.node.stores.read().await;
        let (height, replaced) = {
            let history = self.ledger().shared.history.lock();
            let header = history.at_end(store::end(&store));
            let now = header.expect("the state stands after a known block").height;
            let at = at.unwrap_or(now);
            (at, history.replaced(at, now, &keys)?)
        };
        let current: Vec<StateKey> =
            keys.iter().filter(|key| !replaced.contains_key(key)).copied().collect();
        let entries = store::entries(&store, &current).await;
        let current: BTreeMap<_, _> = current.into_iter().zip(entries).collect();
        let entry = |key: &StateKey| replaced.get(key).or_else(|| current.get(key));
        let value = |key| store::value_of(entry(key).and_then(Option::as_ref));
        let values = keys.iter().map(value).collect();
        Ok(ReadResult { height, values })
    }

    async fn prove(
        &self,
        at: Option<Height>,
        keys: Vec<StateKey>,
    ) -> Result<StateProofs, ReadError> {
        // The lock is held to the end, so that root, header and proofs are of one block.
        let store = self.node.stores.read().await;
        let (header, at, replaced) = {
            let history = self.ledger().shared.history.lock();
            let header = history.at_end(store::end(&store));
            let header = header.expect("the state stands after a known block").clone();
            if header.height == Height(0) {
                return Err(ReadError::NoBlock);
            }
            let at = at.unwrap_or(header.height);
            history.check_retained(at, header.height)?;
            let replaced = |key| history.replaced_each(at, header.height, key);
            let replaced: Vec<_> = keys.iter().map(replaced).collect();
            (header, at, replaced)
        };
        assert!(store::root(&store) == header.state_root, "the header holds the root of the state");
        let mut proofs = Vec::with_capacity(keys.len());
        for (key, replaced) in keys.iter().zip(replaced) {
            let (newest, proof) = store::prove(&store, key).await;
            let entries = newest.into_iter().chain(replaced).collect();
            proofs.push(StateProof { entries, proof });
        }
        Ok(StateProofs { header, at, proofs })
    }

    async fn guest(&self, guest: NodeRecord) -> Result<(), ReadError> {
        let (sender, receiver) = oneshot::channel();
        self.node.guests.send((guest, sender)).await.map_err(|_| ReadError::Stopped)?;
        receiver.await.unwrap_or(Err(ReadError::Stopped))
    }
}

/// How many peers the transport counts as connected, from its metrics.
fn connected_peers(metrics: &str) -> usize {
    let connected = |line: &&str| {
        line.split_once('{').is_some_and(|(name, rest)| {
            name.ends_with("tracker_directory_connected") && !rest.trim_end().ends_with(" 0")
        })
    };
    metrics.lines().filter(connected).count()
}
