//! Emergencies, and how services use them.

use super::{PAGE_MAX, Page, page};
use crate::{
    EmergencyId,
    state::{self, Emergency, EmergencyRules, List, ReviewCounts},
};
use salus_governance as governance;
use salus_state::StateRead;
use salus_types::{AccountId, BlockTime};
use serde::{Deserialize, Serialize};

/// An emergency as the API shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmergencyView {
    /// The emergency.
    pub emergency: EmergencyId,
    /// What is stored of it.
    #[serde(flatten)]
    pub stored: Emergency,
}

/// How a service uses emergencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmergencyReport {
    /// The service.
    pub service: AccountId,
    /// Until when it is accredited, if it is or was.
    pub accredited_until: Option<BlockTime>,
    /// How many it opened.
    pub opened: u64,
    /// What the reviews found.
    #[serde(flatten)]
    pub reviews: ReviewCounts,
    /// How many are not reviewed.
    pub unreviewed: u64,
    /// How many of its latest [`PAGE_MAX`] have a review that is overdue.
    pub overdue: u64,
}

/// What a patient allows in emergencies, if it said so.
pub fn emergency_rules(state: &dyn StateRead, patient: AccountId) -> Option<EmergencyRules> {
    state::emergency_rules(state, patient)
}

/// The emergency.
pub fn emergency(state: &dyn StateRead, emergency: EmergencyId) -> Option<EmergencyView> {
    state::emergency(state, emergency).map(|stored| EmergencyView { emergency, stored })
}

/// Emergencies of a patient in the order in which they were opened.
pub fn emergencies_of(
    state: &dyn StateRead,
    patient: AccountId,
    from: u64,
    limit: u32,
) -> Page<EmergencyView> {
    page(List::Emergencies.count(state, patient), from, limit, |number| {
        emergency(state, List::Emergencies.at(state, patient, number)?)
    })
}

/// Emergencies that a service opened, in that order.
pub fn emergencies_by(
    state: &dyn StateRead,
    service: AccountId,
    from: u64,
    limit: u32,
) -> Page<EmergencyView> {
    page(List::ServiceEmergencies.count(state, service), from, limit, |number| {
        emergency(state, List::ServiceEmergencies.at(state, service, number)?)
    })
}

/// The emergency that a person has to have reviewed before it may ask for another.
pub fn unreviewed_of(state: &dyn StateRead, person: AccountId) -> Option<EmergencyView> {
    emergency(state, state::unreviewed(state, person)?)
}

/// How a service uses emergencies, at `now`.
pub fn emergency_report(
    state: &dyn StateRead,
    service: AccountId,
    now: BlockTime,
) -> EmergencyReport {
    let opened = List::ServiceEmergencies.count(state, service);
    let reviews = state::review_counts(state, service);
    let latest = opened.saturating_sub(u64::from(PAGE_MAX));
    let page = emergencies_by(state, service, latest, PAGE_MAX);
    let overdue = page.items.iter().filter(|view| view.stored.is_overdue(now)).count();
    EmergencyReport {
        service,
        accredited_until: governance::query::emergency_service(state, service)
            .map(|found| found.until),
        opened,
        reviews,
        unreviewed: opened.saturating_sub(reviews.reviewed()),
        overdue: u64::try_from(overdue).unwrap_or(u64::MAX),
    }
}
