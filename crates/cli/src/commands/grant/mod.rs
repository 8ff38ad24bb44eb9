//! `salus grant`: what patients allow.

mod list;
mod new;
mod revoke;

use crate::session::Session;
use clap::Subcommand;

/// What to do with grants.
#[derive(Debug, Subcommand)]
pub(crate) enum Grant {
    /// Let an organisation read a part of a patient's records, for a purpose and a time
    New(new::New),
    /// List the grants of a patient
    List(list::List),
    /// End a grant at once
    Revoke(revoke::Revoke),
}

impl Grant {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::New(command) => command.run(session),
            Self::List(command) => command.run(session),
            Self::Revoke(command) => command.run(session),
        }
    }
}
