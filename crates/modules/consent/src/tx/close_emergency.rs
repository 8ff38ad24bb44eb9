//! Closing an emergency.

use crate::{
    ConsentError, ConsentEvent, DelegationId, EmergencyId, Power, acting::check_party, state,
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use serde::{Deserialize, Serialize};

/// Closes an emergency before it expires: by the service once it needs no more, or by the patient.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloseEmergency {
    /// The emergency.
    pub emergency: EmergencyId,
    /// The delegation under which the sender acts for the patient, if it is neither the patient nor the
    /// service.
    pub on_behalf: Option<DelegationId>,
}

impl CloseEmergency {
    /// Closes the emergency. Its review is still to be made.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`ConsentError::UnknownEmergency`]: there is none with this id.
    /// 2. With a delegation: [`ConsentError::UnknownDelegation`], [`ConsentError::NotDelegate`],
    ///    [`ConsentError::DelegationNotActive`], [`ConsentError::PowerMissing`].
    /// 3. [`ConsentError::NotParty`]: the sender is neither the patient's side nor the service.
    /// 4. [`ConsentError::EmergencyOver`]: it is closed or expired.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        let emergency = self.emergency;
        let now = ctx.time();
        let mut stored = state::emergency(ctx.state(), emergency)
            .ok_or(ConsentError::UnknownEmergency { emergency })?;
        let (patient, service) = (stored.patient, stored.service);
        check_party(ctx, self.on_behalf, Power::Revoke, patient, Some(service))?;
        if !stored.is_open(now) {
            return Err(ConsentError::EmergencyOver { emergency });
        }

        stored.closed_at = Some(now);
        state::put_emergency(ctx.state(), emergency, &stored);
        ctx.emit(&ConsentEvent::EmergencyClosed { emergency, patient, service });
        Ok(())
    }
}
