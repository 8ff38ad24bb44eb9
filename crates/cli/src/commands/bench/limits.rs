//! `salus bench limits`: what this machine can do at most.

use crate::{bench::limits::Limits, session::Session};
use anyhow::Context as _;
use clap::Args;

/// What to measure: nothing to choose. The disk is that of the home, or of temporary files.
#[derive(Debug, Args)]
pub(crate) struct LimitsOfMachine {}

impl LimitsOfMachine {
    #[expect(clippy::unused_self, reason = "every command has this shape")]
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let temporary = std::env::temp_dir();
        let folder = session.home().unwrap_or(&temporary);
        std::fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        let limits = Limits::measure(folder)?;
        session.output.answer(&limits, Limits::describe);
        Ok(())
    }
}
