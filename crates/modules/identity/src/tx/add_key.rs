//! Adding a key.

use super::own_account;
use crate::{
    IdentityError, IdentityEvent, KeyPurposes,
    state::{self, AccountKey, KEYS_MAX},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_crypto::sign::check_public_key;
use salus_framework::Context;
use salus_types::{PublicKey, VecMax};
use serde::{Deserialize, Serialize};

/// Adds a key to the sender's account.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddKey {
    /// The new key.
    pub key: PublicKey,
    /// What it may be used for.
    pub purposes: KeyPurposes,
}

impl AddKey {
    /// Adds the key.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`IdentityError::BadKey`]: it is no key, or one for which anybody can sign.
    /// 2. [`IdentityError::KeyExists`]: the account has it already.
    /// 3. [`IdentityError::TooManyKeys`]: it has [`KEYS_MAX`] keys.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), IdentityError> {
        check_public_key(&self.key)?;
        let mut account = own_account(ctx)?;
        if account.key(&self.key).is_some() {
            return Err(IdentityError::KeyExists);
        }
        let mut keys = account.keys.into_inner();
        keys.push(AccountKey { key: self.key, purposes: self.purposes });
        account.keys =
            VecMax::new(keys).map_err(|_| IdentityError::TooManyKeys { max: KEYS_MAX })?;

        let sender = ctx.sender();
        state::put_account(ctx.state(), sender, &account);
        ctx.emit(&IdentityEvent::KeyAdded {
            account: sender,
            key: self.key,
            purposes: self.purposes,
        });
        Ok(())
    }
}
