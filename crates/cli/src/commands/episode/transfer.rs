//! `salus episode transfer`: on to another hospital.

use crate::{
    acting::ForPatient, granting::api_of, lifecycle::block_on_until_signal, session::Session,
};
use clap::Args;
use salus_api::records::ScopeRegistration;
use salus_consent::{Basis, ConsentTx, EpisodeId, ScopeOf, tx::TransferEpisode};
use salus_crypto::random;
use salus_types::{AccountId, Hash};
use serde_json::json;

/// Which episode goes on where. The home is that of the hospital before, which passes on which records
/// are meant.
#[derive(Debug, Args)]
pub(crate) struct Transfer {
    /// The episode
    episode: EpisodeId,
    #[command(flatten)]
    who: ForPatient,
    /// The hospital that takes over
    #[arg(long, value_name = "ACCOUNT")]
    to: AccountId,
}

impl Transfer {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let gateway = session.gateway()?;
        let own = session.organisation()?.account;
        let next = EpisodeId::new(random());
        let message = ConsentTx::TransferEpisode(TransferEpisode {
            episode: self.episode,
            on_behalf: self.who.on_behalf(),
            next,
            to: self.to,
            offer_commitment: Hash(random()),
        });
        let done = block_on_until_signal(async {
            let to = api_of(&gateway, own, self.to).await?;
            let opening = gateway.scope(Basis::Episode(self.episode)).await?;
            let done = self.who.send(&gateway, &message).await?;
            let of = ScopeOf::Basis(Basis::Episode(next));
            gateway.register_scope(&ScopeRegistration { of, opening, to }).await?;
            Ok(done)
        })?;
        let answer = json!({ "episode": next, "continues": self.episode, "done": done });
        session.output.answer(&answer, |_| {
            format!("Episode {next} goes on at {}.\n{}", self.to, done.describe())
        });
        Ok(())
    }
}
