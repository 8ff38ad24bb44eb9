//! Who may act for a patient.

use crate::{ConsentError, DelegationId, GrantStatus, state};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_identity as identity;
use salus_state::StateRead;
use salus_types::{AccountId, AccountKind, BlockTime, VecMax};
use serde::{Deserialize, Serialize};

/// What a delegate is to the patient. Source: HL7 v3 `PersonalRelationshipRoleType` (GUARD, POWATT, DELEGATEE).
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum DelegationKind {
    /// Decides in the place of a minor or a ward.
    Guardian,
    /// Decides for a patient that chose it, such as under a power of attorney.
    Proxy,
    /// Helps with the device: an organisation or a relative.
    Assistant,
}

/// What a delegate may do.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Power {
    /// Grant access, and open and transfer episodes.
    Grant,
    /// Revoke grants, and close episodes.
    Revoke,
    /// Read the records and the accounts of access, as the patient.
    Read,
    /// Appoint custodians, and set the rules for emergencies.
    Appoint,
    /// Request erasure.
    Erase,
}

impl Power {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Revoke => "revoke",
            Self::Read => "read",
            Self::Appoint => "appoint",
            Self::Erase => "erase",
        }
    }
}

/// Powers, each once, in the order of [`Power`].
pub type Powers = VecMax<Power, 5>;

/// For whom a transaction acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Acting {
    /// The patient.
    pub(crate) patient: AccountId,
    /// When the power to do so ends, if the sender is not the patient.
    pub(crate) until: Option<BlockTime>,
}

impl Acting {
    /// Refuses what would go on after the delegation has ended.
    ///
    /// # Errors
    ///
    /// [`ConsentError::BeyondDelegation`].
    pub(crate) fn check_end(&self, not_after: BlockTime) -> Result<(), ConsentError> {
        match self.until {
            Some(until) if not_after > until => Err(ConsentError::BeyondDelegation { until }),
            Some(_) | None => Ok(()),
        }
    }
}

/// The patient for whom the sender acts: itself, or whoever gave it the power.
///
/// # Errors
///
/// The first that applies. Without a delegation: [`ConsentError::NotAPatient`]. With one:
/// [`ConsentError::UnknownDelegation`], [`ConsentError::NotDelegate`],
/// [`ConsentError::DelegationNotActive`], [`ConsentError::PowerMissing`].
pub(crate) fn acting(
    ctx: &mut Context<'_>,
    on_behalf: Option<DelegationId>,
    power: Power,
) -> Result<Acting, ConsentError> {
    let (sender, now) = (ctx.sender(), ctx.time());
    let Some(delegation) = on_behalf else {
        return if is_person(ctx.state(), sender) {
            Ok(Acting { patient: sender, until: None })
        } else {
            Err(ConsentError::NotAPatient { account: sender })
        };
    };
    check_delegation(ctx.state(), delegation, sender, power, now)
}

/// Checks that `delegate` has this power now.
pub(crate) fn check_delegation(
    state: &dyn StateRead,
    delegation: DelegationId,
    delegate: AccountId,
    power: Power,
    now: BlockTime,
) -> Result<Acting, ConsentError> {
    let found = state::delegation(state, delegation)
        .ok_or(ConsentError::UnknownDelegation { delegation })?;
    if found.delegate != delegate {
        return Err(ConsentError::NotDelegate { delegation });
    }
    match found.status(now) {
        GrantStatus::Active => {}
        status @ (GrantStatus::Unknown
        | GrantStatus::NotYetValid
        | GrantStatus::Expired
        | GrantStatus::Revoked
        | GrantStatus::Ended) => {
            return Err(ConsentError::DelegationNotActive { delegation, status });
        }
    }
    if !found.powers.contains(&power) {
        return Err(ConsentError::PowerMissing { power: power.name() });
    }
    Ok(Acting { patient: found.patient, until: Some(found.not_after) })
}

/// Checks that the sender is the patient, or acts for this patient with this power, or is `other`.
///
/// # Errors
///
/// The first that applies: those of a delegation as in [`acting`], if one is named; then
/// [`ConsentError::NotParty`].
pub(crate) fn check_party(
    ctx: &mut Context<'_>,
    on_behalf: Option<DelegationId>,
    power: Power,
    patient: AccountId,
    other: Option<AccountId>,
) -> Result<(), ConsentError> {
    let (sender, now) = (ctx.sender(), ctx.time());
    let acts_for = match on_behalf {
        Some(delegation) => check_delegation(ctx.state(), delegation, sender, power, now)?.patient,
        None if Some(sender) == other => return Ok(()),
        None => sender,
    };
    if acts_for == patient { Ok(()) } else { Err(ConsentError::NotParty { account: sender }) }
}

/// Whether the account is a person's.
pub(crate) fn is_person(state: &dyn StateRead, account: AccountId) -> bool {
    identity::account(state, account).is_some_and(|found| found.kind == AccountKind::Person)
}
