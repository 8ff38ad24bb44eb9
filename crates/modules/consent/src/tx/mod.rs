//! The transactions of consent, one file each.

mod account_access;
mod anchor_record;
mod appoint_custodians;
mod attest_release;
mod close_episode;
mod delegate;
mod end_delegation;
mod grant_access;
mod open_episode;
mod reads;
mod request_release;
mod retire_arrangement;
mod revoke_grant;
mod transfer_episode;

pub use account_access::AccountAccess;
pub use anchor_record::AnchorRecord;
pub use appoint_custodians::AppointCustodians;
pub use attest_release::AttestRelease;
pub use close_episode::CloseEpisode;
pub use delegate::{DELEGATION_AHEAD_MS_MAX, Delegate};
pub use end_delegation::EndDelegation;
pub use grant_access::{GRANT_AHEAD_MS_MAX, GrantAccess, PSEUDONYMISED_PURPOSES};
pub use open_episode::{EPISODE_AHEAD_MS_MAX, OpenEpisode};
pub use request_release::RequestRelease;
pub use retire_arrangement::RetireArrangement;
pub use revoke_grant::RevokeGrant;
pub use transfer_episode::TransferEpisode;

use crate::ConsentError;
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_types::BlockTime;
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
    /// Lets another account act for a patient.
    Delegate(Delegate),
    /// Ends that.
    EndDelegation(EndDelegation),
    /// Opens an episode at a hospital.
    OpenEpisode(OpenEpisode),
    /// Closes it.
    CloseEpisode(CloseEpisode),
    /// Moves it to another hospital.
    TransferEpisode(TransferEpisode),
    /// Appoints custodians of shares.
    AppointCustodians(AppointCustodians),
    /// Ends an arrangement with them.
    RetireArrangement(RetireArrangement),
    /// Asks them to release their shares.
    RequestRelease(RequestRelease),
    /// Says which share a custodian releases.
    AttestRelease(AttestRelease),
}

impl ConsentTx {
    /// Checks and executes the call.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        match self {
            Self::AnchorRecord(call) => call.execute(ctx),
            Self::GrantAccess(call) => call.execute(ctx),
            Self::RevokeGrant(call) => call.execute(ctx),
            Self::AccountAccess(call) => call.execute(ctx),
            Self::Delegate(call) => call.execute(ctx),
            Self::EndDelegation(call) => call.execute(ctx),
            Self::OpenEpisode(call) => call.execute(ctx),
            Self::CloseEpisode(call) => call.execute(ctx),
            Self::TransferEpisode(call) => call.execute(ctx),
            Self::AppointCustodians(call) => call.execute(ctx),
            Self::RetireArrangement(call) => call.execute(ctx),
            Self::RequestRelease(call) => call.execute(ctx),
            Self::AttestRelease(call) => call.execute(ctx),
        }
    }
}

/// Refuses a period that is empty, over, or ends more than `ahead_ms` from now.
pub(crate) fn check_period(
    not_before: BlockTime,
    not_after: BlockTime,
    ahead_ms: u64,
    now: BlockTime,
) -> Result<(), ConsentError> {
    let within = not_before < not_after && now < not_after && not_after <= now.after_ms(ahead_ms);
    if within { Ok(()) } else { Err(ConsentError::WrongPeriod { not_before, not_after, now }) }
}
