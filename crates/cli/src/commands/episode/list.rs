//! `salus episode list`: the episodes of a patient, as the ledger has them.

use crate::{listing::OfPatient, session::Session};
use clap::Args;

/// Of whom.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    of: OfPatient,
}

impl List {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let columns = ["episode", "hospital", "mode", "opened_at", "not_after", "closed_at"];
        let none = "this patient has no episodes";
        self.of.list(session, "episodes", &columns, none)
    }
}
