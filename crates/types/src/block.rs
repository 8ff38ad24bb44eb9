//! Blocks: what consensus decides, and what a proof hangs from.

use crate::{BlockTime, Hash, Height, NetworkId, NodeKey, encode, hash_parts};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// Version of the header's shape and of the execution rules at genesis.
pub const PROTOCOL_VERSION: u16 = 1;
/// The highest version that this program can follow; it can follow every one from the first on.
pub const PROTOCOL_VERSION_MAX: u16 = 2;

/// What a node that copies the state needs, to check the copy: the root and range of the store's log.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreTarget {
    /// Root of the store's operation log.
    pub operations_root: Hash,
    /// First operation that a copy needs.
    pub start: u64,
    /// One past the last operation.
    pub end: u64,
}

/// The header of a block; its hash is what validators sign.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockHeader {
    /// The protocol version that it follows, by the state before it: [`PROTOCOL_VERSION`] at genesis.
    pub version: u16,
    /// The network.
    pub network: NetworkId,
    /// The epoch: a range of heights decided by one validator set.
    pub epoch: u64,
    /// The view of the epoch in which it was proposed.
    pub view: u64,
    /// The view of its parent.
    pub parent_view: u64,
    /// Its height; the parent's plus one.
    pub height: Height,
    /// Its time; not before the parent's.
    pub time: BlockTime,
    /// The node that proposed it.
    pub proposer: NodeKey,
    /// Hash of the parent's header.
    pub parent: Hash,
    /// Merkle root over the hashes of the transactions' bytes.
    pub transactions_root: Hash,
    /// Merkle root over the encoded receipts of these transactions.
    pub receipts_root: Hash,
    /// Root of the state after these transactions.
    pub state_root: Hash,
    /// What a copy of the state after these transactions is checked against.
    pub store: StoreTarget,
    /// Hash of the validator set that decides the next block, by the state after this one. It takes
    /// effect at an epoch's end.
    pub validators_next: Hash,
}

impl BlockHeader {
    /// The hash that identifies the block.
    pub fn hash(&self) -> Hash {
        hash_parts(&[b"salus/block/1", &encode(self)])
    }
}
