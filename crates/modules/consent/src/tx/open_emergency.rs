//! Opening an emergency.

use super::check_person;
use crate::{
    ConsentError, ConsentEvent, EmergencyId, EmergencyReason,
    state::{self, Emergency, EmergencyRules, List},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_governance as governance;
use salus_types::{AccountId, Hash};
use serde::{Deserialize, Serialize};

/// Opens access that the patient has not granted, because it cannot wait: by an accredited service, with
/// the signature of the person who asks. It goes as far as the patient's emergency set, wherever the
/// patient has records under this account, and for some hours. The shares are then asked for with
/// `RequestRelease`, in the same transaction if wanted.
///
/// The same person opens no other before this one is reviewed.
///
/// Source: HL7 purpose `BTG`; IHE PCF, break-glass.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenEmergency {
    /// The emergency: random.
    pub emergency: EmergencyId,
    /// The patient.
    pub patient: AccountId,
    /// Who asks: a person whose account the service registered, and who co-signs.
    pub person: AccountId,
    /// Why.
    pub reason: EmergencyReason,
    /// Salted hash of the incident: its number, and what happened.
    pub incident_commitment: Hash,
    /// Whether records of marked classes are asked for. If so, nothing is given before a second person
    /// has agreed; if not, holders give those of other classes, and marked ones after that.
    pub marked: bool,
}

impl OpenEmergency {
    /// Opens the emergency.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`ConsentError::NotAccredited`]: the sender is no emergency service, or no longer.
    /// 2. [`ConsentError::NoEmergencyRules`]: the patient has not said what is allowed.
    /// 3. [`ConsentError::OverrideRefused`]: the patient allows no override.
    /// 4. [`ConsentError::PersonMustSign`]: the person has not signed.
    /// 5. [`ConsentError::NotOfService`]: the person is not one of the service.
    /// 6. [`ConsentError::ReviewerIsRequester`]: the patient's reviewer is the service or the person.
    /// 7. [`ConsentError::Unreviewed`]: an emergency that the person opened is not reviewed.
    /// 8. [`ConsentError::TooManyEmergencies`]: the service has opened as many today as it may.
    /// 9. [`ConsentError::EmergencyExists`]: the id is taken.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        let Self { emergency, patient, person, .. } = *self;
        let (service, now) = (ctx.sender(), ctx.time());
        if !governance::is_emergency_service(ctx.state(), service, now) {
            return Err(ConsentError::NotAccredited { account: service });
        }
        let rules = state::emergency_rules(ctx.state(), patient)
            .ok_or(ConsentError::NoEmergencyRules { patient })?;
        if !rules.override_allowed {
            return Err(ConsentError::OverrideRefused { patient });
        }
        check_person(ctx, service, person)?;
        if rules.reviewer == service || rules.reviewer == person {
            return Err(ConsentError::ReviewerIsRequester { reviewer: rules.reviewer });
        }
        if let Some(emergency) = state::unreviewed(ctx.state(), person) {
            return Err(ConsentError::Unreviewed { emergency });
        }
        let limits = governance::access_limits(ctx.state());
        let max = limits.emergencies_per_day_max;
        if state::emergencies_of_day(ctx.state(), service, now) >= max {
            return Err(ConsentError::TooManyEmergencies { max });
        }
        if state::emergency(ctx.state(), emergency).is_some() {
            return Err(ConsentError::EmergencyExists { emergency });
        }

        self.open(ctx, &rules, limits);
        Ok(())
    }

    fn open(
        &self,
        ctx: &mut Context<'_>,
        rules: &EmergencyRules,
        limits: governance::AccessLimits,
    ) {
        let Self { emergency, patient, person, reason, marked, .. } = *self;
        let (service, now) = (ctx.sender(), ctx.time());
        let stored = Emergency {
            patient,
            service,
            person,
            second: None,
            needs_second: rules.two_person || marked,
            reason,
            incident_commitment: self.incident_commitment,
            scope_commitment: rules.scope_commitment,
            marked,
            reviewer: rules.reviewer,
            opened_at: now,
            expires_at: now.after_ms(limits.emergency_ms),
            review_by: now.after_ms(limits.emergency_ms).after_ms(limits.review_ms),
            closed_at: None,
            review: None,
            number: List::Emergencies.count(ctx.state(), patient),
            service_number: List::ServiceEmergencies.count(ctx.state(), service),
        };
        state::new_emergency(ctx.state(), emergency, &stored);
        ctx.emit(&ConsentEvent::EmergencyOpened {
            emergency,
            patient,
            service,
            person,
            reason,
            needs_second: stored.needs_second,
            reviewer: stored.reviewer,
            expires_at: stored.expires_at,
        });
    }
}
