//! `salus bench send`: a steady load on a network that runs, as careful clients send it.
//!
//! Unlike `bench ledger` it measures nothing and starts nothing. It is what stands outside while nodes
//! are killed, cut off or upgraded: it goes through the client library, which sends the same
//! transaction again until it is settled, and writes down what it was told.

use crate::{
    bench::workload::{Prepared, Source},
    lifecycle::{block_on, signal},
    problem::Problem,
    session::Session,
};
use anyhow::Context as _;
use clap::Args;
use futures::future::try_join_all;
use salus_api::client::{Client, ClientError, Patience};
use salus_types::{Hash, Outcome, Receipt, encode, hash_parts};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    fs::File,
    io::Write as _,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// How long a transaction is pursued.
const WITHIN: Duration = Duration::from_mins(3);
/// Most transactions on their way; more are not begun, so that a network that stands is not flooded.
const OPEN_MAX: usize = 2_000;

/// Where to send, and how much.
#[derive(Debug, Args)]
pub(crate) struct Send {
    /// APIs of the nodes; each transaction begins at one and goes to the next when that fails
    #[arg(long, value_name = "URL", value_delimiter = ',', required = true)]
    nodes: Vec<String>,
    /// Transactions a second
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    rate: u64,
    /// How long to send; until Ctrl-C for none
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: Option<u64>,
    /// Accounts that send
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    accounts: u64,
    /// Write each final transaction's hash and the hash of its receipt to a file, one a line
    #[arg(long, value_name = "FILE")]
    record_final: Option<PathBuf>,
}

/// What became of them.
#[derive(Debug, Default, Serialize)]
struct Report {
    /// Transactions that were begun.
    submitted: u64,
    /// In a block, and executed.
    committed: u64,
    /// In a block, and refused there, or refused by a node: by code.
    refused: BTreeMap<String, u64>,
    /// Reported expired.
    expired: u64,
    /// Nobody said in time what became of them.
    open: u64,
    /// Why the last of these was given up.
    #[serde(skip_serializing_if = "String::is_empty")]
    open_because: String,
    /// Longest time without any transaction becoming final, in milliseconds.
    longest_pause_ms: u64,
}

struct Sending {
    clients: Vec<Client>,
    source: Source,
    record: Option<Mutex<File>>,
    report: Mutex<Report>,
    last_final: Mutex<Instant>,
}

impl Send {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let report = block_on(self.send())?;
        session.output.answer(&report, |report| {
            format!(
                "{} of {} transactions are final; refused: {:?}; expired: {}; open: {}.",
                report.committed, report.submitted, report.refused, report.expired, report.open
            )
        });
        if report.open > 0 {
            return Err(Problem::failed(
                "bench.open",
                format!("of {} transactions nobody knew what became of them", report.open),
                "look at the logs of the nodes",
            ));
        }
        Ok(())
    }

    async fn send(&self) -> anyhow::Result<Report> {
        let clients = self.clients()?;
        let network = clients[0].network().await?;
        // A node that is behind takes no transaction that is valid for longer than it can see.
        let validity = network.parameters.validity_blocks / 2;
        let record = self.record_final.as_ref().map(|path| {
            let file = File::create(path);
            file.with_context(|| format!("{} cannot be written", path.display())).map(Mutex::new)
        });
        let sending = Arc::new(Sending {
            source: Source::new(network.id(), usize::try_from(self.accounts)?, 1),
            clients,
            record: record.transpose()?,
            report: Mutex::default(),
            last_final: Mutex::new(Instant::now()),
        });
        let first = sending.clients[0].clone();
        sending.source.valid_until(first.status().await?.height.after(validity));
        let registrations = sending.source.registrations().into_iter();
        try_join_all(registrations.map(|one| first.settle(one.bytes, WITHIN))).await?;
        let keeping = tokio::spawn(keep_valid(first, Arc::clone(&sending), validity));
        let end = async {
            match self.seconds {
                Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
                None => std::future::pending().await,
            }
        };
        let mut open = JoinSet::new();
        *sending.last_final.lock().expect("nobody panics") = Instant::now();
        tokio::select! {
            sent = sending.begin(self.rate, &mut open) => sent?,
            () = end => {}
            () = signal() => {}
        }
        // What was begun is pursued to its end.
        while open.join_next().await.is_some() {}
        keeping.abort();
        let report = std::mem::take(&mut *sending.report.lock().expect("nobody panics"));
        Ok(report)
    }

    /// A client for each node, which knows the others in turn.
    fn clients(&self) -> anyhow::Result<Vec<Client>> {
        let patience = Patience {
            attempts_max: 2,
            connect_max: Duration::from_secs(1),
            answer_max: Duration::from_secs(5),
            pause_max: Duration::from_secs(1),
        };
        let one = |first: usize| {
            let (after, from) = (&self.nodes[first..], &self.nodes[..first]);
            let others = after.iter().chain(from).map(String::as_str);
            let client = Client::with_patience(&self.nodes[first], patience)?;
            Ok(client.with_others(others)?)
        };
        (0..self.nodes.len()).map(one).collect()
    }
}

impl Sending {
    /// Begins transactions at a rate, each in a task of its own.
    async fn begin(self: &Arc<Self>, rate: u64, open: &mut JoinSet<()>) -> anyhow::Result<()> {
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / u32::try_from(rate)?);
        for number in 0.. {
            ticks.tick().await;
            while open.try_join_next().is_some() {}
            if open.len() >= OPEN_MAX {
                continue;
            }
            let one = self.source.take(1)?.pop().context("a transaction was asked for")?;
            let client = self.clients[number % self.clients.len()].clone();
            let sending = Arc::clone(self);
            sending.note(|report| report.submitted += 1);
            open.spawn(async move { sending.pursue(&client, one).await });
        }
        Ok(())
    }

    /// Sends one until it is settled, and counts and writes down what it was told.
    async fn pursue(&self, client: &Client, one: Prepared) {
        match client.settle(one.bytes, WITHIN).await {
            Ok(item) => match item.receipt {
                Some(receipt) => self.is_final(&receipt),
                None => self.note(|report| report.expired += 1),
            },
            Err(ClientError::Refused(problem)) => {
                self.note(|report| *report.refused.entry(problem.code).or_default() += 1);
            }
            Err(error) => self.note(|report| {
                report.open += 1;
                report.open_because = format!("{error} [{}]", error.code());
            }),
        }
    }

    fn is_final(&self, receipt: &Receipt) {
        if let Some(record) = &self.record {
            let line = format!("{} {}\n", receipt.transaction, receipt_hash(receipt));
            // A list that cannot be written is shorter, and says less.
            let _ = record.lock().expect("nobody panics").write_all(line.as_bytes());
        }
        let mut last = self.last_final.lock().expect("nobody panics");
        let pause = u64::try_from(last.elapsed().as_millis()).unwrap_or(u64::MAX);
        *last = Instant::now();
        drop(last);
        self.note(|report| {
            report.longest_pause_ms = report.longest_pause_ms.max(pause);
            match &receipt.outcome {
                Outcome::Ok => report.committed += 1,
                Outcome::Refused { code, .. } => {
                    *report.refused.entry(code.as_str().to_owned()).or_default() += 1;
                }
            }
        });
    }

    fn note(&self, change: impl FnOnce(&mut Report)) {
        change(&mut self.report.lock().expect("nobody panics"));
    }
}

/// What a receipt is compared by.
pub(crate) fn receipt_hash(receipt: &Receipt) -> Hash {
    hash_parts(&[b"salus/bench/receipt", &encode(receipt)])
}

/// Keeps what is signed from now on valid.
async fn keep_valid(client: Client, sending: Arc<Sending>, validity: u64) {
    loop {
        if let Ok(status) = client.status().await {
            sending.source.valid_until(status.height.after(validity));
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
