//! Transfer to another hospital.

use crate::{
    ConsentError, ConsentEvent, DelegationId, EpisodeId, Power,
    acting::check_party,
    state::{self, Episode, List},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_identity as identity;
use salus_types::{AccountId, Hash};
use serde::{Deserialize, Serialize};

/// Closes an episode and opens the same one at another hospital, with the same scope and the same end:
/// by the patient, or by the hospital with the patient's signature beside its own.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferEpisode {
    /// The episode that closes.
    pub episode: EpisodeId,
    /// The delegation under which the sender acts for the patient, if it is neither the patient nor the
    /// hospital.
    pub on_behalf: Option<DelegationId>,
    /// The episode that opens: random.
    pub next: EpisodeId,
    /// Where the patient goes.
    pub to: AccountId,
    /// Salted hash of the offer that the other hospital showed.
    pub offer_commitment: Hash,
}

impl TransferEpisode {
    /// Transfers the patient.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`ConsentError::UnknownEpisode`]: there is none with this id.
    /// 2. With a delegation: [`ConsentError::UnknownDelegation`], [`ConsentError::NotDelegate`],
    ///    [`ConsentError::DelegationNotActive`], [`ConsentError::PowerMissing`].
    /// 3. [`ConsentError::NotParty`]: the sender is neither the patient's side nor the hospital.
    /// 4. [`ConsentError::PatientMustSign`]: the hospital sends it and the patient has not signed.
    /// 5. [`ConsentError::EpisodeClosed`]: it is over.
    /// 6. [`ConsentError::SameHospital`]: the patient is there already.
    /// 7. [`ConsentError::InactiveGrantee`]: the other hospital is no active organisation.
    /// 8. [`ConsentError::EpisodeExists`]: the new id is taken.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        let Self { episode, next, to, .. } = *self;
        let now = ctx.time();
        let mut stored =
            state::episode(ctx.state(), episode).ok_or(ConsentError::UnknownEpisode { episode })?;
        let (patient, hospital) = (stored.patient, stored.hospital);
        check_party(ctx, self.on_behalf, Power::Grant, patient, Some(hospital))?;
        let by_hospital = self.on_behalf.is_none() && ctx.sender() == hospital;
        if by_hospital && !ctx.cosigners().iter().any(|one| one.account == patient) {
            return Err(ConsentError::PatientMustSign);
        }
        if !stored.is_open(now) {
            return Err(ConsentError::EpisodeClosed { episode });
        }
        if to == hospital {
            return Err(ConsentError::SameHospital);
        }
        if !identity::is_active_organisation(ctx.state(), to) {
            return Err(ConsentError::InactiveGrantee { grantee: to });
        }
        if state::episode(ctx.state(), next).is_some() {
            return Err(ConsentError::EpisodeExists { episode: next });
        }

        let number = List::Episodes.count(ctx.state(), patient);
        let opened = Episode {
            hospital: to,
            offer_commitment: self.offer_commitment,
            opened_at: now,
            number,
            ..stored
        };
        stored.closed_at = Some(now);
        stored.continued_as = Some(next);
        state::put_episode(ctx.state(), episode, &stored);
        state::put_episode(ctx.state(), next, &opened);
        List::Episodes.push(ctx.state(), patient, number, &next);
        ctx.emit(&ConsentEvent::EpisodeClosed { episode, patient, hospital });
        ctx.emit(&ConsentEvent::EpisodeOpened {
            episode: next,
            patient,
            hospital: to,
            mode: opened.mode,
            not_after: opened.not_after,
            continues: Some(episode),
        });
        Ok(())
    }
}
