//! Asking for erasure.

use crate::{
    ConsentError, ConsentEvent, DelegationId, ErasureBasis, ErasureId, ErasureScope, Power,
    acting::check_party,
    state::{self, Erasure, List},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_types::{AccountId, VecMax};
use serde::{Deserialize, Serialize};

/// Asks a holder of records, and whoever has keys of them, to destroy them: by the patient, or by the
/// holder itself when the time is over for which it had to keep them.
///
/// Source: Regulation (EU) 2016/679 (GDPR), Article 17.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestErasure {
    /// The erasure: random.
    pub erasure: ErasureId,
    /// The delegation under which the sender acts for the patient, if it is neither the patient nor the
    /// holder.
    pub on_behalf: Option<DelegationId>,
    /// Whose records.
    pub patient: AccountId,
    /// The organisation that holds them.
    pub holder: AccountId,
    /// Of what.
    pub scope: ErasureScope,
    /// Why. The holder gives [`ErasureBasis::RetentionEnded`], and nobody else does.
    pub basis: ErasureBasis,
}

impl RequestErasure {
    /// Takes the request.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. With a delegation: [`ConsentError::UnknownDelegation`], [`ConsentError::NotDelegate`],
    ///    [`ConsentError::DelegationNotActive`], [`ConsentError::PowerMissing`].
    /// 2. [`ConsentError::NotParty`]: the sender is neither the patient's side, nor, for an end of
    ///    retention, the holder.
    /// 3. [`ConsentError::NoRelation`]: the holder has anchored no record of the patient.
    /// 4. [`ConsentError::Erased`]: everything is erased already.
    /// 5. [`ConsentError::ErasureExists`]: the id is taken.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        let Self { erasure, patient, holder, scope, basis, .. } = *self;
        let sender = ctx.sender();
        match basis {
            ErasureBasis::RetentionEnded if sender != holder => {
                return Err(ConsentError::NotParty { account: sender });
            }
            ErasureBasis::RetentionEnded => {}
            ErasureBasis::NoLongerNeeded
            | ErasureBasis::ConsentWithdrawn
            | ErasureBasis::Objection
            | ErasureBasis::Unlawful
            | ErasureBasis::LegalDuty => {
                check_party(ctx, self.on_behalf, Power::Erase, patient, None)?;
            }
        }
        let relation = state::relation(ctx.state(), patient, holder)
            .ok_or(ConsentError::NoRelation { patient })?;
        if relation.erased_at.is_some() {
            return Err(ConsentError::Erased);
        }
        if state::erasure(ctx.state(), erasure).is_some() {
            return Err(ConsentError::ErasureExists { erasure });
        }

        let number = List::Erasures.count(ctx.state(), patient);
        let stored = Erasure {
            patient,
            holder,
            requested_by: sender,
            scope,
            basis,
            requested_at: ctx.time(),
            done_at: None,
            refused: None,
            attestors: VecMax::default(),
            number,
        };
        state::put_erasure(ctx.state(), erasure, &stored);
        List::Erasures.push(ctx.state(), patient, number, &erasure);
        ctx.emit(&ConsentEvent::ErasureRequested { erasure, patient, holder, scope, basis });
        Ok(())
    }
}
