//! `salus node`: run a node and see how it stands.

mod start;
mod status;

use crate::session::Session;
use clap::Subcommand;

/// What to do with a node.
#[derive(Debug, Subcommand)]
pub(crate) enum Node {
    /// Run the node of a home until Ctrl-C
    Start(start::Start),
    /// Show how a running node stands
    Status(status::Status),
}

impl Node {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::Start(command) => command.run(session),
            Self::Status(command) => command.run(session),
        }
    }
}
