//! `salus key`: make and show signing keys.

mod new;
mod show;

use crate::session::Session;
use clap::Subcommand;

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a signing key and write it to a file that only you can read
    New(new::New),
    /// Show the public part of a key file
    Show(show::Show),
}

impl Key {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::New(command) => command.run(session),
            Self::Show(command) => command.run(session),
        }
    }
}
