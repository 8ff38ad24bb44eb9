//! The simulated network. Every message between two nodes passes here: it may be lost, late, doubled
//! or overtaken, and a corrupt node's messages are bent here.

mod doors;

pub(crate) use doors::{Door, WireReceiver, WireSender};

use super::{Behaviour, LinkQuality};
use crate::node::CHANNELS;
use commonware_cryptography::ed25519::PublicKey;
use commonware_macros::select;
use commonware_p2p::{Message, PeerSetUpdate, Recipients};
use commonware_runtime::{Clock as _, IoBuf, Spawner as _, Supervisor as _, deterministic};
use commonware_utils::{channel::ring, ordered::Set};
use parking_lot::Mutex;
use rand_core::Rng as _;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
    sync::Arc,
    time::{Duration, SystemTime},
};
use tokio::sync::{Notify, mpsc};

/// Channel of missing blocks, in the order of the transport's channels.
const BACKFILL: usize = 3;
/// Channel of new blocks.
const BLOCKS: usize = 4;
/// Channel of transactions.
const TRANSACTIONS: usize = 5;
/// Messages that a replayer keeps.
const REPLAYED: usize = 128;

/// The network; clones are handles to the same one.
#[derive(Clone)]
pub(crate) struct Wire {
    inner: Arc<Mutex<Inner>>,
    news: Arc<Notify>,
}

struct Inner {
    dice: deterministic::Context,
    /// The key of each endpoint; an equivocator's two endpoints have the same one.
    keys: Vec<PublicKey>,
    inboxes: Vec<BTreeMap<usize, mpsc::UnboundedSender<Message<PublicKey>>>>,
    links: Vec<Vec<LinkQuality>>,
    cut: BTreeSet<(usize, usize)>,
    behaviours: Vec<Behaviour>,
    /// Who refuses to hear whom, by endpoint and key.
    blocked: BTreeMap<usize, BTreeSet<PublicKey>>,
    watchers: Vec<(usize, ring::Sender<Set<PublicKey>>)>,
    subscriptions: Vec<mpsc::UnboundedSender<PeerSetUpdate<PublicKey>>>,
    parcels: BinaryHeap<Reverse<Parcel>>,
    /// When the last message that keeps its place arrives, by sender and receiver.
    last: BTreeMap<(usize, usize), SystemTime>,
    kept: Vec<(usize, IoBuf)>,
    number: u64,
    /// When the delivery task wakes next.
    next: Option<SystemTime>,
    counts: BTreeMap<&'static str, u64>,
}

/// A message on its way.
struct Parcel {
    at: SystemTime,
    number: u64,
    from: usize,
    to: usize,
    channel: usize,
    message: IoBuf,
}

impl PartialEq for Parcel {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}
impl Eq for Parcel {}
impl PartialOrd for Parcel {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Parcel {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

impl Inner {
    fn chance(&mut self, percent: u8) -> bool {
        percent > 0 && self.below(100) < u64::from(percent)
    }

    fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.dice.next_u64() % bound }
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// Whether a node lets this message of its own out to that one.
    fn lets_out(&self, from: usize, to: usize, channel: usize) -> bool {
        match self.behaviours[from] {
            Behaviour::Silent => false,
            Behaviour::Withholder => channel != BACKFILL && channel != BLOCKS,
            Behaviour::Twin { first } => to.is_multiple_of(2) == first,
            Behaviour::Honest | Behaviour::Replayer | Behaviour::Censor => true,
        }
    }

    /// Whether a node takes in this message.
    fn takes_in(&self, from: usize, to: usize, channel: usize) -> bool {
        match self.behaviours[to] {
            Behaviour::Censor => channel != TRANSACTIONS,
            Behaviour::Twin { first } => from.is_multiple_of(2) == first,
            Behaviour::Honest | Behaviour::Silent | Behaviour::Withholder | Behaviour::Replayer => {
                true
            }
        }
    }

    fn refuses(&self, one: usize, other: usize) -> bool {
        self.blocked.get(&one).is_some_and(|keys| keys.contains(&self.keys[other]))
    }

    fn send(&mut self, from: usize, to: usize, channel: usize, message: &IoBuf) {
        if !self.lets_out(from, to, channel) || !self.takes_in(from, to, channel) {
            self.count("messages_suppressed");
            return;
        }
        if self.cut.contains(&(from, to)) || self.refuses(from, to) || self.refuses(to, from) {
            return;
        }
        let link = self.links[from][to];
        if self.chance(link.loss_percent) {
            self.count("messages_lost");
            return;
        }
        let jitter = u64::try_from(link.jitter.as_micros()).unwrap_or(u64::MAX);
        let delay = link.latency + Duration::from_micros(self.below(jitter.saturating_mul(2)));
        let mut at = self.dice.current() + delay;
        if self.chance(link.reorder_percent) {
            self.count("messages_reordered");
        } else {
            let last = self.last.entry((from, to)).or_insert(at);
            at = at.max(*last);
            *last = at;
        }
        self.push(at, from, to, channel, message.clone());
        if self.chance(link.duplicate_percent) {
            self.count("messages_duplicated");
            let late = delay + Duration::from_micros(self.below(500_000));
            self.push(at + late, from, to, channel, message.clone());
        }
    }

    fn push(&mut self, at: SystemTime, from: usize, to: usize, channel: usize, message: IoBuf) {
        self.number += 1;
        let number = self.number;
        self.parcels.push(Reverse(Parcel { at, number, from, to, channel, message }));
    }

    /// Sends something that was said before once more, as a replayer does.
    fn replay(&mut self, from: usize, channel: usize, message: &IoBuf) {
        if self.kept.len() < REPLAYED {
            self.kept.push((channel, message.clone()));
        } else {
            let place = self.place(REPLAYED);
            self.kept[place] = (channel, message.clone());
        }
        if !self.chance(30) {
            return;
        }
        let (place, to) = (self.place(self.kept.len()), self.place(self.keys.len()));
        let (channel, message) = self.kept[place].clone();
        if self.keys[to] != self.keys[from] {
            self.count("messages_replayed");
            self.send(from, to, channel, &message);
        }
    }

    fn place(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }

    fn post(
        &mut self,
        from: usize,
        channel: usize,
        to: &Recipients<PublicKey>,
        message: &IoBuf,
    ) -> bool {
        for endpoint in 0..self.keys.len() {
            let key = &self.keys[endpoint];
            let named = match to {
                Recipients::All => true,
                Recipients::Some(keys) => keys.contains(key),
                Recipients::One(one) => one == key,
            };
            if named && *key != self.keys[from] {
                self.send(from, endpoint, channel, message);
            }
        }
        if self.behaviours[from] == Behaviour::Replayer {
            self.replay(from, channel, message);
        }
        let first = self.parcels.peek().map(|Reverse(parcel)| parcel.at);
        first.is_some_and(|first| self.next.is_none_or(|next| first < next))
    }

    /// Delivers what is due; gives the time of the next delivery.
    fn deliver(&mut self) -> Option<SystemTime> {
        let now = self.dice.current();
        while let Some(Reverse(parcel)) = self.parcels.peek() {
            if parcel.at > now {
                break;
            }
            let Some(Reverse(parcel)) = self.parcels.pop() else { break };
            if self.cut.contains(&(parcel.from, parcel.to)) {
                continue;
            }
            if self.behaviours[parcel.to] == Behaviour::Replayer && parcel.channel != TRANSACTIONS {
                self.replay(parcel.to, parcel.channel, &parcel.message);
            }
            if let Some(inbox) = self.inboxes[parcel.to].get(&parcel.channel) {
                // A node that does not run hears nothing.
                let _ = inbox.send((self.keys[parcel.from].clone(), parcel.message));
            }
        }
        self.next = self.parcels.peek().map(|Reverse(parcel)| parcel.at);
        self.next
    }
}

impl Wire {
    /// A network of these endpoints, all linked, which runs until the context ends.
    pub(crate) fn start(
        context: &deterministic::Context,
        keys: Vec<PublicKey>,
        quality: LinkQuality,
    ) -> Self {
        let count = keys.len();
        let inner = Inner {
            dice: context.child("wire"),
            inboxes: keys.iter().map(|_| BTreeMap::new()).collect(),
            links: vec![vec![quality; count]; count],
            cut: BTreeSet::new(),
            behaviours: vec![Behaviour::Honest; count],
            blocked: BTreeMap::new(),
            watchers: Vec::new(),
            subscriptions: Vec::new(),
            parcels: BinaryHeap::new(),
            last: BTreeMap::new(),
            kept: Vec::new(),
            number: 0,
            next: None,
            counts: BTreeMap::new(),
            keys,
        };
        let wire = Self { inner: Arc::new(Mutex::new(inner)), news: Arc::default() };
        let carrier = wire.clone();
        context.child("carrier").spawn(move |clock| async move {
            loop {
                let next = carrier.inner.lock().deliver();
                match next {
                    Some(at) => select! {
                        () = clock.sleep_until(at) => {},
                        () = carrier.news.notified() => {},
                    },
                    None => carrier.news.notified().await,
                }
            }
        });
        wire
    }

    /// All links become like this, or all links of one node.
    pub(crate) fn set_links(&self, node: Option<usize>, quality: LinkQuality) {
        let mut inner = self.inner.lock();
        for (from, links) in inner.links.iter_mut().enumerate() {
            for (to, link) in links.iter_mut().enumerate() {
                if node.is_none_or(|node| node == from || node == to) {
                    *link = quality;
                }
            }
        }
    }

    /// These ways, from and to, are cut; all others are open.
    pub(crate) fn set_cut(&self, cut: BTreeSet<(usize, usize)>) {
        self.inner.lock().cut = cut;
    }

    /// A node behaves like this from now on.
    pub(crate) fn set_behaviour(&self, node: usize, behaviour: Behaviour) {
        self.inner.lock().behaviours[node] = behaviour;
    }

    /// Who refuses to hear whom, and forgets it.
    pub(crate) fn forgive(&self) {
        let mut inner = self.inner.lock();
        inner.blocked.clear();
        inner.watchers.retain(|(_, watcher)| watcher.send_lossy(Set::default()));
    }

    /// Pairs of endpoints of which the first refuses to hear the second.
    pub(crate) fn refusals(&self) -> Vec<(usize, usize)> {
        let inner = self.inner.lock();
        let pairs = inner.blocked.iter().flat_map(|(one, keys)| {
            let others = inner.keys.iter().enumerate().filter(|(_, key)| keys.contains(*key));
            others.map(|(other, _)| (*one, other))
        });
        pairs.collect()
    }

    /// What was done to messages, counted.
    pub(crate) fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.inner.lock().counts.clone()
    }

    /// The doors of an endpoint, new at each of its starts.
    pub(crate) fn open(&self, endpoint: usize) -> (Door, Vec<(WireSender, WireReceiver)>) {
        let mut channels = Vec::new();
        let mut inner = self.inner.lock();
        inner.inboxes[endpoint].clear();
        inner.blocked.remove(&endpoint);
        for channel in 0..CHANNELS {
            let (sender, receiver) = mpsc::unbounded_channel();
            inner.inboxes[endpoint].insert(channel, sender);
            let sender = WireSender::new(self.clone(), endpoint, channel);
            channels.push((sender, WireReceiver::new(receiver)));
        }
        (Door::new(self.clone(), endpoint), channels)
    }
}
