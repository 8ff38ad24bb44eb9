//! What must hold after every block.

mod emergencies;
mod erasures;
mod lists;

use crate::state::{self, Relation};
use salus_framework::Broken;
use salus_state::StateRead;
use salus_types::AccountId;

/// Checks the lists of the given patients.
///
/// # Errors
///
/// The first that does not hold: a place in a list is empty or what is there names another place; a
/// version is missing; accesses, and those of requests for release, are not numbered 1, 2, 3, … without
/// a gap; a grant that was passed on is wider than the one before; a delegation, an episode or an
/// arrangement is not where it is listed; two arrangements are in force for one purpose; emergencies and
/// their reviews are not counted right; a version or a signature of a document is missing; an erasure is
/// done without a tombstone, or refused and done.
pub(crate) fn check(state: &dyn StateRead, accounts: &[AccountId]) -> Result<(), Broken> {
    for patient in accounts {
        for number in 0..state::custodian_count(state, *patient) {
            let custodian = state::custodian_at(state, *patient, number)
                .ok_or_else(|| broken(format!("{patient} has no custodian at place {number}")))?;
            let relation = state::relation(state, *patient, custodian)
                .filter(|relation| relation.number == number)
                .ok_or_else(|| broken(format!("{patient} has no relation with {custodian}")))?;
            check_records(state, *patient, custodian, &relation)?;
            check_accesses(state, *patient, custodian, &relation)?;
            lists::check_releases(state, *patient, custodian)?;
        }
        check_grants(state, *patient)?;
        lists::check(state, *patient)?;
        emergencies::check(state, *patient)?;
        erasures::check_documents(state, *patient)?;
        erasures::check(state, *patient)?;
    }
    Ok(())
}

fn check_records(
    state: &dyn StateRead,
    patient: AccountId,
    custodian: AccountId,
    relation: &Relation,
) -> Result<(), Broken> {
    for number in 0..relation.records {
        let id = state::record_at(state, patient, custodian, number)
            .ok_or_else(|| broken(format!("{patient} has no record at place {number}")))?;
        let record = state::record(state, id)
            .filter(|record| {
                record.patient == patient
                    && record.custodian == custodian
                    && record.number == number
            })
            .ok_or_else(|| broken(format!("record {id} is not where it is listed")))?;
        for version in 1..record.latest.version {
            if state::old_version(state, id, version).is_none() {
                return Err(broken(format!("version {version} of record {id} is missing")));
            }
        }
    }
    Ok(())
}

fn check_accesses(
    state: &dyn StateRead,
    patient: AccountId,
    custodian: AccountId,
    relation: &Relation,
) -> Result<(), Broken> {
    let mut next: u64 = 1;
    for number in 0..relation.batches {
        let batch = state::access(state, patient, custodian, number)
            .ok_or_else(|| broken(format!("batch {number} of {patient} is missing")))?;
        if batch.first_sequence != next || batch.count == 0 {
            return Err(broken(format!("batch {number} of {patient} does not begin at {next}")));
        }
        next = next.saturating_add(u64::from(batch.count));
    }
    if relation.next_sequence != next {
        return Err(broken(format!("the next access of {patient} is not {next}")));
    }
    Ok(())
}

fn check_grants(state: &dyn StateRead, patient: AccountId) -> Result<(), Broken> {
    for number in 0..state::grant_count(state, patient) {
        let id = state::grant_at(state, patient, number)
            .ok_or_else(|| broken(format!("{patient} has no grant at place {number}")))?;
        let listed = state::grant(state, id)
            .is_some_and(|grant| grant.patient == patient && grant.number == number);
        if !listed {
            return Err(broken(format!("grant {id} is not where it is listed")));
        }
    }
    Ok(())
}

pub(crate) fn broken(what: String) -> Broken {
    Broken::new("consent", what)
}
