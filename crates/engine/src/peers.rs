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
    guests: BTreeMap<NodeKey, NodeRecord>,
    guests_max: usize,
    places: usize,
}

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
    /// changes anything.
    pub(crate) fn update(&mut self, deciding: &ValidatorSet, rules: &LedgerRules) {
        self.learn(rules.validators.nodes());
        self.learn(&rules.observers);
        let named = rules.validators.nodes().iter().chain(&rules.observers);
        for node in named.clone() {
            self.guests.remove(&node.key);
        }
        let guests: Vec<NodeRecord> = self.guests.values().cloned().collect();
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

    /// Gives a place to a node that the ledger does not name.
    ///
    /// # Errors
    ///
    /// The first that applies: [`ReadError::GuestKey`], [`ReadError::GuestAddress`],
    /// [`ReadError::GuestsFull`].
    pub(crate) fn add_guest(&mut self, guest: NodeRecord) -> Result<(), ReadError> {
        if public_key(guest.key).is_none() {
            return Err(ReadError::GuestKey);
        }
        if parse_address(&guest.address).is_none() {
            return Err(ReadError::GuestAddress { address: guest.address.to_string() });
        }
        if self.guests.len() >= self.guests_max && !self.guests.contains_key(&guest.key) {
            return Err(ReadError::GuestsFull { max: self.guests_max });
        }
        self.guests.insert(guest.key, guest);
        Ok(())
    }
}
