//! What the fake ledger says to an access: as `salus-consent` does, over what a test put there.

use super::{Facts, tip};
use salus_consent::{
    Ask, Basis, ConsentError, GrantStatus, ReleaseMode, Standing, Terms,
    allowed::{EMERGENCY_PURPOSES, EPISODE_PURPOSES},
};

/// How a grant stands, with the episode on which it depends.
fn grant_status(facts: &Facts, grant: salus_consent::GrantId) -> GrantStatus {
    let now = tip(facts).time;
    let Some(found) = facts.grants.get(&grant) else { return GrantStatus::Unknown };
    let open = |id| facts.episodes.get(&id).is_some_and(|episode| episode.is_open(now));
    match found.status(now) {
        GrantStatus::Active if found.episode.is_some_and(|id| !open(id)) => GrantStatus::Ended,
        status => status,
    }
}

/// What a basis gives, or why nothing.
pub(super) fn terms(facts: &Facts, basis: Basis, ask: &Ask) -> Result<Terms, ConsentError> {
    let now = tip(facts).time;
    match basis {
        Basis::Grant(grant) => {
            let found = facts.grants.get(&grant).ok_or(ConsentError::UnknownGrant { grant })?;
            if found.patient != ask.patient || found.custodian != ask.holder {
                return Err(ConsentError::WrongGrant { grant });
            }
            match grant_status(facts, grant) {
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
                status => Err(ConsentError::GrantNotActive { grant, status }),
            }
        }
        Basis::Episode(episode) => {
            let found =
                facts.episodes.get(&episode).ok_or(ConsentError::UnknownEpisode { episode })?;
            if found.patient != ask.patient {
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
            let found = facts
                .emergencies
                .get(&emergency)
                .ok_or(ConsentError::UnknownEmergency { emergency })?;
            if found.patient != ask.patient {
                return Err(ConsentError::WrongEmergency { emergency });
            }
            if !found.is_open(now) {
                return Err(ConsentError::EmergencyOver { emergency });
            }
            if found.lacks_second() {
                return Err(ConsentError::SecondPersonMissing { emergency });
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

/// Whether an access is allowed.
pub(super) fn allowed(facts: &Facts, ask: &Ask) -> Result<Terms, ConsentError> {
    let terms = terms(facts, ask.basis, ask)?;
    if terms.accessor != ask.accessor {
        return Err(ConsentError::WrongAccessor { accessor: ask.accessor });
    }
    if !terms.purposes.contains(&ask.purpose) {
        return Err(ConsentError::WrongPurpose { purpose: ask.purpose });
    }
    Ok(terms)
}

/// Whose a basis is, and whether it is over.
pub(super) fn standing(facts: &Facts, basis: Basis) -> Option<Standing> {
    let now = tip(facts).time;
    match basis {
        Basis::Grant(grant) => {
            let found = facts.grants.get(&grant)?;
            Some(Standing {
                patient: found.patient,
                accessor: found.grantee,
                holder: Some(found.custodian),
                scope_commitment: found.scope_commitment,
                not_after: found.not_after,
                over: !matches!(
                    grant_status(facts, grant),
                    GrantStatus::NotYetValid | GrantStatus::Active
                ),
            })
        }
        Basis::Episode(episode) => facts.episodes.get(&episode).map(|found| Standing {
            patient: found.patient,
            accessor: found.hospital,
            holder: None,
            scope_commitment: found.scope_commitment,
            not_after: found.not_after,
            over: !found.is_open(now),
        }),
        Basis::Emergency(emergency) => facts.emergencies.get(&emergency).map(|found| Standing {
            patient: found.patient,
            accessor: found.service,
            holder: None,
            scope_commitment: found.scope_commitment,
            not_after: found.expires_at,
            over: !found.is_open(now),
        }),
    }
}
