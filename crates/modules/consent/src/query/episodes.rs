//! Episodes.

use super::{Page, page};
use crate::{
    EpisodeId,
    state::{self, Episode, List},
};
use salus_state::StateRead;
use salus_types::AccountId;
use serde::{Deserialize, Serialize};

/// An episode as the API shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpisodeView {
    /// The episode.
    pub episode: EpisodeId,
    /// What is stored of it.
    #[serde(flatten)]
    pub stored: Episode,
}

/// The episode.
pub fn episode(state: &dyn StateRead, episode: EpisodeId) -> Option<EpisodeView> {
    state::episode(state, episode).map(|stored| EpisodeView { episode, stored })
}

/// Episodes of a patient in the order in which they were opened.
pub fn episodes_of(
    state: &dyn StateRead,
    patient: AccountId,
    from: u64,
    limit: u32,
) -> Page<EpisodeView> {
    page(List::Episodes.count(state, patient), from, limit, |number| {
        episode(state, List::Episodes.at(state, patient, number)?)
    })
}
