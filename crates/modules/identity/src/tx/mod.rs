//! The transactions of identity, one file each.

mod add_key;
mod register_account;
mod remove_entry;
mod resume_account;
mod revoke_key;
mod rotate_key;
mod set_entry;
mod set_sealing_key;
mod suspend_account;

pub use add_key::AddKey;
pub use register_account::RegisterAccount;
pub use remove_entry::RemoveEntry;
pub use resume_account::ResumeAccount;
pub use revoke_key::RevokeKey;
pub use rotate_key::RotateKey;
pub use set_entry::SetEntry;
pub use set_sealing_key::SetSealingKey;
pub use suspend_account::SuspendAccount;

use crate::{
    IdentityError,
    state::{self, Account},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::{Authority, Context};
use salus_state::StateKey;
use salus_types::{AccountId, KeyPurpose};
use serde::{Deserialize, Serialize};

/// A call to this module.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub enum IdentityTx {
    /// Registers a person's or a device's account.
    RegisterAccount(RegisterAccount),
    /// Adds a key.
    AddKey(AddKey),
    /// Revokes a key.
    RevokeKey(RevokeKey),
    /// Replaces a key.
    RotateKey(RotateKey),
    /// Suspends the sender's own account.
    SuspendAccount(SuspendAccount),
    /// Ends the sender's own suspension.
    ResumeAccount(ResumeAccount),
    /// Sets a public entry.
    SetEntry(SetEntry),
    /// Removes a public entry.
    RemoveEntry(RemoveEntry),
    /// Sets the key to which secrets are wrapped.
    SetSealingKey(SetSealingKey),
}

impl IdentityTx {
    /// Which signatures the call needs.
    pub(crate) fn authority(&self, sender: AccountId) -> Authority {
        match self {
            Self::RegisterAccount(call) if call.account == sender => Authority::NewAccount,
            Self::RegisterAccount(_) | Self::SetEntry(_) | Self::RemoveEntry(_) => {
                Authority::Key(KeyPurpose::Act)
            }
            Self::AddKey(_)
            | Self::RevokeKey(_)
            | Self::RotateKey(_)
            | Self::SuspendAccount(_)
            | Self::SetSealingKey(_) => Authority::Key(KeyPurpose::Manage),
            Self::ResumeAccount(_) => Authority::KeyEvenSuspended(KeyPurpose::Manage),
        }
    }

    /// Keys that the call reads; every call also reads the accounts that signed.
    pub(crate) fn reads(&self, sender: AccountId) -> Vec<StateKey> {
        match self {
            Self::RegisterAccount(call) => vec![state::account_path(call.account).key()],
            Self::SetEntry(call) => vec![state::entry_path(sender, &call.name).key()],
            Self::RemoveEntry(call) => vec![state::entry_path(sender, &call.name).key()],
            Self::SuspendAccount(_) | Self::ResumeAccount(_) => {
                vec![state::organisation_path(sender).key(), state::counts_path().key()]
            }
            Self::AddKey(_) | Self::RevokeKey(_) | Self::RotateKey(_) | Self::SetSealingKey(_) => {
                Vec::new()
            }
        }
    }

    /// Checks and executes the call.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), IdentityError> {
        match self {
            Self::RegisterAccount(call) => call.execute(ctx),
            Self::AddKey(call) => call.execute(ctx),
            Self::RevokeKey(call) => call.execute(ctx),
            Self::RotateKey(call) => call.execute(ctx),
            Self::SuspendAccount(SuspendAccount {}) => SuspendAccount::execute(ctx),
            Self::ResumeAccount(ResumeAccount {}) => ResumeAccount::execute(ctx),
            Self::SetEntry(call) => call.execute(ctx),
            Self::RemoveEntry(call) => call.execute(ctx),
            Self::SetSealingKey(call) => call.execute(ctx),
        }
    }
}

/// The sender's account.
fn own_account(ctx: &mut Context<'_>) -> Result<Account, IdentityError> {
    let account = ctx.sender();
    state::account(ctx.state(), account).ok_or(IdentityError::UnknownAccount { account })
}
