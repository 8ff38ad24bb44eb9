//! The network file: the public identity of a network, which every proof is checked against.

use crate::{
    AccountId, BlockTime, BytesMax, Hash, NetworkId, OrganisationFunction, PublicKey, TextMax,
    ValidatorSet, VecMax, encode, hash_parts,
};
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

/// Shape of the network file.
pub const NETWORK_FILE_VERSION: u16 = 1;

/// Parameters that all nodes agree on; changed by vote.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerParameters {
    /// Blocks of an epoch; the validator set changes only between epochs. 10 to 100,000.
    pub epoch_blocks: u64,
    /// Longest distance of `valid_until` from the current height, in blocks. 10 to 10,000.
    pub validity_blocks: u64,
    /// Most bytes of transactions in a block. 64 KiB to 4 MiB.
    pub block_bytes_max: u32,
    /// Most transactions in a block. 1 to 20,000.
    pub block_transactions_max: u32,
    /// Time between blocks when nothing waits, in milliseconds. 100 to 10,000.
    pub idle_interval_ms: u64,
    /// Blocks between a proposal's acceptance and its execution. 0 to 1,000,000.
    pub time_lock_blocks: u64,
    /// Blocks for which a proposal is open. 10 to 1,000,000.
    pub voting_blocks: u64,
    /// Most public entries of one account.
    pub entries_per_account_max: u32,
}

impl Default for LedgerParameters {
    fn default() -> Self {
        Self {
            epoch_blocks: 100,
            validity_blocks: 600,
            block_bytes_max: 1024 * 1024,
            block_transactions_max: 4000,
            idle_interval_ms: 1000,
            time_lock_blocks: 10,
            voting_blocks: 10_000,
            entries_per_account_max: 100_000,
        }
    }
}

/// A founding organisation.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisMember {
    /// Its account.
    pub account: AccountId,
    /// Its name, a public fact.
    pub name: TextMax<128>,
    /// What it does.
    pub functions: VecMax<OrganisationFunction, 9>,
    /// The key that manages, acts, votes and attests for it at the start.
    pub key: PublicKey,
    /// Its X-Wing public key: category keys of records are wrapped to it.
    pub sealing_key: BytesMax<2048>,
}

/// The public identity of a network. Its hash is the [`NetworkId`].
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkFile {
    /// [`NETWORK_FILE_VERSION`].
    pub version: u16,
    /// Name of the network, for people.
    pub name: TextMax<64>,
    /// Time of genesis; the first block is not earlier.
    pub genesis_time: BlockTime,
    /// Random, so that two networks of the same name differ.
    pub salt: Hash,
    /// The founders, in the order of their accounts.
    pub members: VecMax<GenesisMember, 64>,
    /// The validators of the first epoch.
    pub validators: ValidatorSet,
    /// The first parameters.
    pub parameters: LedgerParameters,
}

impl NetworkFile {
    /// The id of the network: the hash of everything in this file.
    pub fn id(&self) -> NetworkId {
        NetworkId(hash_parts(&[b"salus/network/1", &encode(self)]).0)
    }

    /// The namespace under which validators of this network sign votes.
    pub fn consensus_namespace(id: NetworkId) -> Vec<u8> {
        [b"salus/consensus/1/".as_slice(), &id.0].concat()
    }
}
