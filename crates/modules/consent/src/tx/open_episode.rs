//! Admission.

use super::check_period;
use crate::{
    ConsentError, ConsentEvent, DelegationId, EpisodeId, Power, ReleaseMode,
    acting::acting,
    state::{self, Episode, List},
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::Context;
use salus_identity as identity;
use salus_types::{AccountId, BlockTime, Hash};
use serde::{Deserialize, Serialize};

/// How far ahead of block time an episode may end: 366 days, in milliseconds.
pub const EPISODE_AHEAD_MS_MAX: u64 = 366 * 24 * 60 * 60 * 1000;

/// Opens an episode: until discharge the hospital may read, for treatment, what is within the scope,
/// wherever the patient has records under this account.
///
/// One act of the patient, at the hospital's desk: the offer is what the hospital showed there.
///
/// Source: FHIR R4 `Encounter`, `EpisodeOfCare`; details stay off the ledger.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenEpisode {
    /// The episode: random.
    pub episode: EpisodeId,
    /// The delegation under which the sender acts for the patient, if it is not the patient.
    pub on_behalf: Option<DelegationId>,
    /// Where the patient is treated.
    pub hospital: AccountId,
    /// Salted hash of the offer that was shown.
    pub offer_commitment: Hash,
    /// Salted hash of which records. Its opening goes to each holder.
    pub scope_commitment: Hash,
    /// How keys are released.
    pub mode: ReleaseMode,
    /// When it ends at the latest, exclusive, in block time.
    pub not_after: BlockTime,
}

impl OpenEpisode {
    /// Opens the episode.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`ConsentError::NotAPatient`]; with a delegation [`ConsentError::UnknownDelegation`],
    ///    [`ConsentError::NotDelegate`], [`ConsentError::DelegationNotActive`],
    ///    [`ConsentError::PowerMissing`].
    /// 2. [`ConsentError::WrongPeriod`]: the end is over, or more than [`EPISODE_AHEAD_MS_MAX`] ahead.
    /// 3. [`ConsentError::BeyondDelegation`]: it ends after the delegation.
    /// 4. [`ConsentError::InactiveGrantee`]: the hospital is no active organisation.
    /// 5. [`ConsentError::EpisodeExists`]: the id is taken.
    pub(crate) fn execute(&self, ctx: &mut Context<'_>) -> Result<(), ConsentError> {
        let Self { episode, hospital, not_after, .. } = *self;
        let now = ctx.time();
        let acting = acting(ctx, self.on_behalf, Power::Grant)?;
        check_period(now, not_after, EPISODE_AHEAD_MS_MAX, now)?;
        acting.check_end(not_after)?;
        if !identity::is_active_organisation(ctx.state(), hospital) {
            return Err(ConsentError::InactiveGrantee { grantee: hospital });
        }
        if state::episode(ctx.state(), episode).is_some() {
            return Err(ConsentError::EpisodeExists { episode });
        }

        let patient = acting.patient;
        let number = List::Episodes.count(ctx.state(), patient);
        let stored = Episode {
            patient,
            hospital,
            offer_commitment: self.offer_commitment,
            scope_commitment: self.scope_commitment,
            mode: self.mode,
            opened_at: now,
            not_after,
            closed_at: None,
            continued_as: None,
            number,
        };
        state::put_episode(ctx.state(), episode, &stored);
        List::Episodes.push(ctx.state(), patient, number, &episode);
        ctx.emit(&ConsentEvent::EpisodeOpened {
            episode,
            patient,
            hospital,
            mode: self.mode,
            not_after,
            continues: None,
        });
        Ok(())
    }
}
