//! On what an access rests, and how the keys for it are released.

use crate::{EmergencyId, EpisodeId, GrantId};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_types::AccountId;
use serde::{Deserialize, Serialize};
use std::fmt;

/// On what an access rests. JSON: `{"grant": "<id>"}`.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// A grant.
    Grant(GrantId),
    /// An episode, at the hospital that it names.
    Episode(EpisodeId),
    /// An emergency, for the service that opened it.
    Emergency(EmergencyId),
}

impl Basis {
    /// The grant, if it is one.
    pub fn grant(self) -> Option<GrantId> {
        match self {
            Self::Grant(grant) => Some(grant),
            Self::Episode(_) | Self::Emergency(_) => None,
        }
    }
}

/// What a commitment to a scope belongs to. JSON: `{"basis": {"grant": "<id>"}}` or
/// `{"emergency_set": "<patient>"}`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ScopeOf {
    /// A grant, an episode or an emergency.
    Basis(Basis),
    /// What a patient keeps for emergencies.
    EmergencySet(AccountId),
}

impl From<GrantId> for ScopeOf {
    fn from(grant: GrantId) -> Self {
        Self::Basis(Basis::Grant(grant))
    }
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grant(grant) => write!(f, "grant {grant}"),
            Self::Episode(episode) => write!(f, "episode {episode}"),
            Self::Emergency(emergency) => write!(f, "emergency {emergency}"),
        }
    }
}

impl From<GrantId> for Basis {
    fn from(grant: GrantId) -> Self {
        Self::Grant(grant)
    }
}

/// How keys reach who may read.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseMode {
    /// The keys are wrapped to the organisation; the holder accounts for each read.
    Wrapped,
    /// Custodians release shares of the keys, for a final request each time.
    Custodial,
}

/// Who gave a grant.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum GrantedBy {
    /// The patient.
    Patient,
    /// Who acts for the patient, under this delegation.
    Delegate(crate::DelegationId),
    /// The grantee of this grant, which may pass it on.
    Grantee(GrantId),
}
