//! Which errors say that a read is refused, and what the ledger's refusals are called here.

use crate::VaultError;
use salus_consent::{Basis, ConsentError, GrantStatus};

impl VaultError {
    /// Whether it says that a read was refused, rather than that something failed: such a refusal is
    /// accounted for.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::NoGrant
                | Self::GrantRevoked
                | Self::GrantExpired
                | Self::GrantNotYet
                | Self::GrantEnded
                | Self::Purpose
                | Self::Scope
                | Self::Grantee
                | Self::GrantElsewhere
                | Self::Pseudonymised
                | Self::NoEpisode
                | Self::EpisodeElsewhere
                | Self::EpisodeClosed
                | Self::NoEmergency
                | Self::EmergencyElsewhere
                | Self::EmergencyOver
                | Self::SecondPerson
                | Self::Marked
                | Self::NotAccredited
                | Self::Erased
                | Self::Custodial
                | Self::ConsentDenied
                | Self::RuleDenied
        )
    }

    /// That the ledger has no such basis.
    pub fn unknown(basis: Basis) -> Self {
        match basis {
            Basis::Grant(_) => Self::NoGrant,
            Basis::Episode(_) => Self::NoEpisode,
            Basis::Emergency(_) => Self::NoEmergency,
        }
    }

    /// Whether a code says that what a read rests on has ended: it counts, whichever of several nodes
    /// has seen it first.
    pub fn says_over(code: &str) -> bool {
        [
            Self::GrantRevoked,
            Self::GrantExpired,
            Self::GrantEnded,
            Self::EpisodeClosed,
            Self::EmergencyOver,
            Self::NotAccredited,
            Self::Erased,
        ]
        .iter()
        .any(|one| one.code() == code)
    }
}

/// Why the ledger allows no access, in words of the vault.
impl From<ConsentError> for VaultError {
    fn from(error: ConsentError) -> Self {
        match error {
            ConsentError::WrongGrant { .. } => Self::GrantElsewhere,
            ConsentError::GrantNotActive { status, .. } => match status {
                GrantStatus::Revoked => Self::GrantRevoked,
                GrantStatus::NotYetValid => Self::GrantNotYet,
                GrantStatus::Expired => Self::GrantExpired,
                GrantStatus::Ended => Self::GrantEnded,
                GrantStatus::Unknown | GrantStatus::Active => Self::NoGrant,
            },
            ConsentError::UnknownEpisode { .. } => Self::NoEpisode,
            ConsentError::WrongEpisode { .. } => Self::EpisodeElsewhere,
            ConsentError::EpisodeClosed { .. } => Self::EpisodeClosed,
            ConsentError::UnknownEmergency { .. } => Self::NoEmergency,
            ConsentError::WrongEmergency { .. } => Self::EmergencyElsewhere,
            ConsentError::EmergencyOver { .. } => Self::EmergencyOver,
            ConsentError::SecondPersonMissing { .. } => Self::SecondPerson,
            ConsentError::NotAccredited { .. } => Self::NotAccredited,
            ConsentError::Erased => Self::Erased,
            ConsentError::WrongAccessor { .. } => Self::Grantee,
            ConsentError::WrongPurpose { .. } => Self::Purpose,
            ConsentError::UnknownRequest { .. }
            | ConsentError::RequestExpired { .. }
            | ConsentError::ArrangementRetired { .. } => Self::NoRequest,
            // What remains is about other calls; whichever it were, there is nothing to rest on.
            _ => Self::NoGrant,
        }
    }
}
