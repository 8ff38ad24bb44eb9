//! `salus admission`: one act of the patient at the desk.

mod accept;
mod show;

use crate::session::Session;
use clap::Subcommand;

/// What to do at the desk.
#[derive(Debug, Subcommand)]
pub(crate) enum Admission {
    /// As a hospital: show a link that a patient takes, as text and as a QR code
    Show(show::Show),
    /// As a patient: take a hospital's link; the hospital reads what it names until discharge
    Accept(accept::Accept),
}

impl Admission {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::Show(command) => command.run(session),
            Self::Accept(command) => command.run(session),
        }
    }
}
