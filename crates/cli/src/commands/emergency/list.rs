//! `salus emergency list`: the emergencies of a patient, as the ledger has them.

use crate::{
    keys::patient_of, lifecycle::block_on_until_signal, pages::all_pages, session::Session,
    text::table,
};
use clap::Args;
use salus_types::AccountId;
use serde_json::Value;
use std::path::PathBuf;

/// Of whom.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// The patient's account
    #[arg(long, required_unless_present = "key")]
    patient: Option<AccountId>,
    /// The patient's key file, which knows the account
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

impl List {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let patient = patient_of(self.patient, self.key.as_deref())?;
        let client = session.client()?;
        let path = format!("/v1/patients/{patient}/emergencies");
        let list = block_on_until_signal(all_pages(&client, &path))?;
        session.output.answer(&list, |list: &Vec<Value>| {
            let columns = [
                "emergency",
                "service",
                "reason",
                "opened_at",
                "expires_at",
                "closed_at",
                "review",
            ];
            table(list, &columns, "no emergency was opened for this patient")
        });
        Ok(())
    }
}
