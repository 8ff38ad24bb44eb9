//! `salus node status`: how a running node stands.

use crate::{lifecycle::block_on_until_signal, session::Session, text::outline};
use clap::Args;

/// Nothing to choose.
#[derive(Debug, Args)]
pub(crate) struct Status {}

impl Status {
    #[expect(clippy::unused_self, reason = "every verb is run alike")]
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let client = session.client()?;
        let status = block_on_until_signal(async { Ok(client.status().await?) })?;
        session.output.answer(&status, outline);
        Ok(())
    }
}
