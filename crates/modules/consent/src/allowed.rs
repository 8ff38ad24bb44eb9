//! Whether an access is allowed: the one question that custodians, accounts of access and requests for
//! release ask alike.

use crate::{
    Basis, ConsentError, GrantStatus, PurposeOfUse, ReleaseMode, RequestId,
    query::grant_status,
    state::{self, Release},
};
use salus_governance as governance;
use salus_state::StateRead;
use salus_types::{AccountId, BlockTime, Hash};
use serde::{Deserialize, Serialize};

/// Purposes that an episode covers: treatment, and what belongs to it.
pub const EPISODE_PURPOSES: &[PurposeOfUse] =
    &[PurposeOfUse::Treatment, PurposeOfUse::EmergencyTreatment, PurposeOfUse::CoordinationOfCare];

/// Purposes that an emergency covers.
pub const EMERGENCY_PURPOSES: &[PurposeOfUse] =
    &[PurposeOfUse::EmergencyTreatment, PurposeOfUse::BreakTheGlass];

/// Who wants to read what of whom, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// Whose records.
    pub patient: AccountId,
    /// The organisation that holds them.
    pub holder: AccountId,
    /// The organisation that asks.
    pub accessor: AccountId,
    /// On what it rests.
    pub basis: Basis,
    /// What for.
    pub purpose: PurposeOfUse,
}

/// What a basis gives, while it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The organisation that may read.
    pub accessor: AccountId,
    /// What for.
    pub purposes: Vec<PurposeOfUse>,
    /// How the keys are released.
    pub mode: ReleaseMode,
    /// Salted hash of which records.
    pub scope_commitment: Hash,
    /// Whether what identifies the patient is taken out first.
    pub pseudonymised: bool,
    /// The consent that a grant names; it must permit the access too.
    pub consent_commitment: Option<Hash>,
    /// Whether records of a marked class, restricted or sensitive by their labels, are meant too: not
    /// in an emergency that no second person has signed.
    pub marked: bool,
    /// Until when, exclusive, if nothing ends it before.
    pub not_after: BlockTime,
}

/// What a basis gives at the patient's records at this holder, now.
///
/// # Errors
///
/// The first that applies. [`ConsentError::Erased`]: everything of the patient there is erased. A grant:
/// [`ConsentError::UnknownGrant`], [`ConsentError::WrongGrant`],
/// [`ConsentError::GrantNotActive`]. An episode: [`ConsentError::UnknownEpisode`],
/// [`ConsentError::WrongEpisode`], [`ConsentError::EpisodeClosed`]. An emergency:
/// [`ConsentError::UnknownEmergency`], [`ConsentError::WrongEmergency`],
/// [`ConsentError::EmergencyOver`], [`ConsentError::SecondPersonMissing`],
/// [`ConsentError::NotAccredited`].
pub fn terms(
    state: &dyn StateRead,
    basis: Basis,
    patient: AccountId,
    holder: AccountId,
    now: BlockTime,
) -> Result<Terms, ConsentError> {
    if state::is_erased(state, patient, holder) {
        return Err(ConsentError::Erased);
    }
    match basis {
        Basis::Grant(grant) => {
            let found = state::grant(state, grant).ok_or(ConsentError::UnknownGrant { grant })?;
            if found.patient != patient || found.custodian != holder {
                return Err(ConsentError::WrongGrant { grant });
            }
            match grant_status(state, grant, now) {
                GrantStatus::Active => Ok(Terms {
                    accessor: found.grantee,
                    purposes: vec![found.purpose],
                    mode: found.mode,
                    scope_commitment: found.scope_commitment,
                    pseudonymised: found.pseudonymised,
                    consent_commitment: found.consent_commitment,
                    marked: true,
                    not_after: found.not_after,
                }),
                status @ (GrantStatus::Unknown
                | GrantStatus::NotYetValid
                | GrantStatus::Expired
                | GrantStatus::Revoked
                | GrantStatus::Ended) => Err(ConsentError::GrantNotActive { grant, status }),
            }
        }
        Basis::Episode(episode) => {
            let found =
                state::episode(state, episode).ok_or(ConsentError::UnknownEpisode { episode })?;
            if found.patient != patient {
                return Err(ConsentError::WrongEpisode { episode });
            }
            if !found.is_open(now) {
                return Err(ConsentError::EpisodeClosed { episode });
            }
            Ok(Terms {
                accessor: found.hospital,
                purposes: EPISODE_PURPOSES.to_vec(),
                mode: found.mode,
                scope_commitment: found.scope_commitment,
                pseudonymised: false,
                consent_commitment: None,
                marked: true,
                not_after: found.not_after,
            })
        }
        Basis::Emergency(emergency) => {
            let found = state::emergency(state, emergency)
                .ok_or(ConsentError::UnknownEmergency { emergency })?;
            if found.patient != patient {
                return Err(ConsentError::WrongEmergency { emergency });
            }
            if !found.is_open(now) {
                return Err(ConsentError::EmergencyOver { emergency });
            }
            if found.lacks_second() {
                return Err(ConsentError::SecondPersonMissing { emergency });
            }
            if !governance::is_emergency_service(state, found.service, now) {
                return Err(ConsentError::NotAccredited { account: found.service });
            }
            Ok(Terms {
                accessor: found.service,
                purposes: EMERGENCY_PURPOSES.to_vec(),
                mode: ReleaseMode::Custodial,
                scope_commitment: found.scope_commitment,
                pseudonymised: false,
                consent_commitment: None,
                marked: found.second.is_some(),
                not_after: found.expires_at,
            })
        }
    }
}

/// Whose a basis is, whether or not it gives access now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The patient.
    pub patient: AccountId,
    /// The organisation that may read while it stands.
    pub accessor: AccountId,
    /// The organisation whose records it is about; none where it holds wherever the patient has some.
    pub holder: Option<AccountId>,
    /// Salted hash of which records.
    pub scope_commitment: Hash,
    /// Until when it can last.
    pub not_after: BlockTime,
    /// Whether it is over for good.
    pub over: bool,
}

/// Whose a basis is and whether it is over; none if the ledger has no such basis.
pub fn standing(state: &dyn StateRead, basis: Basis, now: BlockTime) -> Option<Standing> {
    match basis {
        Basis::Grant(grant) => {
            let found = state::grant(state, grant)?;
            let over = match grant_status(state, grant, now) {
                GrantStatus::Expired | GrantStatus::Revoked | GrantStatus::Ended => true,
                GrantStatus::Unknown | GrantStatus::NotYetValid | GrantStatus::Active => false,
            };
            Some(Standing {
                patient: found.patient,
                accessor: found.grantee,
                holder: Some(found.custodian),
                scope_commitment: found.scope_commitment,
                not_after: found.not_after,
                over,
            })
        }
        Basis::Episode(episode) => {
            let found = state::episode(state, episode)?;
            Some(Standing {
                patient: found.patient,
                accessor: found.hospital,
                holder: None,
                scope_commitment: found.scope_commitment,
                not_after: found.not_after,
                over: !found.is_open(now),
            })
        }
        Basis::Emergency(emergency) => {
            let found = state::emergency(state, emergency)?;
            Some(Standing {
                patient: found.patient,
                accessor: found.service,
                holder: None,
                scope_commitment: found.scope_commitment,
                not_after: found.expires_at,
                over: !found.is_open(now),
            })
        }
    }
}

/// Whether the access is allowed now, and on which terms.
///
/// # Errors
///
/// The first that applies: those of [`terms`], [`ConsentError::WrongAccessor`],
/// [`ConsentError::WrongPurpose`].
pub fn access_allowed(
    state: &dyn StateRead,
    ask: &Ask,
    now: BlockTime,
) -> Result<Terms, ConsentError> {
    let terms = terms(state, ask.basis, ask.patient, ask.holder, now)?;
    if terms.accessor != ask.accessor {
        return Err(ConsentError::WrongAccessor { accessor: ask.accessor });
    }
    if !terms.purposes.contains(&ask.purpose) {
        return Err(ConsentError::WrongPurpose { purpose: ask.purpose });
    }
    Ok(terms)
}

/// Whether custodians may release shares for the request now. What they are asked is in the answer.
///
/// # Errors
///
/// The first that applies: [`ConsentError::UnknownRequest`], [`ConsentError::RequestExpired`],
/// [`ConsentError::ArrangementRetired`], those of [`access_allowed`].
pub fn release_allowed(
    state: &dyn StateRead,
    request: RequestId,
    now: BlockTime,
) -> Result<Release, ConsentError> {
    let found = state::release(state, request).ok_or(ConsentError::UnknownRequest { request })?;
    if now >= found.expires_at {
        return Err(ConsentError::RequestExpired { request, at: found.expires_at });
    }
    let arrangement = found.arrangement;
    if state::arrangement(state, arrangement).is_none_or(|one| one.retired_at.is_some()) {
        return Err(ConsentError::ArrangementRetired { arrangement });
    }
    access_allowed(state, &found.ask(), now)?;
    Ok(found)
}
