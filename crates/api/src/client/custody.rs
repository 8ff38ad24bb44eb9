//! Calls about keys that are with custodians, and about admissions and exports
//! for research.

use super::{
    Client, ClientError,
    send::{Call, Repeat},
};
use crate::{
    custody::{CustodyBegin, CustodyOffer, CustodyOrder},
    records::{AdmissionAnswer, AdmissionOrder, ExportOrder},
    routes::{custody::CUSTODY, research::EXPORT},
};
use bytes::Bytes;
use salus_consent::ArrangementId;
use std::time::Duration;

/// Longest time for an answer: every custodian is asked in it.
const ANSWER_MAX: Duration = Duration::from_mins(1);
/// Longest time for an export: all pages are asked for in it.
const EXPORT_MAX: Duration = Duration::from_mins(15);

impl Client {
    /// Makes keys for categories of a patient's records and deals them to custodians.
    ///
    /// # Errors
    ///
    /// The refusal's code; or the node cannot be reached.
    pub async fn deal_custody(&self, order: &CustodyOrder) -> Result<CustodyOffer, ClientError> {
        self.json(self.post_json("/v1/vault/custody", order, Repeat::Harmless)?).await
    }

    /// Begins an arrangement that the patient has signed.
    ///
    /// # Errors
    ///
    /// The refusal's code; or the node cannot be reached.
    pub async fn begin_custody(&self, arrangement: ArrangementId) -> Result<(), ClientError> {
        let begin = CustodyBegin { arrangement };
        let call = self.post_json("/v1/vault/custody/begin", &begin, Repeat::Harmless)?;
        self.bytes(call.waiting(ANSWER_MAX)).await.map(drop)
    }

    /// Hands a custodian its shares, in canonical bytes.
    ///
    /// # Errors
    ///
    /// The refusal's code; or the gateway cannot be reached.
    pub async fn gateway_shares(&self, shares: impl Into<Bytes>) -> Result<(), ClientError> {
        let call = Call::post("/v1/gateway/custody/shares", CUSTODY, shares, Repeat::Harmless);
        self.bytes(call.waiting(ANSWER_MAX)).await.map(drop)
    }

    /// Asks a custodian for its share: a signed request in canonical bytes.
    ///
    /// # Errors
    ///
    /// The refusal's code; or the gateway cannot be reached.
    pub async fn gateway_share(&self, request: impl Into<Bytes>) -> Result<Bytes, ClientError> {
        let call = Call::post("/v1/gateway/custody/share", CUSTODY, request, Repeat::IfNotTaken);
        self.bytes(call.waiting(ANSWER_MAX)).await
    }

    /// Asks the holder for a sealed record: a signed request in canonical bytes.
    ///
    /// # Errors
    ///
    /// The refusal's code; or the gateway cannot be reached.
    pub async fn gateway_sealed(&self, request: impl Into<Bytes>) -> Result<Bytes, ClientError> {
        let call = Call::post("/v1/gateway/custody/read", CUSTODY, request, Repeat::IfNotTaken);
        self.bytes(call.waiting(ANSWER_MAX)).await
    }

    /// Asks a requester for the leaves of its requests: a signed question in canonical bytes.
    ///
    /// # Errors
    ///
    /// The refusal's code; or the gateway cannot be reached.
    pub async fn gateway_told(&self, request: impl Into<Bytes>) -> Result<Bytes, ClientError> {
        let call = Call::post("/v1/gateway/custody/told", CUSTODY, request, Repeat::IfNotTaken);
        self.bytes(call).await
    }

    /// Offers an episode at the organisation: a link for the patient.
    ///
    /// # Errors
    ///
    /// Why it is refused; or the node cannot be reached.
    pub async fn admit(&self, order: &AdmissionOrder) -> Result<AdmissionAnswer, ClientError> {
        self.json(self.post_json("/v1/vault/admissions", order, Repeat::Harmless)?).await
    }

    /// Gets a patient's records as a project may have them: one resource on each line.
    ///
    /// # Errors
    ///
    /// Why it is refused; or the node cannot be reached.
    pub async fn export(&self, order: &ExportOrder) -> Result<Bytes, ClientError> {
        let call = self.post_json("/v1/vault/export", order, Repeat::IfNotTaken)?;
        self.bytes(call.waiting(EXPORT_MAX)).await
    }

    /// Asks another organisation's gateway for a page of an export, in canonical bytes.
    ///
    /// # Errors
    ///
    /// Why it is refused; or the gateway cannot be reached.
    pub async fn gateway_export(&self, request: impl Into<Bytes>) -> Result<Bytes, ClientError> {
        let call = Call::post("/v1/gateway/export", EXPORT, request, Repeat::IfNotTaken);
        self.bytes(call.waiting(ANSWER_MAX)).await
    }
}
