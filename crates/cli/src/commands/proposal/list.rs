//! `salus proposal list`: the proposals of the network.

use crate::{lifecycle::block_on_until_signal, pages::all_pages, session::Session, text::table};
use clap::Args;
use serde_json::{Value, json};

/// Nothing to choose.
#[derive(Debug, Args)]
pub(crate) struct List {}

impl List {
    #[expect(clippy::unused_self, reason = "every verb is run alike")]
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let client = session.client()?;
        let list = block_on_until_signal(all_pages(&client, "/v1/proposals"))?;
        session.output.answer(&list, |list: &Vec<Value>| {
            let rows: Vec<Value> = list.iter().map(row).collect();
            table(&rows, &["proposal", "state", "action", "proposer"], "nothing was proposed yet")
        });
        Ok(())
    }
}

/// What of a proposal fits on a line.
fn row(proposal: &Value) -> Value {
    json!({
        "proposal": proposal["proposal"],
        "state": proposal["status"]["state"],
        "action": proposal["action"]["kind"],
        "proposer": proposal["proposer"],
    })
}
