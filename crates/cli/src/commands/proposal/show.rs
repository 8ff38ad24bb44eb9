//! `salus proposal show`: one proposal with its votes.

use crate::{lifecycle::block_on_until_signal, session::Session, text::outline};
use clap::Args;
use salus_api::{client::At, view::StateAnswer};
use serde_json::Value;

/// Which proposal.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Its id
    proposal: String,
}

impl Show {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let client = session.client()?;
        let path = format!("/v1/proposals/{}", self.proposal);
        let proposal: StateAnswer<Value> =
            block_on_until_signal(async { Ok(client.state(&path, At::default()).await?) })?;
        session.output.answer(&proposal, outline);
        Ok(())
    }
}
