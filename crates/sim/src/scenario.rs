//! What happens to a network while its clients work.

use crate::{ChainReport, Fault, run_chain};
use salus_types::{Hash, Height};
use serde::Serialize;
use std::collections::BTreeMap;

/// Blocks of a run without the engine.
const LEDGER_BLOCKS: u64 = 300;

/// What happens to a network while its clients work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Scenario {
    /// No network at all: the ledger and the mempool alone, for speed.
    Ledger,
}

impl Scenario {
    /// Every scenario.
    pub const ALL: &'static [Self] = &[Self::Ledger];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ledger => "ledger",
        }
    }

    /// The command that runs it again with this seed.
    pub fn replay(self, seed: u64) -> String {
        format!(
            "cargo run --release -p salus-sim -- --scenario {} --first-seed {seed} --seeds 1",
            self.name()
        )
    }
}

/// What became of one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunReport {
    /// What happened to the network.
    pub scenario: Scenario,
    /// The seed.
    pub seed: u64,
    /// What must not happen and did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// How to run it again; with a fault only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replay: Option<String>,
    /// The highest block.
    pub height: Height,
    /// One hash over all blocks.
    pub digest: Option<Hash>,
    /// Transactions in blocks.
    pub committed: usize,
    /// Transactions that were reported expired.
    pub expired: usize,
    /// How often transactions in blocks ended how: `ok` or a code.
    pub outcomes: BTreeMap<String, u64>,
}

impl RunReport {
    fn of_fault(scenario: Scenario, seed: u64, fault: &Fault) -> Self {
        Self {
            scenario,
            seed,
            fault: Some(fault.to_string()),
            replay: Some(scenario.replay(seed)),
            height: Height(0),
            digest: None,
            committed: 0,
            expired: 0,
            outcomes: BTreeMap::new(),
        }
    }

    fn of_chain(scenario: Scenario, seed: u64, report: ChainReport) -> Self {
        Self {
            scenario,
            seed,
            fault: None,
            replay: None,
            height: report.height,
            digest: Some(report.digest),
            committed: report.committed,
            expired: report.expired,
            outcomes: report.outcomes,
        }
    }
}

/// Runs a scenario with a seed.
pub fn run(scenario: Scenario, seed: u64) -> RunReport {
    let result = match scenario {
        Scenario::Ledger => run_chain(seed, LEDGER_BLOCKS),
    };
    match result {
        Ok(report) => RunReport::of_chain(scenario, seed, report),
        Err(fault) => RunReport::of_fault(scenario, seed, &fault),
    }
}
