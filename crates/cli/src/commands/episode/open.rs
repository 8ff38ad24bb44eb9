//! `salus episode open`: admission, as the patient decides it.

use crate::{
    acting::ForPatient,
    granting::api_of,
    lifecycle::block_on_until_signal,
    scoping::{ScopeArgs, word},
    session::Session,
    time::{parse_instant, show_ms},
};
use clap::Args;
use salus_api::records::ScopeRegistration;
use salus_consent::{Basis, ConsentTx, EpisodeId, ReleaseMode, ScopeOf, tx::OpenEpisode};
use salus_crypto::random;
use salus_types::{AccountId, BlockTime, Hash};
use salus_vault::ScopeOpening;
use serde_json::json;

/// Which hospital may read what until when. A hospital that shows a link is answered by
/// `salus admission accept`.
#[derive(Debug, Args)]
pub(crate) struct Open {
    #[command(flatten)]
    who: ForPatient,
    /// The hospital
    #[arg(long, value_name = "ACCOUNT")]
    to: AccountId,
    #[command(flatten)]
    scope: ScopeArgs,
    /// How keys are released: by the holders of the records, or by custodians for each request
    #[arg(long, value_name = "MODE", value_parser = word::<ReleaseMode>(&["wrapped", "custodial"]))]
    #[arg(default_value = "wrapped")]
    mode: ReleaseMode,
    /// Until when at the latest: a time, or a length from now such as 14d
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    until: u64,
}

impl Open {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let gateway = session.gateway()?;
        let own = session.organisation()?.account;
        let opening = ScopeOpening::new(&self.scope.scope()?);
        let episode = EpisodeId::new(random());
        let message = ConsentTx::OpenEpisode(OpenEpisode {
            episode,
            on_behalf: self.who.on_behalf(),
            hospital: self.to,
            offer_commitment: Hash(random()),
            scope_commitment: opening.commitment(),
            mode: self.mode,
            not_after: BlockTime::from_unix_ms(self.until),
        });
        let done = block_on_until_signal(async {
            let to = api_of(&gateway, own, self.to).await?;
            let done = self.who.send(&gateway, &message).await?;
            // The hospital shows the scope to whoever keeps the records.
            let of = ScopeOf::Basis(Basis::Episode(episode));
            let opening = serde_json::to_value(&opening)?;
            gateway.register_scope(&ScopeRegistration { of, opening, to }).await?;
            Ok(done)
        })?;
        let answer = json!({ "episode": episode, "hospital": self.to, "done": done });
        session.output.answer(&answer, |_| {
            format!(
                "Episode {episode}: {} may read until discharge, and until {} at the latest.\n{}",
                self.to,
                show_ms(self.until),
                done.describe()
            )
        });
        Ok(())
    }
}
