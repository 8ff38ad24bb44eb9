//! `cargo xtask kill-test`: four validators as processes under a steady load, and what may happen to
//! them. Whatever was reported final to a client must be on every validator, with its receipt.
//!
//! Everything is decided by a seed but for the machine's own timing, so a run can be repeated
//! closely, not exactly. The simulator is what repeats exactly.

mod cut;
mod full;
pub(crate) mod network;
mod random;
mod report;
mod rounds;
mod tear;
mod upgrade;

use crate::accept::salus::Salus;
use anyhow::{Context as _, ensure};
use clap::Args;
use network::Network;
use random::Random;
use report::Report;
use rounds::Rounds;
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

/// How much to kill.
#[derive(Args)]
pub(crate) struct KillTest {
    /// The built binary.
    #[arg(long, default_value = "target/release/salus")]
    salus: PathBuf,
    /// Processes to kill with -9.
    #[arg(long, default_value_t = 50)]
    kills: u64,
    /// Stop killing after so many seconds, even if there were fewer kills.
    #[arg(long, default_value_t = 3600)]
    seconds: u64,
    /// Homes to tear as a power cut might: the tails of their newest files are cut off.
    #[arg(long, default_value_t = 3)]
    tears: u64,
    /// Transactions a second meanwhile.
    #[arg(long, default_value_t = 50)]
    rate: u64,
    /// What decides whom and when; another for each run when none is given.
    #[arg(long)]
    seed: Option<u64>,
    /// Print the counts as JSON.
    #[arg(long)]
    json: bool,
}

impl KillTest {
    /// Runs the parts in order. The folder is kept when something is lost, and named.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        ensure!(
            self.salus.is_file(),
            "{} is not there; build it with `cargo build --release`",
            self.salus.display()
        );
        let salus = Salus::new(self.salus.canonicalize()?);
        let seed = self.seed.unwrap_or_else(|| u64::from(std::process::id()));
        let folder = tempfile::Builder::new().prefix("salus-kill-").tempdir()?;
        match self.all(&salus, folder.path(), seed) {
            Ok(report) => {
                report.print(self.json);
                Ok(())
            }
            Err(error) => {
                let kept = folder.keep();
                Err(error).with_context(|| {
                    format!("kill-test failed with --seed {seed}; see {}", kept.display())
                })
            }
        }
    }

    fn all(&self, salus: &Salus, folder: &std::path::Path, seed: u64) -> anyhow::Result<Report> {
        let started = Instant::now();
        let mut network = Network::new(salus, folder)?;
        network.start_all()?;
        let load = network.load(self.rate)?;
        let mut rounds = Rounds::new(network, load, Random::new(seed));
        let deadline = started + Duration::from_secs(self.seconds);
        while rounds.counts.kills < self.kills && Instant::now() < deadline {
            rounds.kill(self.kills)?;
        }
        for _ in 0..self.tears {
            if Instant::now() < deadline {
                rounds.tear()?;
            }
        }
        rounds.restart_in_turn()?;
        let counts = rounds.end()?;
        let full_disk = full::check(salus, &folder.join("full")).context("full disk")?;
        let cut_off = cut::check(salus, &folder.join("cut")).context("cut off")?;
        let upgrade = upgrade::check(salus, &folder.join("upgrade")).context("upgrade")?;
        Ok(Report {
            seed,
            seconds: started.elapsed().as_secs(),
            full_disk,
            cut_off,
            upgrade,
            counts,
        })
    }
}
