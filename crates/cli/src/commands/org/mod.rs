//! `salus org`: organisations on the ledger.

mod list;
mod show;

use crate::session::Session;
use clap::Subcommand;

/// What to see of organisations.
#[derive(Debug, Subcommand)]
pub(crate) enum Org {
    /// List the organisations of the network
    List(list::List),
    /// Show one organisation
    Show(show::Show),
}

impl Org {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::List(command) => command.run(session),
            Self::Show(command) => command.run(session),
        }
    }
}
