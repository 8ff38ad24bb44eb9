//! Removing a public entry.

use super::own_account;
use crate::{IdentityError, IdentityEvent, state};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_types::TextMax;
use serde::{Deserialize, Serialize};

/// Removes a public entry of the sender's account.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveEntry {
    /// Its name.
    pub name: TextMax<64>,
}

impl RemoveEntry {
    /// Removes the entry.
    ///
    /// # Errors
    ///
    /// [`IdentityError::UnknownEntry`]: there is none of this name.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), IdentityError> {
        let sender = ctx.sender();
        let mut account = own_account(ctx)?;
        if state::entry(ctx.state(), sender, &self.name).is_none() {
            return Err(IdentityError::UnknownEntry);
        }

        account.entry_count = account.entry_count.saturating_sub(1);
        state::put_account(ctx.state(), sender, &account);
        state::delete_entry(ctx.state(), sender, &self.name);
        ctx.emit(&IdentityEvent::EntryRemoved { account: sender, name: self.name.clone() });
        Ok(())
    }
}
