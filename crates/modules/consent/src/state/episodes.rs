//! Episodes.

use crate::{EpisodeId, ReleaseMode};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_framework::{get, put};
use salus_state::{KeyPath, StateRead, StateWrite};
use salus_types::{AccountId, BlockTime, Hash};
use serde::{Deserialize, Serialize};

/// A stay at a hospital, from admission to discharge.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Episode {
    /// The patient.
    pub patient: AccountId,
    /// Where the patient is treated.
    pub hospital: AccountId,
    /// Salted hash of the offer that the hospital showed at its desk.
    pub offer_commitment: Hash,
    /// Salted hash of which records, whose opening each holder gets.
    pub scope_commitment: Hash,
    /// How keys are released.
    pub mode: ReleaseMode,
    /// Time of the block that opened it.
    pub opened_at: BlockTime,
    /// When it ends at the latest, exclusive.
    pub not_after: BlockTime,
    /// Time of the block that closed it, if one did.
    pub closed_at: Option<BlockTime>,
    /// The episode at another hospital that took its place, if one did.
    pub continued_as: Option<EpisodeId>,
    /// Its position in the patient's list, from 0.
    pub number: u64,
}

impl Episode {
    /// Whether it gives access at `now`.
    pub fn is_open(&self, now: BlockTime) -> bool {
        self.closed_at.is_none() && now < self.not_after
    }
}

/// `consent/episode/<episode>`
pub fn episode_path(episode: EpisodeId) -> KeyPath {
    KeyPath::new("consent/episode").id(episode)
}

pub(crate) fn episode(state: &dyn StateRead, episode: EpisodeId) -> Option<Episode> {
    get(state, episode_path(episode).key())
}

pub(crate) fn put_episode(state: &mut dyn StateWrite, id: EpisodeId, episode: &Episode) {
    put(state, episode_path(id).key(), episode);
}
