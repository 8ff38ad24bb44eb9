//! `salus proposal`: what members decide together.

mod list;
mod new;
mod show;
mod vote;

use crate::session::Session;
use clap::Subcommand;

/// What to do with proposals.
#[derive(Debug, Subcommand)]
pub(crate) enum Proposal {
    /// Propose something to the members
    New(new::New),
    /// List the proposals
    List(list::List),
    /// Show one proposal with its votes
    Show(show::Show),
    /// Vote for or against a proposal, once for each organisation
    Vote(vote::Vote),
}

impl Proposal {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::New(command) => command.run(session),
            Self::List(command) => command.run(session),
            Self::Show(command) => command.run(session),
            Self::Vote(command) => command.run(session),
        }
    }
}
