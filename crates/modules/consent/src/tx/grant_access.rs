//! Granting access.

use super::check_period;
use crate::{
    ConsentError, ConsentEvent, DelegationId, EpisodeId, GrantId, GrantStatus, GrantedBy, Power,
    PurposeOfUse, ReleaseMode,
    acting::acting,
    query::grant_status,
    state::{self, Grant},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_identity as identity;
use salus_types::{AccountId, BlockTime, Hash};
use serde::{Deserialize, Serialize};

/// How far ahead of block time a grant may end: ten years of 366 days, in milliseconds.
pub const GRANT_AHEAD_MS_MAX: u64 = 10 * 366 * 24 * 60 * 60 * 1000;

/// Purposes for which data may be granted without what identifies the patient.
pub const PSEUDONYMISED_PURPOSES: &[PurposeOfUse] =
    &[PurposeOfUse::Research, PurposeOfUse::ClinicalTrial, PurposeOfUse::PublicHealth];

/// Lets an organisation read records of a patient at a custodian, for a time and a purpose.
///
/// The patient gives it, or who acts for the patient, or a grantee that may pass its own grant on:
/// then no wider than what it holds, and not to be passed on again.
///
/// Source: FHIR R4 `Consent.provision` (period, actor, purpose); its details stay off the ledger,
/// under the scope commitment.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantAccess {
    /// The grant: random.
    pub grant: GrantId,
    /// Who gives it.
    pub by: GrantedBy,
    /// Who may read.
    pub grantee: AccountId,
    /// Where the records are.
    pub custodian: AccountId,
    /// Salted hash of the scope: which records. Its opening goes to the custodian.
    pub scope_commitment: Hash,
    /// What for.
    pub purpose: PurposeOfUse,
    /// How keys are released.
    pub mode: ReleaseMode,
    /// Whether what identifies the patient is taken out first; for research only.
    pub pseudonymised: bool,
    /// Whether the grantee may pass it on.
    pub delegable: bool,
    /// Salted hash of the FHIR `Consent` that it stands for, if one.
    pub consent_commitment: Option<Hash>,
    /// An episode of the patient with whose end it ends too, such as for a second opinion.
    pub episode: Option<EpisodeId>,
    /// From when on, inclusive, in block time.
    pub not_before: BlockTime,
    /// Until when, exclusive, in block time.
    pub not_after: BlockTime,
}

impl GrantAccess {
    /// Grants the access.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. By the patient, [`ConsentError::NotAPatient`]: the sender is no person. By a delegate,
    ///    [`ConsentError::UnknownDelegation`], [`ConsentError::NotDelegate`],
    ///    [`ConsentError::DelegationNotActive`], [`ConsentError::PowerMissing`]. By a grantee,
    ///    [`ConsentError::UnknownGrant`], [`ConsentError::NotGrantee`],
    ///    [`ConsentError::GrantNotActive`], [`ConsentError::NotDelegable`].
    /// 2. [`ConsentError::SameOrganisation`]: grantee and custodian are one.
    /// 3. [`ConsentError::WrongPeriod`]: the period is empty, over, or ends more than
    ///    [`GRANT_AHEAD_MS_MAX`] ahead.
    /// 4. [`ConsentError::BeyondDelegation`]: it ends after the delegation.
    /// 5. [`ConsentError::BeyondGrant`]: it is wider than the grant that is passed on.
    /// 6. [`ConsentError::NotForResearch`]: only research gets pseudonymised data.
    /// 7. [`ConsentError::UnknownEpisode`], [`ConsentError::WrongEpisode`],
    ///    [`ConsentError::EpisodeClosed`]: the episode is not an open one of the patient.
    /// 8. [`ConsentError::InactiveGrantee`]: the grantee is no active organisation.
    /// 9. [`ConsentError::InactiveCustodian`]: nor is the custodian.
    /// 10. [`ConsentError::Erased`]: everything of the patient at the custodian is erased.
    /// 11. [`ConsentError::GrantExists`]: the id is taken.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        let Self { grant, grantee, custodian, not_before, not_after, .. } = *self;
        let (patient, delegation_end, parent) = match self.by {
            GrantedBy::Patient => grantor(ctx, None)?,
            GrantedBy::Delegate(delegation) => grantor(ctx, Some(delegation))?,
            GrantedBy::Grantee(parent) => {
                let parent = passed_on(ctx, parent)?;
                (parent.patient, None, Some(parent))
            }
        };
        if grantee == custodian {
            return Err(ConsentError::SameOrganisation);
        }
        check_period(not_before, not_after, GRANT_AHEAD_MS_MAX, ctx.time())?;
        if let Some(until) = delegation_end.filter(|until| not_after > *until) {
            return Err(ConsentError::BeyondDelegation { until });
        }
        if let Some(what) = parent.and_then(|parent| self.beyond(&parent)) {
            return Err(ConsentError::BeyondGrant { what });
        }
        if self.pseudonymised && !PSEUDONYMISED_PURPOSES.contains(&self.purpose) {
            return Err(ConsentError::NotForResearch { purpose: self.purpose });
        }
        self.check_episode(ctx, patient)?;
        if !identity::is_active_organisation(ctx.state(), grantee) {
            return Err(ConsentError::InactiveGrantee { grantee });
        }
        if !identity::is_active_organisation(ctx.state(), custodian) {
            return Err(ConsentError::InactiveCustodian { custodian });
        }
        if state::is_erased(ctx.state(), patient, custodian) {
            return Err(ConsentError::Erased);
        }
        if state::grant(ctx.state(), grant).is_some() {
            return Err(ConsentError::GrantExists { grant });
        }

        let stored = Grant {
            patient,
            by: self.by,
            grantee,
            custodian,
            scope_commitment: self.scope_commitment,
            purpose: self.purpose,
            mode: self.mode,
            pseudonymised: self.pseudonymised,
            delegable: self.delegable,
            consent_commitment: self.consent_commitment,
            episode: self.episode,
            not_before,
            not_after,
            number: state::grant_count(ctx.state(), patient),
            granted_at: ctx.time(),
            revoked_at: None,
        };
        state::put_grant(ctx.state(), grant, &stored);
        state::list_grant(ctx.state(), grant, &stored);
        ctx.emit(&ConsentEvent::AccessGranted {
            grant,
            patient,
            by: self.by,
            grantee,
            custodian,
            purpose: self.purpose,
            mode: self.mode,
            not_before,
            not_after,
        });
        Ok(())
    }

    /// What of this is more than the grant that is passed on, if anything. Whether the scope is within
    /// its scope is for the custodian to see: the ledger has commitments only.
    fn beyond(&self, parent: &Grant) -> Option<&'static str> {
        if self.custodian != parent.custodian {
            Some("custodian")
        } else if self.purpose != parent.purpose {
            Some("purpose")
        } else if self.not_before < parent.not_before || self.not_after > parent.not_after {
            Some("period")
        } else if self.mode < parent.mode {
            Some("mode")
        } else if parent.pseudonymised && !self.pseudonymised {
            Some("pseudonymised")
        } else if self.delegable {
            Some("delegable")
        } else {
            None
        }
    }

    fn check_episode(&self, ctx: &mut Context<'_>, patient: AccountId) -> Result<(), ConsentError> {
        let Some(episode) = self.episode else { return Ok(()) };
        let now = ctx.time();
        let found =
            state::episode(ctx.state(), episode).ok_or(ConsentError::UnknownEpisode { episode })?;
        if found.patient != patient {
            return Err(ConsentError::WrongEpisode { episode });
        }
        if found.is_open(now) { Ok(()) } else { Err(ConsentError::EpisodeClosed { episode }) }
    }
}

/// Whose access is granted, when the power to do so ends, and no grant that is passed on.
type Grantor = (AccountId, Option<BlockTime>, Option<Grant>);

fn grantor(
    ctx: &mut Context<'_>,
    on_behalf: Option<DelegationId>,
) -> Result<Grantor, ConsentError> {
    let acting = acting(ctx, on_behalf, Power::Grant)?;
    Ok((acting.patient, acting.until, None))
}

/// The sender's own grant, which it may pass on.
fn passed_on(ctx: &mut Context<'_>, grant: GrantId) -> Result<Grant, ConsentError> {
    let (sender, now) = (ctx.sender(), ctx.time());
    let found = state::grant(ctx.state(), grant).ok_or(ConsentError::UnknownGrant { grant })?;
    if found.grantee != sender {
        return Err(ConsentError::NotGrantee { grant });
    }
    match grant_status(ctx.state(), grant, now) {
        GrantStatus::Active => {}
        status @ (GrantStatus::Unknown
        | GrantStatus::NotYetValid
        | GrantStatus::Expired
        | GrantStatus::Revoked
        | GrantStatus::Ended) => return Err(ConsentError::GrantNotActive { grant, status }),
    }
    if found.delegable { Ok(found) } else { Err(ConsentError::NotDelegable { grant }) }
}
