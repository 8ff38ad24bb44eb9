//! What one access was: the leaf that the vault keeps and the ledger holds a root over.
//!
//! A batch of `n` accesses with first sequence `s` is a Merkle tree (RFC 6962 shape, `salus-crypto`)
//! over the hashes of `n` leaves; leaf `i` has sequence `s + i`. The custodian keeps the leaves and
//! shows the patient theirs; anybody with a leaf and its path checks them against the batch on the
//! ledger. Without its salt a leaf's hash says nothing.

use crate::{GrantId, PurposeOfUse, RecordId};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_types::{AccountId, BlockTime, ErrorCode, Hash, encode, hash_parts};
use serde::{Deserialize, Serialize};

/// Most accesses in one batch.
pub const BATCH_MAX: u32 = 1024;

const DOMAIN: &[u8] = b"salus/access-leaf/1";

/// What became of an access.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum AccessKind {
    /// Another organisation read under a grant.
    GrantedRead,
    /// The custodian itself read.
    OwnRead,
    /// A read was refused.
    RefusedRead {
        /// Why, as a stable code.
        code: ErrorCode,
    },
}

/// One access, in the fields and order of its canonical encoding.
///
/// The hash is `SHA-256("salus/access-leaf/1" || encoding)`; the salt comes first, 32 bytes.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessLeaf {
    /// Random; destroyed when the patient's data is erased.
    pub salt: Hash,
    /// Number of the access among those of this patient at this custodian, from 1.
    pub sequence: u64,
    /// What became of it.
    pub kind: AccessKind,
    /// The patient's account.
    pub patient: AccountId,
    /// The organisation that holds the record.
    pub custodian: AccountId,
    /// The organisation that asked.
    pub accessor: AccountId,
    /// The grant under which it asked, if one.
    pub grant: Option<GrantId>,
    /// The purpose that it gave.
    pub purpose: PurposeOfUse,
    /// The record that it asked for.
    pub record: RecordId,
    /// The version of the record, from 1; 0 when none was found.
    pub version: u32,
    /// When it asked, by the custodian's clock.
    pub time: BlockTime,
    /// Hash of the exact bytes of the custodian's audit event that says which person or system asked,
    /// if it keeps one. Source: FHIR `AuditEvent`, profile BALP.
    pub audit_event: Option<Hash>,
}

impl AccessLeaf {
    /// The leaf of the batch's tree.
    pub fn hash(&self) -> Hash {
        hash_parts(&[DOMAIN, &encode(self)])
    }
}
