//! `salus record import`: FHIR R4 bundles into the vault.

use crate::{lifecycle::block_on_until_signal, problem::Problem, progress, session::Session};
use clap::Args;
use salus_api::records::{ImportAnswer, ImportOrder};
use salus_types::AccountId;
use std::path::{Path, PathBuf};

/// What to import, and whose it is.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// FHIR R4 bundles, JSON or gzip
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The account of the patient, who keeps the key; without it, the patients are those of the
    /// bundles, and the organisation keeps a key for each that is new
    #[arg(long, value_name = "ACCOUNT")]
    patient: Option<AccountId>,
    /// The system that the bundles come from: ids of resources are unique within it
    #[arg(long, default_value = "import")]
    source: String,
}

impl Import {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let gateway = session.gateway()?;
        let order = ImportOrder { patient: self.patient, source: self.source.clone() };
        let answers = block_on_until_signal(async {
            let bar = progress::bar("Importing", self.files.len() as u64);
            let mut answers = Vec::new();
            for path in &self.files {
                let file =
                    tokio::fs::File::open(path).await.map_err(|error| missing(path, &error))?;
                answers.push(gateway.import(&order, file).await?);
                bar.inc(1);
            }
            bar.finish_and_clear();
            Ok(answers)
        })?;
        session.output.answer(&answers, |answers| describe(answers));
        Ok(())
    }
}

fn describe(answers: &[ImportAnswer]) -> String {
    let sum = |field: fn(&ImportAnswer) -> u64| answers.iter().map(field).sum::<u64>();
    let patients: Vec<String> = answers
        .iter()
        .flat_map(|answer| &answer.patients)
        .map(|patient| format!("  patient {patient}\n"))
        .collect();
    format!(
        "{} new records, {} new versions, {} unchanged; all are anchored on the ledger.\n{}",
        sum(|answer| answer.new_records),
        sum(|answer| answer.new_versions),
        sum(|answer| answer.unchanged),
        patients.concat()
    )
}

fn missing(path: &Path, error: &std::io::Error) -> anyhow::Error {
    Problem::failed(
        "cli.file_missing",
        format!("{} cannot be read: {error}", path.display()),
        "check the path",
    )
}
