//! `salus node log-level`: what a running node logs.

use crate::{lifecycle::block_on_until_signal, session::Session};
use clap::Args;

/// What to log from now on.
#[derive(Debug, Args)]
pub(crate) struct LogLevel {
    /// A filter, such as `info` or `info,salus_mempool=debug`: a level, and others for parts of the
    /// program
    filter: String,
}

impl LogLevel {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let client = session.gateway()?;
        let now = block_on_until_signal(async { Ok(client.set_log_level(&self.filter).await?) })?;
        session.output.answer(&now, |now| {
            format!("The node logs {} until it is changed again or it ends.", now.filter)
        });
        Ok(())
    }
}
