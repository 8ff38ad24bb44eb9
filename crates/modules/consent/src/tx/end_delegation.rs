//! Ending a delegation.

use crate::{ConsentError, ConsentEvent, DelegationId, state};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use serde::{Deserialize, Serialize};

/// Ends a delegation, at once and for ever: by the patient, or by the delegate.
///
/// What the delegate granted before stays; the patient can revoke it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndDelegation {
    /// The delegation.
    pub delegation: DelegationId,
}

impl EndDelegation {
    /// Ends the delegation.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`ConsentError::UnknownDelegation`]: there is none with this id.
    /// 2. [`ConsentError::NotParty`]: the sender is neither the patient nor the delegate.
    /// 3. [`ConsentError::DelegationEnded`]: it was ended before.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        let delegation = self.delegation;
        let sender = ctx.sender();
        let mut stored = state::delegation(ctx.state(), delegation)
            .ok_or(ConsentError::UnknownDelegation { delegation })?;
        if sender != stored.patient && sender != stored.delegate {
            return Err(ConsentError::NotParty { account: sender });
        }
        if let Some(at) = stored.ended_at {
            return Err(ConsentError::DelegationEnded { delegation, at });
        }

        stored.ended_at = Some(ctx.time());
        state::put_delegation(ctx.state(), delegation, &stored);
        let (patient, delegate) = (stored.patient, stored.delegate);
        ctx.emit(&ConsentEvent::DelegationEnded { delegation, patient, delegate });
        Ok(())
    }
}
