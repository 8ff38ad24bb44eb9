//! `salus grant list`: the grants of a patient, as the ledger has them.

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
        let columns = ["grant", "grantee", "purpose", "not_before", "not_after", "revoked_at"];
        let none = "this patient has granted nothing";
        self.of.list(session, "grants", &columns, none)
    }
}
