//! `salus bench overload`: what a network does with many times what it can take.

use crate::{
    bench::{
        flood::{Flood, Flooded, flood},
        load::{Load, Plan},
        machine, network,
        prepare::{RunFolder, keep_valid, prepare},
        sender::Sender,
        stats::{Percentiles, number, round},
        workload::Source,
    },
    lifecycle::{block_on, interrupted, signal},
    problem::Problem,
    progress,
    session::Session,
};
use clap::Args;
use indicatif::ProgressBar;
use serde::Serialize;
use std::{
    collections::BTreeMap,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// Accounts that send.
const ACCOUNTS: usize = 1000;
/// Clients that flood each node, and transactions of each of their requests.
const FLOODERS: usize = 8;
const FLOOD_BATCH: usize = 250;
/// How long the flood runs before anything is counted, so that every queue is full.
const WARM_UP: Duration = Duration::from_secs(3);

/// What to measure, and how.
#[derive(Debug, Args)]
pub(crate) struct Overload {
    /// Validators, each a process on this machine, 2 to 30
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(2..=30))]
    validators: u16,
    /// How long to flood
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(5..=86_400))]
    seconds: u64,
    /// How many times what the network sustains is offered
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=100))]
    times: u64,
    /// Transactions a second of the organisation that does not flood
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    light_rate: u64,
}

/// Every number is measured in this run.
#[derive(Clone, Debug, Serialize)]
struct Figures {
    /// Validators, each a process; all but one are flooded.
    validators: usize,
    /// How long the flood was counted.
    seconds: f64,
    /// Committed transactions a second just before, with clients that wait for their answers.
    peak_tx_per_s: f64,
    /// Transactions a second that the flood offered.
    offered_per_s: f64,
    /// The same as a multiple of the peak.
    offered_times_peak: f64,
    /// Committed transactions a second during the flood.
    goodput_tx_per_s: f64,
    /// The same as a part of the peak.
    goodput_of_peak: f64,
    /// Refusals by code.
    refused_by_code: BTreeMap<String, u64>,
    /// Part of the refused that were told when to come back.
    refusals_with_retry_after: f64,
    /// How long a refusal took.
    refusal_ms: Percentiles,
    /// Requests that were not answered.
    unanswered: u64,
    /// From sending to final for the organisation that does not flood.
    light_finality_ms: Percentiles,
    /// What it sent, what of that is final, and what is lost.
    light_submitted: u64,
    /// Final.
    light_committed: u64,
    /// Neither final nor expired.
    light_lost: u64,
    /// Highest resident memory of each validator, MiB.
    resident_max_mb: Vec<f64>,
    /// Load over one minute before the start.
    load_average_before: f64,
    /// Load over one minute at the end.
    load_average: f64,
    /// Cores that the machine offers.
    cores: usize,
}

impl Overload {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let folder = RunFolder::of(session, false)?;
        let figures = block_on(async {
            tokio::select! {
                figures = self.measure(folder.path()) => figures,
                () = signal() => Err(interrupted()),
            }
        })?;
        session.output.answer(&figures, Figures::describe);
        if figures.light_lost > 0 {
            return Err(Problem::failed(
                "bench.lost",
                format!(
                    "{} accepted transactions are neither final nor expired",
                    figures.light_lost
                ),
                "run it again with --home DIR and look at the logs beside the validators' homes",
            ));
        }
        Ok(())
    }

    async fn measure(&self, home: &Path) -> anyhow::Result<Figures> {
        let load_average_before = machine::load_average()[0];
        let starting = progress::spinner("Starting the validators");
        let mut validators = network::start(home, self.validators, false).await?;
        starting.finish_and_clear();
        let senders: Arc<Vec<Sender>> =
            Arc::new(validators.iter().map(|validator| validator.sender.clone()).collect());
        let public = senders[0].client.network().await?;
        let source = Arc::new(Source::new(public.id(), ACCOUNTS, 1));
        let validity = prepare(&senders, &source, 0).await?;
        let fresh = keep_valid(senders[0].client.clone(), Arc::clone(&source), validity);
        let refresh = tokio::spawn(fresh);

        let bar = progress::spinner("Finding what the network sustains");
        let length = Duration::from_secs((self.seconds / 3).clamp(5, 20));
        let plan = Plan { length, clients: 16, batch: 100, rate: None };
        let peak = load(&senders, &source).run(plan).await?;
        bar.finish_and_clear();
        let peak_tx_per_s = number(peak.committed) / length.as_secs_f64();

        let bar = progress::spinner("Flooding");
        let until = Instant::now() + WARM_UP + Duration::from_secs(self.seconds);
        let (light_node, flooded) = senders.split_last().expect("two validators at least");
        let rate = peak_tx_per_s * number(self.times) / number((FLOODERS * flooded.len()) as u64);
        let mut floods = JoinSet::new();
        for sender in flooded {
            for _ in 0..FLOODERS {
                let plan = Flood { rate, batch: FLOOD_BATCH, until };
                floods.spawn(flood(sender.clone(), Arc::clone(&source), plan));
            }
        }
        tokio::time::sleep(WARM_UP).await;
        let (counted, before) = (Instant::now(), committed(light_node).await?);
        let plan = Plan {
            length: Duration::from_secs(self.seconds),
            clients: 0,
            batch: 1,
            rate: Some(self.light_rate),
        };
        let light = load(&Arc::new(vec![light_node.clone()]), &source).run(plan).await?;
        let (seconds, after) = (counted.elapsed().as_secs_f64(), committed(light_node).await?);
        let mut met = Flooded::default();
        while let Some(one) = floods.join_next().await {
            met.absorb(one??);
        }
        bar.finish_and_clear();
        refresh.abort();
        if let Some(ended) = network::first_ended(&mut validators) {
            return Err(ended);
        }
        let resident_max_mb = validators
            .iter()
            .map(|validator| machine::resident_max_bytes(validator.pid()).unwrap_or_default())
            .map(|bytes| round(number(bytes) / (1024.0 * 1024.0), 1))
            .collect();
        let refused: u64 = met.refused.values().sum();
        let offered_per_s = number(met.offered) / (seconds + WARM_UP.as_secs_f64());
        let goodput_tx_per_s = (after - before) / seconds;
        Ok(Figures {
            validators: usize::from(self.validators),
            seconds: round(seconds, 2),
            peak_tx_per_s: round(peak_tx_per_s, 1),
            offered_per_s: round(offered_per_s, 1),
            offered_times_peak: round(offered_per_s / peak_tx_per_s.max(1.0), 2),
            goodput_tx_per_s: round(goodput_tx_per_s, 1),
            goodput_of_peak: round(goodput_tx_per_s / peak_tx_per_s.max(1.0), 3),
            refusals_with_retry_after: round(number(met.told_when) / number(refused.max(1)), 3),
            refused_by_code: met.refused,
            refusal_ms: met.refusal.percentiles(),
            unanswered: met.unanswered,
            light_finality_ms: light.finality.percentiles(),
            light_submitted: light.submitted,
            light_committed: light.committed,
            light_lost: light.lost,
            resident_max_mb,
            load_average_before,
            load_average: machine::load_average()[0],
            cores: machine::cores(),
        })
    }
}

fn load(senders: &Arc<Vec<Sender>>, source: &Arc<Source>) -> Load {
    Load {
        senders: Arc::clone(senders),
        source: Arc::clone(source),
        record: None,
        progress: ProgressBar::hidden(),
    }
}

/// Transactions that were executed since the node's start, by its own metrics.
async fn committed(node: &Sender) -> anyhow::Result<f64> {
    let metrics = node.client.metrics().await?;
    let lines = metrics.lines().filter_map(|line| {
        line.strip_prefix("ledger_transactions_ok_total")?.trim().parse::<f64>().ok()
    });
    Ok(lines.sum())
}

impl Figures {
    fn describe(&self) -> String {
        format!(
            "{} validators sustained {:.0} transactions a second. Offered {:.1} times as much, they \
             committed {:.0} a second: {:.0} of 100.\n\
             Refusals took {:.1} ms (99 of 100 within {:.1}); {:.0} of 100 were told when to come \
             back.\n\
             An organisation that did not flood: {} of {} final, half within {:.0} ms, 99 of 100 \
             within {:.0}.\n\
             Memory at most {:.0} MiB. {} cores, load {:.1} before and {:.1} at the end.",
            self.validators,
            self.peak_tx_per_s,
            self.offered_times_peak,
            self.goodput_tx_per_s,
            100.0 * self.goodput_of_peak,
            self.refusal_ms.p50,
            self.refusal_ms.p99,
            100.0 * self.refusals_with_retry_after,
            self.light_committed,
            self.light_submitted,
            self.light_finality_ms.p50,
            self.light_finality_ms.p99,
            self.resident_max_mb.iter().fold(0.0, |most: f64, one| most.max(*one)),
            self.cores,
            self.load_average_before,
            self.load_average,
        )
    }
}
