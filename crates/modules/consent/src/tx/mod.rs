//! The transactions of consent, one file each.

mod account_access;
mod anchor_record;
mod grant_access;
mod revoke_grant;

pub use account_access::AccountAccess;
pub use anchor_record::AnchorRecord;
pub use grant_access::{GRANT_AHEAD_MS_MAX, GrantAccess};
pub use revoke_grant::RevokeGrant;

use crate::{ConsentError, state};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_identity as identity;
use salus_state::StateKey;
use salus_types::AccountId;
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
    /// Keys that the call reads, beside the sender's account.
    pub(crate) fn reads(&self, sender: AccountId) -> Vec<StateKey> {
        let account = |id| identity::state::account_path(id).key();
        match self {
            Self::AnchorRecord(call) => vec![
                account(call.patient),
                state::record_path(call.record).key(),
                state::relation_path(call.patient, sender).key(),
            ],
            Self::GrantAccess(call) => vec![
                account(call.grantee),
                account(call.custodian),
                state::grant_path(call.grant).key(),
                state::grant_count_path(sender).key(),
            ],
            Self::RevokeGrant(call) => vec![state::grant_path(call.grant).key()],
            Self::AccountAccess(call) => {
                let grant = call.grant.map(|grant| state::grant_path(grant).key());
                let relation = state::relation_path(call.patient, sender).key();
                std::iter::once(relation).chain(grant).collect()
            }
        }
    }

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
