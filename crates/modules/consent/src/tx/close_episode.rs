//! Discharge.

use crate::{
    ConsentError, ConsentEvent, DelegationId, EpisodeId, Power, acting::check_party, state,
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use serde::{Deserialize, Serialize};

/// Closes an episode: by the hospital at discharge, or by the patient at any time. Access ends with it,
/// also that of grants which were tied to it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloseEpisode {
    /// The episode.
    pub episode: EpisodeId,
    /// The delegation under which the sender acts for the patient, if it is neither the patient nor the
    /// hospital.
    pub on_behalf: Option<DelegationId>,
}

impl CloseEpisode {
    /// Closes the episode.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`ConsentError::UnknownEpisode`]: there is none with this id.
    /// 2. With a delegation: [`ConsentError::UnknownDelegation`], [`ConsentError::NotDelegate`],
    ///    [`ConsentError::DelegationNotActive`], [`ConsentError::PowerMissing`].
    /// 3. [`ConsentError::NotParty`]: the sender is neither the patient's side nor the hospital.
    /// 4. [`ConsentError::EpisodeClosed`]: it is over.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        let episode = self.episode;
        let now = ctx.time();
        let mut stored =
            state::episode(ctx.state(), episode).ok_or(ConsentError::UnknownEpisode { episode })?;
        let (patient, hospital) = (stored.patient, stored.hospital);
        check_party(ctx, self.on_behalf, Power::Revoke, patient, Some(hospital))?;
        if !stored.is_open(now) {
            return Err(ConsentError::EpisodeClosed { episode });
        }

        stored.closed_at = Some(now);
        state::put_episode(ctx.state(), episode, &stored);
        ctx.emit(&ConsentEvent::EpisodeClosed { episode, patient, hospital });
        Ok(())
    }
}
