//! What must hold of delegations, episodes, arrangements and requests for release.

use super::broken;
use crate::{
    ArrangementId, DelegationId, EpisodeId, GrantedBy,
    state::{self, List},
};
use salus_framework::Broken;
use salus_state::StateRead;
use salus_types::AccountId;

pub(super) fn check(state: &dyn StateRead, patient: AccountId) -> Result<(), Broken> {
    check_passed_on(state, patient)?;
    for number in 0..List::Delegations.count(state, patient) {
        let id: Option<DelegationId> = List::Delegations.at(state, patient, number);
        let found = id.and_then(|id| state::delegation(state, id));
        if !found.is_some_and(|one| one.patient == patient && one.number == number) {
            return Err(broken(format!("{patient} has no delegation at place {number}")));
        }
    }
    for number in 0..List::Episodes.count(state, patient) {
        let id: Option<EpisodeId> = List::Episodes.at(state, patient, number);
        let found = id.and_then(|id| state::episode(state, id));
        let Some(found) = found.filter(|one| one.patient == patient && one.number == number) else {
            return Err(broken(format!("{patient} has no episode at place {number}")));
        };
        let next = found.continued_as.map(|next| state::episode(state, next));
        let follows = next.is_none_or(|next| next.is_some_and(|next| next.patient == patient));
        if !follows || (found.continued_as.is_some() && found.closed_at.is_none()) {
            return Err(broken(format!("episode {number} of {patient} was transferred nowhere")));
        }
    }
    check_arrangements(state, patient)
}

/// What was passed on is within what was held.
fn check_passed_on(state: &dyn StateRead, patient: AccountId) -> Result<(), Broken> {
    for number in 0..state::grant_count(state, patient) {
        let grant = state::grant_at(state, patient, number).and_then(|id| state::grant(state, id));
        let Some(grant) = grant else { continue };
        let GrantedBy::Grantee(parent) = grant.by else { continue };
        let within = state::grant(state, parent).is_some_and(|parent| {
            parent.patient == patient
                && parent.delegable
                && !grant.delegable
                && parent.custodian == grant.custodian
                && parent.purpose == grant.purpose
                && parent.not_before <= grant.not_before
                && parent.not_after >= grant.not_after
        });
        if !within {
            return Err(broken(format!("grant {number} of {patient} is beyond the one before")));
        }
    }
    Ok(())
}

fn check_arrangements(state: &dyn StateRead, patient: AccountId) -> Result<(), Broken> {
    for number in 0..List::Arrangements.count(state, patient) {
        let id: Option<ArrangementId> = List::Arrangements.at(state, patient, number);
        let found = id.and_then(|id| Some((id, state::arrangement(state, id)?)));
        let Some((id, found)) =
            found.filter(|(_, one)| one.patient == patient && one.number == number)
        else {
            return Err(broken(format!("{patient} has no arrangement at place {number}")));
        };
        let latest = state::latest_arrangement(state, patient, found.holder, found.kind);
        let in_order = latest.is_some_and(|latest| {
            let is_latest = latest.arrangement == id && latest.epoch == found.epoch;
            is_latest || (found.retired_at.is_some() && found.epoch < latest.epoch)
        });
        if !in_order {
            return Err(broken(format!("arrangement {number} of {patient} is not the latest")));
        }
    }
    Ok(())
}

pub(super) fn check_releases(
    state: &dyn StateRead,
    patient: AccountId,
    holder: AccountId,
) -> Result<(), Broken> {
    let series = state::release_series(state, patient, holder);
    let mut next: u64 = 1;
    for number in 0..series.requests {
        let found = state::release_at(state, patient, holder, number)
            .and_then(|id| state::release(state, id))
            .filter(|one| one.patient == patient && one.holder == holder && one.number == number)
            .ok_or_else(|| broken(format!("{patient} has no request at place {number}")))?;
        if found.first_sequence != next || found.count == 0 {
            return Err(broken(format!("request {number} of {patient} does not begin at {next}")));
        }
        next = next.saturating_add(u64::from(found.count));
    }
    if series.next_sequence != next {
        return Err(broken(format!("the next requested access of {patient} is not {next}")));
    }
    Ok(())
}
