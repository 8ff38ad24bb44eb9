//! `salus episode`: stays at a hospital.

mod close;
mod list;
mod open;
mod transfer;

use crate::session::Session;
use clap::Subcommand;

/// What to do with episodes.
#[derive(Debug, Subcommand)]
pub(crate) enum Episode {
    /// Let a hospital read what it needs from admission to discharge
    Open(open::Open),
    /// List the episodes of a patient
    List(list::List),
    /// Go on at another hospital: the one before reads no more
    Transfer(transfer::Transfer),
    /// Discharge: the hospital reads no more
    Close(close::Close),
}

impl Episode {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::Open(command) => command.run(session),
            Self::List(command) => command.run(session),
            Self::Transfer(command) => command.run(session),
            Self::Close(command) => command.run(session),
        }
    }
}
