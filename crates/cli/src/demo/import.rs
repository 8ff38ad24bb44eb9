//! Taking in the bundles: accounts of patients, records sealed and anchored, through the first
//! hospital's API.
//!
//! Every other patient keeps an own key and opens an account first; for the rest, the hospital keeps
//! the key, visibly so.

use super::{bundles::Bundle, network::Network, report::Report, story::Story};
use crate::{
    bench::stats::{number, round},
    commands::record::all_records,
    granting::{Patient, open_account},
    problem::Problem,
    progress,
    submit::Signer,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use salus_api::records::{ImportAnswer, ImportOrder, RecordFilter, RecordItem};
use std::{collections::HashSet, time::Instant};

/// Bundles that are sent at the same time.
const PARALLEL: usize = 8;
/// Accounts that are opened at the same time.
const ACCOUNTS_PARALLEL: usize = 16;

/// A patient with records in the first hospital's vault.
#[derive(Debug)]
pub(crate) struct Imported {
    /// Who signs for the patient.
    pub(crate) patient: Patient,
    /// The patient's records.
    pub(crate) records: Vec<RecordItem>,
}

/// Imports every bundle.
pub(crate) async fn run(
    network: &Network,
    bundles: &[Bundle],
    story: &Story,
    report: &mut Report,
) -> anyhow::Result<Vec<Imported>> {
    let own = own_patients(network, bundles.len()).await?;
    let own_count = own.iter().flatten().count();
    story.tell(format!(
        "{own_count} patients opened accounts under keys of their own; for the other {}, {} keeps \
         the key.",
        bundles.len() - own_count,
        network.hospital().name
    ));

    let total: u64 = bundles.iter().map(|bundle| bundle.bytes.len() as u64).sum();
    let bar = progress::bytes("Sealing and anchoring", total);
    let started = Instant::now();
    let answers: Vec<ImportAnswer> = stream::iter(bundles.iter().zip(&own).enumerate())
        .map(|(index, (bundle, own))| {
            let bar = bar.clone();
            let order = ImportOrder {
                patient: own.as_ref().map(|signer| signer.account),
                // Each bundle is an export of its own: ids of resources are unique within it.
                source: format!("demo-{index}"),
            };
            async move {
                let body = bundle.bytes.clone();
                let answer = network.hospital().client.import(&order, body).await?;
                bar.inc(bundle.bytes.len() as u64);
                Ok::<_, anyhow::Error>(answer)
            }
        })
        .buffered(PARALLEL)
        .try_collect()
        .await?;
    let seconds = started.elapsed().as_secs_f64();
    bar.finish_and_clear();

    report.patients = bundles.len();
    report.records_imported = answers.iter().map(|answer| answer.new_records).sum();
    report.bytes_imported = answers.iter().map(|answer| answer.bytes).sum();
    report.import_mb_per_s = round(number(report.bytes_imported) / 1e6 / seconds, 2);
    let entries: u64 = answers.iter().map(|answer| answer.entries).sum();
    if entries != report.records_imported {
        return Err(Problem::failed(
            "demo.records_lost",
            format!("{entries} entries became {} records", report.records_imported),
            "keep the folder and report it",
        ));
    }
    story.tell(format!(
        "{} sealed {} records of {:.1} MB, each under a key of its own, and anchored them on the \
         ledger, in {seconds:.2} s: {} MB/s.",
        network.hospital().name,
        report.records_imported,
        number(report.bytes_imported) / 1e6,
        report.import_mb_per_s
    ));
    imported(network, &answers, own).await
}

/// Opens an account for every other patient, under a key of the patient's own.
async fn own_patients(network: &Network, count: usize) -> anyhow::Result<Vec<Option<Signer>>> {
    let bar = progress::bar("Opening accounts", count.div_ceil(2) as u64);
    let patients = stream::iter(0..count)
        .map(|index| {
            let bar = bar.clone();
            async move {
                if index % 2 == 1 {
                    return Ok(None);
                }
                let signer = open_account(network.id, &network.hospital().client).await?;
                bar.inc(1);
                Ok::<_, anyhow::Error>(Some(signer))
            }
        })
        .buffered(ACCOUNTS_PARALLEL)
        .try_collect()
        .await?;
    bar.finish_and_clear();
    Ok(patients)
}

/// The patients with their records, as the hospital lists them.
async fn imported(
    network: &Network,
    answers: &[ImportAnswer],
    own: Vec<Option<Signer>>,
) -> anyhow::Result<Vec<Imported>> {
    let mut seen = HashSet::new();
    let mut imported = Vec::new();
    for (answer, own) in answers.iter().zip(own) {
        let Some(account) = answer.patients.first().copied() else { continue };
        if !seen.insert(account) {
            continue;
        }
        let filter = RecordFilter { patient: Some(account), ..RecordFilter::default() };
        let records = all_records(&network.hospital().client, filter).await?;
        let patient = own.map_or(Patient::Assisted(account), |own| Patient::Own(Box::new(own)));
        imported.push(Imported { patient, records });
    }
    Ok(imported)
}
