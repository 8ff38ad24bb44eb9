//! `salus episode close`: discharge.

use crate::{acting::ForParty, lifecycle::block_on_until_signal, session::Session};
use clap::Args;
use salus_consent::{ConsentTx, EpisodeId, tx::CloseEpisode};
use serde_json::json;

/// Which episode, and who ends it: the hospital of the home, or the patient's side.
#[derive(Debug, Args)]
pub(crate) struct Close {
    /// The episode
    episode: EpisodeId,
    #[command(flatten)]
    who: ForParty,
}

impl Close {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let episode = self.episode;
        let on_behalf = self.who.on_behalf();
        let message = ConsentTx::CloseEpisode(CloseEpisode { episode, on_behalf });
        let done = block_on_until_signal(self.who.send(session, &message))?;
        let answer = json!({ "episode": episode, "done": done });
        session.output.answer(&answer, |_| {
            format!("Episode {episode} is closed; the hospital reads no more.\n{}", done.describe())
        });
        Ok(())
    }
}
