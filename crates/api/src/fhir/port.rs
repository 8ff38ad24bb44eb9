//! What the routes under `/fhir` need of the organisation's records.

use crate::records::RecordsRefusal;
use async_trait::async_trait;
use salus_consent::{Basis, RecordId};
use salus_fhir::{
    ResourceType,
    rest::{Found, Resource, Write, Written},
    search::Query,
};
use salus_types::AccountId;
use salus_vault::rules::Asking;
use std::collections::HashMap;

/// Which resource types an answer may hold.
pub type TypeFilter<'f> = &'f (dyn Fn(ResourceType) -> bool + Sync);

/// Which resource to read, and why it may be read.
#[derive(Clone, Debug)]
pub struct ResourceOrder {
    /// Its type.
    pub resource_type: ResourceType,
    /// Its logical id.
    pub id: String,
    /// The version; the latest for none.
    pub version: Option<u32>,
    /// On what it rests; nothing for the organisation's own records.
    pub basis: Option<Basis>,
    /// What for, and by whom.
    pub asking: Asking,
}

/// The organisation's records as FHIR resources. What is shown is accounted for before; what may not
/// be read is in no answer, no count and no order.
#[async_trait]
pub trait FhirRecords: Send + Sync + 'static {
    /// Reads one resource, here or from another organisation on a basis.
    ///
    /// # Errors
    ///
    /// There is no such resource; or the read is refused, or cannot be accounted for.
    async fn resource(&self, order: ResourceOrder) -> Result<Resource, RecordsRefusal>;

    /// All versions of a resource, latest first.
    ///
    /// # Errors
    ///
    /// As [`Self::resource`].
    async fn resource_history(
        &self,
        resource_type: ResourceType,
        id: &str,
        asking: &Asking,
    ) -> Result<Vec<Resource>, RecordsRefusal>;

    /// The first page of what matches.
    ///
    /// # Errors
    ///
    /// The search is too broad; or a page cannot be accounted for.
    async fn search(
        &self,
        query: &Query,
        types: TypeFilter<'_>,
        asking: &Asking,
    ) -> Result<Found, RecordsRefusal>;

    /// A further page: `asked` is what was asked for, `cursor` is from the page before.
    ///
    /// # Errors
    ///
    /// The search is no longer remembered; or as [`Self::search`].
    async fn next_page(
        &self,
        asked: &str,
        cursor: &str,
        types: TypeFilter<'_>,
        asking: &Asking,
    ) -> Result<Found, RecordsRefusal>;

    /// Everything of a patient, given by the logical id of the Patient.
    ///
    /// # Errors
    ///
    /// There is no such Patient; or as [`Self::search`].
    async fn everything(
        &self,
        patient: &str,
        since_ms: Option<u64>,
        count: u32,
        types: TypeFilter<'_>,
        asking: &Asking,
    ) -> Result<Found, RecordsRefusal>;

    /// Writes resources: all or none, sealed and anchored when it returns.
    ///
    /// # Errors
    ///
    /// One of them is refused, and none is written; or not all is anchored yet.
    async fn write(
        &self,
        writes: Vec<Write>,
        asking: &Asking,
    ) -> Result<Vec<Written>, RecordsRefusal>;

    /// The records of these patients, or of all, that may be read now: for an export.
    ///
    /// # Errors
    ///
    /// A Patient is not here; or the index cannot be read.
    async fn listed(
        &self,
        patients: Option<Vec<String>>,
        since_ms: Option<u64>,
        types: TypeFilter<'_>,
        asking: &Asking,
    ) -> Result<Vec<(ResourceType, RecordId)>, RecordsRefusal>;

    /// Reads records of a list; what may no longer be read is left out.
    ///
    /// # Errors
    ///
    /// As [`Self::resource`].
    async fn resources(
        &self,
        records: &[RecordId],
        asking: &Asking,
    ) -> Result<Vec<Resource>, RecordsRefusal>;

    /// The types of all records of a patient.
    ///
    /// # Errors
    ///
    /// The index cannot be read.
    async fn types_of(
        &self,
        patient: AccountId,
    ) -> Result<HashMap<RecordId, ResourceType>, RecordsRefusal>;

    /// The account of the patient whose Patient resource has this id.
    ///
    /// # Errors
    ///
    /// The index cannot be read.
    async fn account_of(&self, patient: &str) -> Result<Option<AccountId>, RecordsRefusal>;

    /// The id of the Patient resource of a patient.
    ///
    /// # Errors
    ///
    /// The index cannot be read.
    async fn id_of(&self, patient: AccountId) -> Result<Option<String>, RecordsRefusal>;
}
