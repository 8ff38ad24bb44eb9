//! Ending one's own suspension.

use super::own_account;
use crate::{IdentityError, IdentityEvent, organisations::set_status, state::AccountStatus};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use serde::{Deserialize, Serialize};

/// Ends a suspension that the sender's account began itself.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResumeAccount {}

impl ResumeAccount {
    /// Resumes the account.
    ///
    /// # Errors
    ///
    /// [`IdentityError::NotSuspended`]: the account did not suspend itself.
    pub(crate) fn execute(ctx: &mut Context<'_>) -> Result<(), IdentityError> {
        let mut account = own_account(ctx)?;
        if account.status != AccountStatus::SuspendedByItself {
            return Err(IdentityError::NotSuspended);
        }

        let sender = ctx.sender();
        set_status(ctx, sender, &mut account, AccountStatus::Active);
        ctx.emit(&IdentityEvent::AccountResumed { account: sender });
        Ok(())
    }
}
