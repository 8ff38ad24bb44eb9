//! Setting a public entry.

use super::own_account;
use crate::{
    IdentityError, IdentityEvent,
    state::{self, ENTRY_BYTES_MAX},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_types::{BytesMax, TextMax};
use serde::{Deserialize, Serialize};

/// Sets a public entry of the sender's account, such as a service or a certificate of its DID.
///
/// Touches two keys: the account and the entry. Source: W3C DID Core 1.0, service endpoints.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetEntry {
    /// Its name: 1 to 64 visible ASCII characters.
    pub name: TextMax<64>,
    /// Its value; public, and for ever in history.
    pub value: BytesMax<ENTRY_BYTES_MAX>,
}

impl SetEntry {
    /// Sets the entry.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`IdentityError::EntryName`]: the name is empty or has other characters.
    /// 2. [`IdentityError::TooManyEntries`]: it is new, and the account has as many as allowed.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), IdentityError> {
        if self.name.is_empty() || !self.name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(IdentityError::EntryName);
        }
        let sender = ctx.sender();
        let max = ctx.parameters().entries_per_account_max;
        let mut account = own_account(ctx)?;
        let is_new = state::entry(ctx.state(), sender, &self.name).is_none();
        if is_new && account.entry_count >= max {
            return Err(IdentityError::TooManyEntries { max });
        }

        if is_new {
            account.entry_count = account.entry_count.saturating_add(1);
            state::put_account(ctx.state(), sender, &account);
        }
        state::put_entry(ctx.state(), sender, &self.name, &self.value);
        ctx.emit(&IdentityEvent::EntrySet { account: sender, name: self.name.clone() });
        Ok(())
    }
}
