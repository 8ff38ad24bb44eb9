//! `salus delegation`: who acts for a patient.

mod end;
mod give;
mod list;

use crate::session::Session;
use clap::Subcommand;

/// What to do with delegations.
#[derive(Debug, Subcommand)]
pub(crate) enum Delegation {
    /// Let somebody act for the patient, with some powers and for a time
    Give(give::Give),
    /// List who acts for a patient
    List(list::List),
    /// End a delegation at once; what was granted under it stays
    End(end::End),
}

impl Delegation {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::Give(command) => command.run(session),
            Self::List(command) => command.run(session),
            Self::End(command) => command.run(session),
        }
    }
}
