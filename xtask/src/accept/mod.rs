//! `cargo xtask accept`: runs the built binary as its users do, and checks what it shows.
//!
//! Each check starts processes of its own on free ports of the loopback interface, in a temporary
//! folder, and ends only those. A check that fails keeps its folder and says where it is.

mod bench;
pub(crate) mod demo;
pub(crate) mod drill;
mod fhir;
mod kill;
pub(crate) mod salus;

use anyhow::{Context as _, ensure};
use clap::{Args, ValueEnum};
use salus::Salus;
use std::{path::PathBuf, time::Instant};

/// Which check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Check {
    /// The demo over the real bundles: counts, refusals, proofs, no identifier on the ledger.
    Demo,
    /// The benchmark: nothing lost, some throughput.
    Bench,
    /// `kill -9` under load: what was reported final is there after a restart.
    Kill,
    /// Three of four homes lost: restored from back-ups, nothing that was final is lost.
    Drill,
    /// An independent FHIR client reads, searches, creates and exports.
    Fhir,
}

/// What to check, with which binary.
#[derive(Args)]
pub(crate) struct Accept {
    /// The built binary.
    #[arg(long, default_value = "target/release/salus")]
    salus: PathBuf,
    /// The checks to run; all of them for none.
    #[arg(value_enum)]
    checks: Vec<Check>,
}

impl Accept {
    /// Runs the checks in order and stops at the first that fails.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        ensure!(
            self.salus.is_file(),
            "{} is not there; build it with `cargo build --release`",
            self.salus.display()
        );
        let salus = Salus::new(self.salus.canonicalize()?);
        let checks = if self.checks.is_empty() { Check::value_variants() } else { &self.checks };
        for check in checks {
            let started = Instant::now();
            let folder = tempfile::Builder::new().prefix("salus-accept-").tempdir()?;
            let outcome = match check {
                Check::Demo => demo::check(&salus, folder.path()),
                Check::Bench => bench::check(&salus, folder.path()),
                Check::Kill => kill::check(&salus, folder.path()),
                Check::Fhir => fhir::check(&salus, folder.path()),
                Check::Drill => drill::check(&salus, folder.path()),
            };
            let said = match outcome {
                Ok(said) => said,
                Err(error) => {
                    let kept = folder.keep();
                    return Err(error)
                        .with_context(|| format!("{check:?} failed; see {}", kept.display()));
                }
            };
            eprintln!(
                "accept: {check:?} passed in {:.1} s: {said}",
                started.elapsed().as_secs_f64()
            );
        }
        Ok(())
    }
}
