//! `salus account`: accounts of people and devices.

mod new;
mod show;

use crate::session::Session;
use clap::Subcommand;

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum Account {
    /// Open an account for the holder of a key
    New(new::New),
    /// Show an account: its kind and its keys
    Show(show::Show),
}

impl Account {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::New(command) => command.run(session),
            Self::Show(command) => command.run(session),
        }
    }
}
