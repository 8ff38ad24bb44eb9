//! What an erasure needs of the ledger.

use crate::port::{LedgerError, Tip};
use async_trait::async_trait;
use salus_consent::{
    ErasureId, KeyHolder, RecordId,
    state::Erasure,
    tx::{AttestErasure, RefuseErasure},
};
use salus_types::{AccountId, PublicKey, Signature};

/// Whose a record is, where it is, and whether it is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whereabouts {
    /// Whose it is.
    pub patient: AccountId,
    /// The organisation that anchored it.
    pub holder: AccountId,
    /// Whether it is erased, alone or with everything of the patient there.
    pub erased: bool,
}

/// The ledger as erasures of one organisation need it.
#[async_trait]
pub trait ErasureLedger: Send + Sync + 'static {
    /// A request for erasure.
    async fn erasure(&self, erasure: ErasureId) -> Result<Option<Erasure>, LedgerError>;

    /// All requests for erasure about a patient, in the order in which they were made.
    async fn erasures_of(
        &self,
        patient: AccountId,
    ) -> Result<Vec<(ErasureId, Erasure)>, LedgerError>;

    /// Whether everything of the patient at the holder is erased.
    async fn is_erased(&self, patient: AccountId, holder: AccountId) -> Result<bool, LedgerError>;

    /// What the ledger says of a record.
    async fn whereabouts(&self, record: RecordId) -> Result<Option<Whereabouts>, LedgerError>;

    /// As what this organisation held keys of the patient at the holder, if it did.
    async fn key_holder(
        &self,
        patient: AccountId,
        holder: AccountId,
    ) -> Result<Option<KeyHolder>, LedgerError>;

    /// Attests, as this organisation.
    async fn attest_erasure(&self, call: AttestErasure) -> Result<Tip, LedgerError>;

    /// Refuses, as this organisation.
    async fn refuse_erasure(&self, call: RefuseErasure) -> Result<Tip, LedgerError>;

    /// Signs a report as this organisation.
    async fn sign_report(&self, text: Vec<u8>) -> Result<(PublicKey, Signature), LedgerError>;
}
