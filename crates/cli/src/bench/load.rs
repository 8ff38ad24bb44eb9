//! Sending transactions and counting what becomes of them, as a client sees it.
//!
//! A request carries one or many transactions and waits until all of them are final, so the time that
//! is measured runs from the sending to the answer: for a batch, every transaction counts with the time
//! of the last one. When a node is full it says when to come back, and the same transactions are
//! sent again then. In the open loop, time runs from when a transaction was due, not from when it
//! could be sent.

use super::{
    sender::{Item, Reply, Sender},
    stats::{Samples, number},
    workload::{Prepared, Source},
};
use indicatif::ProgressBar;
use salus_api::view::{SubmittedStatus, TransactionStanding};
use salus_types::TransactionHash;
use std::{
    collections::BTreeMap,
    io::Write,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// How long a request waits for finality before its transactions are asked for one by one.
const WAIT: Duration = Duration::from_secs(20);
/// How long a node that does not answer is tried again.
const PATIENCE: Duration = Duration::from_secs(30);
/// Pause between two tries.
const PAUSE: Duration = Duration::from_millis(250);
/// How long the node may wait each time that it is asked for what is unsettled.
const ASK: Duration = Duration::from_secs(5);
/// How long to ask for what is unsettled at the end; the validity of a transaction is shorter.
const SETTLE: Duration = Duration::from_mins(2);

/// How much to send, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// How long transactions are sent.
    pub(crate) length: Duration,
    /// Requests in flight at a time (closed loop).
    pub(crate) clients: usize,
    /// Transactions of one request.
    pub(crate) batch: usize,
    /// Transactions per second, whatever the network does (open loop); none for the closed loop.
    pub(crate) rate: Option<u64>,
}

/// What became of what was sent.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Transactions sent, each counted once.
    pub(crate) submitted: u64,
    /// Of them, final and executed.
    pub(crate) committed: u64,
    /// Of them, refused at admission or at execution, by code.
    pub(crate) refused: BTreeMap<String, u64>,
    /// Of them, accepted and later reported expired.
    pub(crate) expired: u64,
    /// Of them, accepted and neither in a block nor reported expired in the end.
    pub(crate) lost: u64,
    /// Times that a node was full and transactions were sent again later.
    pub(crate) backed_off: u64,
    /// Time from sending to final.
    pub(crate) finality: Samples,
    /// When the last one became final.
    pub(crate) last_final: Option<Instant>,
    /// Accepted, and not settled when their request ended: with the node that accepted them.
    unsettled: Vec<(usize, Prepared, Instant)>,
}

/// Everything that the senders share.
#[derive(Clone)]
pub(crate) struct Load {
    /// The nodes.
    pub(crate) senders: Arc<Vec<Sender>>,
    /// The transactions.
    pub(crate) source: Arc<Source>,
    /// Where the hashes of final transactions are written, one a line.
    pub(crate) record: Option<Arc<Mutex<std::fs::File>>>,
    /// Shows how many are final.
    pub(crate) progress: ProgressBar,
}

impl Load {
    /// Sends by the plan, then settles what is open.
    pub(crate) async fn run(&self, plan: Plan) -> anyhow::Result<Outcome> {
        let mut senders = JoinSet::new();
        let started = Instant::now();
        let mut total = Outcome::default();
        match plan.rate {
            None => {
                for client in 0..plan.clients {
                    senders.spawn(self.clone().closed_loop(plan, client, started));
                }
            }
            Some(rate) => self.open_loop(plan, rate, started, &mut senders, &mut total).await?,
        }
        while let Some(outcome) = senders.join_next().await {
            total.absorb(outcome??);
        }
        self.settle(&mut total).await?;
        Ok(total)
    }

    /// Sends these, shared among the nodes, and settles them.
    pub(crate) async fn send_all(&self, all: Vec<Prepared>) -> anyhow::Result<Outcome> {
        let mut senders = JoinSet::new();
        for (index, part) in all.chunks(100).enumerate() {
            let (load, part) = (self.clone(), part.to_vec());
            let node = index % self.senders.len();
            senders.spawn(async move {
                let mut outcome = Outcome::default();
                load.send(node, part, Instant::now(), &mut outcome).await?;
                Ok::<_, anyhow::Error>(outcome)
            });
        }
        let mut total = Outcome::default();
        while let Some(outcome) = senders.join_next().await {
            total.absorb(outcome??);
        }
        self.settle(&mut total).await?;
        Ok(total)
    }

    async fn closed_loop(
        self,
        plan: Plan,
        client: usize,
        started: Instant,
    ) -> anyhow::Result<Outcome> {
        let mut outcome = Outcome::default();
        let node = client % self.senders.len();
        while started.elapsed() < plan.length {
            let batch = self.source.take(plan.batch)?;
            self.send(node, batch, Instant::now(), &mut outcome).await?;
        }
        Ok(outcome)
    }

    async fn open_loop(
        &self,
        plan: Plan,
        rate: u64,
        started: Instant,
        senders: &mut JoinSet<anyhow::Result<Outcome>>,
        total: &mut Outcome,
    ) -> anyhow::Result<()> {
        // At low rates each transaction is a request of its own; at high ones, a few share it.
        let batch = rate.div_ceil(500).max(1);
        let every = Duration::from_secs_f64(number(batch) / number(rate.max(1)));
        let mut due = started;
        let mut node = 0;
        while due.duration_since(started) < plan.length {
            tokio::time::sleep_until(due.into()).await;
            let batch = self.source.take(usize::try_from(batch).unwrap_or(1))?;
            let (load, at) = (self.clone(), due);
            node = (node + 1) % self.senders.len();
            senders.spawn(async move {
                let mut outcome = Outcome::default();
                load.send(node, batch, at, &mut outcome).await?;
                Ok(outcome)
            });
            while let Some(outcome) = senders.try_join_next() {
                total.absorb(outcome??);
            }
            due += every;
        }
        Ok(())
    }

    /// Sends transactions to a node until each is final, refused or left to be settled.
    async fn send(
        &self,
        node: usize,
        mut batch: Vec<Prepared>,
        due: Instant,
        outcome: &mut Outcome,
    ) -> anyhow::Result<()> {
        outcome.submitted += batch.len() as u64;
        let mut silent_since = None;
        while !batch.is_empty() {
            let items = match self.senders[node].send(&batch, WAIT).await {
                Ok(Reply::Items(items)) => items,
                Ok(Reply::Later(wait)) => {
                    outcome.backed_off += batch.len() as u64;
                    tokio::time::sleep(wait).await;
                    continue;
                }
                Err(error) => {
                    // Nobody knows whether they were accepted: the same ones are sent again, which is
                    // harmless.
                    let since = *silent_since.get_or_insert_with(Instant::now);
                    if since.elapsed() > PATIENCE {
                        return Err(error.context("a validator stopped answering"));
                    }
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            silent_since = None;
            let (again, wait) = self.sort(node, batch, items, due, outcome);
            batch = again;
            if let Some(wait) = wait {
                outcome.backed_off += batch.len() as u64;
                tokio::time::sleep(wait).await;
            }
        }
        Ok(())
    }

    /// Counts what is settled; returns what is to be sent again, and when.
    fn sort(
        &self,
        node: usize,
        batch: Vec<Prepared>,
        items: Vec<Item>,
        due: Instant,
        outcome: &mut Outcome,
    ) -> (Vec<Prepared>, Option<Duration>) {
        let now = Instant::now();
        let took_ms = now.duration_since(due).as_secs_f64() * 1000.0;
        let (mut again, mut wait) = (Vec::new(), None);
        let mut done = Vec::new();
        for (one, item) in batch.into_iter().zip(items) {
            match (item.status, item.receipt, item.retry_after_ms) {
                (SubmittedStatus::Accepted | SubmittedStatus::Duplicate, Some(receipt), _) => {
                    done.push(one.hash);
                    outcome.count(&receipt.outcome);
                }
                (SubmittedStatus::Accepted | SubmittedStatus::Duplicate, None, _) => {
                    outcome.unsettled.push((node, one, due));
                }
                (SubmittedStatus::Expired, _, _) => outcome.expired += 1,
                (SubmittedStatus::Refused, _, Some(ms)) => {
                    wait = wait.max(Some(Duration::from_millis(ms.clamp(1, 5_000))));
                    again.push(one);
                }
                (SubmittedStatus::Refused, _, None) => {
                    *outcome.refused.entry(item.code.unwrap_or_default()).or_default() += 1;
                }
            }
        }
        if !done.is_empty() {
            outcome.finality.add(took_ms, done.len() as u64);
            outcome.last_final = outcome.last_final.max(Some(now));
            self.report_final(&done);
        }
        (again, wait)
    }

    /// Asks for what is open until it is in a block or expired; what is neither is lost.
    async fn settle(&self, outcome: &mut Outcome) -> anyhow::Result<()> {
        let deadline = Instant::now() + SETTLE;
        for (node, one, due) in std::mem::take(&mut outcome.unsettled) {
            loop {
                let client = &self.senders[node].client;
                let answer = client.transaction(one.hash, ASK).await;
                let now = Instant::now();
                match answer.as_ref().map(|answer| answer.status) {
                    Ok(TransactionStanding::Final) => {
                        if let Some(receipt) = answer?.receipt {
                            outcome.count(&receipt.outcome);
                        }
                        // When exactly is not known here, so the time is from above.
                        let took_ms = now.duration_since(due).as_secs_f64() * 1000.0;
                        outcome.finality.add(took_ms, 1);
                        outcome.last_final = outcome.last_final.max(Some(now));
                        self.report_final(&[one.hash]);
                        break;
                    }
                    Ok(TransactionStanding::Expired) => {
                        outcome.expired += 1;
                        break;
                    }
                    _ if now > deadline => {
                        outcome.lost += 1;
                        break;
                    }
                    _ => tokio::time::sleep(PAUSE).await,
                }
            }
        }
        Ok(())
    }

    fn report_final(&self, hashes: &[TransactionHash]) {
        self.progress.inc(hashes.len() as u64);
        if let Some(record) = &self.record {
            let mut lines: String =
                hashes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
            lines.push('\n');
            let mut file = record.lock().expect("no writer of the list panics");
            let _ = file.write_all(lines.as_bytes());
        }
    }
}

impl Outcome {
    fn count(&mut self, outcome: &salus_types::Outcome) {
        match outcome {
            salus_types::Outcome::Ok => self.committed += 1,
            salus_types::Outcome::Refused { code, .. } => {
                *self.refused.entry(code.as_str().to_owned()).or_default() += 1;
            }
        }
    }

    fn absorb(&mut self, other: Self) {
        self.submitted += other.submitted;
        self.committed += other.committed;
        self.expired += other.expired;
        self.lost += other.lost;
        self.backed_off += other.backed_off;
        self.finality.absorb(other.finality);
        self.last_final = self.last_final.max(other.last_final);
        self.unsettled.extend(other.unsettled);
        for (code, count) in other.refused {
            *self.refused.entry(code).or_default() += count;
        }
    }
}
