//! Erasures.

use super::{Page, page};
use crate::{
    ErasureId,
    state::{self, Erasure, ErasureAttestation, List},
};
use salus_state::StateRead;
use salus_types::AccountId;
use serde::{Deserialize, Serialize};

/// An erasure as the API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureView {
    /// The erasure.
    pub erasure: ErasureId,
    /// What is stored of it.
    #[serde(flatten)]
    pub stored: Erasure,
    /// The attestations, in the order of `attestors`.
    pub attestations: Vec<ErasureAttestation>,
}

/// The erasure, with the attestations so far.
pub fn erasure(state: &dyn StateRead, erasure: ErasureId) -> Option<ErasureView> {
    let stored = state::erasure(state, erasure)?;
    let attestations = stored
        .attestors
        .iter()
        .filter_map(|one| state::erasure_attestation(state, erasure, *one))
        .collect();
    Some(ErasureView { erasure, stored, attestations })
}

/// Erasures of a patient in the order in which they were asked for.
pub fn erasures_of(
    state: &dyn StateRead,
    patient: AccountId,
    from: u64,
    limit: u32,
) -> Page<ErasureView> {
    page(List::Erasures.count(state, patient), from, limit, |number| {
        erasure(state, List::Erasures.at(state, patient, number)?)
    })
}
