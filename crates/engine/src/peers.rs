//! Which nodes this one is connected to, and where they are.
//!
//! The ledger says it: the validators of the epoch first; then those of the next one, the observers,
//! and guests that the ledger does not name. Nobody keeps a list of peers in a file.

use crate::{LedgerRules, ReadError, block::public_key};
use commonware_p2p::{Address, Ingress};
use commonware_utils::hostname::Hostname;
use salus_types::{NodeKey, NodeRecord, ValidatorSet};
use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};
use tracing::{debug, warn};

/// Nodes with their addresses.
pub(crate) type Addresses = BTreeMap<NodeKey, Address>;

/// The nodes to be connected to: those that decide, and those that follow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PeerSet {
    pub(crate) deciding: Addresses,
    pub(crate) following: Addresses,
}

/// Tells the transport about a new set of peers.
pub(crate) type Track = Box<dyn FnMut(&PeerSet) + Send>;

/// The peers of one node.
pub(crate) struct Peers {
    track: Track,
    told: PeerSet,
    /// The last address known of each node.
    book: Addresses,
    extra: Vec<NodeRecord>,
    /// Guests, and until when each has its place, in milliseconds since 1970.
    guests: BTreeMap<NodeKey, (NodeRecord, u64)>,
    guests_max: usize,
    places: usize,
}

/// How long a guest keeps its place without asking again, in milliseconds.
pub(crate) const GUEST_TIME_MS: u64 = 60 * 60 * 1000;

/// The address of a node whose address is not known: it can connect to us all the same.
fn nowhere() -> Address {
    Address::Symmetric(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0))
}

/// Reads `host:port`, where the host is an IP address or a name; none when it is neither.
pub(crate) fn parse_address(text: &str) -> Option<Address> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        return Some(Address::Symmetric(address));
    }
    let (host, port) = text.rsplit_once(':')?;
    let port: u16 = port.parse().ok()?;
    let host = Hostname::new(host).ok()?;
    let Address::Symmetric(egress) = nowhere() else { return None };
    Some(Address::Asymmetric { ingress: Ingress::Dns { host, port }, egress })
}

impl Peers {
    pub(crate) fn new(
        track: Track,
        known: &ValidatorSet,
        extra: Vec<NodeRecord>,
        guests_max: usize,
        places: usize,
    ) -> Self {
        let mut peers = Self {
            track,
            told: PeerSet::default(),
            book: Addresses::new(),
            extra,
            guests: BTreeMap::new(),
            guests_max,
            places,
        };
        peers.learn(known.nodes());
        let extra = peers.extra.clone();
        peers.learn(&extra);
        peers
    }

    fn learn(&mut self, nodes: &[NodeRecord]) {
        for node in nodes.iter().filter(|node| !node.address.is_empty()) {
            if let Some(address) = parse_address(&node.address) {
                self.book.insert(node.key, address);
            } else {
                debug!(node = %node.key, "a node's address is not of the form host:port");
            }
        }
    }

    fn address(&self, key: &NodeKey) -> Address {
        self.book.get(key).cloned().unwrap_or_else(nowhere)
    }

    /// Takes in what the ledger says now, with this set deciding, and tells the transport if that
    /// changes anything. Guests whose time is over at `now_ms` lose their place.
    pub(crate) fn update(&mut self, deciding: &ValidatorSet, rules: &LedgerRules, now_ms: u64) {
        self.learn(rules.validators.nodes());
        self.learn(&rules.observers);
        let named = rules.validators.nodes().iter().chain(&rules.observers);
        for node in named.clone() {
            self.guests.remove(&node.key);
        }
        self.guests.retain(|_, (_, until_ms)| *until_ms > now_ms);
        let guests: Vec<NodeRecord> = self.guests.values().map(|(node, _)| node.clone()).collect();
        self.learn(&guests);

        // One place is this node's own, whether it is named or not.
        let room = self.places.saturating_sub(1);
        let mut set = PeerSet::default();
        let mut left_out = 0;
        let deciding = deciding.nodes().iter().map(|node| (node, true));
        let following = named.chain(&self.extra).chain(&guests).map(|node| (node, false));
        for (node, decides) in deciding.chain(following) {
            let known =
                set.deciding.contains_key(&node.key) || set.following.contains_key(&node.key);
            if known || public_key(node.key).is_none() {
                continue;
            }
            if set.deciding.len() + set.following.len() >= room {
                left_out += 1;
                continue;
            }
            let place = if decides { &mut set.deciding } else { &mut set.following };
            place.insert(node.key, self.address(&node.key));
        }
        if set != self.told {
            if left_out > 0 {
                warn!(left_out, room, "no room for all peers; raise `places` and start again");
            }
            (self.track)(&set);
            self.told = set;
        }
    }

    /// Gives a place to a node that the ledger does not name, for [`GUEST_TIME_MS`] from `now_ms`.
    ///
    /// # Errors
    ///
    /// The first that applies: [`ReadError::GuestKey`], [`ReadError::GuestAddress`],
    /// [`ReadError::GuestsFull`].
    pub(crate) fn add_guest(&mut self, guest: NodeRecord, now_ms: u64) -> Result<(), ReadError> {
        if public_key(guest.key).is_none() {
            return Err(ReadError::GuestKey);
        }
        if parse_address(&guest.address).is_none() {
            return Err(ReadError::GuestAddress { address: guest.address.to_string() });
        }
        self.guests.retain(|_, (_, until_ms)| *until_ms > now_ms);
        if self.guests.len() >= self.guests_max && !self.guests.contains_key(&guest.key) {
            return Err(ReadError::GuestsFull { max: self.guests_max });
        }
        self.guests.insert(guest.key, (guest, now_ms.saturating_add(GUEST_TIME_MS)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{GUEST_TIME_MS, PeerSet, Peers, parse_address};
    use crate::{LedgerRules, NodeSecret};
    use salus_types::{AccountId, LedgerParameters, NodeRecord, TextMax, ValidatorSet};
    use std::sync::{Arc, Mutex};

    fn node(n: u8) -> NodeRecord {
        NodeRecord {
            key: NodeSecret::from_seed([n; 32]).public(),
            organisation: AccountId([n; 32]),
            address: TextMax::new(format!("127.0.0.1:{}", 21_000 + u16::from(n))).unwrap(),
            api: TextMax::default(),
        }
    }

    #[test]
    fn a_guest_that_does_not_ask_again_loses_its_place() {
        let told = Arc::new(Mutex::new(PeerSet::default()));
        let heard = Arc::clone(&told);
        let track = Box::new(move |set: &PeerSet| *heard.lock().unwrap() = set.clone());
        let set = ValidatorSet::new(vec![node(1)]).unwrap();
        let rules = LedgerRules {
            longer_validity: None,
            protocol_version: salus_types::block::PROTOCOL_VERSION,
            parameters: LedgerParameters::default(),
            validators: set.clone(),
            observers: Vec::new(),
        };
        let mut peers = Peers::new(track, &set, Vec::new(), 1, 8);
        let follows = || told.lock().unwrap().following.contains_key(&node(7).key);

        peers.add_guest(node(7), 1_000).unwrap();
        peers.update(&set, &rules, 1_000);
        assert!(follows());
        let full = peers.add_guest(node(8), 2_000).unwrap_err();
        assert_eq!(full.code(), "engine.guests_full");

        peers.add_guest(node(7), 500_000).unwrap();
        peers.update(&set, &rules, 1_000 + GUEST_TIME_MS);
        assert!(follows());

        peers.update(&set, &rules, 500_000 + GUEST_TIME_MS);
        assert!(!follows());
        peers.add_guest(node(8), 500_000 + GUEST_TIME_MS).unwrap();
    }

    #[test]
    fn an_address_is_an_ip_or_a_name_with_a_port() {
        assert!(parse_address("127.0.0.1:1").is_some());
        assert!(parse_address("node.example:21000").is_some());
        assert!(parse_address("node.example").is_none());
    }
}
