//! The second person of an emergency.

use super::check_person;
use crate::{ConsentError, ConsentEvent, EmergencyId, state};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_types::AccountId;
use serde::{Deserialize, Serialize};

/// Says that a second person of the service, who signs too, agrees with an emergency. Where two persons
/// are needed it gives access from then on.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CosignEmergency {
    /// The emergency.
    pub emergency: EmergencyId,
    /// The second person: another than the first, of the same service, who co-signs.
    pub person: AccountId,
}

impl CosignEmergency {
    /// Notes the second person.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`ConsentError::UnknownEmergency`]: there is none with this id.
    /// 2. [`ConsentError::NotParty`]: another service opened it.
    /// 3. [`ConsentError::EmergencyOver`]: it is closed or expired.
    /// 4. [`ConsentError::AlreadyCosigned`]: a second person agreed before.
    /// 5. [`ConsentError::PersonMustSign`]: the person has not signed.
    /// 6. [`ConsentError::NotOfService`]: the person is not one of the service.
    /// 7. [`ConsentError::SamePerson`]: it is the person who opened it.
    /// 8. [`ConsentError::ReviewerIsRequester`]: it is the reviewer.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        let Self { emergency, person } = *self;
        let (service, now) = (ctx.sender(), ctx.time());
        let mut stored = state::emergency(ctx.state(), emergency)
            .ok_or(ConsentError::UnknownEmergency { emergency })?;
        if stored.service != service {
            return Err(ConsentError::NotParty { account: service });
        }
        if !stored.is_open(now) {
            return Err(ConsentError::EmergencyOver { emergency });
        }
        if stored.second.is_some() {
            return Err(ConsentError::AlreadyCosigned { emergency });
        }
        check_person(ctx, service, person)?;
        if person == stored.person {
            return Err(ConsentError::SamePerson { person });
        }
        if person == stored.reviewer {
            return Err(ConsentError::ReviewerIsRequester { reviewer: person });
        }

        stored.second = Some(person);
        state::put_emergency(ctx.state(), emergency, &stored);
        let patient = stored.patient;
        ctx.emit(&ConsentEvent::EmergencyCosigned { emergency, patient, service, person });
        Ok(())
    }
}
