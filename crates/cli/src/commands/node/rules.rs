//! `salus node rules`: the organisation's own rules, read again.

use crate::{lifecycle::block_on_until_signal, session::Session};
use clap::Args;

/// Which node: the one of the session.
#[derive(Debug, Args)]
pub(crate) struct Rules;

impl Rules {
    pub(crate) fn run(session: &Session) -> anyhow::Result<()> {
        let client = session.gateway()?;
        let now = block_on_until_signal(async { Ok(client.reload_rules().await?) })?;
        session.output.answer(&now, |now| {
            format!(
                "{} rules count now: {}. The directory has {} names.",
                now.rules.len(),
                now.rules.join(", "),
                now.names
            )
        });
        Ok(())
    }
}
