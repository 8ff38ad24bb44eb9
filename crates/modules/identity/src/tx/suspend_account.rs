//! Suspending one's own account.

use super::own_account;
use crate::{IdentityError, IdentityEvent, organisations::set_status, state::AccountStatus};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use serde::{Deserialize, Serialize};

/// Suspends the sender's account: nothing but [`super::ResumeAccount`] is accepted from it then.
///
/// For a lost device, or an organisation whose keys may be in other hands.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuspendAccount {}

impl SuspendAccount {
    /// Suspends the account.
    ///
    /// # Errors
    ///
    /// None of its own: only an active account gets here.
    pub(crate) fn execute(ctx: &mut Context<'_>) -> Result<(), IdentityError> {
        let mut account = own_account(ctx)?;

        let sender = ctx.sender();
        set_status(ctx, sender, &mut account, AccountStatus::SuspendedByItself);
        ctx.emit(&IdentityEvent::AccountSuspended { account: sender });
        Ok(())
    }
}
