//! Registering an account.

use crate::{
    IdentityError, IdentityEvent, query,
    state::{self, Account},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_crypto::sign::check_public_key;
use salus_framework::Context;
use salus_types::{AccountId, AccountKind, PublicKey, Salt};
use serde::{Deserialize, Serialize};

/// Registers the account of a person or a device, under its first key.
///
/// The account itself may send it, signed by that key; or an organisation sends it for somebody
/// whose key it keeps, and the account says so from then on.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterAccount {
    /// The account: [`AccountId::derive`] of the network, `key` and `salt`.
    pub account: AccountId,
    /// A person or a device.
    pub kind: AccountKind,
    /// Its first key, for every purpose.
    pub key: PublicKey,
    /// Random; lets one key have several accounts.
    pub salt: Salt,
}

impl RegisterAccount {
    /// Registers the account.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`IdentityError::OrganisationByVote`]: it is to be an organisation.
    /// 2. [`IdentityError::BadKey`]: the key is none, or one for which anybody can sign.
    /// 3. [`IdentityError::AccountMismatch`]: key and salt derive another account.
    /// 4. [`IdentityError::WrongFirstKey`]: the account itself sends it, signed by another key.
    /// 5. [`IdentityError::NotAnOrganisation`]: another account sends it, not an organisation.
    /// 6. [`IdentityError::AccountExists`]: it is registered already.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), IdentityError> {
        match self.kind {
            AccountKind::Person | AccountKind::Device => {}
            AccountKind::Organisation => return Err(IdentityError::OrganisationByVote),
        }
        check_public_key(&self.key)?;
        let derived = AccountId::derive(ctx.network(), &self.key, self.salt);
        if derived != self.account {
            return Err(IdentityError::AccountMismatch { given: self.account, derived });
        }
        let sender = ctx.sender();
        let assisted_by = (sender != self.account).then_some(sender);
        if assisted_by.is_none() && ctx.sender_key() != self.key {
            return Err(IdentityError::WrongFirstKey);
        }
        if assisted_by.is_some() && !query::is_active_organisation(ctx.state(), sender) {
            return Err(IdentityError::NotAnOrganisation { account: sender });
        }
        if query::exists(ctx.state(), self.account) {
            return Err(IdentityError::AccountExists { account: self.account });
        }

        let mut account = Account::new(self.kind, self.key, ctx.height());
        account.assisted_by = assisted_by;
        state::put_account(ctx.state(), self.account, &account);
        ctx.emit(&IdentityEvent::AccountRegistered {
            account: self.account,
            kind: self.kind,
            assisted_by,
        });
        Ok(())
    }
}
