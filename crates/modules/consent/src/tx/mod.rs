//! The transactions of consent, one file each.

mod account_access;
mod anchor_record;
mod grant_access;
mod revoke_grant;

pub use account_access::AccountAccess;
pub use anchor_record::AnchorRecord;
pub use grant_access::{GRANT_AHEAD_MS_MAX, GrantAccess};
pub use revoke_grant::RevokeGrant;

use crate::ConsentError;
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use serde::{Deserialize, Serialize};

/// A call to this module.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub enum ConsentTx {
    /// Anchors a version of a record.
    AnchorRecord(AnchorRecord),
    /// Grants an organisation access.
    GrantAccess(GrantAccess),
    /// Revokes a grant.
    RevokeGrant(RevokeGrant),
    /// Accounts for accesses.
    AccountAccess(AccountAccess),
}

impl ConsentTx {
    /// Checks and executes the call.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        match self {
            Self::AnchorRecord(call) => call.execute(ctx),
            Self::GrantAccess(call) => call.execute(ctx),
            Self::RevokeGrant(call) => call.execute(ctx),
            Self::AccountAccess(call) => call.execute(ctx),
        }
    }
}
