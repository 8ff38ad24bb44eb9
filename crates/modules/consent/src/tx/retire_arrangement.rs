//! Retiring an arrangement.

use crate::{
    ArrangementId, ConsentError, ConsentEvent, DelegationId, Power, acting::check_party, state,
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use serde::{Deserialize, Serialize};

/// Ends an arrangement without another in its place: its custodians release nothing any more, and are
/// to destroy their shares.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetireArrangement {
    /// The arrangement.
    pub arrangement: ArrangementId,
    /// The delegation under which the sender acts for the patient, if it is not the patient.
    pub on_behalf: Option<DelegationId>,
}

impl RetireArrangement {
    /// Retires the arrangement.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`ConsentError::UnknownArrangement`]: there is none with this id.
    /// 2. With a delegation: [`ConsentError::UnknownDelegation`], [`ConsentError::NotDelegate`],
    ///    [`ConsentError::DelegationNotActive`], [`ConsentError::PowerMissing`].
    /// 3. [`ConsentError::NotParty`]: it is another patient's.
    /// 4. [`ConsentError::ArrangementRetired`]: it was retired or replaced before.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        let arrangement = self.arrangement;
        let mut stored = state::arrangement(ctx.state(), arrangement)
            .ok_or(ConsentError::UnknownArrangement { arrangement })?;
        let (patient, holder) = (stored.patient, stored.holder);
        check_party(ctx, self.on_behalf, Power::Appoint, patient, None)?;
        if stored.retired_at.is_some() {
            return Err(ConsentError::ArrangementRetired { arrangement });
        }

        stored.retired_at = Some(ctx.time());
        state::put_arrangement(ctx.state(), arrangement, &stored);
        ctx.emit(&ConsentEvent::ArrangementRetired { arrangement, patient, holder });
        Ok(())
    }
}
