//! `salus record`: health records in the organisation's vault.

mod erase;
mod explain;
mod export;
mod history;
mod import;
mod label;
mod list;
mod read;
mod retain;

pub(crate) use list::all_records;
pub(crate) use read::BasisArgs;

use crate::session::Session;
use clap::Subcommand;

/// What to do with records.
#[derive(Debug, Subcommand)]
pub(crate) enum Record {
    /// Seal FHIR R4 bundles into the vault and anchor every resource on the ledger
    Import(import::Import),
    /// List the records of the vault
    List(list::List),
    /// Read a record, from the own vault or from another organisation's on a grant,
    /// an episode or an emergency
    Read(read::Read),
    /// Get a patient's records for a research project, without what says whose they are
    Export(export::Export),
    /// Show the versions of a record
    History(history::History),
    /// Erase a patient's records at a holder, for good, and wait until it is attested
    Erase(erase::Erase),
    /// Note until when the law wants a patient's records to be kept
    Retain(retain::Retain),
    /// Say how confidential a record is, and why
    Label(label::Label),
    /// Say how a read would be decided now: by which consent, by which rule
    Explain(explain::Explain),
}

impl Record {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::Import(command) => command.run(session),
            Self::List(command) => command.run(session),
            Self::Read(command) => command.run(session),
            Self::Export(command) => command.run(session),
            Self::History(command) => command.run(session),
            Self::Erase(command) => command.run(session),
            Self::Retain(command) => command.run(session),
            Self::Label(command) => command.run(session),
            Self::Explain(command) => command.run(session),
        }
    }
}
