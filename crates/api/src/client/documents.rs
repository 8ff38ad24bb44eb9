//! Calls about documents in the organisation's vault.

use super::{Client, ClientError, send::Repeat};
use crate::records::{DocumentAnswer, DocumentChange, DocumentOrder};
use reqwest::Method;
use salus_consent::RecordId;
use std::time::Duration;

/// Longest time for an answer: the document is sealed, and its anchor is final in it.
const ANSWER_MAX: Duration = Duration::from_mins(1);

impl Client {
    /// Adds a document to the records of a patient. Sent again only where the first request cannot have
    /// been taken, so that it is not added twice.
    ///
    /// # Errors
    ///
    /// The refusal's code; or the node cannot be reached.
    pub async fn add_document(&self, order: &DocumentOrder) -> Result<DocumentAnswer, ClientError> {
        let call = self.post_json("/v1/vault/documents", order, Repeat::IfNotTaken)?;
        self.json(call.waiting(ANSWER_MAX)).await
    }

    /// Makes the next version of a document. The same change once more changes nothing.
    ///
    /// # Errors
    ///
    /// The refusal's code; or the node cannot be reached.
    pub async fn update_document(
        &self,
        record: RecordId,
        change: &DocumentChange,
    ) -> Result<DocumentAnswer, ClientError> {
        let path = format!("/v1/vault/documents/{record}");
        let mut call = self.post_json(&path, change, Repeat::IfNotTaken)?;
        call.method = Method::PUT;
        self.json(call.waiting(ANSWER_MAX)).await
    }
}
