//! `salus bench verify-final`: whether what was reported final is still there, with its receipt.

use super::send::receipt_hash;
use crate::{
    files, lifecycle::block_on_until_signal, problem::Problem, progress, session::Session,
};
use clap::Args;
use futures::{StreamExt as _, stream};
use salus_api::{
    client::Client,
    view::{TransactionAnswer, TransactionStanding},
};
use salus_types::{Hash, TransactionHash};
use serde_json::json;
use std::{path::PathBuf, time::Duration};

/// Requests in flight at a time.
const PARALLEL: usize = 16;
/// How long a node may take to learn what another one has reported.
const WAIT: Duration = Duration::from_secs(20);

/// Which transactions.
#[derive(Debug, Args)]
pub(crate) struct VerifyFinal {
    /// The list that `bench ledger` or `bench send` wrote with `--record-final`
    file: PathBuf,
}

impl VerifyFinal {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let text = files::read_text(&self.file, "the list of final transactions")?;
        // The last line may have been cut short when the writer ended.
        let complete = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
        let listed: Vec<Listed> = complete.lines().map(Listed::parse).collect::<Option<_>>().ok_or_else(|| {
            Problem::failed(
                "cli.list_invalid",
                format!("{} is not a list of final transactions", self.file.display()),
                "give the file of `salus bench ledger` or `bench send` with --record-final FILE",
            )
        })?;
        let client = session.client()?;
        let missing = block_on_until_signal(missing(&client, &listed))?;
        let found = listed.len() - missing.len();
        let answer = json!({ "listed": listed.len(), "final": found, "missing": missing });
        session
            .output
            .answer(&answer, |_| format!("{found} of {} transactions are final.", listed.len()));
        if missing.is_empty() {
            return Ok(());
        }
        Err(Problem::refused(
            "bench.not_final",
            format!("{} transactions that were reported final are not there", missing.len()),
            "keep the node's home and report it",
        ))
    }
}

/// A line of the list: a transaction, and what its receipt is to be.
struct Listed {
    hash: TransactionHash,
    receipt: Option<Hash>,
}

impl Listed {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let hash = words.next()?.parse().ok()?;
        let receipt = words.next().map(str::parse).transpose().ok()?;
        words.next().is_none().then_some(Self { hash, receipt })
    }

    fn is_answered_by(&self, answer: &TransactionAnswer) -> bool {
        let receipt = answer.receipt.as_ref().map(receipt_hash);
        let same = self.receipt.is_none() || self.receipt == receipt;
        answer.status == TransactionStanding::Final && receipt.is_some() && same
    }
}

async fn missing(client: &Client, listed: &[Listed]) -> anyhow::Result<Vec<TransactionHash>> {
    let bar = progress::bar("Asking for transactions", listed.len() as u64);
    let mut asked = stream::iter(listed)
        .map(|one| async move {
            let answer = client.transaction(one.hash, WAIT).await?;
            Ok::<_, anyhow::Error>((one, one.is_answered_by(&answer)))
        })
        .buffer_unordered(PARALLEL);
    let mut missing = Vec::new();
    while let Some(answer) = asked.next().await {
        let (one, is_there) = answer?;
        if !is_there {
            missing.push(one.hash);
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(missing)
}
