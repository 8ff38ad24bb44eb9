//! `salus client`: systems that ask the organisation's gateway with a key of their own.

mod register;
mod remove;

use crate::session::Session;
use clap::Subcommand;

/// What to do with clients.
#[derive(Debug, Subcommand)]
pub(crate) enum Client {
    /// Register a system with its public keys and the scopes it may ask for
    Register(register::Register),
    /// End a registration: its tokens count no longer
    Remove(remove::Remove),
}

impl Client {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::Register(command) => command.run(session),
            Self::Remove(command) => command.run(session),
        }
    }
}
