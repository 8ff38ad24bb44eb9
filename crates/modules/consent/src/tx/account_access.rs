//! Accounting for accesses.

use crate::{
    Basis, ConsentError, ConsentEvent,
    access::BATCH_MAX,
    allowed::terms,
    state::{self, AccessBatch},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_types::{AccountId, Hash};
use serde::{Deserialize, Serialize};

/// Accounts for accesses to records of one patient that the sender keeps, before it releases them.
///
/// The numbers go on from the last batch of this patient at this custodian, so a batch that is left
/// out shows. With a basis, such as a grant, every access of the batch rested on it, and it gives access
/// now; the custodian's own accesses and refused ones are accounted for in batches without a basis.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountAccess {
    /// Whose records were asked for.
    pub patient: AccountId,
    /// On what they rest, or nothing.
    pub basis: Option<Basis>,
    /// Number of the first access of the batch.
    pub first_sequence: u64,
    /// Merkle root over the hashes of the batch's [`crate::AccessLeaf`]s.
    pub leaves_root: Hash,
    /// How many accesses: 1 to [`BATCH_MAX`].
    pub count: u32,
}

impl AccountAccess {
    /// Accounts for the accesses.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`ConsentError::WrongCount`]: no access, or too many.
    /// 2. [`ConsentError::NoRelation`]: the sender has anchored no record of the patient.
    /// 3. [`ConsentError::Erased`]: everything of the patient at the sender is erased.
    /// 4. Of a grant: [`ConsentError::UnknownGrant`], [`ConsentError::WrongGrant`],
    ///    [`ConsentError::GrantNotActive`]; of an episode: [`ConsentError::UnknownEpisode`],
    ///    [`ConsentError::WrongEpisode`], [`ConsentError::EpisodeClosed`]; of an emergency:
    ///    [`ConsentError::UnknownEmergency`], [`ConsentError::WrongEmergency`],
    ///    [`ConsentError::EmergencyOver`], [`ConsentError::SecondPersonMissing`],
    ///    [`ConsentError::NotAccredited`].
    /// 5. [`ConsentError::WrongSequence`]: the batch does not go on from the last one.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        if self.count == 0 || self.count > BATCH_MAX {
            return Err(ConsentError::WrongCount { max: BATCH_MAX, found: self.count });
        }
        let custodian = ctx.sender();
        let patient = self.patient;
        let mut relation = state::relation(ctx.state(), patient, custodian)
            .ok_or(ConsentError::NoRelation { patient })?;
        if relation.erased_at.is_some() {
            return Err(ConsentError::Erased);
        }
        if let Some(basis) = self.basis {
            let now = ctx.time();
            terms(ctx.state(), basis, patient, custodian, now)?;
        }
        let expected = relation.next_sequence;
        if self.first_sequence != expected {
            return Err(ConsentError::WrongSequence { expected, found: self.first_sequence });
        }

        let batch = AccessBatch {
            basis: self.basis,
            first_sequence: self.first_sequence,
            count: self.count,
            leaves_root: self.leaves_root,
            accounted_at: ctx.time(),
        };
        state::put_access(ctx.state(), patient, custodian, relation.batches, &batch);
        relation.batches = relation.batches.saturating_add(1);
        relation.next_sequence = expected.saturating_add(u64::from(self.count));
        state::put_relation(ctx.state(), patient, custodian, &relation);
        ctx.emit(&ConsentEvent::AccessAccounted {
            patient,
            custodian,
            basis: self.basis,
            first_sequence: self.first_sequence,
            count: self.count,
        });
        Ok(())
    }
}
