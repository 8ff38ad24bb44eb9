//! What becomes of seeds, and the sum over them.

use crate::{Fault, network::run_network, story::Story};
use salus_types::{Hash, Height};
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};

/// What became of one seed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunReport {
    /// The seed.
    pub seed: u64,
    /// What must not happen and did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub violation: Option<String>,
    /// How to run it again; with a violation only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replay: Option<String>,
    /// Nodes, new keys and twins counted.
    pub nodes: usize,
    /// The highest block.
    pub height: Height,
    /// One hash over all blocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Hash>,
    /// A digest of all that the simulated machines did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auditor: Option<String>,
    /// Simulated time, in milliseconds.
    pub simulated_ms: u64,
    /// How long after the last fault all nodes had new blocks, in milliseconds.
    pub recovered_ms: u64,
    /// Transactions that nodes accepted.
    pub accepted: usize,
    /// Transactions in blocks.
    pub committed: usize,
    /// Transactions that were reported expired.
    pub expired: usize,
    /// Proofs of the state that were checked.
    pub proofs: u64,
    /// Blocks that certificates proved final at the end, from the network file alone.
    pub certified: u64,
    /// Faults that happened, by kind.
    pub faults: BTreeMap<String, u64>,
    /// How often transactions in blocks ended how: `ok` or a code.
    pub outcomes: BTreeMap<String, u64>,
}

/// The sum over seeds, as `--json` prints it.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The first seed.
    pub first_seed: u64,
    /// How many seeds were run.
    pub seeds: usize,
    /// In how many of them something happened that must not.
    pub violations: usize,
    /// Simulated time of all seeds, in seconds.
    pub simulated_seconds: u64,
    /// Time that it took, in seconds.
    pub wall_seconds: f64,
    /// Simulated time of all networks, in hours.
    pub network_hours: f64,
    /// The same for nodes: an hour of a network of four counts four times.
    pub node_hours: f64,
    /// Simulated time by time that it took.
    pub speedup: f64,
    /// Threads that ran seeds.
    pub threads: usize,
    /// Blocks of all networks.
    pub blocks: u64,
    /// Transactions that nodes accepted.
    pub accepted: usize,
    /// Transactions in blocks.
    pub committed: usize,
    /// Transactions that were reported expired.
    pub expired: usize,
    /// Proofs of the state that were checked.
    pub proofs: u64,
    /// Blocks that certificates proved final at the end, from the network file alone.
    pub certified: u64,
    /// The longest that a network took to recover, in milliseconds.
    pub recovered_ms_max: u64,
    /// Faults that happened, by kind.
    pub faults: BTreeMap<String, u64>,
    /// How often transactions in blocks ended how.
    pub outcomes: BTreeMap<String, u64>,
    /// The seeds in which something happened that must not.
    pub failures: Vec<Failure>,
}

/// A seed in which something happened that must not.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// What happened.
    pub violation: String,
    /// The command that runs it again.
    pub replay: String,
}

/// The command that runs a seed again.
fn replay(seed: u64, minutes: u64) -> String {
    format!(
        "cargo run --release -p salus-sim -- --first-seed {seed} --seeds 1 --minutes-per-seed {minutes}"
    )
}

/// Runs a seed for this many simulated minutes.
pub fn run(seed: u64, minutes: u64) -> RunReport {
    let story = Story::of(seed, Duration::from_secs(60 * minutes));
    let empty = RunReport {
        seed,
        violation: None,
        replay: None,
        nodes: story.nodes.len(),
        height: Height(0),
        digest: None,
        auditor: None,
        simulated_ms: 0,
        recovered_ms: 0,
        accepted: 0,
        committed: 0,
        expired: 0,
        proofs: 0,
        certified: 0,
        faults: BTreeMap::new(),
        outcomes: BTreeMap::new(),
    };
    let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    match run_network(seed, &story) {
        Ok(report) => RunReport {
            height: report.height,
            digest: Some(report.digest),
            auditor: Some(report.auditor),
            simulated_ms: ms(report.simulated),
            recovered_ms: ms(report.recovered),
            accepted: report.accepted,
            committed: report.committed,
            expired: report.expired,
            proofs: report.proofs,
            certified: report.certified,
            faults: report.faults,
            outcomes: report.outcomes,
            ..empty
        },
        Err(fault) => failed(empty, &fault, minutes),
    }
}

fn failed(empty: RunReport, fault: &Fault, minutes: u64) -> RunReport {
    let replay = Some(replay(empty.seed, minutes));
    RunReport { violation: Some(fault.to_string()), replay, ..empty }
}

impl Summary {
    /// The sum over these runs, which took this long on so many threads.
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    pub fn of(runs: &[RunReport], wall: Duration, threads: usize) -> Self {
        let mut faults = BTreeMap::new();
        let mut outcomes = BTreeMap::new();
        for run in runs {
            for (what, count) in &run.faults {
                *faults.entry(what.clone()).or_default() += count;
            }
            for (what, count) in &run.outcomes {
                *outcomes.entry(what.clone()).or_default() += count;
            }
        }
        let simulated_ms: u64 = runs.iter().map(|run| run.simulated_ms).sum();
        let node_ms: u64 = runs.iter().map(|run| run.simulated_ms * run.nodes as u64).sum();
        let failures = runs.iter().filter_map(|run| {
            let (violation, replay) = (run.violation.clone()?, run.replay.clone()?);
            Some(Failure { seed: run.seed, violation, replay })
        });
        let failures: Vec<_> = failures.collect();
        Self {
            first_seed: runs.iter().map(|run| run.seed).min().unwrap_or_default(),
            seeds: runs.len(),
            violations: failures.len(),
            simulated_seconds: simulated_ms / 1000,
            wall_seconds: wall.as_secs_f64(),
            network_hours: simulated_ms as f64 / 3_600_000.0,
            node_hours: node_ms as f64 / 3_600_000.0,
            speedup: simulated_ms as f64 / 1000.0 / wall.as_secs_f64(),
            threads,
            blocks: runs.iter().map(|run| run.height.0).sum(),
            accepted: runs.iter().map(|run| run.accepted).sum(),
            committed: runs.iter().map(|run| run.committed).sum(),
            expired: runs.iter().map(|run| run.expired).sum(),
            proofs: runs.iter().map(|run| run.proofs).sum(),
            certified: runs.iter().map(|run| run.certified).sum(),
            recovered_ms_max: runs.iter().map(|run| run.recovered_ms).max().unwrap_or_default(),
            faults,
            outcomes,
            failures,
        }
    }
}
