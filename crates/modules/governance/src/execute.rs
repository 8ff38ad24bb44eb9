//! Checking and executing what is proposed.

use crate::{
    Action, GovernanceError, GovernanceEvent, limits,
    limits::EmergencyService,
    nodes::{
        check_address, check_key, keep_observers, keep_validators, with_observer, with_validator,
    },
    parameters, query,
    state::{self, LongerValidity},
};
use salus_framework::BlockContext;
use salus_identity::{self as identity, AccountStatus};
use salus_state::StateRead;
use salus_types::{AccountId, BlockTime, NodeKey, NodeRecord, OrganisationRole};

/// Checks that an action could be executed now.
///
/// # Errors
///
/// What executing it would be refused with.
pub(crate) fn check(
    action: &Action,
    state: &dyn StateRead,
    now: BlockTime,
) -> Result<(), GovernanceError> {
    match action {
        Action::AdmitOrganisation(admit) => {
            match admit.role {
                OrganisationRole::Member | OrganisationRole::Observer => {}
                OrganisationRole::Founder => return Err(GovernanceError::WrongRole),
            }
            Ok(admit.admission().check(state)?)
        }
        Action::SuspendOrganisation { account } => {
            Ok(identity::check_change(state, *account, AccountStatus::SuspendedByVote)?)
        }
        Action::ResumeOrganisation { account } => {
            Ok(identity::check_change(state, *account, AccountStatus::Active)?)
        }
        Action::ExpelOrganisation { account } => {
            identity::check_change(state, *account, AccountStatus::Expelled)?;
            keep_validators(state, |node| node.organisation != *account).map(|_| ())
        }
        Action::AddValidator { node } => {
            check_address(node)?;
            check_key(&node.key)?;
            if !identity::is_active_organisation(state, node.organisation) {
                return Err(GovernanceError::NotAnOrganisation { account: node.organisation });
            }
            let validators = state::validators(state);
            if validators.contains(&node.key) {
                return Err(GovernanceError::AlreadyValidator { key: node.key });
            }
            with_validator(validators, node.clone()).map(|_| ())
        }
        Action::RemoveValidator { key } => {
            if !state::validators(state).contains(key) {
                return Err(GovernanceError::NotAValidator { key: *key });
            }
            keep_validators(state, |node| node.key != *key).map(|_| ())
        }
        Action::SetParameters { parameters: next } => {
            parameters::check_change(&query::parameters(state), next)
        }
        Action::SetProtocolVersion { version } => {
            let expected = query::protocol_version(state).saturating_add(1);
            if *version != expected {
                return Err(GovernanceError::ProtocolVersion { found: *version, expected });
            }
            Ok(())
        }
        Action::AccreditEmergencyService { account, until } => {
            if !identity::is_active_organisation(state, *account) {
                return Err(GovernanceError::NotAnOrganisation { account: *account });
            }
            if *until <= now {
                return Err(GovernanceError::AccreditationOver { until: *until, now });
            }
            Ok(())
        }
        Action::WithdrawEmergencyService { account } => {
            if state::emergency_service(state, *account).is_none() {
                return Err(GovernanceError::NotAccredited { account: *account });
            }
            Ok(())
        }
        Action::SetAccessLimits { limits } => limits::check_limits(limits),
    }
}

/// Checks an action and executes it.
///
/// # Errors
///
/// Those of [`check`]; then nothing was written.
pub(crate) fn execute(action: &Action, ctx: &mut BlockContext<'_>) -> Result<(), GovernanceError> {
    let now = ctx.time();
    check(action, ctx.state(), now)?;

    match action {
        Action::AdmitOrganisation(admit) => {
            Ok(identity::admit_organisation(ctx, &admit.admission())?)
        }
        Action::SuspendOrganisation { account } => {
            Ok(identity::suspend_organisation(ctx, *account)?)
        }
        Action::ResumeOrganisation { account } => Ok(identity::resume_organisation(ctx, *account)?),
        Action::ExpelOrganisation { account } => expel(ctx, *account),
        Action::AddValidator { node } => add_validator(ctx, node),
        Action::RemoveValidator { key } => remove_validator(ctx, *key),
        Action::SetParameters { parameters } => {
            note_longer_validity(ctx, parameters.validity_blocks);
            state::put_parameters(ctx.state(), parameters);
            ctx.emit(&GovernanceEvent::ParametersChanged { parameters: parameters.clone() });
            Ok(())
        }
        Action::SetProtocolVersion { version } => {
            state::put_protocol_version(ctx.state(), *version);
            ctx.emit(&GovernanceEvent::ProtocolVersionChanged { version: *version });
            Ok(())
        }
        Action::AccreditEmergencyService { account, until } => {
            let service = EmergencyService { until: *until, accredited_at: now };
            state::put_emergency_service(ctx.state(), *account, &service);
            let (account, until) = (*account, *until);
            ctx.emit(&GovernanceEvent::EmergencyServiceAccredited { account, until });
            Ok(())
        }
        Action::WithdrawEmergencyService { account } => {
            state::delete_emergency_service(ctx.state(), *account);
            ctx.emit(&GovernanceEvent::EmergencyServiceWithdrawn { account: *account });
            Ok(())
        }
        Action::SetAccessLimits { limits } => {
            state::put_access_limits(ctx.state(), limits);
            ctx.emit(&GovernanceEvent::AccessLimitsChanged { limits: *limits });
            Ok(())
        }
    }
}

/// Remembers the validity in force if the next one is shorter: what it let in may still come, and
/// must still be known to have come already.
fn note_longer_validity(ctx: &mut BlockContext<'_>, next: u64) {
    let now = query::parameters(ctx.state()).validity_blocks;
    if next >= now {
        return;
    }
    let height = ctx.height();
    let before = state::longer_validity(ctx.state()).filter(|longer| longer.until >= height);
    let mut longer = LongerValidity { blocks: now, until: height.after(now) };
    if let Some(before) = before {
        longer.blocks = longer.blocks.max(before.blocks);
        longer.until = longer.until.max(before.until);
    }
    state::put_longer_validity(ctx.state(), longer);
}

fn expel(ctx: &mut BlockContext<'_>, account: AccountId) -> Result<(), GovernanceError> {
    let (kept, removed) = keep_validators(ctx.state(), |node| node.organisation != account)?;
    identity::expel_organisation(ctx, account)?;
    keep_observers(ctx.state(), |node| node.organisation != account);
    if !removed.is_empty() {
        state::put_validators(ctx.state(), &kept);
    }
    for node in removed {
        ctx.emit(&GovernanceEvent::ValidatorRemoved { key: node.key });
    }
    Ok(())
}

fn add_validator(ctx: &mut BlockContext<'_>, node: &NodeRecord) -> Result<(), GovernanceError> {
    let validators = with_validator(state::validators(ctx.state()), node.clone())?;
    // The vote also settles whose node it is, if another organisation had announced the key.
    keep_observers(ctx.state(), |one| one.key != node.key);
    state::put_validators(ctx.state(), &validators);
    ctx.emit(&GovernanceEvent::ValidatorAdded { node: node.clone() });
    Ok(())
}

fn remove_validator(ctx: &mut BlockContext<'_>, key: NodeKey) -> Result<(), GovernanceError> {
    let (kept, removed) = keep_validators(ctx.state(), |node| node.key != key)?;
    state::put_validators(ctx.state(), &kept);
    for node in removed {
        // It goes on as an observer where there is room; where there is none it may be announced later.
        if let Ok(observers) = with_observer(state::observers(ctx.state()), node) {
            state::put_observers(ctx.state(), &observers);
        }
    }
    ctx.emit(&GovernanceEvent::ValidatorRemoved { key });
    Ok(())
}
