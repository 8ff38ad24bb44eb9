//! Copying the state from peers, and letting peers copy it from here.
//!
//! What a peer sends is checked against the target that a finalised block commits to, so it matters
//! to speed alone who sends it. The library carries operations of a fixed kind only; here they get
//! the bounds with which the store decodes them.

use crate::store::{Family, Key, Store, Stores, Value, operation_bounds};
use bytes::BufMut;
use commonware_codec::{Buf, EncodeSize, Error as CodecError, Read, Write};
use commonware_cryptography::sha256::Digest;
use commonware_glue::stateful::db::{AttachableResolver, Shared, p2p};
use commonware_runtime::Spawner;
use commonware_storage::{
    Context,
    qmdb::{
        any::ordered::variable::Operation,
        sync::{Feedback, Request, Response, Source, source},
    },
};
use commonware_utils::{
    NZU64,
    channel::{mpsc, oneshot},
};
use salus_state::ENTRY_BYTES_MAX;
use std::{num::NonZeroU64, sync::Arc};

/// Operations of one request.
pub(crate) const OPERATIONS_AT_ONCE: NonZeroU64 = NZU64!(128);
/// Most bytes of an operation: kind, two keys, an entry, lengths.
const OPERATION_BYTES_MAX: usize = 1 + 2 * 32 + ENTRY_BYTES_MAX + 16;

type StoreOperation = Operation<Family, Key, Value>;

/// Most bytes of a message about copies.
pub(crate) fn message_bytes_max() -> usize {
    p2p::max_payload_size::<Family, Digest>(OPERATIONS_AT_ONCE, OPERATION_BYTES_MAX)
}

/// An operation of the store's log as it travels.
#[derive(Clone, Debug)]
pub(crate) struct Travelling(StoreOperation);

impl Write for Travelling {
    fn write(&self, buf: &mut impl BufMut) {
        self.0.write(buf);
    }
}

impl EncodeSize for Travelling {
    fn encode_size(&self) -> usize {
        self.0.encode_size()
    }
}

impl Read for Travelling {
    type Cfg = ();

    fn read_cfg(buf: &mut impl Buf, (): &()) -> Result<Self, CodecError> {
        StoreOperation::read_cfg(buf, &operation_bounds()).map(Self)
    }
}

/// The state as peers copy it.
pub(crate) struct Served<E: Context + Spawner>(Stores<E>);

impl<E: Context + Spawner> Source for Served<E> {
    type Family = Family;
    type Digest = Digest;
    type Op = Travelling;
    type Error = <Stores<E> as Source>::Error;

    async fn serve(&self, request: Request<Family>) -> source::Result<Self> {
        let (response, _) = self.0.serve(request).await?;
        Ok((map(response, Travelling), None))
    }
}

/// What a node copies the state from: its peers.
pub(crate) struct Copies<E: Context + Spawner> {
    context: Arc<E>,
    peers: Mailbox<E>,
}

type Mailbox<E> = p2p::Mailbox<Served<E>, Family, Travelling, Digest>;

impl<E: Context + Spawner> Clone for Copies<E> {
    fn clone(&self) -> Self {
        Self { context: Arc::clone(&self.context), peers: self.peers.clone() }
    }
}

impl<E: Context + Spawner> Copies<E> {
    pub(crate) fn new(context: E, peers: Mailbox<E>) -> Self {
        Self { context: Arc::new(context), peers }
    }
}

impl<E: Context + Spawner> Source for Copies<E> {
    type Family = Family;
    type Digest = Digest;
    type Op = StoreOperation;
    type Error = p2p::ResponseDropped;

    async fn serve(&self, request: Request<Family>) -> source::Result<Self> {
        let (response, feedback) = self.peers.serve(request).await?;
        let feedback = feedback.map(|feedback| {
            let (verdict, judged) = oneshot::channel();
            let (candidates, more) = mpsc::channel(1);
            self.context.child("copy").spawn(move |_| pass_on(feedback, judged, candidates));
            Feedback::new(verdict, more)
        });
        Ok((map(response, |travelling| travelling.0), feedback))
    }
}

impl<E: Context + Spawner> AttachableResolver<Store<E>> for Copies<E> {
    async fn attach_database(&self, stores: Stores<E>) {
        self.peers.attach_database(Shared::new("state.copies", Served(stores)));
    }
}

type Candidate = Response<Family, StoreOperation, Digest>;

/// Passes verdicts on to whoever asked a peer, and what other peers answer back.
async fn pass_on(
    mut feedback: Feedback<Response<Family, Travelling, Digest>>,
    mut judged: oneshot::Receiver<bool>,
    candidates: mpsc::Sender<(Candidate, oneshot::Sender<bool>)>,
) {
    while let Ok(valid) = judged.await {
        if valid {
            feedback.accept();
            return;
        }
        let Some((response, next)) = feedback.reject().await else { return };
        feedback = next;
        let (verdict, next) = oneshot::channel();
        judged = next;
        if candidates.send((map(response, |travelling| travelling.0), verdict)).await.is_err() {
            return;
        }
    }
}

fn map<A, B>(
    response: Response<Family, A, Digest>,
    change: impl Fn(A) -> B,
) -> Response<Family, B, Digest> {
    match response {
        Response::Operations { proof, operations } => {
            Response::Operations { proof, operations: operations.into_iter().map(change).collect() }
        }
        Response::Boundary { proof, op, pinned_nodes } => {
            Response::Boundary { proof, op: change(op), pinned_nodes }
        }
    }
}
