//! Requests for erasure, and what became of them.

use crate::{ErasureBasis, ErasureId, ErasureScope, KeyHolder, RecordId, RetentionReason};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::{get, put};
use salus_state::{KeyPath, StateRead, StateWrite};
use salus_types::{AccountId, BlockTime, Hash, VecMax};
use serde::{Deserialize, Serialize};

/// Most organisations that attest one erasure.
pub const ATTESTORS_MAX: usize = 48;
/// Most records that one erasure of some names.
pub const ERASED_RECORDS_MAX: usize = 256;

/// A holder's refusal.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct ErasureRefusal {
    /// Why.
    pub reason: RetentionReason,
    /// Time of the block that took it.
    pub refused_at: BlockTime,
}

/// A request for erasure.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    /// Whose records.
    pub patient: AccountId,
    /// The organisation that holds them.
    pub holder: AccountId,
    /// Who asked: the patient, who acts for it, or the holder.
    pub requested_by: AccountId,
    /// Of what.
    pub scope: ErasureScope,
    /// Why.
    pub basis: ErasureBasis,
    /// Time of the block that took it.
    pub requested_at: BlockTime,
    /// Time of the block in which the holder attested it: from then on it is done.
    pub done_at: Option<BlockTime>,
    /// The holder's refusal, if it refused.
    pub refused: Option<ErasureRefusal>,
    /// Who attested that it destroyed what it held, in that order.
    pub attestors: VecMax<AccountId, ATTESTORS_MAX>,
    /// Its position in the patient's list, from 0.
    pub number: u64,
}

/// An organisation's word that it destroyed what it held.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct ErasureAttestation {
    /// As what it held keys.
    pub role: KeyHolder,
    /// Hash of its signed report of the destruction.
    pub report_digest: Hash,
    /// Time of the block that took it.
    pub attested_at: BlockTime,
}

/// `consent/erasure/<erasure>`
pub fn erasure_path(erasure: ErasureId) -> KeyPath {
    KeyPath::new("consent/erasure").id(erasure)
}

/// `consent/erasure-attestation/<erasure>/<organisation>`
pub fn erasure_attestation_path(erasure: ErasureId, organisation: AccountId) -> KeyPath {
    KeyPath::new("consent/erasure-attestation").id(erasure).id(organisation)
}

pub(crate) fn erasure(state: &dyn StateRead, id: ErasureId) -> Option<Erasure> {
    get(state, erasure_path(id).key())
}

pub(crate) fn put_erasure(state: &mut dyn StateWrite, id: ErasureId, erasure: &Erasure) {
    put(state, erasure_path(id).key(), erasure);
}

pub(crate) fn erasure_attestation(
    state: &dyn StateRead,
    id: ErasureId,
    organisation: AccountId,
) -> Option<ErasureAttestation> {
    get(state, erasure_attestation_path(id, organisation).key())
}

pub(crate) fn put_erasure_attestation(
    state: &mut dyn StateWrite,
    id: ErasureId,
    organisation: AccountId,
    attestation: &ErasureAttestation,
) {
    put(state, erasure_attestation_path(id, organisation).key(), attestation);
}

/// Leaves a tombstone where the patient's relation with the holder was.
pub(crate) fn erase_relation(
    state: &mut dyn StateWrite,
    patient: AccountId,
    holder: AccountId,
    at: BlockTime,
) {
    if let Some(mut relation) = super::relation(state, patient, holder) {
        relation.erased_at = relation.erased_at.or(Some(at));
        super::put_relation(state, patient, holder, &relation);
    }
}

/// Leaves a tombstone where a record was.
pub(crate) fn erase_record(state: &mut dyn StateWrite, id: RecordId, at: BlockTime) {
    if let Some(mut record) = super::record(state, id) {
        record.erased_at = record.erased_at.or(Some(at));
        super::put_record(state, id, &record);
    }
}

/// Whether everything of the patient at the holder is erased.
pub(crate) fn is_erased(state: &dyn StateRead, patient: AccountId, holder: AccountId) -> bool {
    super::relation(state, patient, holder).is_some_and(|found| found.erased_at.is_some())
}
