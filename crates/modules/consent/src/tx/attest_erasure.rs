//! The word of who held keys that they are destroyed.

use crate::{
    ConsentError, ConsentEvent, ErasureId, ErasureScope, KeyHolder, RecordId,
    state::{self, ATTESTORS_MAX, ERASED_RECORDS_MAX, Erasure, ErasureAttestation},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_state::StateRead;
use salus_types::{AccountId, Hash, VecMax};
use serde::{Deserialize, Serialize};

/// Says that the sender destroyed what it held: keys, salts, wraps, shares, links, ciphertext, index rows.
///
/// With the word of the holder the erasure is done: what is on the ledger stays and can be tied to nothing
/// any more, no version is anchored, no access accounted and no share released after it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttestErasure {
    /// The erasure.
    pub erasure: ErasureId,
    /// As what the sender held keys.
    pub role: KeyHolder,
    /// Hash of the sender's signed report of the destruction.
    pub report_digest: Hash,
    /// By the holder, when not everything is erased: which records, each once, in ascending order. Else
    /// none.
    pub records: VecMax<RecordId, ERASED_RECORDS_MAX>,
}

impl AttestErasure {
    /// Notes it.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`ConsentError::UnknownErasure`]: there is none with this id.
    /// 2. [`ConsentError::ErasureRefused`]: the holder refused it.
    /// 3. [`ConsentError::NotKeyHolder`]: the sender did not hold keys as it says.
    /// 4. [`ConsentError::ErasureAttested`]: the sender attested before.
    /// 5. [`ConsentError::WrongRecords`]: records are named where there are none to name, or not named
    ///    where they are, or not in order.
    /// 6. [`ConsentError::UnknownRecord`]: one of them is none of the patient at the holder.
    /// 7. [`ConsentError::TooManyAttestors`]: there is no room; the last place is the holder's.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        let Self { erasure, role, report_digest, .. } = *self;
        let (sender, now) = (ctx.sender(), ctx.time());
        let mut stored =
            state::erasure(ctx.state(), erasure).ok_or(ConsentError::UnknownErasure { erasure })?;
        if stored.refused.is_some() {
            return Err(ConsentError::ErasureRefused { erasure });
        }
        if !held_keys(ctx.state(), &stored, role, sender) {
            return Err(ConsentError::NotKeyHolder { account: sender });
        }
        if stored.attestors.contains(&sender) {
            return Err(ConsentError::ErasureAttested { erasure });
        }
        self.check_records(ctx.state(), &stored)?;
        let done = role == KeyHolder::Holder;
        let mut attestors = stored.attestors.clone().into_inner();
        // The last place is the holder's, with whose word the erasure is done.
        if !done && attestors.len() >= ATTESTORS_MAX.saturating_sub(1) {
            return Err(ConsentError::TooManyAttestors { max: ATTESTORS_MAX });
        }
        attestors.push(sender);
        stored.attestors = VecMax::new(attestors)
            .map_err(|_| ConsentError::TooManyAttestors { max: ATTESTORS_MAX })?;

        if done {
            stored.done_at = Some(now);
            match stored.scope {
                ErasureScope::All => {
                    state::erase_relation(ctx.state(), stored.patient, stored.holder, now);
                }
                ErasureScope::Records(_) => {
                    for record in &self.records {
                        state::erase_record(ctx.state(), *record, now);
                    }
                }
            }
        }
        let attestation = ErasureAttestation { role, report_digest, attested_at: now };
        state::put_erasure(ctx.state(), erasure, &stored);
        state::put_erasure_attestation(ctx.state(), erasure, sender, &attestation);
        ctx.emit(&ConsentEvent::ErasureAttested {
            erasure,
            patient: stored.patient,
            holder: stored.holder,
            organisation: sender,
            role,
            report_digest,
            done,
        });
        Ok(())
    }

    fn check_records(&self, state: &dyn StateRead, erasure: &Erasure) -> Result<(), ConsentError> {
        let names_some = match (self.role, erasure.scope) {
            (KeyHolder::Holder, ErasureScope::Records(_)) => true,
            (KeyHolder::Holder, ErasureScope::All)
            | (KeyHolder::Custodian(_) | KeyHolder::Grantee(_), _) => false,
        };
        let in_order = self.records.is_sorted_by(|one, next| one < next);
        if names_some == self.records.is_empty() || !in_order {
            return Err(ConsentError::WrongRecords);
        }
        for record in &self.records {
            let theirs = state::record(state, *record).is_some_and(|found| {
                found.patient == erasure.patient && found.custodian == erasure.holder
            });
            if !theirs {
                return Err(ConsentError::UnknownRecord { record: *record });
            }
        }
        Ok(())
    }
}

/// Whether the account held keys of the patient at the holder in this role.
fn held_keys(
    state: &dyn StateRead,
    erasure: &Erasure,
    role: KeyHolder,
    account: AccountId,
) -> bool {
    let Erasure { patient, holder, .. } = *erasure;
    match role {
        KeyHolder::Holder => account == holder,
        KeyHolder::Custodian(arrangement) => {
            state::arrangement(state, arrangement).is_some_and(|found| {
                found.patient == patient
                    && found.holder == holder
                    && found.custodians.contains(&account)
            })
        }
        KeyHolder::Grantee(grant) => state::grant(state, grant).is_some_and(|found| {
            found.patient == patient && found.custodian == holder && found.grantee == account
        }),
    }
}
