//! `salus client remove`: the end of a registration.

use crate::{
    lifecycle::block_on_until_signal,
    problem::Problem,
    session::Session,
    submit::{call, execute},
};
use clap::Args;
use salus_api::smart::ClientRegistration;
use salus_identity::{Identity, IdentityTx, tx::RemoveEntry};
use salus_types::TextMax;
use serde_json::json;

/// Which client.
#[derive(Debug, Args)]
pub(crate) struct Remove {
    /// The client's id
    client: String,
}

impl Remove {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let name = ClientRegistration::entry_name(&self.client).ok_or_else(|| {
            let detail = "this is no id of a client".to_owned();
            Problem::refused("cli.client", detail, "take 1 to 51 visible ASCII characters")
        })?;
        let name = TextMax::new(name).map_err(|error| anyhow::anyhow!("{error}"))?;
        let entry = IdentityTx::RemoveEntry(RemoveEntry { name });
        let signer = session.organisation()?;
        let client = session.client()?;
        let done = block_on_until_signal(async {
            let network = client.network().await?.id();
            execute(&client, network, &signer, vec![call::<Identity>(&entry)]).await
        })?;
        let answer = json!({ "client": self.client, "done": done });
        session.output.answer(&answer, |_| {
            format!("Client {} gets no tokens any more.\n{}", self.client, done.describe())
        });
        Ok(())
    }
}
