//! Records of consent and their keys. Only this file and its folder spell a key of this module.

mod delegations;
mod documents;
mod emergencies;
mod episodes;
mod erasures;
mod lists;
mod releases;

pub use delegations::{Delegation, delegation_path};
pub use documents::{
    Document, DocumentSignature, DocumentVersion, Notarised, document_path,
    document_signature_path, document_signer_path, document_version_path, notarised_path,
};
pub use emergencies::{
    Emergency, EmergencyRules, Review, ReviewCounts, emergency_day_path, emergency_path,
    emergency_rules_path, review_counts_path, unreviewed_path,
};
pub use episodes::{Episode, episode_path};
pub use erasures::{
    ATTESTORS_MAX, ERASED_RECORDS_MAX, Erasure, ErasureAttestation, ErasureRefusal,
    erasure_attestation_path, erasure_path,
};
pub use lists::List;
pub use releases::{
    Arrangement, ArrangementKind, Attestation, CUSTODIANS_MAX, LatestArrangement, Release,
    ReleaseSeries, arrangement_path, attestation_path, latest_arrangement_path, release_at_path,
    release_path, release_series_path,
};

pub(crate) use delegations::{delegation, put_delegation};
pub(crate) use documents::{
    document, document_signature, document_signer, document_version, list_document, notarised,
    put_document, put_document_signature, put_document_version, put_notarised,
};
pub(crate) use emergencies::{
    emergencies_of_day, emergency, emergency_rules, new_emergency, put_emergency,
    put_emergency_rules, review_counts, reviewed_emergency, unreviewed,
};
pub(crate) use episodes::{episode, put_episode};
pub(crate) use erasures::{
    erase_record, erase_relation, erasure, erasure_attestation, is_erased, put_erasure,
    put_erasure_attestation,
};
pub(crate) use releases::{
    arrangement, attestation, latest_arrangement, push_release, put_arrangement, put_attestation,
    put_latest_arrangement, release, release_at, release_series,
};

use crate::{
    Basis, EpisodeId, GrantId, GrantStatus, GrantedBy, PurposeOfUse, RecordId, ReleaseMode,
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::{get, put};
use salus_state::{KeyPath, StateRead, StateWrite};
use salus_types::{AccountId, BlockTime, Hash};
use serde::{Deserialize, Serialize};

/// What proves one version of a record.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct RecordVersion {
    /// The version, from 1.
    pub version: u32,
    /// Salted hash of the exact plain bytes.
    pub plain_commitment: Hash,
    /// Hash of the sealed bytes, so that storage is audited without keys.
    pub cipher_hash: Hash,
    /// Salted hash of the category whose key opens it.
    pub category_commitment: Hash,
    /// Time of the block that anchored it.
    pub anchored_at: BlockTime,
}

/// A record, with its latest version.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Whose it is.
    pub patient: AccountId,
    /// Who keeps it.
    pub custodian: AccountId,
    /// Its position in the list of this patient at this custodian, from 0.
    pub number: u64,
    /// The latest version.
    pub latest: RecordVersion,
    /// Time of the block in which its holder attested that it is destroyed, if it is.
    pub erased_at: Option<BlockTime>,
}

/// A grant of access.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Whose records.
    pub patient: AccountId,
    /// Who gave it.
    pub by: GrantedBy,
    /// Who may read.
    pub grantee: AccountId,
    /// Where the records are.
    pub custodian: AccountId,
    /// Salted hash of the scope, whose opening the custodian has.
    pub scope_commitment: Hash,
    /// What for.
    pub purpose: PurposeOfUse,
    /// How keys are released.
    pub mode: ReleaseMode,
    /// Whether what identifies the patient is taken out first.
    pub pseudonymised: bool,
    /// Whether the grantee may pass it on.
    pub delegable: bool,
    /// Salted hash of the FHIR `Consent` that it stands for, if one.
    pub consent_commitment: Option<Hash>,
    /// The episode with which it ends, if one.
    pub episode: Option<EpisodeId>,
    /// From when on, inclusive.
    pub not_before: BlockTime,
    /// Until when, exclusive.
    pub not_after: BlockTime,
    /// Its position in the patient's list, from 0.
    pub number: u64,
    /// Time of the block that granted it.
    pub granted_at: BlockTime,
    /// Time of the block that revoked it, if one did.
    pub revoked_at: Option<BlockTime>,
}

/// What a patient has at a custodian.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Relation {
    /// Position of the custodian in the patient's list, from 0.
    pub number: u32,
    /// How many records.
    pub records: u64,
    /// How many batches of accesses.
    pub batches: u64,
    /// Number of the next access, from 1.
    pub next_sequence: u64,
    /// Time of the block in which the custodian attested that everything is destroyed, if it is.
    pub erased_at: Option<BlockTime>,
}

/// A batch of accesses.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct AccessBatch {
    /// On what the accesses rest, if on something.
    pub basis: Option<Basis>,
    /// Number of the first access.
    pub first_sequence: u64,
    /// How many there are.
    pub count: u32,
    /// Merkle root over the hashes of their leaves.
    pub leaves_root: Hash,
    /// Time of the block that accounted for them.
    pub accounted_at: BlockTime,
}

/// How something with a period stands at `now`. The period includes its beginning and excludes its
/// end; that it was ended counts more than the period.
pub(crate) fn standing(
    ended_at: Option<BlockTime>,
    not_before: BlockTime,
    not_after: BlockTime,
    now: BlockTime,
) -> GrantStatus {
    if ended_at.is_some() {
        GrantStatus::Revoked
    } else if now < not_before {
        GrantStatus::NotYetValid
    } else if now < not_after {
        GrantStatus::Active
    } else {
        GrantStatus::Expired
    }
}

/// `consent/record/<record>`
pub fn record_path(record: RecordId) -> KeyPath {
    KeyPath::new("consent/record").id(record)
}

/// `consent/record-version/<record>/<version>`: versions before the latest.
pub fn record_version_path(record: RecordId, version: u32) -> KeyPath {
    KeyPath::new("consent/record-version").id(record).number(u64::from(version))
}

/// `consent/relation/<patient>/<custodian>`
pub fn relation_path(patient: AccountId, custodian: AccountId) -> KeyPath {
    KeyPath::new("consent/relation").id(patient).id(custodian)
}

/// `consent/record-at/<patient>/<custodian>/<number>`
pub fn record_at_path(patient: AccountId, custodian: AccountId, number: u64) -> KeyPath {
    KeyPath::new("consent/record-at").id(patient).id(custodian).number(number)
}

/// `consent/access/<patient>/<custodian>/<batch>`
pub fn access_path(patient: AccountId, custodian: AccountId, batch: u64) -> KeyPath {
    KeyPath::new("consent/access").id(patient).id(custodian).number(batch)
}

/// `consent/custodian-count/<patient>`
pub fn custodian_count_path(patient: AccountId) -> KeyPath {
    KeyPath::new("consent/custodian-count").id(patient)
}

/// `consent/custodian-at/<patient>/<number>`
pub fn custodian_at_path(patient: AccountId, number: u32) -> KeyPath {
    KeyPath::new("consent/custodian-at").id(patient).number(u64::from(number))
}

/// `consent/grant/<grant>`
pub fn grant_path(grant: GrantId) -> KeyPath {
    KeyPath::new("consent/grant").id(grant)
}

/// `consent/grant-count/<patient>`
pub fn grant_count_path(patient: AccountId) -> KeyPath {
    KeyPath::new("consent/grant-count").id(patient)
}

/// `consent/grant-at/<patient>/<number>`
pub fn grant_at_path(patient: AccountId, number: u64) -> KeyPath {
    KeyPath::new("consent/grant-at").id(patient).number(number)
}

pub(crate) fn record(state: &dyn StateRead, record: RecordId) -> Option<Record> {
    get(state, record_path(record).key())
}

pub(crate) fn put_record(state: &mut dyn StateWrite, id: RecordId, record: &Record) {
    put(state, record_path(id).key(), record);
}

pub(crate) fn old_version(
    state: &dyn StateRead,
    record: RecordId,
    version: u32,
) -> Option<RecordVersion> {
    get(state, record_version_path(record, version).key())
}

pub(crate) fn put_old_version(
    state: &mut dyn StateWrite,
    record: RecordId,
    version: &RecordVersion,
) {
    put(state, record_version_path(record, version.version).key(), version);
}

pub(crate) fn relation(
    state: &dyn StateRead,
    patient: AccountId,
    custodian: AccountId,
) -> Option<Relation> {
    get(state, relation_path(patient, custodian).key())
}

pub(crate) fn put_relation(
    state: &mut dyn StateWrite,
    patient: AccountId,
    custodian: AccountId,
    relation: &Relation,
) {
    put(state, relation_path(patient, custodian).key(), relation);
}

/// Starts a relation: the custodian is added to the patient's list.
pub(crate) fn new_relation(
    state: &mut dyn StateWrite,
    patient: AccountId,
    custodian: AccountId,
) -> Relation {
    let number = custodian_count(state, patient);
    put(state, custodian_count_path(patient).key(), &number.saturating_add(1));
    put(state, custodian_at_path(patient, number).key(), &custodian);
    Relation { number, records: 0, batches: 0, next_sequence: 1, erased_at: None }
}

pub(crate) fn record_at(
    state: &dyn StateRead,
    patient: AccountId,
    custodian: AccountId,
    number: u64,
) -> Option<RecordId> {
    get(state, record_at_path(patient, custodian, number).key())
}

pub(crate) fn put_record_at(state: &mut dyn StateWrite, id: RecordId, record: &Record) {
    let path = record_at_path(record.patient, record.custodian, record.number);
    put(state, path.key(), &id);
}

pub(crate) fn access(
    state: &dyn StateRead,
    patient: AccountId,
    custodian: AccountId,
    batch: u64,
) -> Option<AccessBatch> {
    get(state, access_path(patient, custodian, batch).key())
}

pub(crate) fn put_access(
    state: &mut dyn StateWrite,
    patient: AccountId,
    custodian: AccountId,
    batch: u64,
    access: &AccessBatch,
) {
    put(state, access_path(patient, custodian, batch).key(), access);
}

pub(crate) fn custodian_count(state: &dyn StateRead, patient: AccountId) -> u32 {
    get(state, custodian_count_path(patient).key()).unwrap_or(0)
}

pub(crate) fn custodian_at(
    state: &dyn StateRead,
    patient: AccountId,
    number: u32,
) -> Option<AccountId> {
    get(state, custodian_at_path(patient, number).key())
}

pub(crate) fn grant(state: &dyn StateRead, grant: GrantId) -> Option<Grant> {
    get(state, grant_path(grant).key())
}

pub(crate) fn put_grant(state: &mut dyn StateWrite, id: GrantId, grant: &Grant) {
    put(state, grant_path(id).key(), grant);
}

pub(crate) fn grant_count(state: &dyn StateRead, patient: AccountId) -> u64 {
    get(state, grant_count_path(patient).key()).unwrap_or(0)
}

/// Adds a new grant at the end of its patient's list.
pub(crate) fn list_grant(state: &mut dyn StateWrite, id: GrantId, grant: &Grant) {
    put(state, grant_count_path(grant.patient).key(), &grant.number.saturating_add(1));
    put(state, grant_at_path(grant.patient, grant.number).key(), &id);
}

pub(crate) fn grant_at(state: &dyn StateRead, patient: AccountId, number: u64) -> Option<GrantId> {
    get(state, grant_at_path(patient, number).key())
}
