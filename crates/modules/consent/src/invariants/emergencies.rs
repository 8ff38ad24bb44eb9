//! What must hold of emergencies.

use super::broken;
use crate::{
    EmergencyId,
    state::{self, List, ReviewCounts},
};
use salus_framework::Broken;
use salus_state::StateRead;
use salus_types::AccountId;

/// Checks those of the account, as a patient and as a service.
pub(super) fn check(state: &dyn StateRead, account: AccountId) -> Result<(), Broken> {
    for number in 0..List::Emergencies.count(state, account) {
        let id: Option<EmergencyId> = List::Emergencies.at(state, account, number);
        let found = id.and_then(|id| state::emergency(state, id));
        if !found.is_some_and(|one| one.patient == account && one.number == number) {
            return Err(broken(format!("{account} has no emergency at place {number}")));
        }
    }
    let mut counts = ReviewCounts::default();
    for number in 0..List::ServiceEmergencies.count(state, account) {
        let id: Option<EmergencyId> = List::ServiceEmergencies.at(state, account, number);
        let found = id.and_then(|id| Some((id, state::emergency(state, id)?)));
        let Some((id, found)) =
            found.filter(|(_, one)| one.service == account && one.service_number == number)
        else {
            return Err(broken(format!("service {account} has no emergency at place {number}")));
        };
        let (reviewer, person) = (found.reviewer, found.person);
        if reviewer == account || reviewer == person || found.second == Some(reviewer) {
            return Err(broken(format!("emergency {id} is reviewed by who asked for it")));
        }
        if found.second == Some(person) {
            return Err(broken(format!("emergency {id} has one person twice")));
        }
        let due = state::unreviewed(state, person) == Some(id);
        if due == found.review.is_some() {
            return Err(broken(format!("the review of emergency {id} is not held to its person")));
        }
        if let Some(review) = found.review {
            counts.count(review.outcome);
        }
    }
    if state::review_counts(state, account) != counts {
        return Err(broken(format!("the reviews of service {account} are not counted right")));
    }
    Ok(())
}
