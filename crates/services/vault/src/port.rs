//! What the vault needs of the ledger: one trait, implemented by the node, and plain structs.
//!
//! The vault decides nothing from a cache: each read asks this port. Every answer says at which
//! height it stands, and a caller may demand a lowest height.

use crate::{GrantId, Purpose, RecordId};
use async_trait::async_trait;
use salus_types::{AccountId, BlockTime, Hash, Height, NetworkId, PublicKey, Salt};

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

/// A patient's account that is to be on the ledger before records are anchored to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatientEnrolment {
    /// The account: `AccountId::derive(network, key, salt)`.
    pub account: AccountId,
    /// The first key of the account.
    pub key: PublicKey,
    /// The salt from which the account was derived.
    pub salt: Salt,
    /// The organisation that keeps the key for the patient; visible on the ledger.
    pub assisted_by: Option<AccountId>,
}

/// What is written to the ledger about one version of a record. Nothing in it says anything without
/// the salts, which stay in the vault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordAnchor {
    /// The record.
    pub record: RecordId,
    /// The patient's account, a pseudonym.
    pub patient: AccountId,
    /// 1 for the first version, then one more each.
    pub version: u32,
    /// Salted commitment to the exact plain bytes.
    pub commitment: Hash,
    /// SHA-256 of the ciphertext.
    pub ciphertext: Hash,
    /// Salted commitment to the category.
    pub category: Hash,
}

/// An anchor as it stands on the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnchorView {
    /// What was anchored.
    pub anchor: RecordAnchor,
    /// The organisation that anchored it and answers for it.
    pub custodian: AccountId,
}

/// A grant as it stands on the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantView {
    /// The grant.
    pub grant: GrantId,
    /// Whose records.
    pub patient: AccountId,
    /// Which organisation may read.
    pub grantee: AccountId,
    /// Which organisation keeps the records.
    pub custodian: AccountId,
    /// Salted commitment to the scope: [`crate::Scope::commitment`].
    pub scope: Hash,
    /// What for.
    pub purpose: Purpose,
    /// First block time at which it holds.
    pub not_before: BlockTime,
    /// Last block time at which it holds.
    pub not_after: BlockTime,
    /// When it was revoked, if it was.
    pub revoked: Option<BlockTime>,
}

/// An account of reads of one patient's records, to be written to the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessAccount {
    /// Whose records were read.
    pub patient: AccountId,
    /// Sequence number of the first leaf; the patient's numbers have no gap.
    pub first: u64,
    /// How many leaves, at least one.
    pub count: u32,
    /// Merkle root over the salted leaves, in order of their numbers.
    pub root: Hash,
}

/// An account of reads as it stands on the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessBatchView {
    /// What was written.
    pub account: AccessAccount,
    /// Who wrote it.
    pub custodian: AccountId,
    /// The block that holds it.
    pub tip: Tip,
}

/// An organisation as it stands on the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganisationView {
    /// Its account.
    pub account: AccountId,
    /// Whether it is a member in good standing: not suspended, not expelled.
    pub active: bool,
    /// Keys that sign requests and answers between gateways (purpose `Attest`).
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
        /// The receipt's code, such as `consent.sequence`.
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

/// The ledger as the vault needs it. Calls that write return once the writing is final and executed
/// at this node.
#[async_trait]
pub trait ConsentLedger: Send + Sync + 'static {
    /// The network.
    fn network(&self) -> NetworkId;

    /// The latest block that is final and executed here.
    async fn tip(&self) -> Result<Tip, LedgerError>;

    /// Opens accounts of patients, in one transaction. One that exists already with the same key is
    /// not an error. At most 16 at a time.
    async fn enrol_patients(&self, patients: Vec<PatientEnrolment>) -> Result<Tip, LedgerError>;

    /// Anchors versions of records, as their custodian, in one transaction: all or none. At most
    /// 100 at a time.
    async fn anchor_records(&self, anchors: Vec<RecordAnchor>) -> Result<Tip, LedgerError>;

    /// The anchor of one version of a record, at a height of at least `at_least`.
    async fn anchor(
        &self,
        record: RecordId,
        version: u32,
        at_least: Height,
    ) -> Result<At<Option<AnchorView>>, LedgerError>;

    /// A grant, at a height of at least `at_least`.
    async fn grant(
        &self,
        grant: GrantId,
        at_least: Height,
    ) -> Result<At<Option<GrantView>>, LedgerError>;

    /// The sequence number that the next access to this patient's records must have; 0 for the first.
    async fn next_access(&self, patient: AccountId) -> Result<At<u64>, LedgerError>;

    /// Accounts for reads, as their custodian, in one transaction: all or none. At most one account
    /// of a patient and 100 accounts at a time.
    async fn account_accesses(&self, accounts: Vec<AccessAccount>) -> Result<Tip, LedgerError>;

    /// The accounts of a patient that end at or after sequence number `from`, in order, at most
    /// `limit`.
    async fn access_batches(
        &self,
        patient: AccountId,
        from: u64,
        limit: u32,
    ) -> Result<Vec<AccessBatchView>, LedgerError>;

    /// An organisation.
    async fn organisation(
        &self,
        organisation: AccountId,
    ) -> Result<Option<OrganisationView>, LedgerError>;
}
