//! Documents that the organisation's own systems add and change.

use crate::records::{Gateway, from_vault};
use salus_api::records::{
    DocumentAnswer, DocumentChange, DocumentContent, DocumentOrder, RecordsRefusal,
};
use salus_consent::{PurposeOfUse, RecordId};
use salus_fhir::{
    document::{Document, DocumentError, from_base64},
    rest::{Effect, Written},
};
use salus_vault::{
    VaultError,
    actor::Actor,
    rules::{Act, Asking},
};

fn asking(purpose: Option<PurposeOfUse>, actor: Option<Actor>) -> Asking {
    Asking::for_purpose(purpose.unwrap_or(PurposeOfUse::Treatment)).by(actor).act(Act::Write)
}

/// What was sent, with the bytes as they are.
fn document(sent: DocumentContent) -> Result<Document, DocumentError> {
    let content = sent.content.as_deref().map(from_base64).transpose()?;
    if content.as_ref().is_some_and(Vec::is_empty) {
        return Err(DocumentError::Empty);
    }
    Ok(Document {
        title: sent.title,
        media_type: sent.media_type,
        kind: sent.kind.as_deref().map(str::parse).transpose()?,
        author: sent.author,
        date: sent.date,
        file_name: sent.file_name,
        secret: None,
        content: content.unwrap_or_default(),
    })
}

fn answer(written: &Written) -> Result<DocumentAnswer, VaultError> {
    let resource = &written.resource;
    let damaged = |_| VaultError::Integrity { what: "the id of what was written" };
    Ok(DocumentAnswer {
        record: resource.id.parse().map_err(damaged)?,
        version: resource.version,
        changed: written.effect != Effect::Unchanged,
    })
}

impl Gateway {
    pub(crate) async fn add(&self, order: DocumentOrder) -> Result<DocumentAnswer, RecordsRefusal> {
        let asking = asking(order.purpose, order.actor);
        let added = async {
            let document = document(order.document)?;
            answer(&self.vault.add_document(order.patient, document, &asking).await?)
        };
        added.await.map_err(from_vault)
    }

    pub(crate) async fn update(
        &self,
        record: RecordId,
        change: DocumentChange,
    ) -> Result<DocumentAnswer, RecordsRefusal> {
        let asking = asking(change.purpose, change.actor);
        let updated = async {
            let changes = document(change.document)?;
            let version = change.version;
            answer(&self.vault.update_document(record, version, changes, &asking).await?)
        };
        updated.await.map_err(from_vault)
    }
}
