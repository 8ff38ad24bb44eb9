//! What the rest of the node holds of a running engine.

use crate::{ArchivedBlock, Block, EngineError, ReadError};
use bytes::Bytes;
use salus_state::StateKey;
use salus_types::{BlockHeader, BlockTime, Hash, Height, NodeRecord};
use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock},
};
use tokio::sync::{broadcast, mpsc, oneshot, watch};

/// Most keys of one question.
pub const KEYS_MAX: usize = 4096;

/// How the engine stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EngineStatus {
    /// The highest block known to be final.
    pub height: Height,
    /// The highest block whose writes are in the state and of which the application knows.
    pub applied: Height,
    /// Time of the highest applied block.
    pub time: BlockTime,
    /// Root of the state after the highest applied block.
    pub state_root: Option<Hash>,
    /// The current epoch.
    pub epoch: u64,
    /// The view in which the highest final block was decided.
    pub view: u64,
    /// Whether this node votes in the current epoch.
    pub validator: bool,
    /// How many peers are connected, this node not counted.
    pub peers: usize,
    /// Whether blocks are known to be final that are not applied yet, more than a few.
    pub syncing: bool,
}

/// Consecutive headers from the one asked for to the first with a certificate of its own.
///
/// Not every block has one: a block is final through the next that does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertifiedHeaders {
    /// The headers, each the parent of the next.
    pub headers: Vec<BlockHeader>,
    /// The finality certificate of the last, in the library's encoding; see the crate `proof`.
    pub certificate: Bytes,
}

/// Values at one height.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadResult {
    /// The height at which they stood.
    pub height: Height,
    /// A value or none for each key, in the order asked.
    pub values: Vec<Option<Bytes>>,
}

/// Proof of what stood under one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateProof {
    /// The newest entry of the key, and those that it replaced, newest first, back to the one that
    /// stood at the height asked for. Encoded; none when the key was never written.
    pub entries: Vec<Bytes>,
    /// That the first is in the state, or that there is none: in the store's encoding.
    pub proof: Bytes,
}

/// Proofs against the state root of one block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateProofs {
    /// The block whose `state_root` they are proofs against.
    pub header: BlockHeader,
    /// The height that they are about: that of the block, or the earlier one asked for.
    pub at: Height,
    /// A proof for each key, in the order asked.
    pub proofs: Vec<StateProof>,
}

pub(crate) enum Request {
    Status(oneshot::Sender<EngineStatus>),
    Block(Height, oneshot::Sender<Option<Block>>),
    Archived(Height, oneshot::Sender<Vec<ArchivedBlock>>),
    Certified(Height, oneshot::Sender<Option<CertifiedHeaders>>),
    Read(Option<Height>, Vec<StateKey>, oneshot::Sender<Result<ReadResult, ReadError>>),
    Prove(Option<Height>, Vec<StateKey>, oneshot::Sender<Result<StateProofs, ReadError>>),
    Guest(NodeRecord, oneshot::Sender<Result<(), ReadError>>),
    Metrics(oneshot::Sender<String>),
    Stop(oneshot::Sender<()>),
}

/// How the engine ended; absent while it runs.
pub(crate) type Ended = Option<Result<(), Arc<EngineError>>>;

/// A running engine. Cheap to clone; usable from any runtime and any thread.
#[derive(Clone, Debug)]
pub struct EngineHandle {
    pub(crate) requests: mpsc::Sender<Request>,
    pub(crate) committed: broadcast::Sender<Height>,
    pub(crate) ended: watch::Receiver<Ended>,
    pub(crate) listen: Arc<OnceLock<SocketAddr>>,
}

impl EngineHandle {
    async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> Option<T> {
        let (sender, receiver) = oneshot::channel();
        self.requests.send(request(sender)).await.ok()?;
        receiver.await.ok()
    }

    /// How the engine stands; all zero once it has stopped.
    pub async fn status(&self) -> EngineStatus {
        self.ask(Request::Status).await.unwrap_or_default()
    }

    /// The final block at a height, if this node has it.
    pub async fn block(&self, height: Height) -> Option<Block> {
        self.ask(|sender| Request::Block(height, sender)).await.flatten()
    }

    /// The headers from a height to the first certificate at or above it; none while there is none.
    pub async fn certified(&self, height: Height) -> Option<CertifiedHeaders> {
        self.ask(|sender| Request::Certified(height, sender)).await.flatten()
    }

    /// Final blocks from a height on, with the certificates that there are, for an archive: some
    /// megabytes of them, none when this node does not have the first.
    pub async fn archived(&self, from: Height) -> Vec<ArchivedBlock> {
        self.ask(|sender| Request::Archived(from, sender)).await.unwrap_or_default()
    }

    /// The values of `keys`, all at one height: the newest applied for none, or a recent one.
    ///
    /// A block that is being executed does not hold this up.
    ///
    /// # Errors
    ///
    /// The first that applies: [`ReadError::Stopped`], [`ReadError::TooManyKeys`],
    /// [`ReadError::HeightAhead`], [`ReadError::HeightNotRetained`].
    pub async fn read(
        &self,
        at: Option<Height>,
        keys: &[StateKey],
    ) -> Result<ReadResult, ReadError> {
        let keys = bounded(keys)?;
        let answer = self.ask(|sender| Request::Read(at, keys, sender)).await;
        answer.unwrap_or(Err(ReadError::Stopped))
    }

    /// Proofs, under the newest applied block, of what stands under `keys`, or stood there at a
    /// recent height.
    ///
    /// # Errors
    ///
    /// The first that applies: [`ReadError::Stopped`], [`ReadError::TooManyKeys`],
    /// [`ReadError::NoBlock`], [`ReadError::HeightAhead`], [`ReadError::HeightNotRetained`].
    pub async fn prove(
        &self,
        at: Option<Height>,
        keys: &[StateKey],
    ) -> Result<StateProofs, ReadError> {
        let keys = bounded(keys)?;
        let answer = self.ask(|sender| Request::Prove(at, keys, sender)).await;
        answer.unwrap_or(Err(ReadError::Stopped))
    }

    /// The heights of blocks as they are committed. A slow listener misses some and is told so.
    pub fn subscribe(&self) -> broadcast::Receiver<Height> {
        self.committed.subscribe()
    }

    /// Lets a node that the ledger does not name follow from this one.
    ///
    /// # Errors
    ///
    /// The first that applies: [`ReadError::Stopped`], [`ReadError::GuestKey`],
    /// [`ReadError::GuestAddress`], [`ReadError::GuestsFull`].
    pub async fn track_guest(&self, guest: NodeRecord) -> Result<(), ReadError> {
        let answer = self.ask(|sender| Request::Guest(guest, sender)).await;
        answer.unwrap_or(Err(ReadError::Stopped))
    }

    /// The engine's metrics in Prometheus text format; empty once it has stopped.
    pub async fn metrics(&self) -> String {
        self.ask(Request::Metrics).await.unwrap_or_default()
    }

    /// The address on which the engine listens for peers; none before it does.
    pub fn listen(&self) -> Option<SocketAddr> {
        self.listen.get().copied()
    }

    /// Stops the engine and waits until everything is on disk. Harmless when it has stopped.
    ///
    /// # Errors
    ///
    /// [`EngineError::Failed`]: it had stopped, or stops, because something failed.
    pub async fn stop(&self) -> Result<(), Arc<EngineError>> {
        let _ = self.ask(Request::Stop).await;
        self.ended().await
    }

    /// Waits until the engine has ended, for whatever reason.
    ///
    /// # Errors
    ///
    /// [`EngineError::Failed`]: something failed; the node should stop and say so.
    pub async fn ended(&self) -> Result<(), Arc<EngineError>> {
        let mut ended = self.ended.clone();
        match ended.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or(Ok(())),
            Err(_) => Err(Arc::new(EngineError::Failed {
                reason: "its thread ended without a word".to_owned(),
            })),
        }
    }
}

fn bounded(keys: &[StateKey]) -> Result<Vec<StateKey>, ReadError> {
    if keys.len() > KEYS_MAX {
        return Err(ReadError::TooManyKeys { count: keys.len(), max: KEYS_MAX });
    }
    Ok(keys.to_vec())
}
