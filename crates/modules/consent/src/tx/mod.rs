//! The transactions of consent, one file each.

mod account_access;
mod anchor_record;
mod appoint_custodians;
mod attest_erasure;
mod attest_release;
mod close_emergency;
mod close_episode;
mod cosign_emergency;
mod delegate;
mod end_delegation;
mod grant_access;
mod notarise_document;
mod open_emergency;
mod open_episode;
mod reads;
mod refuse_erasure;
mod request_erasure;
mod request_release;
mod retire_arrangement;
mod review_emergency;
mod revoke_grant;
mod set_emergency_rules;
mod sign_document;
mod transfer_episode;

pub use account_access::AccountAccess;
pub use anchor_record::AnchorRecord;
pub use appoint_custodians::AppointCustodians;
pub use attest_erasure::AttestErasure;
pub use attest_release::AttestRelease;
pub use close_emergency::CloseEmergency;
pub use close_episode::CloseEpisode;
pub use cosign_emergency::CosignEmergency;
pub use delegate::{DELEGATION_AHEAD_MS_MAX, Delegate};
pub use end_delegation::EndDelegation;
pub use grant_access::{GRANT_AHEAD_MS_MAX, GrantAccess, PSEUDONYMISED_PURPOSES};
pub use notarise_document::NotariseDocument;
pub use open_emergency::OpenEmergency;
pub use open_episode::{EPISODE_AHEAD_MS_MAX, OpenEpisode};
pub use refuse_erasure::RefuseErasure;
pub use request_erasure::RequestErasure;
pub use request_release::RequestRelease;
pub use retire_arrangement::RetireArrangement;
pub use review_emergency::ReviewEmergency;
pub use revoke_grant::RevokeGrant;
pub use set_emergency_rules::SetEmergencyRules;
pub use sign_document::SignDocument;
pub use transfer_episode::TransferEpisode;

use crate::ConsentError;
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_identity as identity;
use salus_types::{AccountId, AccountKind, BlockTime};
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
    /// Says what a patient allows in emergencies.
    SetEmergencyRules(SetEmergencyRules),
    /// Opens an emergency.
    OpenEmergency(OpenEmergency),
    /// Names its second person.
    CosignEmergency(CosignEmergency),
    /// Closes it.
    CloseEmergency(CloseEmergency),
    /// Reviews it.
    ReviewEmergency(ReviewEmergency),
    /// Notarises a version of a document.
    NotariseDocument(NotariseDocument),
    /// Signs it.
    SignDocument(SignDocument),
    /// Asks for erasure.
    RequestErasure(RequestErasure),
    /// Says that what was held is destroyed.
    AttestErasure(AttestErasure),
    /// Says that it must be kept.
    RefuseErasure(RefuseErasure),
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
            Self::SetEmergencyRules(call) => call.execute(ctx),
            Self::OpenEmergency(call) => call.execute(ctx),
            Self::CosignEmergency(call) => call.execute(ctx),
            Self::CloseEmergency(call) => call.execute(ctx),
            Self::ReviewEmergency(call) => call.execute(ctx),
            Self::NotariseDocument(call) => call.execute(ctx),
            Self::SignDocument(call) => call.execute(ctx),
            Self::RequestErasure(call) => call.execute(ctx),
            Self::AttestErasure(call) => call.execute(ctx),
            Self::RefuseErasure(call) => call.execute(ctx),
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

/// Checks that a person of the service, whose account it registered, has signed too.
pub(crate) fn check_person(
    ctx: &mut Context<'_>,
    service: AccountId,
    person: AccountId,
) -> Result<(), ConsentError> {
    if !ctx.cosigners().iter().any(|one| one.account == person) {
        return Err(ConsentError::PersonMustSign { person });
    }
    let of_service = identity::account(ctx.state(), person).is_some_and(|found| {
        found.kind == AccountKind::Person && found.assisted_by == Some(service)
    });
    if of_service { Ok(()) } else { Err(ConsentError::NotOfService { person }) }
}
