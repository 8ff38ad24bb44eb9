//! `salus demo`: a network of four organisations in one process, and one real job on it from end to
//! end: consented sharing of health records.
//!
//! Everything goes the way that it goes in production: four nodes with the real engine and real
//! sockets on loopback; every step through the organisations' HTTP APIs; every proof verified by a
//! process of its own.

mod accounts;
mod bundles;
mod explore;
mod finality;
pub(crate) mod identifiers;
mod import;
mod leaks;
mod network;
mod offline;
pub(crate) mod people;
mod report;
pub(crate) mod search;
mod sharing;
mod story;

#[cfg(test)]
mod tests;

use crate::{
    bench::{machine, stats::round},
    lifecycle::{block_on, interrupted, signal},
    problem::Problem,
    progress,
    session::Session,
};
use anyhow::Context as _;
use clap::Args;
use network::Network;
use report::Report;
use std::path::{Path, PathBuf};
use story::Story;

/// Patients that are generated where no records are given.
const PATIENTS: u32 = 40;

/// How the demo runs.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// End when everything is shown, instead of staying up to be explored
    #[arg(long)]
    exit: bool,
    /// Take the FHIR R4 bundles of a folder (*.json, *.json.gz) instead of generated patients
    #[arg(long, value_name = "DIR")]
    records: Option<PathBuf>,
    /// How many patients to take or to generate [default: all of the folder, or 40]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    patients: Option<u32>,
}

impl Demo {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let temporary;
        let home = if let Some(home) = session.home() {
            home.to_path_buf()
        } else {
            temporary = tempfile::Builder::new()
                .prefix("salus-demo-")
                .tempdir()
                .context("no temporary folder could be made")?;
            temporary.path().to_path_buf()
        };
        let story = Story::begin(session.output);
        let bundles = self.bundles()?;
        block_on(async {
            let network = tokio::select! {
                network = Network::start(&home, &story) => network?,
                () = signal() => return Err(interrupted()),
            };
            let shown = tokio::select! {
                report = self.show(&network, &bundles, &story) => report,
                () = signal() => Err(interrupted()),
            };
            let ended = match shown {
                Ok((report, shared)) => self.end(session, &network, &story, &report, &shared).await,
                Err(error) => Err(error),
            };
            network.stop().await;
            ended
        })
    }

    /// Shows everything, and measures it.
    async fn show(
        &self,
        network: &Network,
        bundles: &[bundles::Bundle],
        story: &Story,
    ) -> anyhow::Result<(Report, sharing::Shared)> {
        let mut report = Report {
            validators: network.organisations.len(),
            cores: machine::cores(),
            ..Report::default()
        };
        let from = if self.records.is_some() { "of the given folder" } else { "made up" };
        story.tell(format!("{} patients, {from}, come as FHIR R4 bundles.", bundles.len()));
        let imported = import::run(network, bundles, story, &mut report).await?;
        let shared = sharing::run(network, &imported, story, &mut report).await?;
        accounts::run(network, &shared, story, &mut report).await?;
        prove(network, &shared, story, &mut report).await?;

        let probing = progress::bar("Measuring finality", finality::COUNT as u64);
        let clients: Vec<_> = network.organisations.iter().map(|one| &one.client).collect();
        let samples = finality::measure(network.id, &clients, &probing).await?;
        probing.finish_and_clear();
        report.finality_ms = samples.percentiles();
        report.finality_samples = samples.count();
        story.tell(format!(
            "One after the other, {} transactions were final within {} ms (half of them) and {} ms \
             (99 of 100).",
            report.finality_samples, report.finality_ms.p50, report.finality_ms.p99
        ));

        leaks::run(network, bundles, story, &mut report).await?;
        report.height = network.hospital().client.status().await?.height.0;
        report.seconds = round(story.seconds(), 2);
        Ok((report, shared))
    }

    fn bundles(&self) -> anyhow::Result<Vec<bundles::Bundle>> {
        let most = self.patients.map(|count| usize::try_from(count).unwrap_or(usize::MAX));
        let mut bundles = match &self.records {
            Some(folder) => bundles::of_folder(folder)?,
            None => bundles::generated(self.patients.unwrap_or(PATIENTS)),
        };
        bundles.truncate(most.unwrap_or(usize::MAX));
        Ok(bundles)
    }

    /// Says how it went, and stays up if that is wanted.
    async fn end(
        &self,
        session: &Session,
        network: &Network,
        story: &Story,
        report: &Report,
        shared: &sharing::Shared,
    ) -> anyhow::Result<()> {
        let broken = report.broken();
        if session.output.is_json() {
            session.output.answer(report, |_| String::new());
        }
        if !broken.is_empty() {
            return Err(Problem::failed(
                "demo.expectation",
                format!("not everything held: {}", broken.join("; ")),
                "keep the output and report it",
            ));
        }
        story.tell(format!("Everything held. It took {} s.", report.seconds));
        if self.exit {
            return Ok(());
        }
        explore::tell(network, shared, story);
        signal().await;
        story.tell("Stopping.");
        Ok(())
    }
}

/// Exports proofs of a record and of an access, and has them verified by a process of its own.
async fn prove(
    network: &Network,
    shared: &sharing::Shared,
    story: &Story,
    report: &mut Report,
) -> anyhow::Result<()> {
    let folder = network.home.join("proofs");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("{} cannot be made", folder.display()))?;
    let read = &shared.reads[0];
    let wanted = [
        ("record", format!("records/{}", read.record)),
        ("access", format!("accesses/{}/{}", read.patient, read.sequence)),
        ("grant", format!("grants/{}", read.grant)),
    ];
    for (name, of) in wanted {
        let file = folder.join(format!("{name}.proof"));
        let bytes = offline::export(&network.hospital().client, &of, &file).await?;
        let (proof, public) = (file.clone(), network.file.clone());
        let said = tokio::task::spawn_blocking(move || {
            let said = offline::verify(&proof, &public)?;
            offline::refuses_changed(&proof, &public)?;
            Ok::<_, anyhow::Error>(said)
        })
        .await??;
        report.proofs_verified_offline += 1;
        let first = said.lines().next().unwrap_or_default();
        story.tell(format!(
            "A separate process verified the proof of the {name} ({bytes} bytes) with the network \
             file alone, and refused it with one byte changed. It said: {first}"
        ));
    }
    Ok(())
}

/// A folder that must be new or empty.
fn check_empty(home: &Path) -> anyhow::Result<()> {
    let is_used = home.read_dir().is_ok_and(|mut entries| entries.next().is_some());
    if is_used {
        return Err(Problem::failed(
            "demo.home_used",
            format!("{} is not empty", home.display()),
            "give an empty folder, or leave --home out",
        ));
    }
    Ok(())
}
