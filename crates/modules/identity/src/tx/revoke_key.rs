//! Revoking a key.

use super::own_account;
use crate::{IdentityError, IdentityEvent, state};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_types::{PublicKey, VecMax};
use serde::{Deserialize, Serialize};

/// Takes a key from the sender's account, at once and for good unless it is added again.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeKey {
    /// The key to revoke.
    pub key: PublicKey,
}

impl RevokeKey {
    /// Revokes the key.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`IdentityError::UnknownKey`]: the account does not have it.
    /// 2. [`IdentityError::LastManageKey`]: no key would be left that manages the account.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), IdentityError> {
        let mut account = own_account(ctx)?;
        let sender = ctx.sender();
        if account.key(&self.key).is_none() {
            return Err(IdentityError::UnknownKey { account: sender });
        }
        let mut keys = account.keys.into_inner();
        keys.retain(|one| one.key != self.key);
        account.keys = VecMax::new(keys).unwrap_or_default();
        if account.manage_keys() == 0 {
            return Err(IdentityError::LastManageKey);
        }

        state::put_account(ctx.state(), sender, &account);
        ctx.emit(&IdentityEvent::KeyRevoked { account: sender, key: self.key });
        Ok(())
    }
}
