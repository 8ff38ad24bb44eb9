//! What the API needs of custody: one trait, and its questions and answers.

use crate::records::RecordsRefusal;
use async_trait::async_trait;
use bytes::Bytes;
use salus_consent::ArrangementId;
use salus_types::{AccountId, Hash};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whose keys of which categories are to go to which custodians.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustodyOrder {
    /// The patient.
    #[schema(value_type = String)]
    pub patient: AccountId,
    /// The categories, each once.
    pub categories: Vec<String>,
    /// The organisations that are to hold shares, 1 to 16, in ascending order.
    #[schema(value_type = Vec<String>)]
    pub custodians: Vec<AccountId>,
    /// How many of them open a key together.
    pub threshold: u8,
}

/// Keys that were made and dealt, and that count once the patient has signed their root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CustodyOffer {
    /// What the patient signs as `commitments_root` of `AppointCustodians`.
    #[schema(value_type = String)]
    pub commitments_root: Hash,
    /// The organisation that holds the records.
    #[schema(value_type = String)]
    pub holder: AccountId,
    /// The epoch to be signed: higher than that of the latest arrangement.
    pub epoch: u32,
}

/// The arrangement that the patient has signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustodyBegin {
    /// The arrangement on the ledger.
    #[schema(value_type = String)]
    pub arrangement: ArrangementId,
}

/// Keys that are with custodians, and shares that this organisation keeps as one.
#[async_trait]
pub trait Custody: Send + Sync + 'static {
    /// Makes keys and deals them; nothing counts before the patient signs.
    ///
    /// # Errors
    ///
    /// A category or custodian is unknown, or the numbers are no sharing.
    async fn deal(&self, order: CustodyOrder) -> Result<CustodyOffer, RecordsRefusal>;

    /// Hands each custodian its shares and then gives the keys out of its hands.
    ///
    /// # Errors
    ///
    /// The ledger has no such arrangement, or a custodian did not take its shares: nothing changed.
    async fn begin(&self, arrangement: ArrangementId) -> Result<(), RecordsRefusal>;

    /// Keeps shares as one of the custodians; in canonical bytes.
    ///
    /// # Errors
    ///
    /// They are not what the ledger has commitments to.
    async fn keep_shares(&self, shares: Bytes) -> Result<(), RecordsRefusal>;

    /// Releases a share for a final request; signed, in canonical bytes.
    ///
    /// # Errors
    ///
    /// No final request allows it.
    async fn release_share(&self, request: Bytes) -> Result<Bytes, RecordsRefusal>;

    /// Gives a sealed record for a final request; signed, in canonical bytes.
    ///
    /// # Errors
    ///
    /// No final request allows it.
    async fn release_sealed(&self, request: Bytes) -> Result<Bytes, RecordsRefusal>;

    /// Tells a holder the leaves of this organisation's requests; signed, in canonical bytes.
    ///
    /// # Errors
    ///
    /// The question is not signed by an organisation of the network.
    async fn tell(&self, request: Bytes) -> Result<Bytes, RecordsRefusal>;
}
