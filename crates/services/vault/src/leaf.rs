//! One access as it is accounted for: the leaf under the root that the ledger holds.

use crate::{GrantId, Purpose, RecordId};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_types::{AccountId, BlockTime, Hash, TextMax, encode};
use serde::{Deserialize, Serialize};

/// Domain of the commitment to a leaf.
pub const ACCESS_LEAF_DOMAIN: &str = "salus/access-leaf/1";

/// What became of a request to read.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum AccessOutcome {
    /// The record was released.
    Released,
    /// The record was not released.
    Refused {
        /// The stable code of the refusal, such as `vault.scope`.
        code: TextMax<64>,
    },
}

/// One access to one record of one patient. The ledger holds a Merkle root over salted leaves; the
/// custodian keeps leaf and salt and shows them to the patient.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct AccessLeaf {
    /// Whose record.
    pub patient: AccountId,
    /// Its number among all accesses of this patient, from 0, without gap.
    pub sequence: u64,
    /// The record.
    pub record: RecordId,
    /// Its version.
    pub version: u32,
    /// The organisation that asked: the grantee, or the custodian itself.
    pub reader: AccountId,
    /// The grant it was asked under; none for the custodian's own reads.
    pub grant: Option<GrantId>,
    /// What for.
    pub purpose: Purpose,
    /// Block time at which it was decided.
    pub time: BlockTime,
    /// What became of it.
    pub outcome: AccessOutcome,
}

impl AccessLeaf {
    /// The leaf as it stands in the Merkle tree: a commitment under `salt`.
    pub fn hash(&self, salt: &[u8; 32]) -> Hash {
        salus_crypto::commit::commitment(ACCESS_LEAF_DOMAIN, salt, &encode(self))
    }
}
