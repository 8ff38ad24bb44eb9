//! How a node meets the simulated network: what the engine's library wants of a transport.

use super::Wire;
use commonware_actor::{Feedback, Unreliable};
use commonware_cryptography::ed25519::PublicKey;
use commonware_p2p::{
    BlockedSubscription, Blocker, CheckedSender, LimitedSender, Message, PeerSetSubscription,
    PeerSetUpdate, Provider, Receiver, Recipients, TrackedPeers,
};
use commonware_runtime::IoBufs;
use commonware_utils::{NZUsize, channel::ring, ordered::Set};
use std::{collections::BTreeSet, num::NonZeroUsize, time::SystemTime};
use tokio::sync::mpsc;

/// What a node asks the network beside sending and receiving: who its peers are, and to refuse one.
#[derive(Clone)]
pub(crate) struct Door {
    wire: Wire,
    endpoint: usize,
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Door({})", self.endpoint)
    }
}

impl Provider for Door {
    type PublicKey = PublicKey;

    async fn peer_set(&mut self, _: u64) -> Option<TrackedPeers<PublicKey>> {
        Some(self.peers())
    }

    async fn subscribe(&mut self) -> PeerSetSubscription<PublicKey> {
        let (sender, receiver) = mpsc::unbounded_channel();
        let update = PeerSetUpdate { index: 0, latest: self.peers(), all: self.peers() };
        // The receiver is here still.
        let _ = sender.send(update);
        self.wire.inner.lock().subscriptions.push(sender);
        receiver
    }
}

impl Door {
    pub(super) fn new(wire: Wire, endpoint: usize) -> Self {
        Self { wire, endpoint }
    }

    fn peers(&self) -> TrackedPeers<PublicKey> {
        let keys = self.wire.inner.lock().keys.clone();
        TrackedPeers::primary(Set::from_iter_dedup(keys))
    }
}

impl Blocker for Door {
    type PublicKey = PublicKey;

    fn block(&mut self, peer: PublicKey) -> Feedback {
        let mut inner = self.wire.inner.lock();
        inner.count("peers_refused");
        let endpoint = self.endpoint;
        let keys = inner.blocked.entry(endpoint).or_default();
        keys.insert(peer);
        let keys = Set::from_iter_dedup(keys.iter().cloned());
        inner.watchers.retain(|(of, watcher)| *of != endpoint || watcher.send_lossy(keys.clone()));
        Feedback::Ok
    }

    fn blocked(&mut self) -> BlockedSubscription<PublicKey> {
        let (sender, receiver) = ring::channel(NZUsize!(1));
        let mut inner = self.wire.inner.lock();
        let keys = inner.blocked.get(&self.endpoint).into_iter().flatten().cloned();
        sender.send_lossy(Set::from_iter_dedup(keys));
        inner.watchers.push((self.endpoint, sender));
        receiver
    }
}

/// Sends on one channel.
#[derive(Clone)]
pub(crate) struct WireSender {
    wire: Wire,
    endpoint: usize,
    channel: usize,
}

impl WireSender {
    pub(super) fn new(wire: Wire, endpoint: usize, channel: usize) -> Self {
        Self { wire, endpoint, channel }
    }
}

/// A message that may be sent.
pub(crate) struct Checked<'a> {
    sender: &'a WireSender,
    recipients: Recipients<PublicKey>,
}

impl LimitedSender for WireSender {
    type PublicKey = PublicKey;
    type Checked<'a> = Checked<'a>;

    fn check(&mut self, recipients: Recipients<PublicKey>) -> Result<Checked<'_>, SystemTime> {
        Ok(Checked { sender: self, recipients })
    }
}

impl CheckedSender for Checked<'_> {
    type PublicKey = PublicKey;

    fn recipients(&self) -> Vec<PublicKey> {
        match &self.recipients {
            Recipients::All => {
                let inner = self.sender.wire.inner.lock();
                let me = &inner.keys[self.sender.endpoint];
                let others: BTreeSet<_> = inner.keys.iter().filter(|key| *key != me).collect();
                others.into_iter().cloned().collect()
            }
            Recipients::Some(keys) => keys.clone(),
            Recipients::One(key) => vec![key.clone()],
        }
    }

    fn send(self, message: impl Into<IoBufs> + Send, _: bool) -> Unreliable<Feedback> {
        let message = message.into().coalesce();
        let WireSender { wire, endpoint, channel } = self.sender;
        let earlier = wire.inner.lock().post(*endpoint, *channel, &self.recipients, &message);
        if earlier {
            wire.news.notify_one();
        }
        Unreliable::new(Feedback::Ok)
    }
}

/// Receives on one channel.
#[derive(Debug)]
pub(crate) struct WireReceiver {
    inbox: mpsc::UnboundedReceiver<Message<PublicKey>>,
}

impl WireReceiver {
    pub(super) fn new(inbox: mpsc::UnboundedReceiver<Message<PublicKey>>) -> Self {
        Self { inbox }
    }
}

/// The network is gone.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the simulated network has ended")]
pub(crate) struct Ended;

impl Receiver for WireReceiver {
    type Error = Ended;
    type PublicKey = PublicKey;

    async fn recv(&mut self) -> Result<Message<PublicKey>, Ended> {
        self.inbox.recv().await.ok_or(Ended)
    }

    fn capacity(&self) -> NonZeroUsize {
        NZUsize!(1024)
    }
}
