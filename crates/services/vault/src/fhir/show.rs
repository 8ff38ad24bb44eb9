//! Reading resources: accounted for as any read, and shown with the ids of here.

use super::{
    Known,
    names::{Names, damaged, record_of},
};
use crate::{
    Result, Vault, VaultError,
    index::records::StoredVersion,
    read::{Ask, Opened},
    rules::Asking,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use salus_consent::RecordId;
use salus_fhir::{
    ResourceType, Rewrite,
    document::linked,
    rest::Resource,
    search::{Facts, values},
    with_security,
};
use salus_types::{AccountId, Height, hash};
use std::{collections::HashMap, sync::Arc};
use tokio::sync::Semaphore;

/// Reads under way at the same time for one answer: they share accounts.
const READS_AT_A_TIME: usize = 256;
/// Bytes of a record for which it counts as one more of these.
const READ_BYTES: u64 = 64 * 1024;

impl Vault {
    /// The organisation's own question about a record.
    pub(crate) fn own(&self, record: RecordId, asking: &Asking) -> Ask {
        let (accessor, asking) = (self.organisation, asking.clone());
        let at_least = Height(0);
        Ask { record, accessor, basis: None, scope: None, asking, at_least, request: None }
    }

    /// Reads a resource of this vault, its latest version or the one given. Accounted for.
    ///
    /// # Errors
    ///
    /// As [`Self::read_own`]; [`VaultError::UnknownRecord`] also if it is of another type;
    /// [`VaultError::Erased`].
    pub async fn resource(
        &self,
        resource_type: ResourceType,
        id: &str,
        version: Option<u32>,
        asking: &Asking,
    ) -> Result<Resource> {
        let record = record_of(id)?;
        let stored = match version {
            None => self.index.latest(record).await?,
            Some(version) => self.index.stored_version(record, version).await?,
        };
        let Some(stored) = stored.filter(|one| one.summary.resource_type == resource_type) else {
            let waits = self.index.patient_of(record).await?.is_some()
                && self.index.latest(record).await?.is_none();
            return Err(if waits { VaultError::NotAnchored } else { self.missing(record).await });
        };
        self.show(stored, asking).await
    }

    /// All versions of a resource that may be read, latest first. Each is accounted for.
    ///
    /// # Errors
    ///
    /// As [`Self::resource`].
    pub async fn resource_history(
        &self,
        resource_type: ResourceType,
        id: &str,
        asking: &Asking,
    ) -> Result<Vec<Resource>> {
        let record = record_of(id)?;
        let mut stored = Vec::new();
        for version in self.index.versions(record).await?.into_iter().rev() {
            stored.extend(self.index.stored_version(record, version.version).await?);
        }
        if stored.is_empty() {
            return Err(self.missing(record).await);
        }
        if stored.first().is_none_or(|one| one.summary.resource_type != resource_type) {
            return Err(VaultError::UnknownRecord);
        }
        let shown: Vec<Result<Resource>> = stream::iter(stored)
            .map(|one| self.show(one, asking))
            .buffered(READS_AT_A_TIME)
            .collect()
            .await;
        let mut refused = None;
        let mut versions = Vec::with_capacity(shown.len());
        for one in shown {
            match one {
                Ok(resource) => versions.push(resource),
                Err(error) if error.is_refusal() => refused = Some(error),
                Err(error) => return Err(error),
            }
        }
        match refused {
            Some(error) if versions.is_empty() => Err(error),
            Some(_) | None => Ok(versions),
        }
    }

    /// The account of the patient whose Patient resource this is.
    ///
    /// # Errors
    ///
    /// [`VaultError::Storage`]: the index could not be read.
    pub async fn account_of(&self, id: &str) -> Result<Option<AccountId>> {
        match record_of(id) {
            Err(_) => Ok(None),
            Ok(record) => self.index.account_of(record).await,
        }
    }

    /// Why there is no such Patient: there never was, or it is erased.
    pub(super) async fn no_patient(&self, id: &str) -> VaultError {
        let Ok(record) = record_of(id) else { return VaultError::UnknownPatient };
        match self.missing(record).await {
            VaultError::UnknownRecord => VaultError::UnknownPatient,
            other => other,
        }
    }

    /// The types of all records of a patient.
    ///
    /// # Errors
    ///
    /// [`VaultError::Storage`]: the index could not be read.
    pub async fn types_of(&self, patient: AccountId) -> Result<HashMap<RecordId, ResourceType>> {
        self.index.types_of(patient).await
    }

    /// The logical id of the Patient resource of a patient, if there is one here.
    ///
    /// # Errors
    ///
    /// [`VaultError::Storage`]: the index could not be read.
    pub async fn id_of(&self, patient: AccountId) -> Result<Option<String>> {
        Ok(self.index.patient_record(patient).await?.map(|record| record.to_string()))
    }

    /// Decides, accounts, opens and shows one version.
    pub(super) async fn show(&self, stored: StoredVersion, asking: &Asking) -> Result<Resource> {
        let ask = self.own(stored.summary.record, asking);
        let released = self.read_stored(ask, stored).await?;
        self.shown(&released.stored, &released.opened).await
    }

    /// Shows records together, so that they share accounts, and large documents as links. What may no
    /// longer be read, or is no longer here, is left out.
    pub(super) async fn show_all(
        &self,
        records: &[RecordId],
        asking: &Asking,
    ) -> Result<Vec<Resource>> {
        let memory = &Semaphore::new(READS_AT_A_TIME);
        let shown = stream::iter(records.iter().copied())
            .map(|record| async move {
                let Some(stored) = self.index.latest(record).await? else { return Ok(None) };
                let _taken = memory.acquire_many(share_of(&stored)).await;
                match self.show(stored, asking).await {
                    Ok(resource) => Ok(Some(with_link(resource))),
                    Err(error) if error.is_refusal() => Ok(None),
                    Err(error) => Err(error),
                }
            })
            .buffered(READS_AT_A_TIME)
            .try_collect::<Vec<_>>()
            .await?;
        Ok(shown.into_iter().flatten().collect())
    }

    /// A version that was opened, as it is shown.
    pub(crate) async fn shown(&self, stored: &StoredVersion, opened: &Opened) -> Result<Resource> {
        let summary = &stored.summary;
        let text = std::str::from_utf8(&opened.plain).map_err(|_| damaged())?;
        let (names, _) = self.names(summary.patient, text).await?;
        let id = summary.record.to_string();
        let last_updated_ms = opened.anchor.anchored_at.unix_ms();
        let rewrite = Rewrite { id: &id, version: Some((summary.version, last_updated_ms)) };
        let text = rewrite.apply(text, |reference| names.get(reference).cloned());
        let text = text.ok_or_else(damaged)?;
        let text = self.labelled(stored, &text)?.unwrap_or(text);
        Ok(Resource {
            resource_type: summary.resource_type,
            version: summary.version,
            last_updated_ms,
            text,
            id,
        })
    }

    /// The text with the labels that count, where people set any.
    fn labelled(&self, stored: &StoredVersion, text: &str) -> Result<Option<String>> {
        if stored.labels.is_none() {
            return Ok(None);
        }
        let labels = self.kept_facts(stored)?.labels;
        with_security(text, &labels).ok_or_else(damaged).map(Some)
    }

    /// What a search needs of a version that may be read: opened in memory once, then remembered.
    pub(super) async fn known(&self, stored: &StoredVersion) -> Result<Arc<Known>> {
        let summary = &stored.summary;
        let version = (summary.record, summary.version, stored.labels.as_deref().map(hash));
        if let Some(known) = self.fhir.known(&version) {
            return Ok(known);
        }
        let opened = self.open_stored(stored).await?;
        let text = std::str::from_utf8(&opened.plain).map_err(|_| damaged())?;
        let labelled = self.labelled(stored, text)?;
        let text = labelled.as_deref().unwrap_or(text);
        let (names, open_ends): (Names, bool) = self.names(summary.patient, text).await?;
        let anchored_ms = opened.anchor.anchored_at.unix_ms();
        let id = summary.record.to_string();
        let facts =
            Facts { resource_type: summary.resource_type, id: &id, last_updated_ms: anchored_ms };
        let values = values(facts, text.as_bytes(), |reference| names.get(reference).cloned());
        let known = Arc::new(Known { values: values.map_err(|_| damaged())?, anchored_ms });
        // What it refers to may be imported later: then the name is another one.
        if !open_ends {
            self.fhir.remember(version, &known);
        }
        Ok(known)
    }

    /// Whether the record may be read now: what may not is neither opened nor counted.
    pub(super) async fn may_read(&self, stored: &StoredVersion, asking: &Asking) -> Result<bool> {
        let ask = self.own(stored.summary.record, asking);
        match self.decide(&ask, stored, Height(0)).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_refusal() => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// As how many reads a record counts, so that large ones are not all in memory at once.
fn share_of(stored: &StoredVersion) -> u32 {
    let share = stored.summary.bytes.div_ceil(READ_BYTES).clamp(1, READS_AT_A_TIME as u64);
    u32::try_from(share).unwrap_or(1)
}

/// A resource as it is shown among others.
fn with_link(resource: Resource) -> Resource {
    if resource.resource_type != ResourceType::DOCUMENT_REFERENCE {
        return resource;
    }
    match linked(&resource.text, &resource.id) {
        Some(text) => Resource { text, ..resource },
        None => resource,
    }
}
