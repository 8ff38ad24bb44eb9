//! Emergencies: the patient's rules for them, those that were opened, and how services use them.

use super::List;
use crate::{EmergencyId, EmergencyReason, ReviewOutcome};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::{get, put};
use salus_state::{KeyPath, StateRead, StateWrite};
use salus_types::{AccountId, BlockTime, Hash};
use serde::{Deserialize, Serialize};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// What a patient allows in emergencies.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct EmergencyRules {
    /// Whether an emergency service may override at all.
    pub override_allowed: bool,
    /// Who reviews each emergency.
    pub reviewer: AccountId,
    /// Salted hash of which records are for emergencies.
    pub scope_commitment: Hash,
    /// Whether it always takes two persons.
    pub two_person: bool,
    /// Time of the block that set them.
    pub set_at: BlockTime,
}

/// What a review found.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// The outcome.
    pub outcome: ReviewOutcome,
    /// Salted hash of the finding.
    pub finding_commitment: Hash,
    /// Time of the block that took it.
    pub reviewed_at: BlockTime,
}

/// An emergency.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Emergency {
    /// The patient.
    pub patient: AccountId,
    /// The service that opened it.
    pub service: AccountId,
    /// Who asked for it, a person of the service.
    pub person: AccountId,
    /// Another person of the service who agreed, if one did.
    pub second: Option<AccountId>,
    /// Whether it gives access only once a second person has agreed.
    pub needs_second: bool,
    /// Why.
    pub reason: EmergencyReason,
    /// Salted hash of the incident: number and circumstances.
    pub incident_commitment: Hash,
    /// Salted hash of which records.
    pub scope_commitment: Hash,
    /// Whether records of marked classes were asked for on opening.
    pub marked: bool,
    /// Who reviews it.
    pub reviewer: AccountId,
    /// Time of the block that opened it.
    pub opened_at: BlockTime,
    /// When it ends at the latest, exclusive.
    pub expires_at: BlockTime,
    /// After when its review is overdue.
    pub review_by: BlockTime,
    /// Time of the block that closed it, if one did.
    pub closed_at: Option<BlockTime>,
    /// Its review, once there is one.
    pub review: Option<Review>,
    /// Its position in the patient's list, from 0.
    pub number: u64,
    /// Its position in the service's list, from 0.
    pub service_number: u64,
}

impl Emergency {
    /// Whether it is neither closed nor expired at `now`.
    pub fn is_open(&self, now: BlockTime) -> bool {
        self.closed_at.is_none() && now < self.expires_at
    }

    /// Whether a second person has yet to agree.
    pub fn lacks_second(&self) -> bool {
        self.needs_second && self.second.is_none()
    }

    /// Whether its review should have been made before `now`.
    pub fn is_overdue(&self, now: BlockTime) -> bool {
        self.review.is_none() && now > self.review_by
    }
}

/// What became of a service's emergencies. The rest is not reviewed yet.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct ReviewCounts {
    /// Found justified.
    pub justified: u64,
    /// Found unjustified.
    pub unjustified: u64,
    /// Not clear.
    pub unclear: u64,
}

impl ReviewCounts {
    /// How many are reviewed.
    pub fn reviewed(&self) -> u64 {
        self.justified.saturating_add(self.unjustified).saturating_add(self.unclear)
    }

    pub(crate) fn count(&mut self, outcome: ReviewOutcome) {
        let count = match outcome {
            ReviewOutcome::Justified => &mut self.justified,
            ReviewOutcome::Unjustified => &mut self.unjustified,
            ReviewOutcome::Unclear => &mut self.unclear,
        };
        *count = count.saturating_add(1);
    }
}

/// `consent/emergency-rules/<patient>`
pub fn emergency_rules_path(patient: AccountId) -> KeyPath {
    KeyPath::new("consent/emergency-rules").id(patient)
}

/// `consent/emergency/<emergency>`
pub fn emergency_path(emergency: EmergencyId) -> KeyPath {
    KeyPath::new("consent/emergency").id(emergency)
}

/// `consent/emergency-unreviewed/<person>`: the one that this person has to have reviewed first.
pub fn unreviewed_path(person: AccountId) -> KeyPath {
    KeyPath::new("consent/emergency-unreviewed").id(person)
}

/// `consent/emergency-day/<service>/<day>`: how many on that day of UTC, counted from 1970.
pub fn emergency_day_path(service: AccountId, day: BlockTime) -> KeyPath {
    let day = day.unix_ms().checked_div(DAY_MS).unwrap_or_default();
    KeyPath::new("consent/emergency-day").id(service).number(day)
}

/// `consent/emergency-reviews/<service>`
pub fn review_counts_path(service: AccountId) -> KeyPath {
    KeyPath::new("consent/emergency-reviews").id(service)
}

pub(crate) fn emergency_rules(state: &dyn StateRead, patient: AccountId) -> Option<EmergencyRules> {
    get(state, emergency_rules_path(patient).key())
}

pub(crate) fn put_emergency_rules(
    state: &mut dyn StateWrite,
    patient: AccountId,
    rules: &EmergencyRules,
) {
    put(state, emergency_rules_path(patient).key(), rules);
}

pub(crate) fn emergency(state: &dyn StateRead, id: EmergencyId) -> Option<Emergency> {
    get(state, emergency_path(id).key())
}

pub(crate) fn put_emergency(state: &mut dyn StateWrite, id: EmergencyId, emergency: &Emergency) {
    put(state, emergency_path(id).key(), emergency);
}

/// Puts a new emergency, lists and counts it, and holds its person to the review.
pub(crate) fn new_emergency(state: &mut dyn StateWrite, id: EmergencyId, emergency: &Emergency) {
    let Emergency { patient, service, person, opened_at, .. } = *emergency;
    let today = emergencies_of_day(state, service, opened_at).saturating_add(1);
    put_emergency(state, id, emergency);
    List::Emergencies.push(state, patient, emergency.number, &id);
    List::ServiceEmergencies.push(state, service, emergency.service_number, &id);
    put(state, emergency_day_path(service, opened_at).key(), &today);
    put(state, unreviewed_path(person).key(), &id);
}

/// Puts a reviewed emergency, counts it, and lets its person open another.
pub(crate) fn reviewed_emergency(
    state: &mut dyn StateWrite,
    id: EmergencyId,
    emergency: &Emergency,
    outcome: ReviewOutcome,
) {
    let mut counts = review_counts(state, emergency.service);
    counts.count(outcome);
    put_emergency(state, id, emergency);
    put(state, review_counts_path(emergency.service).key(), &counts);
    state.delete(unreviewed_path(emergency.person).key());
}

pub(crate) fn unreviewed(state: &dyn StateRead, person: AccountId) -> Option<EmergencyId> {
    get(state, unreviewed_path(person).key())
}

pub(crate) fn emergencies_of_day(state: &dyn StateRead, service: AccountId, day: BlockTime) -> u32 {
    get(state, emergency_day_path(service, day).key()).unwrap_or(0)
}

pub(crate) fn review_counts(state: &dyn StateRead, service: AccountId) -> ReviewCounts {
    get(state, review_counts_path(service).key()).unwrap_or_default()
}
