//! `salus node`: run a node, see how it stands, back it up and restore it.

mod backup;
mod check;
mod export;
mod log_level;
mod repair;
mod restore;
mod rules;
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
    /// Let a running node read the organisation's rules again
    Rules(rules::Rules),
    /// Compare what a stopped node keeps of the ledger with its checksums
    Check(check::Check),
    /// Set a stopped node's ledger aside, so that its next start copies the state from its peers
    Repair(repair::Repair),
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
            Self::Rules(_) => rules::Rules::run(session),
            Self::Check(command) => command.run(session),
            Self::Repair(command) => command.run(session),
            Self::Status(command) => command.run(session),
            Self::Backup(command) => command.run(session),
            Self::Restore(command) => command.run(session),
            Self::Export(command) => command.run(session),
        }
    }
}
