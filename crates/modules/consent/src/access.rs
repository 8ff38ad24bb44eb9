//! What one access was: the leaf that the vault keeps and the ledger holds a root over.
//!
//! A batch of `n` accesses with first sequence `s` is a Merkle tree (RFC 6962 shape, `salus-crypto`)
//! over the hashes of `n` leaves; leaf `i` has sequence `s + i`. The custodian keeps the leaves and
//! shows the patient theirs; anybody with a leaf and its path checks them against the batch on the
//! ledger. Without its salt a leaf's hash says nothing.

use crate::{Basis, PurposeOfUse, RecordId, RequestId};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_types::{AccountId, BlockTime, ErrorCode, Hash, encode, hash_parts};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most accesses in one batch.
pub const BATCH_MAX: u32 = 1024;

const DOMAIN: &[u8] = b"salus/access-leaf/1";

/// What became of an access.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum AccessKind {
    /// Another organisation read under a grant or an episode.
    GrantedRead,
    /// The custodian itself read.
    OwnRead,
    /// A read was refused.
    RefusedRead {
        /// Why, as a stable code.
        code: ErrorCode,
    },
    /// The requester reads with shares that custodians release for this request. Such a leaf is the
    /// requester's own: its sequence is its place in the request, from 1.
    CustodialRead {
        /// The request.
        request: RequestId,
    },
    /// A read in an emergency.
    EmergencyRead,
    /// Everything within the scope was exported.
    Export,
    /// Records were searched; which were found is not said.
    Search,
    /// Keys, salts and records were destroyed.
    Erasure,
}

impl AccessKind {
    /// Whether bytes of a record were released.
    pub fn is_release(&self) -> bool {
        match self {
            Self::GrantedRead
            | Self::OwnRead
            | Self::CustodialRead { .. }
            | Self::EmergencyRead
            | Self::Export => true,
            Self::RefusedRead { .. } | Self::Search | Self::Erasure => false,
        }
    }
}

impl fmt::Display for AccessKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GrantedRead => f.write_str("read"),
            Self::OwnRead => f.write_str("read, as the custodian,"),
            Self::RefusedRead { code } => write!(f, "was refused ({})", code.as_str()),
            Self::CustodialRead { .. } => f.write_str("read, with shares of custodians,"),
            Self::EmergencyRead => f.write_str("read, in an emergency,"),
            Self::Export => f.write_str("exported"),
            Self::Search => f.write_str("searched"),
            Self::Erasure => f.write_str("erased"),
        }
    }
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
    /// On what it rested, if on something.
    pub basis: Option<Basis>,
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
