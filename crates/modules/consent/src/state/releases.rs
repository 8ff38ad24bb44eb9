//! Arrangements with custodians of shares, and requests that they release them.

use crate::{ArrangementId, Basis, PurposeOfUse, RequestId, allowed::Ask};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::{get, put};
use salus_state::{KeyPath, StateRead, StateWrite};
use salus_types::{AccountId, BlockTime, Hash, Height, VecMax};
use serde::{Deserialize, Serialize};

/// Most custodians of one arrangement.
pub const CUSTODIANS_MAX: usize = 16;

/// What an arrangement is for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ArrangementKind {
    /// Requests under grants and episodes.
    Ordinary,
    /// Emergencies.
    Emergency,
}

impl ArrangementKind {
    /// Which custodians are asked on a basis.
    pub fn of(basis: Basis) -> Self {
        match basis {
            Basis::Grant(_) | Basis::Episode(_) => Self::Ordinary,
            Basis::Emergency(_) => Self::Emergency,
        }
    }
}

/// Organisations that hold shares of a patient's keys at one holder of records.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arrangement {
    /// The patient.
    pub patient: AccountId,
    /// The organisation that holds the records.
    pub holder: AccountId,
    /// What it is for.
    pub kind: ArrangementKind,
    /// Who hold shares, in ascending order.
    pub custodians: VecMax<AccountId, CUSTODIANS_MAX>,
    /// How many shares it takes.
    pub threshold: u8,
    /// Hash of the commitments by which shares are verified.
    pub commitments_root: Hash,
    /// The epoch of the keys that are shared.
    pub epoch: u32,
    /// Its position in the patient's list, from 0.
    pub number: u64,
    /// Time of the block that appointed them.
    pub appointed_at: BlockTime,
    /// Time of the block that retired it or replaced it, if one did.
    pub retired_at: Option<BlockTime>,
}

/// The latest arrangement of a kind for a patient's records at a holder.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct LatestArrangement {
    /// The arrangement; it may be retired.
    pub arrangement: ArrangementId,
    /// Its epoch; the next one has a higher one.
    pub epoch: u32,
}

/// A request that custodians release shares. It is the account of the accesses that it allows.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Whose records.
    pub patient: AccountId,
    /// The organisation that holds them.
    pub holder: AccountId,
    /// The organisation that asks.
    pub requester: AccountId,
    /// On what it rests.
    pub basis: Basis,
    /// What for.
    pub purpose: PurposeOfUse,
    /// Whose custodians are asked.
    pub arrangement: ArrangementId,
    /// Salted hash of which records and versions.
    pub records_commitment: Hash,
    /// Hash of the requester's ephemeral public key, to which shares are sealed.
    pub session_key: Hash,
    /// Merkle root over the hashes of the requester's leaves.
    pub leaves_root: Hash,
    /// Number of the first access, given by the ledger.
    pub first_sequence: u64,
    /// How many accesses.
    pub count: u32,
    /// Its position among the requests for this patient at this holder, from 0.
    pub number: u64,
    /// Height of the block that took it.
    pub requested_height: Height,
    /// Time of that block.
    pub requested_at: BlockTime,
    /// Until when custodians release, exclusive.
    pub expires_at: BlockTime,
}

impl Release {
    /// What it asks.
    pub fn ask(&self) -> Ask {
        Ask {
            patient: self.patient,
            holder: self.holder,
            accessor: self.requester,
            basis: self.basis,
            purpose: self.purpose,
        }
    }
}

/// The requests for a patient's records at a holder.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct ReleaseSeries {
    /// How many there were.
    pub requests: u64,
    /// Number of the next access, from 1.
    pub next_sequence: u64,
}

impl Default for ReleaseSeries {
    fn default() -> Self {
        Self { requests: 0, next_sequence: 1 }
    }
}

/// A custodian's word that it released its share for a request.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    /// Hash of the sealed share that it sent.
    pub share_digest: Hash,
    /// Time of the block that took it.
    pub attested_at: BlockTime,
}

/// `consent/arrangement/<arrangement>`
pub fn arrangement_path(arrangement: ArrangementId) -> KeyPath {
    KeyPath::new("consent/arrangement").id(arrangement)
}

/// `consent/arrangement-latest/<patient>/<holder>/<kind>`, kind 0 ordinary, 1 emergency
pub fn latest_arrangement_path(
    patient: AccountId,
    holder: AccountId,
    kind: ArrangementKind,
) -> KeyPath {
    let kind = match kind {
        ArrangementKind::Ordinary => 0,
        ArrangementKind::Emergency => 1,
    };
    KeyPath::new("consent/arrangement-latest").id(patient).id(holder).number(kind)
}

/// `consent/release/<request>`
pub fn release_path(request: RequestId) -> KeyPath {
    KeyPath::new("consent/release").id(request)
}

/// `consent/release-series/<patient>/<holder>`
pub fn release_series_path(patient: AccountId, holder: AccountId) -> KeyPath {
    KeyPath::new("consent/release-series").id(patient).id(holder)
}

/// `consent/release-at/<patient>/<holder>/<number>`
pub fn release_at_path(patient: AccountId, holder: AccountId, number: u64) -> KeyPath {
    KeyPath::new("consent/release-at").id(patient).id(holder).number(number)
}

/// `consent/attestation/<request>/<custodian>`
pub fn attestation_path(request: RequestId, custodian: AccountId) -> KeyPath {
    KeyPath::new("consent/attestation").id(request).id(custodian)
}

pub(crate) fn arrangement(state: &dyn StateRead, id: ArrangementId) -> Option<Arrangement> {
    get(state, arrangement_path(id).key())
}

pub(crate) fn put_arrangement(
    state: &mut dyn StateWrite,
    id: ArrangementId,
    arrangement: &Arrangement,
) {
    put(state, arrangement_path(id).key(), arrangement);
}

pub(crate) fn latest_arrangement(
    state: &dyn StateRead,
    patient: AccountId,
    holder: AccountId,
    kind: ArrangementKind,
) -> Option<LatestArrangement> {
    get(state, latest_arrangement_path(patient, holder, kind).key())
}

pub(crate) fn put_latest_arrangement(
    state: &mut dyn StateWrite,
    id: ArrangementId,
    arrangement: &Arrangement,
) {
    let path = latest_arrangement_path(arrangement.patient, arrangement.holder, arrangement.kind);
    let latest = LatestArrangement { arrangement: id, epoch: arrangement.epoch };
    put(state, path.key(), &latest);
}

pub(crate) fn release(state: &dyn StateRead, id: RequestId) -> Option<Release> {
    get(state, release_path(id).key())
}

pub(crate) fn release_series(
    state: &dyn StateRead,
    patient: AccountId,
    holder: AccountId,
) -> ReleaseSeries {
    get(state, release_series_path(patient, holder).key()).unwrap_or_default()
}

pub(crate) fn release_at(
    state: &dyn StateRead,
    patient: AccountId,
    holder: AccountId,
    number: u64,
) -> Option<RequestId> {
    get(state, release_at_path(patient, holder, number).key())
}

/// Adds a request at the end of its series.
pub(crate) fn push_release(state: &mut dyn StateWrite, id: RequestId, release: &Release) {
    let Release { patient, holder, number, .. } = *release;
    let series = ReleaseSeries {
        requests: number.saturating_add(1),
        next_sequence: release.first_sequence.saturating_add(u64::from(release.count)),
    };
    put(state, release_path(id).key(), release);
    put(state, release_at_path(patient, holder, number).key(), &id);
    put(state, release_series_path(patient, holder).key(), &series);
}

pub(crate) fn attestation(
    state: &dyn StateRead,
    request: RequestId,
    custodian: AccountId,
) -> Option<Attestation> {
    get(state, attestation_path(request, custodian).key())
}

pub(crate) fn put_attestation(
    state: &mut dyn StateWrite,
    request: RequestId,
    custodian: AccountId,
    attestation: &Attestation,
) {
    put(state, attestation_path(request, custodian).key(), attestation);
}
