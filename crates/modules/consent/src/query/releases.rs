//! Arrangements with custodians of shares, and requests for release.

use super::{Page, page};
use crate::{
    ArrangementId, RequestId,
    state::{self, Arrangement, ArrangementKind, Attestation, List, Release, ReleaseSeries},
};
use salus_state::StateRead;
use salus_types::AccountId;
use serde::{Deserialize, Serialize};

/// An arrangement as the API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArrangementView {
    /// The arrangement.
    pub arrangement: ArrangementId,
    /// What is stored of it.
    #[serde(flatten)]
    pub stored: Arrangement,
}

/// A request for release as the API shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseView {
    /// The request.
    pub request: RequestId,
    /// What is stored of it.
    #[serde(flatten)]
    pub stored: Release,
}

/// The arrangement.
pub fn arrangement(state: &dyn StateRead, arrangement: ArrangementId) -> Option<ArrangementView> {
    state::arrangement(state, arrangement).map(|stored| ArrangementView { arrangement, stored })
}

/// The arrangement in force for a patient's records at a holder.
pub fn latest_arrangement(
    state: &dyn StateRead,
    patient: AccountId,
    holder: AccountId,
    kind: ArrangementKind,
) -> Option<ArrangementView> {
    let latest = state::latest_arrangement(state, patient, holder, kind)?;
    arrangement(state, latest.arrangement).filter(|view| view.stored.retired_at.is_none())
}

/// Arrangements of a patient in the order in which they were made.
pub fn arrangements_of(
    state: &dyn StateRead,
    patient: AccountId,
    from: u64,
    limit: u32,
) -> Page<ArrangementView> {
    page(List::Arrangements.count(state, patient), from, limit, |number| {
        arrangement(state, List::Arrangements.at(state, patient, number)?)
    })
}

/// The request.
pub fn release(state: &dyn StateRead, request: RequestId) -> Option<ReleaseView> {
    state::release(state, request).map(|stored| ReleaseView { request, stored })
}

/// How many requests for a patient's records at a holder there were, and the next access.
pub fn release_series(
    state: &dyn StateRead,
    patient: AccountId,
    holder: AccountId,
) -> ReleaseSeries {
    state::release_series(state, patient, holder)
}

/// Requests for a patient's records at a holder in the order of their sequence numbers.
pub fn releases_of(
    state: &dyn StateRead,
    patient: AccountId,
    holder: AccountId,
    from: u64,
    limit: u32,
) -> Page<ReleaseView> {
    page(state::release_series(state, patient, holder).requests, from, limit, |number| {
        release(state, state::release_at(state, patient, holder, number)?)
    })
}

/// Which custodians of the request's arrangement attested that they released their share.
pub fn attestations_of(state: &dyn StateRead, request: RequestId) -> Vec<(AccountId, Attestation)> {
    let custodians = state::release(state, request)
        .and_then(|found| state::arrangement(state, found.arrangement))
        .map(|found| found.custodians.into_inner())
        .unwrap_or_default();
    let attested = |custodian| Some((custodian, state::attestation(state, request, custodian)?));
    custodians.into_iter().filter_map(attested).collect()
}
