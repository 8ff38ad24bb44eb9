//! Why consent refuses.

use crate::{GrantId, RecordId, query::GrantStatus};
use salus_framework::error_codes;
use salus_types::{AccountId, BlockTime};

/// A refusal of this module.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConsentError {
    /// Only an organisation keeps records. Code: `consent.not_an_organisation`.
    #[error("account {account} is not an active organisation")]
    NotAnOrganisation {
        /// The sender.
        account: AccountId,
    },
    /// The patient's account is not that of a person on the ledger. Code: `consent.unknown_patient`.
    #[error("account {patient} is not a person's account on the ledger; register it first")]
    UnknownPatient {
        /// The account that was named.
        patient: AccountId,
    },
    /// Another organisation keeps the record. Code: `consent.not_custodian`.
    #[error("record {record} is kept by {custodian}")]
    NotCustodian {
        /// The record.
        record: RecordId,
        /// Who keeps it.
        custodian: AccountId,
    },
    /// The record is another patient's. Code: `consent.wrong_patient`.
    #[error("record {record} is of another patient")]
    WrongPatient {
        /// The record.
        record: RecordId,
    },
    /// Versions follow one another. Code: `consent.wrong_version`.
    #[error("version {found} was given, the next one of this record is {expected}")]
    WrongVersion {
        /// The next version.
        expected: u32,
        /// The version given.
        found: u32,
    },
    /// Only a person grants access. Code: `consent.not_a_patient`.
    #[error("account {account} is not a person's; only a person grants access")]
    NotAPatient {
        /// The sender.
        account: AccountId,
    },
    /// The id is taken. Code: `consent.grant_exists`.
    #[error("grant {grant} exists already; choose another random id")]
    GrantExists {
        /// The id.
        grant: GrantId,
    },
    /// Grantee and custodian are one organisation. Code: `consent.same_organisation`.
    #[error("grantee and custodian are the same organisation")]
    SameOrganisation,
    /// The grantee may not act. Code: `consent.inactive_grantee`.
    #[error("grantee {grantee} is not an active organisation")]
    InactiveGrantee {
        /// The grantee.
        grantee: AccountId,
    },
    /// The custodian may not act. Code: `consent.inactive_custodian`.
    #[error("custodian {custodian} is not an active organisation")]
    InactiveCustodian {
        /// The custodian.
        custodian: AccountId,
    },
    /// The period is empty, over or too long. Code: `consent.wrong_period`.
    #[error(
        "the period {not_before} to {not_after} is empty, over at {now}, or ends more than 10 years ahead"
    )]
    WrongPeriod {
        /// When it was to begin.
        not_before: BlockTime,
        /// When it was to end.
        not_after: BlockTime,
        /// Block time.
        now: BlockTime,
    },
    /// No such grant. Code: `consent.unknown_grant`.
    #[error("grant {grant} is not on the ledger")]
    UnknownGrant {
        /// The grant that was named.
        grant: GrantId,
    },
    /// Only who granted revokes. Code: `consent.not_grantor`.
    #[error("grant {grant} was given by another account")]
    NotGrantor {
        /// The grant.
        grant: GrantId,
    },
    /// A revocation is final. Code: `consent.already_revoked`.
    #[error("grant {grant} was revoked at {at}")]
    AlreadyRevoked {
        /// The grant.
        grant: GrantId,
        /// When.
        at: BlockTime,
    },
    /// A batch has an impossible count. Code: `consent.wrong_count`.
    #[error("a batch has 1 to {max} accesses, this one has {found}")]
    WrongCount {
        /// How many are allowed.
        max: u32,
        /// How many were given.
        found: u32,
    },
    /// The sender keeps no record of the patient. Code: `consent.no_relation`.
    #[error("the sender has anchored no record of patient {patient}")]
    NoRelation {
        /// The patient.
        patient: AccountId,
    },
    /// The grant is for another patient or custodian. Code: `consent.wrong_grant`.
    #[error("grant {grant} is of another patient or for another custodian")]
    WrongGrant {
        /// The grant.
        grant: GrantId,
    },
    /// The grant gives no access now. Code: `consent.grant_not_active`.
    #[error("grant {grant} is {status}")]
    GrantNotActive {
        /// The grant.
        grant: GrantId,
        /// How it stands.
        status: GrantStatus,
    },
    /// Accesses are numbered without a gap. Code: `consent.wrong_sequence`.
    #[error("the batch begins with access {found}, expected is {expected}")]
    WrongSequence {
        /// The next number.
        expected: u64,
        /// The number given.
        found: u64,
    },
}

error_codes! {
    ConsentError {
        NotAnOrganisation => "consent.not_an_organisation",
        UnknownPatient => "consent.unknown_patient",
        NotCustodian => "consent.not_custodian",
        WrongPatient => "consent.wrong_patient",
        WrongVersion => "consent.wrong_version",
        NotAPatient => "consent.not_a_patient",
        GrantExists => "consent.grant_exists",
        SameOrganisation => "consent.same_organisation",
        InactiveGrantee => "consent.inactive_grantee",
        InactiveCustodian => "consent.inactive_custodian",
        WrongPeriod => "consent.wrong_period",
        UnknownGrant => "consent.unknown_grant",
        NotGrantor => "consent.not_grantor",
        AlreadyRevoked => "consent.already_revoked",
        WrongCount => "consent.wrong_count",
        NoRelation => "consent.no_relation",
        WrongGrant => "consent.wrong_grant",
        GrantNotActive => "consent.grant_not_active",
        WrongSequence => "consent.wrong_sequence",
    }
}
