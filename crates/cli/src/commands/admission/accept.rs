//! `salus admission accept`: the patient's one act.

use crate::{
    acting::ForPatient, lifecycle::block_on_until_signal, problem::Problem, session::Session,
    time::show_ms,
};
use clap::Args;
use salus_api::client::{At, Client};
use salus_consent::ConsentTx;
use salus_identity::query::AccountView;
use salus_types::{KeyPurpose, PublicKey};
use salus_vault::admission::{Invitation, InvitationError, Offer};
use serde_json::json;

/// Which link, and who takes it.
#[derive(Debug, Args)]
pub(crate) struct Accept {
    /// The link that the hospital showed
    link: String,
    #[command(flatten)]
    who: ForPatient,
}

impl Accept {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let invitation: Invitation = self.link.parse().map_err(refused)?;
        let client = self.who.client(session)?;
        let offer = &invitation.offer;
        let done = block_on_until_signal(async {
            let network = client.network().await?.id();
            let keys = keys_of(&client, offer).await?;
            let now = client.status().await?.time;
            invitation.check(network, &keys, now).map_err(refused)?;
            let message = ConsentTx::OpenEpisode(offer.accept(self.who.on_behalf()));
            self.who.send(&client, &message).await
        })?;
        let episode = offer.episode();
        let answer = json!({
            "episode": episode,
            "hospital": offer.hospital,
            "scope": offer.scope,
            "mode": offer.mode,
            "not_after": offer.not_after,
            "done": done,
        });
        session.output.answer(&answer, |_| {
            format!(
                "Episode {episode}: {} may read until discharge, and until {} at the latest.\n\
                 End it before with `salus episode close {episode}`.\n{}",
                offer.hospital,
                show_ms(offer.not_after.unix_ms()),
                done.describe()
            )
        });
        Ok(())
    }
}

/// The keys with which the hospital speaks to others, by the ledger.
async fn keys_of(client: &Client, offer: &Offer) -> anyhow::Result<Vec<PublicKey>> {
    let found = client.account::<AccountView>(offer.hospital, At::default()).await?.value;
    let attests = found.keys.iter().filter(|key| key.purposes.contains(KeyPurpose::Attest));
    Ok(attests.map(|key| key.key).collect())
}

fn refused(error: InvitationError) -> anyhow::Error {
    Problem::refused(error.code(), error.to_string(), "ask the hospital to show its link again")
}
