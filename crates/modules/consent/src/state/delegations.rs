//! Delegations.

use super::standing;
use crate::{DelegationId, DelegationKind, GrantStatus, acting::Powers};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::{get, put};
use salus_state::{KeyPath, StateRead, StateWrite};
use salus_types::{AccountId, BlockTime};
use serde::{Deserialize, Serialize};

/// Who may act for a patient.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delegation {
    /// The patient.
    pub patient: AccountId,
    /// Who may act.
    pub delegate: AccountId,
    /// What it is to the patient.
    pub kind: DelegationKind,
    /// What it may do.
    pub powers: Powers,
    /// From when on, inclusive.
    pub not_before: BlockTime,
    /// Until when, exclusive: a minor's coming of age.
    pub not_after: BlockTime,
    /// Its position in the patient's list, from 0.
    pub number: u64,
    /// Time of the block that gave it.
    pub delegated_at: BlockTime,
    /// Time of the block that ended it, if one did.
    pub ended_at: Option<BlockTime>,
}

impl Delegation {
    /// How it stands at `now`.
    pub fn status(&self, now: BlockTime) -> GrantStatus {
        standing(self.ended_at, self.not_before, self.not_after, now)
    }
}

/// `consent/delegation/<delegation>`
pub fn delegation_path(delegation: DelegationId) -> KeyPath {
    KeyPath::new("consent/delegation").id(delegation)
}

pub(crate) fn delegation(state: &dyn StateRead, delegation: DelegationId) -> Option<Delegation> {
    get(state, delegation_path(delegation).key())
}

pub(crate) fn put_delegation(
    state: &mut dyn StateWrite,
    id: DelegationId,
    delegation: &Delegation,
) {
    put(state, delegation_path(id).key(), delegation);
}
