//! `salus consent`: patients' consents as FHIR has them.

mod test;

use crate::session::Session;
use clap::Subcommand;

/// What to do with consents.
#[derive(Debug, Subcommand)]
pub(crate) enum Consent {
    /// Run a directory of cases: consents, requests and the decisions that are expected
    Test(test::Test),
}

impl Consent {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        match self {
            Self::Test(command) => command.run(session),
        }
    }
}
