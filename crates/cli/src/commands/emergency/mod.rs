//! `salus emergency`: access that cannot wait.

mod close;
mod cosign;
mod list;
mod open;
mod report;
mod review;
mod rules;

use crate::session::Session;
use clap::Subcommand;
use salus_crypto::commit::commitment;
use salus_types::Hash;

/// Domain of the commitment to an incident.
const INCIDENT: &str = "salus/emergency-incident/1";
/// Domain of the commitment to a finding.
const FINDING: &str = "salus/emergency-finding/1";

/// What to do with emergencies.
#[derive(Debug, Subcommand)]
pub(crate) enum Emergency {
    /// As a patient: allow an override or not, name the reviewer, and say which records are for it
    Rules(rules::Rules),
    /// As an accredited service: open one, with the key of the person who asks
    Open(open::Open),
    /// As another person of the same service: agree to one
    Cosign(cosign::Cosign),
    /// End one before its time
    Close(close::Close),
    /// As the reviewer: say what there was
    Review(review::Review),
    /// How a service uses emergencies, for everybody to see
    Report(report::Report),
    /// List the emergencies of a patient
    List(list::List),
}

impl Emergency {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::Rules(command) => command.run(session),
            Self::Open(command) => command.run(session),
            Self::Cosign(command) => command.run(session),
            Self::Close(command) => command.run(session),
            Self::Review(command) => command.run(session),
            Self::Report(command) => command.run(session),
            Self::List(command) => command.run(session),
        }
    }
}

/// The salted hash of a text that stays off the ledger.
fn hidden(domain: &'static str, salt: Hash, text: &str) -> Hash {
    commitment(domain, &salt.0, text.as_bytes())
}
