//! `salus-sim`: runs whole networks from seeds, and says which seed breaks what.

use anyhow::{Context as _, Result};
use clap::Parser;
use salus_sim::{RunReport, Scenario, run};
use serde::Serialize;
use std::{io::Write as _, process::ExitCode, time::Instant};

/// Runs whole networks on a simulated clock, network and disk.
///
/// Exit code 0: nothing happened that must not. 1: something did; the command that replays it is
/// printed. 2: the simulator itself failed.
#[derive(Parser)]
#[command(name = "salus-sim", version)]
struct Arguments {
    /// How many seeds to run.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    first_seed: u64,
    /// What happens to the network; all scenarios if none is named.
    #[arg(long, value_enum)]
    scenario: Vec<Scenario>,
    /// Prints one JSON object on the standard output.
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Summary {
    runs: Vec<RunReport>,
    faults: usize,
    seconds: f64,
}

fn main() -> ExitCode {
    match try_main(&Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("salus-sim: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn try_main(arguments: &Arguments) -> Result<ExitCode> {
    let started = Instant::now();
    let scenarios = match arguments.scenario.as_slice() {
        [] => Scenario::ALL,
        some => some,
    };
    let last = arguments.first_seed.checked_add(arguments.seeds).context("too many seeds")?;
    let mut runs = Vec::new();
    for seed in arguments.first_seed..last {
        for scenario in scenarios {
            let begun = Instant::now();
            let report = run(*scenario, seed);
            tell(&report, begun.elapsed().as_secs_f64());
            runs.push(report);
        }
    }
    let faults = runs.iter().filter(|report| report.fault.is_some()).count();
    let seconds = started.elapsed().as_secs_f64();
    if arguments.json {
        let summary = serde_json::to_string(&Summary { runs, faults, seconds })?;
        writeln!(std::io::stdout(), "{summary}").context("write to the standard output")?;
    }
    Ok(if faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One line for people, two when something happened that must not.
fn tell(report: &RunReport, seconds: f64) {
    let RunReport { scenario, seed, height, committed, expired, .. } = report;
    let name = scenario.name();
    match (&report.fault, &report.replay) {
        (Some(fault), Some(replay)) => {
            eprintln!("seed {seed}, {name}: {fault}");
            eprintln!("replay with: {replay}");
        }
        _ => eprintln!(
            "seed {seed}, {name}: {height} blocks, {committed} transactions, {expired} expired, \
             {seconds:.1} s"
        ),
    }
}
