//! `salus document`: files of any format in the vault, and their notarisation on the ledger.

mod add;
mod get;
mod list;
mod notarise;
mod show;
mod sign;
mod update;
mod verify;

use crate::session::Session;
use clap::Subcommand;

/// What to do with documents.
#[derive(Debug, Subcommand)]
pub(crate) enum Document {
    /// Seal a file of any format into a patient's records
    Add(add::Add),
    /// Make the next version of a document: other bytes, or other words about them
    Update(update::Update),
    /// List the documents of the vault
    List(list::List),
    /// Show what is said of a document, its versions, and what of it is on the ledger
    Show(show::Show),
    /// Get the exact bytes of a document, from the own vault or from another organisation's on a grant,
    /// an episode or an emergency
    Get(get::Get),
    /// Show to everybody that a file existed, unchanged, since a block, and say nothing of it
    Notarise(notarise::Notarise),
    /// Sign a notarised version, in a role
    Sign(sign::Sign),
    /// Verify a file against its proof and a network file, without any network access
    Verify(verify::Verify),
}

impl Document {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::Add(command) => command.run(session),
            Self::Update(command) => command.run(session),
            Self::List(command) => command.run(session),
            Self::Show(command) => command.run(session),
            Self::Get(command) => command.run(session),
            Self::Notarise(command) => command.run(session),
            Self::Sign(command) => command.run(session),
            Self::Verify(command) => command.run(session),
        }
    }
}
