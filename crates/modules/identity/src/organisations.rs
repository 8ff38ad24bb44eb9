//! What governance decides about organisations. Each function checks, then writes, then tells.

use crate::{
    IdentityError, IdentityEvent, query,
    state::{self, Account, AccountStatus, ORGANISATIONS_MAX, SEALING_KEY_BYTES},
};
use salus_crypto::sign::check_public_key;
use salus_framework::BlockContext;
use salus_state::StateRead;
use salus_types::{
    AccountId, AccountKind, BytesMax, OrganisationFunction, OrganisationRole, PublicKey, TextMax,
    VecMax,
};

/// An organisation to admit.
#[derive(Clone, Copy, Debug)]
pub struct Admission<'a> {
    /// Its account, not on the ledger yet.
    pub account: AccountId,
    /// Its name.
    pub name: &'a TextMax<128>,
    /// What it is to be.
    pub role: OrganisationRole,
    /// What it does, each function once.
    pub functions: &'a VecMax<OrganisationFunction, 9>,
    /// Its first key, for everything.
    pub key: PublicKey,
    /// Its X-Wing public key, or empty when it has none yet.
    pub sealing_key: &'a BytesMax<2048>,
}

impl Admission<'_> {
    /// Checks what the message alone can tell.
    ///
    /// # Errors
    ///
    /// The first that applies: [`IdentityError::OrganisationName`], [`IdentityError::Functions`],
    /// [`IdentityError::SealingKeyLength`], [`IdentityError::BadKey`].
    pub fn validate(&self) -> Result<(), IdentityError> {
        if self.name.trim().is_empty() {
            return Err(IdentityError::OrganisationName);
        }
        let functions = self.functions.iter();
        if functions.enumerate().any(|(at, one)| self.functions.iter().take(at).any(|x| x == one)) {
            return Err(IdentityError::Functions);
        }
        let found = self.sealing_key.len();
        if found != 0 && found != SEALING_KEY_BYTES {
            return Err(IdentityError::SealingKeyLength { expected: SEALING_KEY_BYTES, found });
        }
        Ok(check_public_key(&self.key)?)
    }

    /// Checks that the organisation could be admitted now.
    ///
    /// # Errors
    ///
    /// Those of [`Self::validate`], then [`IdentityError::AccountExists`], then
    /// [`IdentityError::TooManyOrganisations`].
    pub fn check(&self, state: &dyn StateRead) -> Result<(), IdentityError> {
        self.validate()?;
        if query::exists(state, self.account) {
            return Err(IdentityError::AccountExists { account: self.account });
        }
        if state::counts(state).all >= ORGANISATIONS_MAX {
            return Err(IdentityError::TooManyOrganisations { max: ORGANISATIONS_MAX });
        }
        Ok(())
    }
}

/// Admits an organisation.
///
/// # Errors
///
/// Those of [`Admission::check`].
pub fn admit_organisation(
    ctx: &mut BlockContext<'_>,
    admission: &Admission<'_>,
) -> Result<(), IdentityError> {
    admission.check(ctx.state())?;

    let mut counts = state::counts(ctx.state());
    let number = counts.all;
    counts.all = counts.all.saturating_add(1);
    if query::has_vote(admission.role) {
        counts.voters = counts.voters.saturating_add(1);
    }
    state::put_counts(ctx.state(), counts);
    write_organisation(ctx, admission, number);
    Ok(())
}

/// Writes the records of a new organisation and tells of it; the counts are the caller's.
pub(crate) fn write_organisation(
    ctx: &mut BlockContext<'_>,
    admission: &Admission<'_>,
    number: u32,
) {
    let account = Account::new(AccountKind::Organisation, admission.key, ctx.height());
    let organisation = state::OrganisationRecord {
        name: admission.name.clone(),
        role: admission.role,
        functions: admission.functions.clone(),
        number,
    };
    state::put_account(ctx.state(), admission.account, &account);
    state::put_organisation(ctx.state(), admission.account, &organisation);
    if !admission.sealing_key.is_empty() {
        state::put_sealing_key(ctx.state(), admission.account, admission.sealing_key);
    }
    ctx.emit(&IdentityEvent::OrganisationAdmitted {
        account: admission.account,
        name: organisation.name,
        role: organisation.role,
        functions: organisation.functions,
    });
}

/// Suspends an organisation that is active, or suspended only by itself.
///
/// # Errors
///
/// The first that applies: [`IdentityError::NotAnOrganisation`],
/// [`IdentityError::OrganisationStatus`].
pub fn suspend_organisation(
    ctx: &mut BlockContext<'_>,
    account: AccountId,
) -> Result<(), IdentityError> {
    change(ctx, account, AccountStatus::SuspendedByVote)?;
    ctx.emit(&IdentityEvent::OrganisationSuspended { account });
    Ok(())
}

/// Ends an organisation's suspension, by vote or by itself.
///
/// # Errors
///
/// The first that applies: [`IdentityError::NotAnOrganisation`],
/// [`IdentityError::OrganisationStatus`].
pub fn resume_organisation(
    ctx: &mut BlockContext<'_>,
    account: AccountId,
) -> Result<(), IdentityError> {
    change(ctx, account, AccountStatus::Active)?;
    ctx.emit(&IdentityEvent::OrganisationResumed { account });
    Ok(())
}

/// Expels an organisation, for ever.
///
/// # Errors
///
/// The first that applies: [`IdentityError::NotAnOrganisation`],
/// [`IdentityError::OrganisationStatus`].
pub fn expel_organisation(
    ctx: &mut BlockContext<'_>,
    account: AccountId,
) -> Result<(), IdentityError> {
    change(ctx, account, AccountStatus::Expelled)?;
    ctx.emit(&IdentityEvent::OrganisationExpelled { account });
    Ok(())
}

/// Whether an organisation could be moved to this status now.
///
/// # Errors
///
/// The first that applies: [`IdentityError::NotAnOrganisation`],
/// [`IdentityError::OrganisationStatus`].
pub fn check_change(
    state: &dyn StateRead,
    account: AccountId,
    to: AccountStatus,
) -> Result<(), IdentityError> {
    organisation_for_change(state, account, to).map(|_| ())
}

fn organisation_for_change(
    state: &dyn StateRead,
    account: AccountId,
    to: AccountStatus,
) -> Result<Account, IdentityError> {
    let found = state::account(state, account)
        .filter(|found| found.kind == AccountKind::Organisation)
        .ok_or(IdentityError::NotAnOrganisation { account })?;
    let allowed = match to {
        AccountStatus::Active => found.status == AccountStatus::SuspendedByVote,
        AccountStatus::SuspendedByItself => found.status == AccountStatus::Active,
        AccountStatus::SuspendedByVote => {
            matches!(found.status, AccountStatus::Active | AccountStatus::SuspendedByItself)
        }
        AccountStatus::Expelled => found.status != AccountStatus::Expelled,
    };
    if allowed { Ok(found) } else { Err(IdentityError::OrganisationStatus { account }) }
}

fn change(
    ctx: &mut BlockContext<'_>,
    account: AccountId,
    to: AccountStatus,
) -> Result<(), IdentityError> {
    let mut found = organisation_for_change(ctx.state(), account, to)?;
    set_status(ctx, account, &mut found, to);
    Ok(())
}

/// Writes an account's new status, and keeps count of the organisations that vote.
pub(crate) fn set_status(
    ctx: &mut BlockContext<'_>,
    account: AccountId,
    found: &mut Account,
    to: AccountStatus,
) {
    let was_active = found.status == AccountStatus::Active;
    found.status = to;
    state::put_account(ctx.state(), account, found);

    let is_active = to == AccountStatus::Active;
    let votes = found.kind == AccountKind::Organisation
        && state::organisation(ctx.state(), account).is_some_and(|one| query::has_vote(one.role));
    if votes && was_active != is_active {
        let mut counts = state::counts(ctx.state());
        counts.voters = if is_active {
            counts.voters.saturating_add(1)
        } else {
            counts.voters.saturating_sub(1)
        };
        state::put_counts(ctx.state(), counts);
    }
}
