//! `salus node`: run a node, see how it stands, back it up and restore it.

mod backup;
mod export;
mod log_level;
mod restore;
mod start;
mod status;

use crate::session::Session;
use clap::Subcommand;

/// What to do with a node.
#[derive(Debug, Subcommand)]
pub(crate) enum Node {
    /// Run the node of a home until Ctrl-C
    Start(start::Start),
    /// Change what a running node logs
    LogLevel(log_level::LogLevel),
    /// Show how a running node stands, what is wrong and what to do
    Status(status::Status),
    /// Back up the home of a running node: ledger, vault and, sealed, its keys
    Backup(backup::Backup),
    /// Make a home from a back-up, proved by the network file
    Restore(restore::Restore),
    /// Write blocks, transactions and receipts as lines of JSON to standard output
    Export(export::Export),
}

impl Node {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::Start(command) => command.run(session),
            Self::LogLevel(command) => command.run(session),
            Self::Status(command) => command.run(session),
            Self::Backup(command) => command.run(session),
            Self::Restore(command) => command.run(session),
            Self::Export(command) => command.run(session),
        }
    }
}
