//! What happens to a network while its clients work.

use crate::{
    Cast, ChainReport, Dice, Fault,
    chain::{quick_parameters, run_chain},
    network::{NetworkReport, Story, run_network},
};
use salus_app::governance::Action;
use salus_engine::sim::{LinkQuality, SimEvent};
use salus_types::{Hash, Height};
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};

/// Blocks of a run without the engine.
const LEDGER_BLOCKS: u64 = 300;
/// Validators of a simulated network.
const VALIDATORS: usize = 4;

/// How long a network goes on after its clients are done: longer than any transaction is valid.
const CALM: Duration = Duration::from_secs(12);

/// What happens to a network while its clients work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Scenario {
    /// No network at all: the ledger and the mempool alone, for speed.
    Ledger,
    /// Four validators, nothing fails.
    Plain,
    /// Validators crash and start again on what they had on disk, sometimes two at a time.
    Crash,
    /// The network falls apart and comes together again, in halves and in three against one.
    Partition,
    /// Messages are slow, come in any order, and one in ten is lost.
    Loss,
    /// A node that follows becomes a validator by vote, then another one leaves.
    Validators,
}

impl Scenario {
    /// Every scenario.
    pub const ALL: &'static [Self] =
        &[Self::Ledger, Self::Plain, Self::Crash, Self::Partition, Self::Loss, Self::Validators];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ledger => "ledger",
            Self::Plain => "plain",
            Self::Crash => "crash",
            Self::Partition => "partition",
            Self::Loss => "loss",
            Self::Validators => "validators",
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Hash>,
    /// A digest of all that the simulated machines did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auditor: Option<String>,
    /// Simulated time, in milliseconds.
    pub simulated_ms: u64,
    /// Transactions that nodes accepted.
    pub accepted: usize,
    /// Transactions in blocks.
    pub committed: usize,
    /// Transactions that were reported expired.
    pub expired: usize,
    /// How often transactions in blocks ended how: `ok` or a code.
    pub outcomes: BTreeMap<String, u64>,
}

impl RunReport {
    fn empty(scenario: Scenario, seed: u64) -> Self {
        Self {
            scenario,
            seed,
            fault: None,
            replay: None,
            height: Height(0),
            digest: None,
            auditor: None,
            simulated_ms: 0,
            accepted: 0,
            committed: 0,
            expired: 0,
            outcomes: BTreeMap::new(),
        }
    }

    fn of_chain(scenario: Scenario, seed: u64, report: ChainReport) -> Self {
        Self {
            height: report.height,
            digest: Some(report.digest),
            accepted: report.accepted,
            committed: report.committed,
            expired: report.expired,
            outcomes: report.outcomes,
            ..Self::empty(scenario, seed)
        }
    }

    fn of_network(scenario: Scenario, seed: u64, report: NetworkReport) -> Self {
        Self {
            height: report.height,
            digest: Some(report.digest),
            auditor: Some(report.auditor),
            simulated_ms: u64::try_from(report.simulated.as_millis()).unwrap_or(u64::MAX),
            accepted: report.accepted,
            committed: report.committed,
            expired: report.expired,
            outcomes: report.outcomes,
            ..Self::empty(scenario, seed)
        }
    }
}

/// Runs a scenario with a seed.
pub fn run(scenario: Scenario, seed: u64) -> RunReport {
    let result = match scenario {
        Scenario::Ledger => {
            run_chain(seed, LEDGER_BLOCKS).map(|report| RunReport::of_chain(scenario, seed, report))
        }
        Scenario::Plain
        | Scenario::Crash
        | Scenario::Partition
        | Scenario::Loss
        | Scenario::Validators => run_network(seed, &story(scenario, seed))
            .map(|report| RunReport::of_network(scenario, seed, report)),
    };
    result.unwrap_or_else(|fault: Fault| RunReport {
        fault: Some(fault.to_string()),
        replay: Some(scenario.replay(seed)),
        ..RunReport::empty(scenario, seed)
    })
}

fn story(scenario: Scenario, seed: u64) -> Story {
    let mut dice = Dice::new(seed, scenario.name());
    let nodes = VALIDATORS + usize::from(scenario == Scenario::Validators);
    let cast = Cast::new(seed, VALIDATORS + 1, VALIDATORS, quick_parameters());
    let mut story = Story {
        cast,
        nodes,
        events: Vec::new(),
        wishes: Vec::new(),
        submit_until: Duration::from_secs(8),
        until: Height(60),
        must_propose: Vec::new(),
        leaves: None,
    };
    match scenario {
        Scenario::Ledger | Scenario::Plain => {}
        Scenario::Crash => crashes(&mut dice, &mut story),
        Scenario::Partition => partitions(&mut dice, &mut story),
        Scenario::Loss => losses(&mut story),
        Scenario::Validators => validators(&mut story),
    }
    // Nothing happens any more, so that everything that was accepted comes to its end.
    let calm = SimEvent::Links(LinkQuality::default());
    story.events.push((story.submit_until + CALM, calm));
    let validators = story.cast.nodes[..VALIDATORS].iter().map(|node| node.record.key);
    story.must_propose.extend(validators);
    story
}

fn milliseconds(dice: &mut Dice, from: u64, to: u64) -> Duration {
    Duration::from_millis(from + dice.below(to - from))
}

/// Six crashes, each of one validator or of two, which is more than the network can do without.
fn crashes(dice: &mut Dice, story: &mut Story) {
    let mut at = milliseconds(dice, 500, 2_000);
    for _ in 0..6 {
        let first = dice.index(VALIDATORS).unwrap_or(0);
        let second = (first + 1) % VALIDATORS;
        let both = dice.chance(40);
        let back = at + milliseconds(dice, 50, 3_000);
        for node in [Some(first), both.then_some(second)].into_iter().flatten() {
            story.events.push((at, SimEvent::Crash(node)));
            story.events.push((back, SimEvent::Restart(node)));
        }
        at = back + milliseconds(dice, 100, 2_500);
    }
    story.submit_until = at;
}

fn partitions(dice: &mut Dice, story: &mut Story) {
    let mut at = milliseconds(dice, 500, 2_000);
    for turn in 0..4_usize {
        let alone = dice.index(VALIDATORS).unwrap_or(0);
        let next = (alone + 1) % VALIDATORS;
        let (few, many): (Vec<_>, Vec<_>) = (0..VALIDATORS)
            .partition(|node| *node == alone || (turn.is_multiple_of(2) && *node == next));
        story.events.push((at, SimEvent::Partition(vec![few, many])));
        at += milliseconds(dice, 1_000, 4_000);
        story.events.push((at, SimEvent::Heal));
        at += milliseconds(dice, 1_000, 3_000);
    }
    story.submit_until = at;
}

fn losses(story: &mut Story) {
    let bad = LinkQuality {
        latency: Duration::from_millis(80),
        jitter: Duration::from_millis(60),
        loss_percent: 10,
    };
    story.events.push((Duration::from_secs(1), SimEvent::Links(bad)));
    story.events.push((Duration::from_secs(8), SimEvent::Links(LinkQuality::default())));
}

fn validators(story: &mut Story) {
    let joins = story.cast.nodes[VALIDATORS].record.clone();
    let leaves = story.cast.nodes[0].record.key;
    story.must_propose.push(joins.key);
    story.wishes = vec![
        (Duration::from_secs(1), Action::AddValidator { node: joins }),
        (Duration::from_secs(6), Action::RemoveValidator { key: leaves }),
    ];
    story.leaves = Some(leaves);
    story.submit_until = Duration::from_secs(15);
    story.until = Height(160);
}
