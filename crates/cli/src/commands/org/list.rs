//! `salus org list`: the organisations of the network.

use crate::{lifecycle::block_on_until_signal, pages::all_pages, session::Session, text::table};
use clap::Args;
use serde_json::Value;

/// Nothing to choose.
#[derive(Debug, Args)]
pub(crate) struct List {}

impl List {
    #[expect(clippy::unused_self, reason = "every verb is run alike")]
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let client = session.client()?;
        let list = block_on_until_signal(all_pages(&client, "/v1/organisations"))?;
        session.output.answer(&list, |list: &Vec<Value>| {
            let columns = ["account", "name", "role", "functions", "status"];
            table(list, &columns, "there are no organisations")
        });
        Ok(())
    }
}
