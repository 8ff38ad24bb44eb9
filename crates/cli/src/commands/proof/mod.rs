//! `salus proof`: proofs that a stranger verifies offline.

mod export;
mod show;
mod verify;

use crate::session::Session;
use clap::Subcommand;

/// What to do with proofs.
#[derive(Debug, Subcommand)]
pub(crate) enum Proof {
    /// Write a proof of a record, grant, access, account or transaction to a file
    Export(export::Export),
    /// Verify a proof file against a network file, without any network access
    Verify(verify::Verify),
    /// Show what a proof file claims, without verifying it
    Show(show::Show),
}

impl Proof {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::Export(command) => command.run(session),
            Self::Verify(command) => command.run(session),
            Self::Show(command) => command.run(session),
        }
    }
}
