//! Who may act for whom.

use super::{Page, page};
use crate::{
    ConsentError, DelegationId,
    acting::{Power, check_delegation},
    state::{self, Delegation, List},
};
use salus_state::StateRead;
use salus_types::{AccountId, BlockTime};
use serde::{Deserialize, Serialize};

/// A delegation as the API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DelegationView {
    /// The delegation.
    pub delegation: DelegationId,
    /// What is stored of it.
    #[serde(flatten)]
    pub stored: Delegation,
}

/// The delegation.
pub fn delegation(state: &dyn StateRead, delegation: DelegationId) -> Option<DelegationView> {
    state::delegation(state, delegation).map(|stored| DelegationView { delegation, stored })
}

/// Delegations of a patient in the order in which they were given.
pub fn delegations_of(
    state: &dyn StateRead,
    patient: AccountId,
    from: u64,
    limit: u32,
) -> Page<DelegationView> {
    page(List::Delegations.count(state, patient), from, limit, |number| {
        delegation(state, List::Delegations.at(state, patient, number)?)
    })
}

/// The patient for whom `delegate` may use this power at `now`.
///
/// # Errors
///
/// The first that applies: [`ConsentError::UnknownDelegation`], [`ConsentError::NotDelegate`],
/// [`ConsentError::DelegationNotActive`], [`ConsentError::PowerMissing`].
pub fn delegation_allows(
    state: &dyn StateRead,
    delegation: DelegationId,
    delegate: AccountId,
    power: Power,
    now: BlockTime,
) -> Result<AccountId, ConsentError> {
    check_delegation(state, delegation, delegate, power, now).map(|acting| acting.patient)
}
