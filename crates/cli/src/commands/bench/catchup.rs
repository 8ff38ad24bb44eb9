//! `salus bench catchup`: how fast a validator that was away comes back.

use crate::{
    bench::{
        load::{Load, Plan},
        machine,
        network::{self, Validator},
        prepare::{RunFolder, keep_valid, prepare},
        sender::Sender,
        stats::{number, round},
        workload::Source,
    },
    lifecycle::{block_on, interrupted, signal},
    problem::Problem,
    progress,
    session::Session,
};
use anyhow::Context as _;
use clap::Args;
use serde::Serialize;
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

/// Transactions a second for which signatures are made ahead.
const AHEAD_PER_SECOND: u64 = 4_000;
/// Accounts that send.
const ACCOUNTS: usize = 1000;
/// Pause between two looks at how far the validator is.
const LOOK: Duration = Duration::from_millis(20);
/// How long it may take.
const PATIENCE: Duration = Duration::from_mins(10);

/// How long it is away, and what the others do meanwhile.
#[derive(Debug, Args)]
pub(crate) struct Catchup {
    /// Validators, each a process on this machine, 4 to 30: one of them is stopped
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(4..=30))]
    validators: u16,
    /// How long it is away, under load
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// Transactions a second meanwhile; without it, as many as the others take
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    rate: Option<u64>,
    /// Keep the network's folder; the validators are stopped nevertheless
    #[arg(long)]
    keep: bool,
}

/// What the benchmark found.
#[derive(Clone, Debug, Serialize)]
struct Report {
    /// Validators, each a process.
    validators: usize,
    /// For how long one was away.
    away_seconds: f64,
    /// Blocks that the others made meanwhile.
    blocks: u64,
    /// Transactions that they committed meanwhile.
    transactions: u64,
    /// Blocks a second that the others made.
    live_blocks_per_s: f64,
    /// Transactions a second that they committed.
    live_tx_per_s: f64,
    /// From the start of its process to the first answer of its API.
    start_seconds: f64,
    /// From that answer to the height of the others.
    catchup_seconds: f64,
    /// Blocks a second of catching up.
    catchup_blocks_per_s: f64,
    /// Transactions a second of catching up.
    catchup_tx_per_s: f64,
    /// Transactions a second of catching up over those of the others while it was away.
    times_live_rate: f64,
    /// Processor time of the returning process until it was current, for each transaction,
    /// microseconds.
    cpu_us_per_tx: f64,
    /// Load of the machine over one, five and fifteen minutes, at the end.
    load_average: [f64; 3],
    /// Load over one minute before the start.
    load_average_before: f64,
    /// Cores that the machine offers.
    cores: usize,
}

impl Report {
    fn describe(&self) -> String {
        format!(
            "One of {} validators was away for {:.1} s; the others made {} blocks with {} \
             transactions: {:.1} blocks and {:.0} transactions per second.\n\
             It answered {:.1} s after its start and was current {:.1} s later: {:.1} blocks and \
             {:.0} transactions per second, {:.1} times as fast, with {:.0} µs of processor time \
             for each.\n\
             {} cores, load {:.1} before and {:.1} at the end.",
            self.validators,
            self.away_seconds,
            self.blocks,
            self.transactions,
            self.live_blocks_per_s,
            self.live_tx_per_s,
            self.start_seconds,
            self.catchup_seconds,
            self.catchup_blocks_per_s,
            self.catchup_tx_per_s,
            self.times_live_rate,
            self.cpu_us_per_tx,
            self.cores,
            self.load_average_before,
            self.load_average[0],
        )
    }
}

impl Catchup {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let folder = RunFolder::of(session, self.keep)?;
        let report = block_on(async {
            tokio::select! {
                report = self.measure(folder.path()) => report,
                () = signal() => Err(interrupted()),
            }
        })?;
        session.output.answer(&report, Report::describe);
        Ok(())
    }

    async fn measure(&self, home: &Path) -> anyhow::Result<Report> {
        let load_average_before = machine::load_average()[0];
        let starting = progress::spinner("Starting the validators");
        let mut validators = network::start(home, self.validators, false).await?;
        starting.finish_and_clear();
        let away = validators.pop().context("there are at least four validators")?;
        let senders: Arc<Vec<Sender>> =
            Arc::new(validators.iter().map(|validator| validator.sender.clone()).collect());
        let client = senders[0].client.clone();
        let public = client.network().await?;
        let source = Arc::new(Source::new(public.id(), ACCOUNTS, 1));
        let ahead = self.rate.unwrap_or(AHEAD_PER_SECOND) * self.seconds;
        let validity = prepare(&senders, &source, ahead).await?;

        let (folder, api) = (away.home.clone(), away.sender.client.base().to_owned());
        drop(away);
        let refresh = tokio::spawn(keep_valid(client.clone(), Arc::clone(&source), validity));
        let load = Load {
            senders: Arc::clone(&senders),
            source,
            record: None,
            progress: progress::bar("Sending", ahead),
        };
        let first = client.status().await?.height.0;
        let started = Instant::now();
        let outcome = load
            .run(Plan {
                length: Duration::from_secs(self.seconds),
                clients: 16,
                batch: 100,
                rate: self.rate,
            })
            .await;
        refresh.abort();
        load.progress.finish_and_clear();
        let transactions = outcome?.committed;
        let away_for = started.elapsed();
        let target = client.status().await?.height.0;

        let mut back = Validator::start(&folder, &api)?;
        let returned = follow(&mut back, target).await?;
        let blocks = target - first;
        let per_second = |count: u64, time: Duration| number(count) / time.as_secs_f64().max(1e-3);
        let live = per_second(transactions, away_for);
        let caught_up = per_second(transactions, returned.catchup);
        Ok(Report {
            validators: usize::from(self.validators),
            away_seconds: round(away_for.as_secs_f64(), 2),
            blocks,
            transactions,
            live_blocks_per_s: round(per_second(blocks, away_for), 1),
            live_tx_per_s: round(live, 1),
            start_seconds: round(returned.start.as_secs_f64(), 2),
            catchup_seconds: round(returned.catchup.as_secs_f64(), 2),
            catchup_blocks_per_s: round(per_second(blocks, returned.catchup), 1),
            catchup_tx_per_s: round(caught_up, 1),
            times_live_rate: round(caught_up / live.max(1.0), 2),
            cpu_us_per_tx: round(returned.cpu.as_secs_f64() * 1e6 / number(transactions.max(1)), 2),
            load_average: machine::load_average(),
            load_average_before,
            cores: machine::cores(),
        })
    }
}

struct Returned {
    start: Duration,
    catchup: Duration,
    cpu: Duration,
}

/// Waits until a validator that was just started has reached a height.
async fn follow(back: &mut Validator, target: u64) -> anyhow::Result<Returned> {
    let started = Instant::now();
    let shown = progress::spinner("Catching up");
    let mut answered = None;
    while started.elapsed() < PATIENCE {
        if let Ok(status) = back.sender.client.status().await {
            let first = *answered.get_or_insert_with(|| started.elapsed());
            if status.height.0 >= target {
                shown.finish_and_clear();
                return Ok(Returned {
                    start: first,
                    catchup: started.elapsed().saturating_sub(first),
                    cpu: machine::cpu_time(back.pid()).unwrap_or_default(),
                });
            }
        }
        if back.ended().is_some() {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    Err(Problem::failed(
        "bench.not_current",
        format!("the validator of {} did not become current", back.home.display()),
        format!("see {}", back.home.with_extension("log").display()),
    ))
}
