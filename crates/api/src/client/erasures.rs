//! Calls about erasures at the organisation.

use super::{
    Client, ClientError,
    send::{Call, Repeat},
};
use crate::erasures::{ErasureAnswer, ErasureOrder, RetentionOrder};
use reqwest::Method;
use salus_consent::ErasureId;
use salus_types::AccountId;
use std::time::Duration;

/// Longest time for an answer: the index is written anew, and the attestation is final in it.
const ANSWER_MAX: Duration = Duration::from_mins(1);

impl Client {
    /// Lets the organisation carry out an erasure that the ledger has, and waits until it is attested.
    ///
    /// # Errors
    ///
    /// The refusal's code; or the node cannot be reached.
    pub async fn erase(&self, order: &ErasureOrder) -> Result<ErasureAnswer, ClientError> {
        let call = self.post_json("/v1/vault/erasures", order, Repeat::Harmless)?;
        self.json(call.waiting(ANSWER_MAX)).await
    }

    /// What the organisation says that it destroyed.
    ///
    /// # Errors
    ///
    /// `api.not_found`: it carried out no such erasure; or the node cannot be reached.
    pub async fn erasure_report(&self, erasure: ErasureId) -> Result<ErasureAnswer, ClientError> {
        self.json(Call::get(format!("/v1/vault/erasures/{erasure}"))).await
    }

    /// Notes that a patient's records must be kept.
    ///
    /// # Errors
    ///
    /// `vault.unknown_patient`; or the node cannot be reached.
    pub async fn retain(
        &self,
        patient: AccountId,
        order: &RetentionOrder,
    ) -> Result<(), ClientError> {
        let path = format!("/v1/vault/patients/{patient}/retention");
        let mut call = self.post_json(&path, order, Repeat::Harmless)?;
        call.method = Method::PUT;
        self.bytes(call).await.map(drop)
    }
}
