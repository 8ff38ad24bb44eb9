//! Passing on transactions: what clients of this node submitted goes to all peers, and what peers
//! pass on is admitted here, in the lane of the node that sent it.

use crate::block::node_key;
use bytes::Bytes;
use commonware_codec::{Decode as _, Encode as _, RangeCfg};
use commonware_cryptography::ed25519::PublicKey;
use commonware_p2p::{Receiver, Recipients, Sender};
use commonware_runtime::{Clock, Spawner};
use parking_lot::Mutex;
use salus_mempool::{Lane, Mempool, Origin};
use salus_types::transaction::TRANSACTION_BYTES_MAX;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};
use tokio::sync::Notify;
use tracing::debug;

/// Most bytes of transactions in one message; holds any one transaction. Whoever waits behind a message
/// waits for all of it, and larger batches of signatures are hardly cheaper.
pub(crate) const BATCH_BYTES_MAX: usize = TRANSACTION_BYTES_MAX + 64;
/// Most transactions in one message.
const BATCH_COUNT_MAX: usize = 16 * 1024;
/// Least time between two messages, so that a busy node sends few and full ones.
const SPACING: Duration = Duration::from_millis(8);
/// Messages of one peer that wait for admission; more are dropped, and come again later.
const INCOMING_MAX: usize = 24;

/// Most bytes of a message.
pub(crate) const MESSAGE_BYTES_MAX: usize = BATCH_BYTES_MAX + 8 * BATCH_COUNT_MAX;

/// Starts passing on, in both directions, until the context ends.
pub(crate) fn start<E, S, R>(context: &E, mempool: &Mempool, sender: S, receiver: R)
where
    E: Spawner + Clock,
    S: Sender<PublicKey = PublicKey>,
    R: Receiver<PublicKey = PublicKey>,
{
    let incoming = Arc::new(Incoming::default());
    let outgoing = mempool.clone();
    context.child("gossip_send").spawn(|clock| send(clock, outgoing, sender));
    let queue = Arc::clone(&incoming);
    context.child("gossip_receive").spawn(|_| receive(receiver, queue));
    let mempool = mempool.clone();
    context.child("gossip_admit").spawn(|spawner| admit(spawner, mempool, incoming));
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

/// What peers passed on and is not admitted yet: a queue for each, and the next message is of the one of
/// whom the least was admitted, so that one who sends much has nobody wait but itself.
#[derive(Default)]
struct Incoming {
    queues: Mutex<Queues>,
    more: Notify,
}

#[derive(Default)]
struct Queues {
    peers: BTreeMap<Lane, Queue>,
    /// Where the queue stood that was served last. One that was empty goes on from here: nobody saves
    /// up turns while it sends nothing.
    now: u64,
}

#[derive(Default)]
struct Queue {
    messages: VecDeque<Vec<Bytes>>,
    /// Bytes that were served before, from wherever it started.
    served: u64,
}

impl Incoming {
    /// Queues a message; false when its sender has too many waiting.
    fn push(&self, lane: Lane, batch: Vec<Bytes>) -> bool {
        let mut queues = self.queues.lock();
        let now = queues.now;
        let queue = queues.peers.entry(lane).or_default();
        if queue.messages.len() >= INCOMING_MAX {
            return false;
        }
        if queue.messages.is_empty() {
            queue.served = queue.served.max(now);
        }
        queue.messages.push_back(batch);
        drop(queues);
        self.more.notify_one();
        true
    }

    /// The oldest message of the peer whose turn it is.
    fn take(&self) -> Option<(Lane, Vec<Bytes>)> {
        let mut queues = self.queues.lock();
        let now = queues.now;
        queues.peers.retain(|_, queue| !queue.messages.is_empty() || queue.served > now);
        let waiting = queues.peers.iter_mut().filter(|(_, queue)| !queue.messages.is_empty());
        let (lane, queue) = waiting.min_by_key(|(_, queue)| queue.served)?;
        let (lane, now) = (*lane, queue.served);
        let batch = queue.messages.pop_front()?;
        queue.served += batch.iter().map(|one| one.len() as u64).sum::<u64>();
        queues.now = now;
        Some((lane, batch))
    }
}

async fn receive<R: Receiver<PublicKey = PublicKey>>(mut receiver: R, queue: Arc<Incoming>) {
    let count = RangeCfg::from(0..=BATCH_COUNT_MAX);
    let length = RangeCfg::from(1..=TRANSACTION_BYTES_MAX);
    while let Ok((peer, message)) = receiver.recv().await {
        match Vec::<Bytes>::decode_cfg(message, &(count, length)) {
            Ok(batch) => {
                if !queue.push(Lane(node_key(&peer)), batch) {
                    debug!(%peer, "dropped transactions of a peer: too many wait for admission");
                }
            }
            Err(error) => debug!(%peer, %error, "a peer sent what is no batch of transactions"),
        }
    }
}

async fn admit<E: Spawner>(spawner: E, mempool: Mempool, incoming: Arc<Incoming>) {
    loop {
        let Some((lane, batch)) = incoming.take() else {
            incoming.more.notified().await;
            continue;
        };
        let mempool = mempool.clone();
        let admission = spawner.child("batch").shared(true).spawn(move |_| async move {
            let answers = mempool.admit(lane, Origin::Peer, batch);
            let refused = answers.iter().filter_map(|answer| answer.as_ref().err());
            for error in refused.filter(|error| error.is_fault_of_peer()).take(1) {
                let code = error.code();
                debug!(peer = %lane.0, code, "a peer passed on a bad transaction");
            }
        });
        if admission.await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{INCOMING_MAX, Incoming};
    use bytes::Bytes;
    use salus_mempool::Lane;
    use salus_types::NodeKey;

    #[test]
    fn a_peer_that_sends_much_waits_behind_nobody_but_itself() {
        let (flood, light) = (Lane(NodeKey([1; 32])), Lane(NodeKey([2; 32])));
        let incoming = Incoming::default();
        let sent = |number: usize| vec![Bytes::from(vec![u8::try_from(number).unwrap()])];
        let taken = (0..2 * INCOMING_MAX).filter(|n| incoming.push(flood, sent(*n))).count();

        assert_eq!(taken, INCOMING_MAX);
        assert_eq!(incoming.take(), Some((flood, sent(0))));
        assert_eq!(incoming.take(), Some((flood, sent(1))));
        assert!(incoming.push(light, sent(7)));
        assert_eq!(incoming.take(), Some((light, sent(7))));
        assert_eq!(incoming.take(), Some((flood, sent(2))));
    }

    #[test]
    fn who_was_silent_has_saved_up_no_turns() {
        let (flood, late) = (Lane(NodeKey([1; 32])), Lane(NodeKey([2; 32])));
        let incoming = Incoming::default();
        let message = |bytes: usize| vec![Bytes::from(vec![0; bytes])];
        for _ in 0..INCOMING_MAX {
            assert!(incoming.push(flood, message(100)));
        }
        for _ in 0..8 {
            assert_eq!(incoming.take().map(|(lane, _)| lane), Some(flood));
        }
        for _ in 0..8 {
            assert!(incoming.push(late, message(100)));
        }
        let turns: Vec<_> = std::iter::from_fn(|| incoming.take()).map(|(lane, _)| lane).collect();
        let of_flood = turns[..8].iter().filter(|lane| **lane == flood).count();

        assert!((3..=5).contains(&of_flood), "{of_flood} of 8 turns");
        assert_eq!(turns.len(), INCOMING_MAX);
    }
}
