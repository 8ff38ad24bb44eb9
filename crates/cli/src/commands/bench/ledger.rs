//! `salus bench ledger`: what a network of processes does, measured from outside.

use crate::{
    bench::{
        limits::Limits,
        load::{Load, Outcome, Plan},
        machine,
        network::{self, Cost},
        prepare::{RunFolder, keep_valid, prepare},
        report::Report,
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
use indicatif::ProgressBar;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// Transactions a second for which signatures are made ahead in the closed loop.
const AHEAD_PER_SECOND: u64 = 4_000;

/// What to measure, and how.
#[derive(Debug, Args)]
pub(crate) struct Ledger {
    /// Validators, each a process on this machine, 1 to 30
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=30))]
    validators: u16,
    /// How long to send
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// Send so many transactions a second, whatever the network does (open loop)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    rate: Option<u64>,
    /// Requests in flight at a time (closed loop)
    #[arg(long, default_value_t = 48, value_parser = clap::value_parser!(u64).range(1..=1024))]
    clients: u64,
    /// Transactions in a request (closed loop)
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=1000))]
    batch: u64,
    /// Accounts that send
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    accounts: u64,
    /// Calls of a transaction: they share its signature
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=128))]
    calls: u64,
    /// Write the hash of every transaction that was reported final to a file, one a line
    #[arg(long, value_name = "FILE")]
    record_final: Option<PathBuf>,
    /// Keep the network's folder; the validators are stopped nevertheless
    #[arg(long)]
    keep: bool,
}

impl Ledger {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let folder = RunFolder::of(session, self.keep)?;
        let home = folder.path().to_path_buf();
        let report = block_on(async {
            tokio::select! {
                report = self.measure(&home, session.home().is_some()) => report,
                () = signal() => Err(interrupted()),
            }
        })?;
        session.output.answer(&report, Report::describe);
        if report.lost > 0 {
            return Err(Problem::failed(
                "bench.lost",
                format!("{} accepted transactions are neither in a block nor expired", report.lost),
                "run it again with --keep and look at the logs beside the validators' homes",
            ));
        }
        Ok(())
    }

    async fn measure(&self, home: &Path, given: bool) -> anyhow::Result<Report> {
        let load_average_before = machine::load_average()[0];
        let starting = progress::spinner("Starting the validators");
        let mut validators = network::start(home, self.validators, false).await?;
        starting.finish_and_clear();
        let senders: Arc<Vec<Sender>> =
            Arc::new(validators.iter().map(|validator| validator.sender.clone()).collect());
        let client = senders[0].client.clone();

        let public = client.network().await?;
        let source =
            Arc::new(Source::new(public.id(), usize::try_from(self.accounts)?, self.calls));
        let signed_before = self.expected();
        let validity = prepare(&senders, &source, signed_before).await?;
        let limits = Limits::measure(home)?;

        let before = network::cost(&validators).await?;
        let first_height = client.status().await?.height;
        let client_before = machine::cpu_time(std::process::id()).unwrap_or_default();
        let refresh = tokio::spawn(keep_valid(client.clone(), Arc::clone(&source), validity));
        let record = self.record_file()?;
        let load =
            Load { senders, source, record, progress: progress::bar("Sending", self.expected()) };
        let plan = Plan {
            length: Duration::from_secs(self.seconds),
            clients: usize::try_from(self.clients)?,
            batch: usize::try_from(self.batch)?,
            rate: self.rate,
        };
        let started = Instant::now();
        let homes = validators.iter().map(|validator| validator.home.clone()).collect();
        let middle = tokio::spawn(halfway(homes, plan.length / 2, load.progress.clone()));
        let outcome = load.run(plan).await;
        refresh.abort();
        load.progress.finish_and_clear();
        if let Some(ended) = network::first_ended(&mut validators) {
            return Err(ended);
        }
        let outcome = outcome?;
        let seconds = outcome.last_final.map_or(Duration::ZERO, |last| last - started);
        let own = machine::cpu_time(std::process::id()).unwrap_or_default();
        let client_cpu = own.saturating_sub(client_before);
        let after = network::cost(&validators).await?;
        let last_height = client.status().await?.height;
        let memory = |of: fn(u32) -> Option<u64>| {
            let bytes = validators.iter().map(|one| of(one.pid()).unwrap_or_default());
            bytes.map(|bytes| round(number(bytes) / (1024.0 * 1024.0), 1)).collect::<Vec<_>>()
        };
        let resident_mb = memory(machine::resident_bytes);
        let resident_max_mb = memory(machine::resident_max_bytes);
        let middle = middle.await??;
        let load_average = machine::load_average();
        drop(validators);

        let measured = Measured {
            outcome,
            before,
            middle,
            after,
            seconds,
            client_cpu,
            limits,
            calls: self.calls,
        };
        Ok(Report {
            r#loop: if self.rate.is_some() { "open" } else { "closed" },
            rate: self.rate,
            resident_mb,
            resident_max_mb,
            heights: [first_height.0, last_height.0],
            load_average,
            load_average_before,
            signed_before,
            home: (given || self.keep).then(|| home.display().to_string()),
            ..measured.report(usize::from(self.validators))
        })
    }

    fn record_file(&self) -> anyhow::Result<Option<Arc<Mutex<std::fs::File>>>> {
        let Some(path) = &self.record_final else { return Ok(None) };
        let file = std::fs::File::create(path)
            .with_context(|| format!("{} cannot be written", path.display()))?;
        Ok(Some(Arc::new(Mutex::new(file))))
    }

    fn expected(&self) -> u64 {
        self.rate.unwrap_or(AHEAD_PER_SECOND / self.calls) * self.seconds
    }
}

/// Everything measured, before it is divided.
struct Measured {
    outcome: Outcome,
    before: Cost,
    middle: Halfway,
    after: Cost,
    seconds: Duration,
    client_cpu: Duration,
    limits: Limits,
    calls: u64,
}

/// What was final, and on the disk, in the middle of a run.
struct Halfway {
    committed: u64,
    disk: BTreeMap<&'static str, u64>,
}

async fn halfway(
    homes: Vec<PathBuf>,
    after: Duration,
    progress: ProgressBar,
) -> anyhow::Result<Halfway> {
    tokio::time::sleep(after).await;
    let committed = progress.position();
    let walk = move || network::disk(homes.iter().map(PathBuf::as_path));
    Ok(Halfway { committed, disk: tokio::task::spawn_blocking(walk).await?? })
}

impl Measured {
    fn report(self, validators: usize) -> Report {
        let committed = number(self.outcome.committed.max(1));
        let seconds = self.seconds.as_secs_f64();
        let micros = |time: Duration| round(time.as_secs_f64() * 1e6 / committed, 2);
        let growth = |from: &BTreeMap<&str, u64>, part: &str| {
            let bytes = |of: &BTreeMap<&str, u64>| of.get(part).copied().unwrap_or_default();
            number(bytes(&self.after.disk)) - number(bytes(from))
        };
        let parts: Vec<&'static str> = self.after.disk.keys().copied().collect();
        let disk_bytes: f64 = parts.iter().map(|part| growth(&self.before.disk, part)).sum();
        let late = self.outcome.committed.saturating_sub(self.middle.committed).max(1);
        let steady =
            |part: &str| growth(&self.middle.disk, part) / number(late) / number(validators as u64);
        let steady: BTreeMap<_, _> =
            parts.iter().map(|part| (*part, round(steady(part), 1))).collect();
        let tx_per_s = committed / seconds.max(1e-9);
        Report {
            validators,
            seconds: round(seconds, 3),
            r#loop: "closed",
            rate: None,
            tx_per_s: round(tx_per_s, 1),
            calls_per_tx: self.calls,
            cpu_us_per_call: round(
                self.after.cpu.saturating_sub(self.before.cpu).as_secs_f64() * 1e6
                    / committed
                    / number(self.calls),
                2,
            ),
            disk_bytes_per_tx_steady: round(steady.values().sum(), 1),
            disk_bytes_per_tx_steady_by_part: steady,
            part_of_signature_bound: round(tx_per_s / self.limits.signature_bound(validators), 3),
            limits: self.limits,
            submitted: self.outcome.submitted,
            committed: self.outcome.committed,
            refused: self.outcome.refused.values().sum(),
            finality_ms: self.outcome.finality.percentiles(),
            expired: self.outcome.expired,
            lost: self.outcome.lost,
            backed_off: self.outcome.backed_off,
            refused_by_code: self.outcome.refused,
            cpu_us_per_tx: micros(self.after.cpu.saturating_sub(self.before.cpu)),
            cpu_us_per_tx_signatures: micros(
                self.after.signatures.saturating_sub(self.before.signatures),
            ),
            client_cpu_us_per_tx: micros(self.client_cpu),
            disk_bytes_per_tx_per_validator: round(
                disk_bytes / committed / number(validators as u64),
                1,
            ),
            resident_mb: Vec::new(),
            resident_max_mb: Vec::new(),
            heights: [0, 0],
            load_average: [0.0; 3],
            load_average_before: 0.0,
            cores: machine::cores(),
            signed_before: 0,
            home: None,
        }
    }
}
