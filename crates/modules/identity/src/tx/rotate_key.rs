//! Replacing a key.

use super::own_account;
use crate::{IdentityError, IdentityEvent, state};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_crypto::sign::check_public_key;
use salus_framework::Context;
use salus_types::{PublicKey, VecMax};
use serde::{Deserialize, Serialize};

/// Puts a new key in the place of an old one, with the same purposes.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RotateKey {
    /// The key that no longer acts.
    pub old: PublicKey,
    /// The key that takes its purposes.
    pub new: PublicKey,
}

impl RotateKey {
    /// Replaces the key.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`IdentityError::BadKey`]: the new key is no key, or one for which anybody can sign.
    /// 2. [`IdentityError::UnknownKey`]: the account does not have the old key.
    /// 3. [`IdentityError::KeyExists`]: it has the new key already.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), IdentityError> {
        check_public_key(&self.new)?;
        let mut account = own_account(ctx)?;
        let sender = ctx.sender();
        if account.key(&self.old).is_none() {
            return Err(IdentityError::UnknownKey { account: sender });
        }
        if account.key(&self.new).is_some() {
            return Err(IdentityError::KeyExists);
        }

        let mut keys = account.keys.into_inner();
        for one in &mut keys {
            if one.key == self.old {
                one.key = self.new;
            }
        }
        account.keys = VecMax::new(keys).unwrap_or_default();
        state::put_account(ctx.state(), sender, &account);
        ctx.emit(&IdentityEvent::KeyRotated { account: sender, old: self.old, new: self.new });
        Ok(())
    }
}
