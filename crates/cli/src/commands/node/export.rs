//! `salus node export`: the ledger as lines of JSON, for other programs. `docs/spec/export.md` says what
//! each line holds.

use crate::{
    lifecycle::block_on_until_signal,
    output::{data, raw},
    session::Session,
};
use anyhow::Context as _;
use clap::Args;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use salus_api::view::BlockAnswer;
use salus_types::Height;
use serde_json::json;

/// Blocks that are asked for at a time.
const AHEAD: usize = 8;

/// Which blocks.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The first block
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    from: u64,
    /// The last block; the latest for none
    #[arg(long)]
    to: Option<u64>,
}

impl Export {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let client = session.client()?;
        block_on_until_signal(async {
            let network = client.network().await?;
            let to = match self.to {
                Some(to) => to,
                None => client.status().await?.height.0,
            };
            data(format_args!(
                "{}",
                json!({ "line": "network", "network": network.id(), "file": network })
            ));
            stream::iter(self.from..=to)
                .map(|height| {
                    let client = &client;
                    async move { Ok::<_, anyhow::Error>(client.block(Some(Height(height))).await?) }
                })
                .buffered(AHEAD)
                .try_for_each(|block| async move { lines(&block).map(|text| raw(text.as_bytes())) })
                .await
        })
    }
}

/// A line for the block, and one for each of its transactions.
fn lines(block: &BlockAnswer) -> anyhow::Result<String> {
    let height = block.header.height;
    let head = json!({
        "line": "block",
        "height": height,
        "hash": block.hash,
        "header": block.header,
        "transactions": block.transactions.len(),
    });
    let mut text = format!("{head}\n");
    for (index, one) in block.transactions.iter().enumerate() {
        let line = json!({
            "line": "transaction",
            "height": height,
            "index": index,
            "hash": one.hash,
            "transaction": one.transaction,
            "receipt": one.receipt,
        });
        let line = serde_json::to_string(&line).context("an answer is plain JSON")?;
        text.push_str(&line);
        text.push('\n');
    }
    Ok(text)
}
