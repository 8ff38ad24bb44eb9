//! Refusing erasure.

use crate::{
    ConsentError, ConsentEvent, ErasureId, RetentionReason,
    state::{self, ErasureRefusal},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use serde::{Deserialize, Serialize};

/// Says that the holder must keep what it was asked to erase, and why.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefuseErasure {
    /// The erasure.
    pub erasure: ErasureId,
    /// Why.
    pub reason: RetentionReason,
}

impl RefuseErasure {
    /// Refuses it. The patient may ask again, such as when the retention is over.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`ConsentError::UnknownErasure`]: there is none with this id.
    /// 2. [`ConsentError::NotParty`]: the sender is not the holder.
    /// 3. [`ConsentError::ErasureRefused`]: it was refused before.
    /// 4. [`ConsentError::ErasureDone`]: it was done before.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        let Self { erasure, reason } = *self;
        let (sender, now) = (ctx.sender(), ctx.time());
        let mut stored =
            state::erasure(ctx.state(), erasure).ok_or(ConsentError::UnknownErasure { erasure })?;
        if stored.holder != sender {
            return Err(ConsentError::NotParty { account: sender });
        }
        if stored.refused.is_some() {
            return Err(ConsentError::ErasureRefused { erasure });
        }
        if stored.done_at.is_some() {
            return Err(ConsentError::ErasureDone { erasure });
        }

        stored.refused = Some(ErasureRefusal { reason, refused_at: now });
        state::put_erasure(ctx.state(), erasure, &stored);
        let (patient, holder) = (stored.patient, stored.holder);
        ctx.emit(&ConsentEvent::ErasureRefused { erasure, patient, holder, reason });
        Ok(())
    }
}
