//! `salus audit`: whether what is told about records holds.

mod fingerprint;
mod scan;
mod verify;

use crate::session::Session;
use clap::Subcommand;

/// What to audit.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Take down, before an erasure, by what a patient would be recognised in files
    Fingerprint(fingerprint::TakeFingerprint),
    /// Search every file of a home, and of back-ups, for traces of a patient
    Scan(scan::Scan),
    /// Check a patient's accounts of accesses and erasures against the ledger
    Verify(verify::Verify),
}

impl Audit {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::Fingerprint(command) => command.run(session),
            Self::Scan(command) => command.run(session),
            Self::Verify(command) => command.run(session),
        }
    }
}
