//! Who votes, and where nodes are.

use crate::{AccountId, Hash, NodeKey, TextMax, VecMax, encode, hash_parts};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};
use std::io;

/// Most validators of a network.
pub const VALIDATORS_MAX: usize = 64;

/// A node of the network.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeRecord {
    /// The key that identifies the node to its peers.
    pub key: NodeKey,
    /// The organisation that runs it.
    pub organisation: AccountId,
    /// Where its peers reach it, `host:port`.
    pub address: TextMax<255>,
    /// Where clients reach its API, such as `https://node.example:443`; may be empty.
    pub api: TextMax<255>,
}

/// The nodes that decide blocks, one vote each, in the order of their keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, Serialize, Deserialize)]
#[serde(try_from = "Vec<NodeRecord>", into = "Vec<NodeRecord>")]
pub struct ValidatorSet(VecMax<NodeRecord, VALIDATORS_MAX>);

impl ValidatorSet {
    /// Sorts the nodes by key.
    ///
    /// # Errors
    ///
    /// More than [`VALIDATORS_MAX`] nodes, or one key twice.
    pub fn new(mut nodes: Vec<NodeRecord>) -> Result<Self, crate::DecodeError> {
        nodes.sort_by_key(|node| node.key);
        let twice = nodes.windows(2).any(|pair| pair[0].key == pair[1].key);
        if twice {
            return Err(crate::DecodeError {
                what: "validator set",
                reason: "one node key appears twice".to_owned(),
            });
        }
        Ok(Self(VecMax::new(nodes)?))
    }

    /// The nodes, in the order of their keys.
    pub fn nodes(&self) -> &[NodeRecord] {
        &self.0
    }

    /// Whether the node with this key votes.
    pub fn contains(&self, key: &NodeKey) -> bool {
        self.0.binary_search_by_key(key, |node| node.key).is_ok()
    }

    /// How many signatures a certificate needs: more than two thirds.
    pub fn quorum(&self) -> usize {
        let count = self.0.len();
        count - count.saturating_sub(1) / 3
    }

    /// The hash that a header carries: over the keys and organisations that vote, so that moving a
    /// node to another address does not change it.
    pub fn hash(&self) -> Hash {
        let members: Vec<_> = self.0.iter().map(|node| (node.key, node.organisation)).collect();
        hash_parts(&[b"salus/validators/1", &encode(&members)])
    }
}

impl TryFrom<Vec<NodeRecord>> for ValidatorSet {
    type Error = crate::DecodeError;

    fn try_from(nodes: Vec<NodeRecord>) -> Result<Self, Self::Error> {
        Self::new(nodes)
    }
}

impl From<ValidatorSet> for Vec<NodeRecord> {
    fn from(set: ValidatorSet) -> Self {
        set.0.into_inner()
    }
}

impl BorshDeserialize for ValidatorSet {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let nodes = VecMax::<NodeRecord, VALIDATORS_MAX>::deserialize_reader(reader)?;
        let ordered = nodes.windows(2).all(|pair| pair[0].key < pair[1].key);
        if !ordered {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "validators are not in the order of their keys",
            ));
        }
        Ok(Self(nodes))
    }
}
