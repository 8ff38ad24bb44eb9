//! Lists of what the ledger has of a patient: the same arguments, pages and table for each noun.

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
pub(crate) struct OfPatient {
    /// The patient's account
    #[arg(long, required_unless_present = "key")]
    patient: Option<AccountId>,
    /// The patient's key file, which knows the account
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

impl OfPatient {
    /// Shows the list that the ledger calls `noun`, for people in these columns, or says `none`.
    pub(crate) fn list(
        &self,
        session: &Session,
        noun: &str,
        columns: &[&str],
        none: &str,
    ) -> anyhow::Result<()> {
        let patient = patient_of(self.patient, self.key.as_deref())?;
        let client = session.client()?;
        let path = format!("/v1/patients/{patient}/{noun}");
        let list = block_on_until_signal(all_pages(&client, &path))?;
        session.output.answer(&list, |list: &Vec<Value>| table(list, columns, none));
        Ok(())
    }
}
