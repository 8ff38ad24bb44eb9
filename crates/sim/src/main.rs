//! `salus-sim`: runs whole networks from seeds, and says which seed breaks what.

use anyhow::{Context as _, Result};
use clap::Parser;
use salus_sim::{RunReport, Summary, run};
use std::{
    io::Write as _,
    panic,
    process::ExitCode,
    sync::Mutex,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Instant,
};

/// An eighth of the processor's time went to the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs whole networks on a simulated clock, network and disk, under faults.
///
/// Each seed is one network of 1 to 10 nodes of production code with its own mix of faults, its own
/// clients and its own checks. The same seed gives the same run, to the last message.
///
/// On the standard error there is a line for each seed: nodes, blocks, transactions in blocks, how
/// many expired, how long after the last fault all nodes had new blocks, and the wall time.
///
/// With `--json` there is one object on the standard output. `violations` counts the seeds in which
/// something happened that must not; `failures` names them with the command that replays each.
/// `simulated_seconds` is the time of the simulated clocks, `wall_seconds` that of this machine,
/// `speedup` their ratio; `network_hours` is the simulated time in hours, `node_hours` counts it
/// for each node. `faults` counts what was done to the networks, by kind. All columns are explained
/// in docs/guides/simulator.md.
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
    /// Simulated minutes for each seed; faults end 32 seconds before, so that it must recover.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..))]
    minutes_per_seed: u64,
    /// Threads, each of which runs one seed at a time.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Prints one JSON object on the standard output.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    // A node whose disk is bad stops by a panic, which the simulation takes note of.
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if thread::current().name() != Some("salus-sim") {
            usual(info);
        }
    }));
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
    let last = arguments.first_seed.checked_add(arguments.seeds).context("too many seeds")?;
    let next = AtomicU64::new(arguments.first_seed);
    let runs = Mutex::new(Vec::new());
    let threads = arguments.threads.max(1);
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= last {
                return;
            }
            let begun = Instant::now();
            let report = run(seed, arguments.minutes_per_seed);
            tell(&report, begun.elapsed().as_secs_f64());
            if let Ok(mut runs) = runs.lock() {
                runs.push(report);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let mut runs = runs.into_inner().ok().context("a thread of the simulator failed")?;
    runs.sort_by_key(|run| run.seed);
    let summary = Summary::of(&runs, started.elapsed(), threads);
    if arguments.json {
        let summary = serde_json::to_string(&summary)?;
        writeln!(std::io::stdout(), "{summary}").context("write to the standard output")?;
    }
    Ok(if summary.violations == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One line for people, two when something happened that must not.
fn tell(report: &RunReport, seconds: f64) {
    let RunReport { seed, nodes, height, committed, expired, recovered_ms, .. } = report;
    match (&report.violation, &report.replay) {
        (Some(violation), Some(replay)) => {
            eprintln!("seed {seed}: {violation}");
            eprintln!("replay with: {replay}");
        }
        _ => eprintln!(
            "seed {seed}: {nodes} nodes, {height} blocks, {committed} transactions, {expired} expired, \
             recovered in {recovered_ms} ms, {seconds:.1} s"
        ),
    }
}
