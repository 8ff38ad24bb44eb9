//! `salus access`: who read what.

mod list;

use crate::session::Session;
use clap::Subcommand;

/// What to see of accesses.
#[derive(Debug, Subcommand)]
pub(crate) enum Access {
    /// List every access to a patient's records, checked for gaps and against the ledger
    List(list::List),
}

impl Access {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::List(command) => command.run(session),
        }
    }
}
