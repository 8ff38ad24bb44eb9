//! `salus tx`: single transactions.

mod show;
mod submit;

use crate::session::Session;
use clap::Subcommand;

/// What to do with transactions.
#[derive(Debug, Subcommand)]
pub(crate) enum Tx {
    /// Show where a transaction stands, and its receipt once it is final
    Show(show::Show),
    /// Submit a signed transaction from a file, binary or JSON
    Submit(submit::Submit),
}

impl Tx {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::Show(command) => command.run(session),
            Self::Submit(command) => command.run(session),
        }
    }
}
