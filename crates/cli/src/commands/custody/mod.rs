//! `salus custody`: keys that no single party holds.

mod appoint;
mod begin;
mod list;

use crate::session::Session;
use clap::Subcommand;

/// What to do with keys and custodians.
#[derive(Debug, Subcommand)]
pub(crate) enum Custody {
    /// Give the keys of categories of records to custodians, in shares
    Appoint(appoint::Appoint),
    /// Hand out the shares of an arrangement that was appointed, where that was interrupted
    Begin(begin::Begin),
    /// List a patient's arrangements with custodians
    List(list::List),
}

impl Custody {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::Appoint(command) => command.run(session),
            Self::Begin(command) => command.run(session),
            Self::List(command) => command.run(session),
        }
    }
}
