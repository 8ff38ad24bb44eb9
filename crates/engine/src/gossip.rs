//! Passing on transactions: what clients of this node submitted goes to all peers, and what peers
//! pass on is admitted here, in the lane of the node that sent it.

use crate::block::node_key;
use bytes::Bytes;
use commonware_codec::{Decode as _, Encode as _, RangeCfg};
use commonware_cryptography::ed25519::PublicKey;
use commonware_p2p::{Receiver, Recipients, Sender};
use commonware_runtime::{Clock, Spawner};
use salus_mempool::{Lane, Mempool, Origin};
use salus_types::transaction::TRANSACTION_BYTES_MAX;
use std::{collections::BTreeMap, time::Duration};
use tokio::sync::mpsc;
use tracing::debug;

/// Most bytes of transactions in one message; holds any one transaction.
pub(crate) const BATCH_BYTES_MAX: usize = 2 * TRANSACTION_BYTES_MAX;
/// Most transactions in one message.
const BATCH_COUNT_MAX: usize = 16 * 1024;
/// Least time between two messages, so that a busy node sends few and full ones.
const SPACING: Duration = Duration::from_millis(8);
/// Batches of peers that wait for admission; more are dropped, and come again later.
const INCOMING_MAX: usize = 64;

/// Most bytes of a message.
pub(crate) const MESSAGE_BYTES_MAX: usize = BATCH_BYTES_MAX + 8 * BATCH_COUNT_MAX;

/// Starts passing on, in both directions, until the context ends.
pub(crate) fn start<E, S, R>(context: &E, mempool: &Mempool, sender: S, receiver: R)
where
    E: Spawner + Clock,
    S: Sender<PublicKey = PublicKey>,
    R: Receiver<PublicKey = PublicKey>,
{
    let (queue, batches) = mpsc::channel(INCOMING_MAX);
    let outgoing = mempool.clone();
    context.child("gossip_send").spawn(|clock| send(clock, outgoing, sender));
    context.child("gossip_receive").spawn(|_| receive(receiver, queue));
    let incoming = mempool.clone();
    context.child("gossip_admit").spawn(|spawner| admit(spawner, incoming, batches));
}

async fn send<E: Clock, S: Sender<PublicKey = PublicKey>>(
    clock: E,
    mempool: Mempool,
    mut sender: S,
) {
    let mut outgoing = mempool.subscribe_outgoing();
    outgoing.mark_changed();
    while outgoing.changed().await.is_ok() {
        loop {
            let batch = mempool.take_outgoing(BATCH_BYTES_MAX);
            if batch.is_empty() {
                break;
            }
            sender.send(Recipients::All, batch.encode(), false);
            clock.sleep(SPACING).await;
        }
    }
}

async fn receive<R: Receiver<PublicKey = PublicKey>>(
    mut receiver: R,
    queue: mpsc::Sender<(Lane, Vec<Bytes>)>,
) {
    let count = RangeCfg::from(0..=BATCH_COUNT_MAX);
    let length = RangeCfg::from(1..=TRANSACTION_BYTES_MAX);
    while let Ok((peer, message)) = receiver.recv().await {
        match Vec::<Bytes>::decode_cfg(message, &(count, length)) {
            Ok(batch) => {
                if queue.try_send((Lane(node_key(&peer)), batch)).is_err() {
                    debug!(%peer, "dropped transactions of a peer: too many wait for admission");
                }
            }
            Err(error) => debug!(%peer, %error, "a peer sent what is no batch of transactions"),
        }
    }
}

async fn admit<E: Spawner>(
    spawner: E,
    mempool: Mempool,
    mut batches: mpsc::Receiver<(Lane, Vec<Bytes>)>,
) {
    let mut waiting = Vec::new();
    while batches.recv_many(&mut waiting, INCOMING_MAX).await > 0 {
        // What came while others were admitted is admitted together: signatures cost less so.
        let mut lanes: BTreeMap<Lane, Vec<Bytes>> = BTreeMap::new();
        for (lane, batch) in waiting.drain(..) {
            lanes.entry(lane).or_default().extend(batch);
        }
        let mempool = mempool.clone();
        let admission = spawner.child("batch").shared(true).spawn(move |_| async move {
            for (lane, batch) in lanes {
                let answers = mempool.admit(lane, Origin::Peer, batch);
                let refused = answers.iter().filter_map(|answer| answer.as_ref().err());
                for error in refused.filter(|error| error.is_fault_of_peer()).take(1) {
                    let code = error.code();
                    debug!(peer = %lane.0, code, "a peer passed on a bad transaction");
                }
            }
        });
        if admission.await.is_err() {
            return;
        }
    }
}
