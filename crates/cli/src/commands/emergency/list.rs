//! `salus emergency list`: the emergencies of a patient, as the ledger has them.

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
        let columns =
            ["emergency", "service", "reason", "opened_at", "expires_at", "closed_at", "review"];
        let none = "no emergency was opened for this patient";
        self.of.list(session, "emergencies", &columns, none)
    }
}
