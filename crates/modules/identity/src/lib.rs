//! Organisations, people and devices on the ledger: accounts, keys, roles, suspension, entries.
//!
//! An account is registered by its own first key, or by an organisation for somebody who has no
//! device (an *assisted* account, visibly so). Organisations are admitted, suspended and expelled by
//! vote (`salus-governance`), through the functions that this crate exports.
//!
//! ```text
//!   RegisterAccount ──▶ active ──SuspendAccount──▶ suspended by itself ──ResumeAccount──▶ active
//!   (by vote, for          │
//!    organisations)        ├──by vote──▶ suspended by vote ──by vote──▶ active
//!                          └──by vote──▶ expelled, for ever
//! ```
//!
//! | transaction | sender, purpose of its key | event | refused with |
//! |---|---|---|---|
//! | [`tx::RegisterAccount`] | the new account, or an organisation (act) | `AccountRegistered` | `organisation_by_vote`, `bad_key`, `account_mismatch`, `wrong_first_key`, `not_an_organisation`, `account_exists` |
//! | [`tx::AddKey`] | the account (manage) | `KeyAdded` | `bad_key`, `key_exists`, `too_many_keys` |
//! | [`tx::RevokeKey`] | the account (manage) | `KeyRevoked` | `unknown_key`, `last_manage_key` |
//! | [`tx::RotateKey`] | the account (manage) | `KeyRotated` | `bad_key`, `unknown_key`, `key_exists` |
//! | [`tx::SuspendAccount`] | the account (manage) | `AccountSuspended` | |
//! | [`tx::ResumeAccount`] | the account (manage), while suspended by itself | `AccountResumed` | `not_suspended` |
//! | [`tx::SetEntry`] | the account (act) | `EntrySet` | `entry_name`, `too_many_entries` |
//! | [`tx::RemoveEntry`] | the account (act) | `EntryRemoved` | `unknown_entry` |
//! | [`tx::SetSealingKey`] | the account (manage) | `SealingKeySet` | `sealing_key_length` |
//!
//! Before any call of any module, [`authorise`] checks the signatures against accounts:
//! `unknown_account`, `expelled`, `suspended`, `unknown_key`, `wrong_purpose`. All codes begin with
//! `identity.`.
//!
//! # What a non-party learns
//!
//! Organisations' names, functions, roles, keys and entries: these are meant to be public. Of a
//! person: that an account exists, since when, its public keys and their changes, whether an
//! organisation assists it and which one, when it transacts, and its entries. Nothing says who the
//! person is; one account per relationship keeps relationships apart. Entries are public and for
//! ever in history: they are for services and certificates, never for anything about a person.

#![warn(clippy::arithmetic_side_effects, clippy::float_arithmetic)]

pub mod error;
pub mod event;
pub mod genesis;
pub mod invariants;
pub mod purposes;
pub mod query;
pub mod state;
pub mod tx;

mod authorise;
mod organisations;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

pub use authorise::authorise;
pub use error::IdentityError;
pub use event::IdentityEvent;
pub use organisations::{
    Admission, admit_organisation, check_change, expel_organisation, resume_organisation,
    suspend_organisation,
};
pub use purposes::KeyPurposes;
pub use query::{
    account, exists, is_active, is_active_organisation, is_voter, key_may, organisation, voters,
};
pub use state::{Account, AccountKey, AccountStatus, OrganisationRecord};
pub use tx::IdentityTx;

use salus_framework::{Authority, BlockContext, Broken, Context, Module};
use salus_state::{StateKey, StateRead};
use salus_types::{AccountId, ModuleId, NetworkFile};

/// The module.
#[derive(Clone, Copy, Debug)]
pub struct Identity;

impl Module for Identity {
    const ID: ModuleId = ModuleId::IDENTITY;
    const NAME: &'static str = "identity";
    const MALFORMED: &'static str = "identity.malformed";
    type Call = IdentityTx;
    type Event = IdentityEvent;
    type Error = IdentityError;

    fn authority(call: &IdentityTx, sender: AccountId) -> Authority {
        call.authority(sender)
    }

    fn reads(call: &IdentityTx, sender: AccountId) -> Vec<StateKey> {
        call.reads(sender)
    }

    fn execute(call: &IdentityTx, ctx: &mut Context<'_>) -> Result<(), IdentityError> {
        call.execute(ctx)
    }

    fn genesis(network: &NetworkFile, ctx: &mut BlockContext<'_>) -> Result<(), IdentityError> {
        genesis::genesis(network, ctx)
    }

    fn end_of_block(_: &mut BlockContext<'_>) {}

    fn invariants(state: &dyn StateRead, accounts: &[AccountId]) -> Result<(), Broken> {
        invariants::check(state, accounts)
    }
}
