//! Sends batches of transactions to one node and reads as little of the answer as it needs, so that
//! the load costs the machine as little as possible.

use super::workload::Prepared;
use crate::time::millis;
use anyhow::{Context as _, bail};
use reqwest::{StatusCode, header};
use salus_api::{Problem, client::Client, view::SubmittedStatus};
use salus_types::{Outcome, encode};
use serde::Deserialize;
use std::time::Duration;

/// How long an answer may take on top of the wait that is asked for.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// Pause where a node says that it is full and not for how long.
const PAUSE: Duration = Duration::from_millis(250);

/// A node that transactions are sent to.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    /// For everything but sending.
    pub(crate) client: Client,
    http: reqwest::Client,
}

/// What a node says about a batch.
pub(crate) enum Reply {
    /// One item for each transaction.
    Items(Vec<Item>),
    /// The batch as a whole comes at a bad moment.
    Later(Duration),
}

/// What a node says about one transaction.
#[derive(Deserialize)]
pub(crate) struct Item {
    /// What became of it.
    pub(crate) status: SubmittedStatus,
    /// Why it was refused.
    pub(crate) code: Option<String>,
    /// When to try again.
    pub(crate) retry_after_ms: Option<u64>,
    /// Its receipt, once it is in a block.
    pub(crate) receipt: Option<ShortReceipt>,
}

/// The part of a receipt that is counted.
#[derive(Deserialize)]
pub(crate) struct ShortReceipt {
    /// Whether it changed the ledger.
    pub(crate) outcome: Outcome,
}

#[derive(Deserialize)]
struct Answer {
    transactions: Vec<Item>,
}

impl Sender {
    /// A sender to the node at `base`.
    pub(crate) fn new(base: &str) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .tcp_nodelay(true)
            .no_proxy()
            .build()
            .context("the HTTP client could not be made")?;
        Ok(Self { client: Client::new(base)?, http })
    }

    /// Sends a batch and waits so long for all of it to be final.
    pub(crate) async fn send(&self, batch: &[Prepared], wait: Duration) -> anyhow::Result<Reply> {
        let mut body = Vec::with_capacity(batch.len() * 640);
        body.extend_from_slice(&encode(&u32::try_from(batch.len())?));
        for one in batch {
            body.extend_from_slice(&encode(&u32::try_from(one.bytes.len())?));
            body.extend_from_slice(&one.bytes);
        }
        let url = format!("{}/v1/transactions?wait_ms={}", self.client.base(), millis(wait));
        let response = self
            .http
            .post(url)
            .timeout(wait + ANSWER_TIMEOUT)
            .header(header::CONTENT_TYPE, "application/vnd.salus.transactions")
            .body(body)
            .send()
            .await?;
        let status = response.status();
        let body = response.bytes().await?;
        if status.is_success() {
            let answer: Answer = serde_json::from_slice(&body).context("an unknown answer")?;
            return Ok(Reply::Items(answer.transactions));
        }
        let problem: Option<Problem> = serde_json::from_slice(&body).ok();
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            let asked = problem.and_then(|problem| problem.retry_after_ms);
            return Ok(Reply::Later(asked.map_or(PAUSE, Duration::from_millis)));
        }
        match problem {
            Some(problem) => Err(problem.into()),
            None => bail!("the node answered {status}"),
        }
    }
}
