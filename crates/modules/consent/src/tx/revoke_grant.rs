//! Revoking a grant.

use crate::{ConsentError, ConsentEvent, GrantId, state};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use serde::{Deserialize, Serialize};

/// Ends a grant of the sender, at once and for ever.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeGrant {
    /// The grant.
    pub grant: GrantId,
}

impl RevokeGrant {
    /// Revokes the grant; one whose period is over may be revoked too.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`ConsentError::UnknownGrant`]: there is none with this id.
    /// 2. [`ConsentError::NotGrantor`]: another account gave it.
    /// 3. [`ConsentError::AlreadyRevoked`]: it was revoked before.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        let grant = self.grant;
        let mut stored =
            state::grant(ctx.state(), grant).ok_or(ConsentError::UnknownGrant { grant })?;
        if stored.patient != ctx.sender() {
            return Err(ConsentError::NotGrantor { grant });
        }
        if let Some(at) = stored.revoked_at {
            return Err(ConsentError::AlreadyRevoked { grant, at });
        }

        stored.revoked_at = Some(ctx.time());
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
