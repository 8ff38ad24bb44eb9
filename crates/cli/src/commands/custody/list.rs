//! `salus custody list`: the arrangements with custodians of a patient, as the ledger has them.

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
        let columns = ["arrangement", "holder", "kind", "threshold", "epoch", "retired_at"];
        let none = "no keys of this patient are with custodians";
        self.of.list(session, "arrangements", &columns, none)
    }
}
