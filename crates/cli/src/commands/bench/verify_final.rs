//! `salus bench verify-final`: whether what was reported final is still there.

use crate::{
    files, lifecycle::block_on_until_signal, problem::Problem, progress, session::Session,
};
use clap::Args;
use futures::{StreamExt as _, stream};
use salus_api::{client::Client, view::TransactionStanding};
use salus_types::TransactionHash;
use serde_json::json;
use std::{path::PathBuf, time::Duration};

/// Requests in flight at a time.
const PARALLEL: usize = 16;

/// Which transactions.
#[derive(Debug, Args)]
pub(crate) struct VerifyFinal {
    /// The list that `bench ledger --record-final` wrote
    file: PathBuf,
}

impl VerifyFinal {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let text = files::read_text(&self.file, "the list of final transactions")?;
        // The last line may have been cut short when the writer ended.
        let complete = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
        let hashes: Vec<TransactionHash> =
            complete.lines().map(str::parse).collect::<Result<_, _>>().map_err(|_| {
                Problem::failed(
                    "cli.list_invalid",
                    format!("{} is not a list of transaction hashes", self.file.display()),
                    "give the file of `salus bench ledger --record-final FILE`",
                )
            })?;
        let client = session.client()?;
        let missing = block_on_until_signal(missing(&client, &hashes))?;
        let found = hashes.len() - missing.len();
        let answer = json!({ "listed": hashes.len(), "final": found, "missing": missing });
        session
            .output
            .answer(&answer, |_| format!("{found} of {} transactions are final.", hashes.len()));
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

async fn missing(
    client: &Client,
    hashes: &[TransactionHash],
) -> anyhow::Result<Vec<TransactionHash>> {
    let bar = progress::bar("Asking for transactions", hashes.len() as u64);
    let mut asked = stream::iter(hashes)
        .map(|hash| async move {
            let answer = client.transaction(*hash, Duration::ZERO).await?;
            Ok::<_, anyhow::Error>((*hash, answer.status == TransactionStanding::Final))
        })
        .buffer_unordered(PARALLEL);
    let mut missing = Vec::new();
    while let Some(answer) = asked.next().await {
        let (hash, is_final) = answer?;
        if !is_final {
            missing.push(hash);
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(missing)
}
