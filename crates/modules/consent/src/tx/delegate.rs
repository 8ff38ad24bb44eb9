//! Letting somebody act for a patient.

use super::check_period;
use crate::{
    ConsentError, ConsentEvent, DelegationId, DelegationKind,
    acting::{Powers, is_person},
    state::{self, Delegation, List},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_identity as identity;
use salus_types::{AccountId, BlockTime};
use serde::{Deserialize, Serialize};

/// How far ahead of block time a delegation may end: thirty years of 366 days, in milliseconds. A
/// minor's guardian acts until the minor comes of age.
pub const DELEGATION_AHEAD_MS_MAX: u64 = 30 * 366 * 24 * 60 * 60 * 1000;

/// Lets another account act for the sender, with some powers and for a time.
///
/// The key of an infant's account is kept by who assists it; the guardian is appointed with that key,
/// and what the guardian may do ends with the day of coming of age.
///
/// Source: FHIR R4 `RelatedPerson`, `Consent.performer`.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delegate {
    /// The delegation: random.
    pub delegation: DelegationId,
    /// Who is to act: a person or an organisation.
    pub delegate: AccountId,
    /// What it is to the patient.
    pub kind: DelegationKind,
    /// What it may do: at least one power, each once, in order.
    pub powers: Powers,
    /// From when on, inclusive, in block time.
    pub not_before: BlockTime,
    /// Until when, exclusive, in block time.
    pub not_after: BlockTime,
}

impl Delegate {
    /// Gives the powers.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`ConsentError::NotAPatient`]: the sender is no person.
    /// 2. [`ConsentError::SelfDelegation`]: the delegate is the sender.
    /// 3. [`ConsentError::WrongPowers`]: there is none, or they are not in order.
    /// 4. [`ConsentError::WrongPeriod`]: the period is empty, over, or ends more than
    ///    [`DELEGATION_AHEAD_MS_MAX`] ahead.
    /// 5. [`ConsentError::InactiveDelegate`]: the delegate's account may not act.
    /// 6. [`ConsentError::DelegationExists`]: the id is taken.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        let patient = ctx.sender();
        let Self { delegation, delegate, kind, not_before, not_after, .. } = *self;
        if !is_person(ctx.state(), patient) {
            return Err(ConsentError::NotAPatient { account: patient });
        }
        if delegate == patient {
            return Err(ConsentError::SelfDelegation);
        }
        if self.powers.is_empty() || !self.powers.is_sorted_by(|one, next| one < next) {
            return Err(ConsentError::WrongPowers);
        }
        check_period(not_before, not_after, DELEGATION_AHEAD_MS_MAX, ctx.time())?;
        if !identity::is_active(ctx.state(), delegate) {
            return Err(ConsentError::InactiveDelegate { delegate });
        }
        if state::delegation(ctx.state(), delegation).is_some() {
            return Err(ConsentError::DelegationExists { delegation });
        }

        let number = List::Delegations.count(ctx.state(), patient);
        let stored = Delegation {
            patient,
            delegate,
            kind,
            powers: self.powers.clone(),
            not_before,
            not_after,
            number,
            delegated_at: ctx.time(),
            ended_at: None,
        };
        state::put_delegation(ctx.state(), delegation, &stored);
        List::Delegations.push(ctx.state(), patient, number, &delegation);
        ctx.emit(&ConsentEvent::PowersDelegated {
            delegation,
            patient,
            delegate,
            kind,
            powers: self.powers.clone(),
            not_before,
            not_after,
        });
        Ok(())
    }
}
