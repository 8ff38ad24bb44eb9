//! `salus delegation list`: the delegations of a patient, as the ledger has them.

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
        let columns = ["delegation", "delegate", "kind", "powers", "not_after", "ended_at"];
        let none = "nobody acts for this patient";
        self.of.list(session, "delegations", &columns, none)
    }
}
