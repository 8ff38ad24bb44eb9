//! What a patient allows in emergencies.

use crate::{
    ConsentError, ConsentEvent, DelegationId, Power,
    acting::acting,
    state::{self, EmergencyRules},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_identity as identity;
use salus_types::{AccountId, Hash};
use serde::{Deserialize, Serialize};

/// Says whether an emergency service may override, over which records, with how many persons, and who
/// reviews. Without rules nobody overrides. What is open already goes on under the rules before.
///
/// Source: Regulation (EU) 2025/327, Article 10 and recital 17; HL7 purpose `BTG`.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetEmergencyRules {
    /// The delegation under which the sender acts for the patient, if it is not the patient.
    pub on_behalf: Option<DelegationId>,
    /// Whether an emergency service may override at all.
    pub override_allowed: bool,
    /// Who reviews each emergency: an account that may act.
    pub reviewer: AccountId,
    /// Salted hash of which records are for emergencies. Its opening goes to custodians.
    pub scope_commitment: Hash,
    /// Whether it always takes two persons.
    pub two_person: bool,
}

impl SetEmergencyRules {
    /// Sets the rules.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`ConsentError::NotAPatient`]; with a delegation [`ConsentError::UnknownDelegation`],
    ///    [`ConsentError::NotDelegate`], [`ConsentError::DelegationNotActive`],
    ///    [`ConsentError::PowerMissing`].
    /// 2. [`ConsentError::InactiveReviewer`]: the reviewer's account may not act.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        let Self { override_allowed, reviewer, two_person, .. } = *self;
        let patient = acting(ctx, self.on_behalf, Power::Appoint)?.patient;
        if !identity::is_active(ctx.state(), reviewer) {
            return Err(ConsentError::InactiveReviewer { reviewer });
        }

        let rules = EmergencyRules {
            override_allowed,
            reviewer,
            scope_commitment: self.scope_commitment,
            two_person,
            set_at: ctx.time(),
        };
        state::put_emergency_rules(ctx.state(), patient, &rules);
        ctx.emit(&ConsentEvent::EmergencyRulesSet {
            patient,
            override_allowed,
            reviewer,
            two_person,
        });
        Ok(())
    }
}
