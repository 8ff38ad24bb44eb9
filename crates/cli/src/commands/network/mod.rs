//! `salus network`: make, show and join networks.

mod init;
mod join;
mod show;

use crate::session::Session;
use clap::Subcommand;

/// What to do with networks.
#[derive(Debug, Subcommand)]
pub(crate) enum Network {
    /// Make a network: its public file and a home for each founding validator
    Init(init::Init),
    /// Show the network of a node, or of a network file
    Show(show::Show),
    /// Make a home for a node that follows an existing network from its file alone
    Join(join::Join),
}

impl Network {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::Init(command) => command.run(session),
            Self::Show(command) => command.run(session),
            Self::Join(command) => command.run(session),
        }
    }
}
