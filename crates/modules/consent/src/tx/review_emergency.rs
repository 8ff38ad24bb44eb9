//! Reviewing an emergency.

use crate::{
    ConsentError, ConsentEvent, EmergencyId, ReviewOutcome,
    state::{self, Review},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_types::Hash;
use serde::{Deserialize, Serialize};

/// Says what the reviewer, whom the patient named, found. One that is still open closes with it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewEmergency {
    /// The emergency.
    pub emergency: EmergencyId,
    /// The outcome.
    pub outcome: ReviewOutcome,
    /// Salted hash of the finding.
    pub finding_commitment: Hash,
}

impl ReviewEmergency {
    /// Notes the review.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`ConsentError::UnknownEmergency`]: there is none with this id.
    /// 2. [`ConsentError::NotReviewer`]: another account reviews it. Who asked never does: such an
    ///    emergency cannot be opened.
    /// 3. [`ConsentError::AlreadyReviewed`]: it was reviewed before.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        let Self { emergency, outcome, finding_commitment } = *self;
        let (reviewer, now) = (ctx.sender(), ctx.time());
        let mut stored = state::emergency(ctx.state(), emergency)
            .ok_or(ConsentError::UnknownEmergency { emergency })?;
        if stored.reviewer != reviewer {
            return Err(ConsentError::NotReviewer { account: reviewer });
        }
        if stored.review.is_some() {
            return Err(ConsentError::AlreadyReviewed { emergency });
        }

        stored.closed_at = stored.closed_at.or(Some(now.min(stored.expires_at)));
        stored.review = Some(Review { outcome, finding_commitment, reviewed_at: now });
        state::reviewed_emergency(ctx.state(), emergency, &stored, outcome);
        let (patient, service) = (stored.patient, stored.service);
        ctx.emit(&ConsentEvent::EmergencyReviewed { emergency, patient, service, outcome });
        Ok(())
    }
}
