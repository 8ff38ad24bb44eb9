//! `salus record export`: a patient's records for a research project, without what says whose they are.

use crate::{files, lifecycle::block_on_until_signal, output, session::Session};
use clap::Args;
use salus_api::records::ExportOrder;
use salus_consent::{GrantId, PurposeOfUse};
use serde_json::json;
use std::path::PathBuf;

/// What the project is given.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The grant for it
    #[arg(long)]
    grant: GrantId,
    /// What for, as the grant says: HRESCH, CLINTRCH or PUBHLTH
    #[arg(long, value_name = "CODE")]
    purpose: PurposeOfUse,
    /// The project: pseudonyms are the same within it
    #[arg(long, value_name = "NAME")]
    project: String,
    /// The API of the organisation that keeps the records; looked up on the ledger when left out
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// Write the lines to a file that only you can read, instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Export {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let gateway = session.gateway()?;
        let order = ExportOrder {
            grant: self.grant,
            purpose: self.purpose,
            project: self.project.clone(),
            from: self.from.clone(),
        };
        let lines = block_on_until_signal(async { Ok(gateway.export(&order).await?) })?;
        let records = lines.split_inclusive(|byte| *byte == b'\n').count();
        let Some(out) = &self.out else {
            output::raw(&lines);
            return Ok(());
        };
        files::create_secret(out, "the export", &lines)?;
        session.output.answer(&json!({ "file": out, "records": records }), |_| {
            format!(
                "{records} records are in {}; each was accounted for as exported.",
                out.display()
            )
        });
        Ok(())
    }
}
