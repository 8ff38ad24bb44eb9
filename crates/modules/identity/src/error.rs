//! Why identity refuses.

use salus_crypto::sign::SignatureError;
use salus_framework::error_codes;
use salus_types::{AccountId, KeyPurpose};

/// A refusal of this module, or of [`crate::authorise`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// No such account. Code: `identity.unknown_account`.
    #[error("account {account} is not on the ledger; register it first")]
    UnknownAccount {
        /// The account that was named.
        account: AccountId,
    },
    /// The account is suspended. Code: `identity.suspended`.
    #[error("account {account} is suspended")]
    Suspended {
        /// The account that signed.
        account: AccountId,
    },
    /// The account is expelled for good. Code: `identity.expelled`.
    #[error("account {account} was expelled")]
    Expelled {
        /// The account that signed.
        account: AccountId,
    },
    /// The account has no such key. Code: `identity.unknown_key`.
    #[error("account {account} has no such key")]
    UnknownKey {
        /// The account.
        account: AccountId,
    },
    /// The key may not be used for this. Code: `identity.wrong_purpose`.
    #[error("the key of account {account} does not have the purpose {needed:?}")]
    WrongPurpose {
        /// The account that signed.
        account: AccountId,
        /// The purpose that the call needs.
        needed: KeyPurpose,
    },
    /// Organisations are admitted by vote. Code: `identity.organisation_by_vote`.
    #[error("an organisation is admitted by vote, it does not register itself")]
    OrganisationByVote,
    /// The account is not the one that key and salt derive. Code: `identity.account_mismatch`.
    #[error("key and salt derive account {derived}, the call names {given}")]
    AccountMismatch {
        /// What the call names.
        given: AccountId,
        /// What its key and salt derive.
        derived: AccountId,
    },
    /// A new account is to be signed by its own first key. Code: `identity.wrong_first_key`.
    #[error("a new account registers itself with the key that the call names")]
    WrongFirstKey,
    /// Only an organisation may do this. Code: `identity.not_an_organisation`.
    #[error("account {account} is not an active organisation")]
    NotAnOrganisation {
        /// The account that was to be one.
        account: AccountId,
    },
    /// The account is on the ledger already. Code: `identity.account_exists`.
    #[error("account {account} is on the ledger already")]
    AccountExists {
        /// The account.
        account: AccountId,
    },
    /// The account has this key already. Code: `identity.key_exists`.
    #[error("the account has this key already")]
    KeyExists,
    /// The key is no key, or one for which anybody can sign. Code: `identity.bad_key`.
    #[error("the key cannot be registered: {reason}")]
    BadKey {
        /// What is wrong with it.
        #[from]
        reason: SignatureError,
    },
    /// The account has as many keys as allowed. Code: `identity.too_many_keys`.
    #[error("an account has at most {max} keys")]
    TooManyKeys {
        /// How many are allowed.
        max: usize,
    },
    /// An account keeps one key that manages it. Code: `identity.last_manage_key`.
    #[error("this is the last key that manages the account; add another one first")]
    LastManageKey,
    /// The account is not suspended by itself. Code: `identity.not_suspended`.
    #[error("the account did not suspend itself")]
    NotSuspended,
    /// The name of an entry is not allowed. Code: `identity.entry_name`.
    #[error("an entry's name is 1 to 64 visible ASCII characters")]
    EntryName,
    /// The account has as many entries as allowed. Code: `identity.too_many_entries`.
    #[error("an account has at most {max} entries")]
    TooManyEntries {
        /// How many are allowed.
        max: u32,
    },
    /// The account has no such entry. Code: `identity.unknown_entry`.
    #[error("the account has no entry of this name")]
    UnknownEntry,
    /// A sealing key has another length. Code: `identity.sealing_key_length`.
    #[error("a sealing key is {expected} bytes, this one is {found}")]
    SealingKeyLength {
        /// Length of an X-Wing public key.
        expected: usize,
        /// Length found.
        found: usize,
    },
    /// The network has as many organisations as allowed. Code: `identity.too_many_organisations`.
    #[error("a network has at most {max} organisations")]
    TooManyOrganisations {
        /// How many are allowed.
        max: u32,
    },
    /// An organisation needs a name. Code: `identity.organisation_name`.
    #[error("an organisation has a name of 1 to 128 bytes")]
    OrganisationName,
    /// A function is named twice. Code: `identity.functions`.
    #[error("an organisation's functions are named once each")]
    Functions,
    /// The organisation is not in a state in which this can be done. Code:
    /// `identity.organisation_status`.
    #[error("organisation {account} is not in the state that this needs")]
    OrganisationStatus {
        /// The organisation.
        account: AccountId,
    },
}

error_codes! {
    IdentityError {
        UnknownAccount => "identity.unknown_account",
        Suspended => "identity.suspended",
        Expelled => "identity.expelled",
        UnknownKey => "identity.unknown_key",
        WrongPurpose => "identity.wrong_purpose",
        OrganisationByVote => "identity.organisation_by_vote",
        AccountMismatch => "identity.account_mismatch",
        WrongFirstKey => "identity.wrong_first_key",
        NotAnOrganisation => "identity.not_an_organisation",
        AccountExists => "identity.account_exists",
        KeyExists => "identity.key_exists",
        TooManyKeys => "identity.too_many_keys",
        LastManageKey => "identity.last_manage_key",
        NotSuspended => "identity.not_suspended",
        EntryName => "identity.entry_name",
        TooManyEntries => "identity.too_many_entries",
        UnknownEntry => "identity.unknown_entry",
        SealingKeyLength => "identity.sealing_key_length",
        TooManyOrganisations => "identity.too_many_organisations",
        OrganisationName => "identity.organisation_name",
        Functions => "identity.functions",
        OrganisationStatus => "identity.organisation_status",
        BadKey => "identity.bad_key",
    }
}
