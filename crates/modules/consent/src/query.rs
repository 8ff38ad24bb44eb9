//! Read-only questions about records, grants and accesses, answered from any snapshot.

mod delegations;
mod documents;
mod emergencies;
mod episodes;
mod erasures;
mod releases;

pub use crate::allowed::{Ask, Standing, Terms, access_allowed, release_allowed, standing, terms};
pub use delegations::{DelegationView, delegation, delegation_allows, delegations_of};
pub use documents::{
    DocumentVersionView, DocumentView, Existence, document, document_version, documents_of,
    existed_since,
};
pub use emergencies::{
    EmergencyReport, EmergencyView, emergencies_by, emergencies_of, emergency, emergency_report,
    emergency_rules, unreviewed_of,
};
pub use episodes::{EpisodeView, episode, episodes_of};
pub use erasures::{ErasureView, erasure, erasures_of};
pub use releases::{
    ArrangementView, ReleaseView, arrangement, arrangements_of, attestations_of,
    latest_arrangement, release, release_series, releases_of,
};

use crate::{
    GrantId, GrantedBy, RecordId,
    state::{self, AccessBatch, Grant, Record, RecordVersion, Relation, ReleaseSeries},
};
use salus_state::StateRead;
use salus_types::{AccountId, BlockTime};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most items in one page.
pub const PAGE_MAX: u32 = 100;

/// A record as the API shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordView {
    /// The record.
    pub record: RecordId,
    /// What is stored of it.
    #[serde(flatten)]
    pub stored: Record,
}

/// A grant as the API shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantView {
    /// The grant.
    pub grant: GrantId,
    /// What is stored of it.
    #[serde(flatten)]
    pub stored: Grant,
}

/// A batch of accesses as the API shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessView {
    /// Whose records were asked for.
    pub patient: AccountId,
    /// Who keeps them.
    pub custodian: AccountId,
    /// Position of the batch in the list of this patient at this custodian, from 0.
    pub batch: u64,
    /// What is stored of it.
    #[serde(flatten)]
    pub stored: AccessBatch,
}

/// A custodian of a patient as the API shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustodianView {
    /// The organisation.
    pub custodian: AccountId,
    /// What the patient has there.
    #[serde(flatten)]
    pub relation: Relation,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// How many items the list has in all.
    pub total: u64,
    /// Where the page begins, from 0.
    pub from: u64,
    /// The items.
    pub items: Vec<T>,
}

/// How a grant stands at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GrantStatus {
    /// No such grant.
    Unknown,
    /// Its period has not begun.
    NotYetValid,
    /// It gives access.
    Active,
    /// Its period is over.
    Expired,
    /// It was revoked.
    Revoked,
    /// What it depended on has ended: the episode, the grant that was passed on, or, by erasure, the
    /// records.
    Ended,
}

impl fmt::Display for GrantStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "unknown",
            Self::NotYetValid => "not yet valid",
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Ended => "ended with what it depended on",
        })
    }
}

impl Grant {
    /// How it stands at `now` by itself. The period includes its beginning and excludes its end; a
    /// revocation counts more than the period. What it depends on may have ended before: see
    /// [`grant_status`].
    pub fn status(&self, now: BlockTime) -> GrantStatus {
        state::standing(self.revoked_at, self.not_before, self.not_after, now)
    }
}

/// The record, with its latest version.
pub fn record(state: &dyn StateRead, record: RecordId) -> Option<RecordView> {
    state::record(state, record).map(|stored| RecordView { record, stored })
}

/// One version of a record, from 1.
pub fn record_version(
    state: &dyn StateRead,
    record: RecordId,
    version: u32,
) -> Option<RecordVersion> {
    let latest = state::record(state, record)?.latest;
    if latest.version == version {
        return Some(latest);
    }
    state::old_version(state, record, version)
}

/// The grant.
pub fn grant(state: &dyn StateRead, grant: GrantId) -> Option<GrantView> {
    state::grant(state, grant).map(|stored| GrantView { grant, stored })
}

/// How a grant stands at `now`, with the episode and the grant on which it depends.
pub fn grant_status(state: &dyn StateRead, grant: GrantId, now: BlockTime) -> GrantStatus {
    let Some(found) = state::grant(state, grant) else { return GrantStatus::Unknown };
    match found.status(now) {
        GrantStatus::Active if has_ended(state, &found, now) => GrantStatus::Ended,
        status => status,
    }
}

/// Whether what the grant depends on has ended. What was passed on cannot be passed on again, so
/// there is at most one grant before it.
fn has_ended(state: &dyn StateRead, grant: &Grant, now: BlockTime) -> bool {
    let closed = |id| state::episode(state, id).is_none_or(|episode| !episode.is_open(now));
    let alone_over = |one: &Grant| one.status(now) != GrantStatus::Active;
    let parent_over = match grant.by {
        GrantedBy::Patient | GrantedBy::Delegate(_) => false,
        GrantedBy::Grantee(parent) => state::grant(state, parent)
            .is_none_or(|parent| alone_over(&parent) || parent.episode.is_some_and(closed)),
    };
    let erased = state::is_erased(state, grant.patient, grant.custodian);
    erased || parent_over || grant.episode.is_some_and(closed)
}

/// Grants of a patient in the order in which they were given, from position `from` on, at most
/// `limit` and at most [`PAGE_MAX`].
pub fn grants_of(
    state: &dyn StateRead,
    patient: AccountId,
    from: u64,
    limit: u32,
) -> Page<GrantView> {
    page(state::grant_count(state, patient), from, limit, |number| {
        grant(state, state::grant_at(state, patient, number)?)
    })
}

/// The custodians of a patient in the order of their first records.
pub fn custodians_of(
    state: &dyn StateRead,
    patient: AccountId,
    from: u64,
    limit: u32,
) -> Page<CustodianView> {
    let total = u64::from(state::custodian_count(state, patient));
    page(total, from, limit, |number| {
        let custodian = state::custodian_at(state, patient, u32::try_from(number).ok()?)?;
        let relation = state::relation(state, patient, custodian)?;
        Some(CustodianView { custodian, relation })
    })
}

/// What a patient has at a custodian: counts, and the number of the next access.
pub fn relation(
    state: &dyn StateRead,
    patient: AccountId,
    custodian: AccountId,
) -> Option<Relation> {
    state::relation(state, patient, custodian)
}

/// Number of the next access of the patient at the custodian; 1 when there was none.
pub fn next_sequence(state: &dyn StateRead, patient: AccountId, custodian: AccountId) -> u64 {
    state::relation(state, patient, custodian).map_or(1, |found| found.next_sequence)
}

/// How many accesses of a patient there are at a custodian, so that none can be kept back: each of the
/// two series has every number below its next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessSummary {
    /// The organisation.
    pub custodian: AccountId,
    /// Number of the next access in its accounts.
    pub next_sequence: u64,
    /// How many requests for release there were, and the number of the next access in those.
    pub releases: ReleaseSeries,
    /// When everything there was erased, if it was.
    pub erased_at: Option<BlockTime>,
}

/// The summary of each custodian of a patient, in the order of their first records.
pub fn access_summary(
    state: &dyn StateRead,
    patient: AccountId,
    from: u64,
    limit: u32,
) -> Page<AccessSummary> {
    let Page { total, from, items } = custodians_of(state, patient, from, limit);
    let summary = |view: CustodianView| AccessSummary {
        custodian: view.custodian,
        next_sequence: view.relation.next_sequence,
        releases: state::release_series(state, patient, view.custodian),
        erased_at: view.relation.erased_at,
    };
    Page { total, from, items: items.into_iter().map(summary).collect() }
}

/// Records of a patient at a custodian in the order in which they were anchored.
pub fn records_of(
    state: &dyn StateRead,
    patient: AccountId,
    custodian: AccountId,
    from: u64,
    limit: u32,
) -> Page<RecordView> {
    let total = state::relation(state, patient, custodian).map_or(0, |found| found.records);
    page(total, from, limit, |number| {
        record(state, state::record_at(state, patient, custodian, number)?)
    })
}

/// Batches of accesses of a patient at a custodian in the order of their sequence numbers.
///
/// `from` and `total` count batches.
pub fn accesses_of(
    state: &dyn StateRead,
    patient: AccountId,
    custodian: AccountId,
    from: u64,
    limit: u32,
) -> Page<AccessView> {
    let total = state::relation(state, patient, custodian).map_or(0, |found| found.batches);
    page(total, from, limit, |batch| access(state, patient, custodian, batch))
}

/// Batches of accesses of a patient at all custodians, one custodian after the other.
///
/// `from` and `total` count batches over all of them. An account per patient and custodian has one.
pub fn accesses_of_patient(
    state: &dyn StateRead,
    patient: AccountId,
    from: u64,
    limit: u32,
) -> Page<AccessView> {
    let mut found = Page { total: 0, from, items: Vec::new() };
    let mut room = limit.min(PAGE_MAX);
    for number in 0..state::custodian_count(state, patient) {
        let Some(custodian) = state::custodian_at(state, patient, number) else { continue };
        let here = accesses_of(state, patient, custodian, from.saturating_sub(found.total), room);
        found.total = found.total.saturating_add(here.total);
        room = room.saturating_sub(u32::try_from(here.items.len()).unwrap_or(u32::MAX));
        found.items.extend(here.items);
    }
    found
}

/// The batch that holds the access with this number.
///
/// Looks it up by halving: at most 64 reads, one after the other.
pub fn access_with(
    state: &dyn StateRead,
    patient: AccountId,
    custodian: AccountId,
    sequence: u64,
) -> Option<AccessView> {
    let mut low = 0;
    let mut high = state::relation(state, patient, custodian)?.batches;
    while low < high {
        let middle = low.midpoint(high);
        let found = access(state, patient, custodian, middle)?;
        let first = found.stored.first_sequence;
        if sequence < first {
            high = middle;
        } else if sequence < first.saturating_add(u64::from(found.stored.count)) {
            return Some(found);
        } else {
            low = middle.saturating_add(1);
        }
    }
    None
}

fn access(
    state: &dyn StateRead,
    patient: AccountId,
    custodian: AccountId,
    batch: u64,
) -> Option<AccessView> {
    let stored = state::access(state, patient, custodian, batch)?;
    Some(AccessView { patient, custodian, batch, stored })
}

fn page<T>(total: u64, from: u64, limit: u32, item: impl Fn(u64) -> Option<T>) -> Page<T> {
    let end = from.saturating_add(u64::from(limit.min(PAGE_MAX))).min(total);
    Page { total, from, items: (from..end).filter_map(item).collect() }
}
