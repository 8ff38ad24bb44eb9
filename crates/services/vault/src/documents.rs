//! The document library: files of any format as records of a patient.
//!
//! A document is a record whose resource is a `DocumentReference` with the exact bytes inline. So its
//! keys, anchors, versions, grants, consents, accounts, exports and erasure are those of every record, and
//! it is read like one; only adding and changing it is made easier here. What [`crate::notary`] commits to
//! on the ledger is salted with what follows from the secret in it, which lives and dies with the record.

use crate::{Result, Vault, VaultError, error::Doing as _, rules::Asking};
use salus_consent::RecordId;
use salus_crypto::random;
use salus_fhir::{
    ResourceType,
    document::{Document, DocumentError},
    rest::{Target, Write, Written},
    search::instant,
};
use salus_types::{AccountId, Height};
use std::sync::Arc;

/// The media type of bytes of which nothing is said.
const BYTES: &str = "application/octet-stream";

impl Vault {
    /// Adds a document to the records of a patient. Returns when it is anchored.
    ///
    /// # Errors
    ///
    /// The first that applies: [`VaultError::Document`]; [`VaultError::Erased`],
    /// [`VaultError::UnknownPatient`]; those of [`Self::write`].
    pub async fn add_document(
        self: &Arc<Self>,
        patient: AccountId,
        document: Document,
        asking: &Asking,
    ) -> Result<Written> {
        if document.title.is_none() {
            return Err(DocumentError::Metadata { what: "a document has a title" }.into());
        }
        document.check()?;
        let Some(subject) = self.id_of(patient).await? else {
            self.check_not_erased(patient).await?;
            return Err(VaultError::UnknownPatient);
        };
        let tip = self.ledger.tip().await.doing("asking for the time")?;
        let date = document.date.clone().unwrap_or_else(|| instant(tip.time.unix_ms()));
        let media_type = document.media_type.clone().unwrap_or_else(|| BYTES.to_owned());
        let document = Document {
            media_type: Some(media_type),
            date: Some(date),
            secret: Some(random()),
            ..document
        };
        self.write_document(Target::Create(None), document.to_resource(&subject), asking).await
    }

    /// Makes the next version of a document: what `changes` says in place of what the latest version
    /// does; with `version` only of that one.
    ///
    /// # Errors
    ///
    /// The first that applies: [`VaultError::UnknownRecord`], [`VaultError::Erased`],
    /// [`VaultError::NotAnchored`]; [`VaultError::Document`], also if the record is none;
    /// [`VaultError::VersionConflict`]; those of [`Self::write`], of them [`VaultError::Custodial`]
    /// where the key is with custodians.
    pub async fn update_document(
        self: &Arc<Self>,
        record: RecordId,
        version: Option<u32>,
        changes: Document,
        asking: &Asking,
    ) -> Result<Written> {
        let stored = self.stored(record).await?;
        if stored.summary.resource_type != ResourceType::DOCUMENT_REFERENCE {
            return Err(DocumentError::NotOne.into());
        }
        let latest = stored.summary.version;
        if version.is_some_and(|version| version != latest) {
            return Err(VaultError::VersionConflict);
        }
        self.decide(&self.own(record, asking), &stored, Height(0)).await?;
        // Opened and shown to nobody: the writer is told a version and no more.
        let opened = self.open_stored(&stored).await?;
        let found = Document::of_resource(&opened.plain)?;
        let changes = Document { secret: found.secret.is_none().then(random), ..changes };
        changes.check_changes()?;
        let id = record.to_string();
        let text = changes.to_next_version(&opened.plain, &id)?;
        self.write_document(Target::Update { id, version: Some(latest) }, text, asking).await
    }

    async fn write_document(
        self: &Arc<Self>,
        target: Target,
        text: String,
        asking: &Asking,
    ) -> Result<Written> {
        let resource_type = ResourceType::DOCUMENT_REFERENCE;
        let write = Write { resource_type, target, full_url: None, text };
        let written = self.write(vec![write], asking).await?.pop();
        written.ok_or(VaultError::Integrity { what: "what was written" })
    }
}
