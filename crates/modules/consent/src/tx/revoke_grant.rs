//! Revoking a grant.

use crate::{
    ConsentError, ConsentEvent, DelegationId, GrantId, GrantedBy, Power, acting::check_delegation,
    state,
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use serde::{Deserialize, Serialize};

/// Ends a grant, at once and for ever: the patient's, whoever gave it; or one that the sender passed on.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeGrant {
    /// The grant.
    pub grant: GrantId,
    /// The delegation under which the sender acts for the patient, if it is not the patient.
    pub on_behalf: Option<DelegationId>,
}

impl RevokeGrant {
    /// Revokes the grant; one whose period is over may be revoked too.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`ConsentError::UnknownGrant`]: there is none with this id.
    /// 2. With a delegation: [`ConsentError::UnknownDelegation`], [`ConsentError::NotDelegate`],
    ///    [`ConsentError::DelegationNotActive`], [`ConsentError::PowerMissing`].
    /// 3. [`ConsentError::NotGrantor`]: it is of another patient, and another account passed it on.
    /// 4. [`ConsentError::AlreadyRevoked`]: it was revoked before.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        let grant = self.grant;
        let (sender, now) = (ctx.sender(), ctx.time());
        let mut stored =
            state::grant(ctx.state(), grant).ok_or(ConsentError::UnknownGrant { grant })?;
        let acts_for = match self.on_behalf {
            Some(delegation) => {
                check_delegation(ctx.state(), delegation, sender, Power::Revoke, now)?.patient
            }
            None => sender,
        };
        let passed_on = match stored.by {
            GrantedBy::Patient | GrantedBy::Delegate(_) => None,
            GrantedBy::Grantee(parent) => {
                state::grant(ctx.state(), parent).map(|parent| parent.grantee)
            }
        };
        if stored.patient != acts_for && passed_on != Some(sender) {
            return Err(ConsentError::NotGrantor { grant });
        }
        if let Some(at) = stored.revoked_at {
            return Err(ConsentError::AlreadyRevoked { grant, at });
        }

        stored.revoked_at = Some(now);
        state::put_grant(ctx.state(), grant, &stored);
        ctx.emit(&ConsentEvent::GrantRevoked {
            grant,
            patient: stored.patient,
            grantee: stored.grantee,
            custodian: stored.custodian,
        });
        Ok(())
    }
}
