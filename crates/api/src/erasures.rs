//! What the API needs of erasure: one trait, and its questions and answers.

use crate::records::RecordsRefusal;
use async_trait::async_trait;
use salus_consent::{ErasureId, RetentionReason};
use salus_types::{AccountId, BlockTime, Hash};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// An erasure that the ledger has, and which records it is about, where not all are meant.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ErasureOrder {
    /// The erasure.
    #[schema(value_type = String)]
    pub erasure: ErasureId,
    /// What opens the commitment to the records: `records` in ascending order, and `salt`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<Value>,
}

/// What became of an erasure at this organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErasureStatus {
    /// Everything is destroyed and attested.
    Done,
    /// The records must be kept; the ledger says why.
    Refused,
    /// Nothing of it was ever here.
    NotHere,
    /// It is of some records, and it was not said of which.
    Untold,
}

/// What became of an erasure at this organisation, with its signed report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErasureAnswer {
    /// What became of it.
    pub status: ErasureStatus,
    /// Why the records must be kept, if they must.
    #[schema(value_type = Option<String>)]
    pub reason: Option<RetentionReason>,
    /// The hash that is attested on the ledger.
    #[schema(value_type = Option<String>)]
    pub digest: Option<Hash>,
    /// What was destroyed, signed by the organisation.
    pub report: Option<Value>,
}

/// Until when a patient's records must be kept, and why.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetentionOrder {
    /// Why: `legal_obligation`, `public_health`, `archiving` or `legal_claims`.
    #[schema(value_type = String)]
    pub reason: RetentionReason,
    /// Until when, in milliseconds since 1970.
    #[schema(value_type = u64)]
    pub until: BlockTime,
}

/// Erasures at this organisation.
#[async_trait]
pub trait Erasures: Send + Sync + 'static {
    /// Carries out an erasure that the ledger has, and waits until it is attested. One that is under way
    /// or done is waited for.
    ///
    /// # Errors
    ///
    /// No such erasure was asked for, the opening does not fit, or it could not be finished: it goes on.
    async fn erase(&self, order: ErasureOrder) -> Result<ErasureAnswer, RecordsRefusal>;

    /// What this organisation says that it destroyed.
    ///
    /// # Errors
    ///
    /// It has carried out no such erasure.
    async fn report(&self, erasure: ErasureId) -> Result<ErasureAnswer, RecordsRefusal>;

    /// Notes that the records of a patient must be kept.
    ///
    /// # Errors
    ///
    /// There is no such patient here.
    async fn retain(&self, patient: AccountId, order: RetentionOrder)
    -> Result<(), RecordsRefusal>;
}
