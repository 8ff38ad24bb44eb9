//! What shows the reader of a record that its access is accounted for.
//!
//! A holder releases nothing before the account is final. That binds the holder's software, and a
//! holder with other software has the keys. So with each record the holder gives what shows the
//! account, and the reader checks it against the ledger of its own node before it opens anything:
//!
//! ```text
//! request, what was released, seed ─▶ leaf ─▶ path ─▶ root of the account on the ledger
//! ```
//!
//! The reader makes the leaf itself, of what it asked for and what it got. The leaf's salt is made of
//! the holder's random seed and of the hash of the request, so that the account of one request is none
//! of another:
//!
//! `salt = SHA-256("salus/access-salt/1" || seed || hash of the request)`

use crate::{
    Result, VaultError,
    remote::{ReadRequest, ReadResponse},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_consent::{AccessKind, AccessLeaf, Basis, state::AccessBatch};
use salus_crypto::{
    merkle::{self, MerkleProof},
    random,
};
use salus_types::{AccountId, BlockTime, Hash, hash_parts};

/// What leads from an access to its account on the ledger.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct AccountPath {
    /// The holder's random bytes in the leaf's salt.
    pub seed: Hash,
    /// When it was asked, by the holder's clock.
    pub time: BlockTime,
    /// Hash of the holder's audit event, if the leaf has one.
    pub audit_event: Option<Hash>,
    /// The path from the leaf to the account's root.
    pub path: MerkleProof,
}

/// What binds the leaf of an access to the request that it answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Binding {
    seed: Hash,
    request: Hash,
}

impl Binding {
    pub(crate) fn new(request: Hash) -> Self {
        Self { seed: Hash(random()), request }
    }

    /// With a seed that was made before.
    pub(crate) fn of(seed: Hash, request: Hash) -> Self {
        Self { seed, request }
    }

    /// The salt of the leaf.
    pub(crate) fn salt(self) -> Hash {
        hash_parts(&[b"salus/access-salt/1", &self.seed.0, &self.request.0])
    }

    /// What shows the leaf, which is at this position of these hashes.
    pub(crate) fn shown(
        self,
        leaf: &AccessLeaf,
        hashes: &[Hash],
        position: usize,
    ) -> Option<AccountPath> {
        let path = merkle::prove(hashes, position)?;
        Some(AccountPath { seed: self.seed, time: leaf.time, audit_event: leaf.audit_event, path })
    }
}

/// What an access on this basis is, if it releases a record.
pub(crate) fn kind_on(basis: Basis) -> AccessKind {
    match basis {
        Basis::Grant(_) | Basis::Episode(_) => AccessKind::GrantedRead,
        Basis::Emergency(_) => AccessKind::EmergencyRead,
    }
}

/// Checks that an answer is accounted for: `account` is what the ledger of the reader's own node has
/// with the number of the answer, for this patient at this custodian.
pub(crate) fn check(
    response: &ReadResponse,
    request: &ReadRequest,
    patient: AccountId,
    account: Option<&AccessBatch>,
) -> Result<()> {
    let AccountPath { seed, time, audit_event, path } = &response.account;
    let leaf = AccessLeaf {
        salt: Binding::of(*seed, request.hash()).salt(),
        sequence: response.sequence,
        kind: kind_on(request.basis),
        patient,
        custodian: request.custodian,
        accessor: request.requester,
        basis: Some(request.basis),
        purpose: request.purpose,
        record: response.record,
        version: response.version,
        time: *time,
        audit_event: *audit_event,
    };
    let stands = account.is_some_and(|account| {
        account.basis == leaf.basis
            && account.count == path.count
            && account.first_sequence.checked_add(u64::from(path.index)) == Some(leaf.sequence)
            && path.verify(&account.leaves_root, &leaf.hash())
    });
    if stands { Ok(()) } else { Err(VaultError::Unaccounted { sequence: response.sequence }) }
}
