//! `salus record history`: the versions of a record.

use crate::{lifecycle::block_on_until_signal, session::Session, text::table};
use clap::Args;
use salus_consent::RecordId;

/// Which record.
#[derive(Debug, Args)]
pub(crate) struct History {
    /// The record
    record: RecordId,
}

impl History {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let gateway = session.gateway()?;
        let history =
            block_on_until_signal(async { Ok(gateway.history(self.record).await?.versions) })?;
        session.output.answer(&history, |versions| {
            let rows: Vec<_> = versions
                .iter()
                .map(|item| serde_json::to_value(item).expect("items are plain JSON values"))
                .collect();
            table(&rows, &["version", "bytes", "height"], "there are no versions")
        });
        Ok(())
    }
}
