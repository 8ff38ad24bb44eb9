//! What the API needs of the organisation's records: one trait, and its questions and answers.

mod documents;
mod orders;

pub use documents::{DocumentAnswer, DocumentChange, DocumentContent, DocumentOrder};
pub use orders::{AdmissionAnswer, AdmissionOrder, ExportOrder, ScopeRegistration};

use async_trait::async_trait;
use bytes::Bytes;
use salus_consent::{AccessLeaf, Basis, PurposeOfUse, RecordId, RequestId};
use salus_crypto::sign::SigningKey;
use salus_types::{AccountId, BlockTime, Hash, Height};
use salus_vault::actor::Actor;
use serde::{Deserialize, Serialize};
use std::{fmt, io::Read};
use utoipa::{IntoParams, ToSchema};

/// Why something about records is refused. The table of codes gives the HTTP status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordsRefusal {
    /// The stable code, such as `vault.scope`.
    pub code: String,
    /// What was wrong and what to do.
    pub detail: String,
}

/// How a bundle is imported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportOrder {
    /// The account of the patient whose records they are; without it the patients are those of the
    /// bundle, and the organisation keeps a key for each that is new.
    pub patient: Option<AccountId>,
    /// The system that the bundle comes from: ids of resources are unique within it.
    pub source: String,
}

/// What an import has done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportAnswer {
    /// Entries of the bundle.
    pub entries: u64,
    /// Entries that became new records.
    pub new_records: u64,
    /// Entries that became new versions of records.
    pub new_versions: u64,
    /// Entries that were here already, byte for byte.
    pub unchanged: u64,
    /// Length of the bundle in bytes, decompressed.
    pub bytes: u64,
    /// The patients of the bundle, in its order.
    #[schema(value_type = Vec<String>)]
    pub patients: Vec<AccountId>,
    /// The height at which the last anchor was final.
    #[schema(value_type = u64)]
    pub height: Height,
}

/// Which records to list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RecordFilter {
    /// Of this patient only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>)]
    pub patient: Option<AccountId>,
    /// Of this FHIR resource type only.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// Of this category only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// After this record: the last one of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(value_type = Option<String>)]
    pub after: Option<RecordId>,
    /// Most records of the page, 1 to 1,000; 1,000 when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// A page of records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordsAnswer {
    /// The records, in the order of their ids.
    pub records: Vec<RecordItem>,
}

/// A record of a list. Nothing of its content is read for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecordItem {
    /// The record.
    #[schema(value_type = String)]
    pub record: RecordId,
    /// Whose it is.
    #[schema(value_type = String)]
    pub patient: AccountId,
    /// Its FHIR resource type.
    pub resource_type: String,
    /// Its category.
    pub category: String,
    /// Its latest anchored version.
    pub version: u32,
    /// Length of that version in bytes.
    pub bytes: u64,
    /// The height at which it was anchored.
    #[schema(value_type = u64)]
    pub height: Height,
}

/// A page of patients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PatientsAnswer {
    /// The patients, in the order of their accounts.
    pub patients: Vec<PatientItem>,
}

/// A patient of the organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PatientItem {
    /// The account, a pseudonym.
    #[schema(value_type = String)]
    pub patient: AccountId,
    /// Whether the organisation keeps the patient's key.
    pub assisted: bool,
    /// How many anchored records.
    pub records: u64,
}

/// The versions of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HistoryAnswer {
    /// The versions, oldest first.
    pub versions: Vec<VersionItem>,
}

/// A version of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VersionItem {
    /// The version, from 1.
    pub version: u32,
    /// Its length in bytes.
    pub bytes: u64,
    /// The height at which it was anchored; none while it waits.
    #[schema(value_type = Option<u64>)]
    pub height: Option<Height>,
}

/// Which record to read, and why it may be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadOrder {
    /// The record.
    #[schema(value_type = String)]
    pub record: RecordId,
    /// On what it rests, such as `{"grant": "<id>"}`, `{"episode": "<id>"}` or
    /// `{"emergency": "<id>"}`; nothing for the organisation's own records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub basis: Option<Basis>,
    /// What for: a code of HL7 `PurposeOfUse`, such as `TREAT`.
    #[schema(value_type = String)]
    pub purpose: PurposeOfUse,
    /// Who in the organisation asks: `person`, and if there are any `roles`, `departments`,
    /// `treatment`, `patient`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub actor: Option<Actor>,
    /// The API of the organisation that keeps it; looked up on the ledger when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// A record that was read: its account is on the ledger, and it is what its anchor says.
#[derive(Clone, PartialEq, Eq)]
pub struct ReadRecord {
    /// The record.
    pub record: RecordId,
    /// Its version.
    pub version: u32,
    /// Its FHIR resource type.
    pub resource_type: String,
    /// The number of this access among the patient's at the custodian.
    pub sequence: u64,
    /// The height at which the access was accounted for.
    pub accounted: Height,
    /// The exact bytes that were imported.
    pub bytes: Bytes,
}

impl fmt::Debug for ReadRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadRecord")
            .field("record", &self.record)
            .field("version", &self.version)
            .field("sequence", &self.sequence)
            .field("bytes", &"[redacted]")
            .finish_non_exhaustive()
    }
}

/// Every access to a patient's records at this organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccessesAnswer {
    /// The patient.
    #[schema(value_type = String)]
    pub patient: AccountId,
    /// The organisation, which keeps them.
    #[schema(value_type = String)]
    pub custodian: AccountId,
    /// The accesses in the order of their numbers, from 1, without a gap.
    pub accesses: Vec<AccessItem>,
    /// The number that the next access will have, by the ledger.
    pub next_sequence: u64,
    /// Every request for release by custodians, in the order of their numbers, without a gap.
    pub releases: Vec<ReleaseItem>,
    /// The number that the next access under a request will have, by the ledger.
    pub next_release_sequence: u64,
}

/// A request that custodians release keys: the account of its accesses, on the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReleaseItem {
    /// The request.
    #[schema(value_type = String)]
    pub request: RequestId,
    /// The organisation that asked.
    #[schema(value_type = String)]
    pub requester: AccountId,
    /// On what it rests.
    #[schema(value_type = Object)]
    pub basis: Basis,
    /// What for: a code of HL7 `PurposeOfUse`.
    #[schema(value_type = String)]
    pub purpose: PurposeOfUse,
    /// Number of its first access among those under requests, from 1.
    pub first_sequence: u64,
    /// How many accesses.
    pub count: u32,
    /// Merkle root over the hashes of its leaves.
    #[schema(value_type = String)]
    pub leaves_root: Hash,
    /// Time of the block that took it, in milliseconds since 1970.
    #[schema(value_type = u64)]
    pub requested_at: BlockTime,
    /// Its accesses, all of them, as the requester tells them and the root proves; nothing where it
    /// tells none, or others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accesses: Option<Vec<ReleasedAccess>>,
}

/// An access under a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReleasedAccess {
    /// What the access was: a leaf under the root of the request.
    #[schema(value_type = Object)]
    pub leaf: AccessLeaf,
    /// The requester's audit event whose SHA-256 is in the leaf, exactly: a FHIR R4 `AuditEvent`, JSON.
    pub event: String,
}

/// An access, as it was accounted for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AccessItem {
    /// What the access was: the leaf under the root that the ledger holds.
    #[schema(value_type = Object)]
    pub leaf: AccessLeaf,
    /// The audit event whose SHA-256 is in the leaf, exactly: a FHIR R4 `AuditEvent`, JSON.
    pub event: String,
    /// Time of the block that accounted for it, in milliseconds since 1970.
    #[schema(value_type = u64)]
    pub accounted_at: BlockTime,
}

/// The organisation's records.
#[async_trait]
pub trait Records: Send + Sync + 'static {
    /// Imports a FHIR R4 bundle, JSON or gzip. The bundle is read on a thread that may block.
    ///
    /// # Errors
    ///
    /// The bundle is refused, and nothing of it imported; or it is not all anchored yet.
    async fn import(
        &self,
        order: ImportOrder,
        bundle: Box<dyn Read + Send>,
    ) -> Result<ImportAnswer, RecordsRefusal>;

    /// Patients after this one, in the order of their accounts.
    ///
    /// # Errors
    ///
    /// The index cannot be read.
    async fn patients(&self, after: Option<AccountId>) -> Result<PatientsAnswer, RecordsRefusal>;

    /// Records, in the order of their ids.
    ///
    /// # Errors
    ///
    /// The filter names no type or category; or the index cannot be read.
    async fn records(&self, filter: RecordFilter) -> Result<RecordsAnswer, RecordsRefusal>;

    /// The versions of a record.
    ///
    /// # Errors
    ///
    /// There is no such record.
    async fn history(&self, record: RecordId) -> Result<HistoryAnswer, RecordsRefusal>;

    /// Reads a record, here or from another organisation on a basis, once the access is accounted
    /// for on the ledger.
    ///
    /// # Errors
    ///
    /// The read is refused, or its account cannot be written.
    async fn read(&self, order: ReadOrder) -> Result<ReadRecord, RecordsRefusal>;

    /// Adds a document to the records of a patient.
    ///
    /// # Errors
    ///
    /// It is none, or the patient is not here; or it is not anchored yet.
    async fn add_document(&self, order: DocumentOrder) -> Result<DocumentAnswer, RecordsRefusal>;

    /// Makes the next version of a document.
    ///
    /// # Errors
    ///
    /// As for one that is added; or it has another version by now.
    async fn update_document(
        &self,
        record: RecordId,
        change: DocumentChange,
    ) -> Result<DocumentAnswer, RecordsRefusal>;

    /// Registers the opening of a scope with an organisation that keeps the records.
    ///
    /// # Errors
    ///
    /// It does not open the commitment on the ledger; or that organisation refuses it.
    async fn register_scope(&self, opening: ScopeRegistration) -> Result<(), RecordsRefusal>;

    /// The opening of the scope of a grant, an episode or an emergency that this organisation keeps.
    ///
    /// # Errors
    ///
    /// None is kept here.
    async fn scope(&self, basis: Basis) -> Result<serde_json::Value, RecordsRefusal>;

    /// Every access to a patient's records here, each checked against the ledger, without a gap.
    ///
    /// # Errors
    ///
    /// An access that the ledger counts cannot be shown.
    async fn accesses(&self, patient: AccountId) -> Result<AccessesAnswer, RecordsRefusal>;

    /// The key that the organisation keeps for an assisted patient; none for a patient who keeps
    /// their own, or who is not known here.
    ///
    /// # Errors
    ///
    /// The key cannot be read.
    async fn patient_key(&self, patient: AccountId) -> Result<Option<SigningKey>, RecordsRefusal>;

    /// Answers another organisation's signed request to read, both in canonical bytes.
    ///
    /// # Errors
    ///
    /// The request is not signed by an organisation of the network; or it is refused.
    async fn release(&self, request: Bytes) -> Result<Bytes, RecordsRefusal>;

    /// Offers an episode at this hospital, for a patient to take with one act.
    ///
    /// # Errors
    ///
    /// The scope is none, or the times are over.
    async fn admit(&self, order: AdmissionOrder) -> Result<AdmissionAnswer, RecordsRefusal>;

    /// Gets a patient's records as a project may have them, one resource on each line.
    ///
    /// # Errors
    ///
    /// The grant does not give it, or an account cannot be written.
    async fn export(&self, order: ExportOrder) -> Result<Bytes, RecordsRefusal>;

    /// Answers another organisation's signed request for an export, both in canonical bytes.
    ///
    /// # Errors
    ///
    /// The request is not signed by an organisation of the network; or it is refused.
    async fn release_export(&self, request: Bytes) -> Result<Bytes, RecordsRefusal>;

    /// Takes the opening of a scope from another organisation, signed, in canonical bytes.
    ///
    /// # Errors
    ///
    /// It is not signed by an organisation of the network; or does not open the commitment.
    async fn receive_scope(&self, opening: Bytes) -> Result<(), RecordsRefusal>;
}
