//! What the vault needs of the ledger: one trait, implemented by the node.
//!
//! Messages and stored values are those of `salus-consent`, so that nothing is said twice. The vault
//! decides nothing from a cache: each read asks this port. Every answer says at which height it
//! stands, and a caller may demand a lowest height.

use crate::erasure::ErasureLedger;
use async_trait::async_trait;
use salus_consent::{
    ArrangementId, Ask, Basis, ConsentError, RecordId, RequestId, Standing, Terms,
    query::ReleaseView,
    state::{AccessBatch, Arrangement, EmergencyRules, RecordVersion, Release},
    tx::{AccountAccess, AnchorRecord, RequestRelease},
};
use salus_types::{AccountId, BlockTime, Height, NetworkId, PublicKey, Salt};

/// Most anchors in one call of [`ConsentLedger::anchor_records`].
pub const ANCHORS_MAX: usize = 100;
/// Most accounts in one call of [`ConsentLedger::account_accesses`].
pub const ACCOUNTS_MAX: usize = 64;
/// Most patients in one call of [`ConsentLedger::register_patients`].
pub const PATIENTS_MAX: usize = 64;

/// Where the ledger stood: a final and executed block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Height of the block.
    pub height: Height,
    /// Its time.
    pub time: BlockTime,
}

/// A value with the block at which it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    /// The block.
    pub tip: Tip,
    /// The value in the state after that block.
    pub value: T,
}

/// An account that the organisation opens for a patient whose key it keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssistedPatient {
    /// The account: `AccountId::derive(network, key, salt)`.
    pub account: AccountId,
    /// The first key of the account.
    pub key: PublicKey,
    /// The salt from which the account was derived.
    pub salt: Salt,
}

/// A version of a record as it stands on the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnchoredVersion {
    /// Whose the record is.
    pub patient: AccountId,
    /// The organisation that anchored it and answers for it.
    pub custodian: AccountId,
    /// What proves the version.
    pub version: RecordVersion,
}

/// An organisation as it stands on the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganisationView {
    /// Its account.
    pub account: AccountId,
    /// Whether it is an organisation in good standing: not suspended, not expelled.
    pub active: bool,
    /// Its keys that sign requests and answers between gateways (purpose `Attest`).
    pub attest_keys: Vec<PublicKey>,
    /// Its X-Wing public key, to which data keys are wrapped.
    pub sealing_key: Vec<u8>,
}

/// Why the ledger did not do as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// It is final that it was refused, with the receipt's code.
    #[error("the ledger refused it with {code}: {detail}")]
    Refused {
        /// The receipt's code, such as `consent.wrong_sequence`.
        code: String,
        /// What was wrong, for people.
        detail: String,
    },
    /// It was never submitted, and never will be.
    #[error("the ledger did not take it: {detail}")]
    Unavailable {
        /// What was wrong, for people.
        detail: String,
    },
    /// It was submitted, and whether it became or will become final is not known.
    #[error("whether the ledger took it is not known: {detail}")]
    Unknown {
        /// What was wrong, for people.
        detail: String,
    },
}

/// The ledger as the vault of one organisation needs it. What writes is sent as that organisation and
/// returns once it is final and executed at this node, with the block that holds it.
#[async_trait]
pub trait ConsentLedger: ErasureLedger + Send + Sync + 'static {
    /// The network.
    fn network(&self) -> NetworkId;

    /// The latest block that is final and executed here.
    async fn tip(&self) -> Result<Tip, LedgerError>;

    /// Registers assisted accounts of persons, in one transaction: all or none. One that exists
    /// already makes it refused. At most [`PATIENTS_MAX`].
    async fn register_patients(&self, patients: Vec<AssistedPatient>) -> Result<Tip, LedgerError>;

    /// Whether a person's account is registered.
    async fn is_registered(&self, patient: AccountId) -> Result<bool, LedgerError>;

    /// Anchors versions of records, in one transaction: all or none. At most [`ANCHORS_MAX`].
    async fn anchor_records(&self, anchors: Vec<AnchorRecord>) -> Result<Tip, LedgerError>;

    /// One version of a record, at a height of at least `at_least`.
    async fn record_version(
        &self,
        record: RecordId,
        version: u32,
        at_least: Height,
    ) -> Result<At<Option<AnchoredVersion>>, LedgerError>;

    /// Whether an access is allowed at the height of the answer, which is at least `at_least`, and on
    /// which terms; or why not: [`salus_consent::access_allowed`]. This is the one question by which
    /// the vault decides.
    async fn access_allowed(
        &self,
        ask: Ask,
        at_least: Height,
    ) -> Result<At<Result<Terms, ConsentError>>, LedgerError>;

    /// Whose a basis is and whether it is over, at a height of at least `at_least`; none if there is
    /// no such basis.
    async fn standing(
        &self,
        basis: Basis,
        at_least: Height,
    ) -> Result<At<Option<Standing>>, LedgerError>;

    /// What a patient allows in emergencies, at a height of at least `at_least`.
    async fn emergency_rules(
        &self,
        patient: AccountId,
        at_least: Height,
    ) -> Result<At<Option<EmergencyRules>>, LedgerError>;

    /// An arrangement with custodians, at a height of at least `at_least`.
    async fn arrangement(
        &self,
        arrangement: ArrangementId,
        at_least: Height,
    ) -> Result<At<Option<Arrangement>>, LedgerError>;

    /// A request for release that is allowed at the height of the answer, which is at least
    /// `at_least`: not expired, and what it rests on stands; with the terms of that. Or why it is not
    /// allowed: [`salus_consent::release_allowed`].
    async fn release(
        &self,
        request: RequestId,
        at_least: Height,
    ) -> Result<At<Result<(Release, Terms), ConsentError>>, LedgerError>;

    /// Requests for release of a patient's records at this organisation, in the order of their numbers;
    /// `from` counts requests, from 0.
    async fn releases(
        &self,
        patient: AccountId,
        from: u64,
        limit: u32,
    ) -> Result<Vec<ReleaseView>, LedgerError>;

    /// Asks for release, as this organisation.
    async fn request_release(&self, call: RequestRelease) -> Result<Tip, LedgerError>;

    /// Number of the next access to this patient's records at this organisation; 1 for the first.
    async fn next_access(&self, patient: AccountId) -> Result<At<u64>, LedgerError>;

    /// Accounts for reads, in one transaction, in this order: all or none. At most [`ACCOUNTS_MAX`].
    async fn account_accesses(&self, accounts: Vec<AccountAccess>) -> Result<Tip, LedgerError>;

    /// Accounts of this patient at this organisation, in order; `from` counts accounts, from 0.
    async fn access_batches(
        &self,
        patient: AccountId,
        from: u64,
        limit: u32,
    ) -> Result<Vec<AccessBatch>, LedgerError>;

    /// The account that holds the access with this number.
    async fn access_batch_with(
        &self,
        patient: AccountId,
        sequence: u64,
    ) -> Result<Option<AccessBatch>, LedgerError>;

    /// An organisation.
    async fn organisation(
        &self,
        organisation: AccountId,
    ) -> Result<Option<OrganisationView>, LedgerError>;
}
