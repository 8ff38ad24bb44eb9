//! `salus document update`: the next version of a document.

use super::add::Said;
use crate::{lifecycle::block_on_until_signal, session::Session};
use clap::Args;
use salus_api::records::DocumentChange;
use salus_consent::RecordId;
use std::path::PathBuf;

/// Which document, and what of it is other from now on; all else stays.
#[derive(Debug, Args)]
pub(crate) struct Update {
    /// The document's record
    record: RecordId,
    /// The file with the new bytes; the bytes stay when left out
    file: Option<PathBuf>,
    /// Only if this is the latest version
    #[arg(long, value_name = "VERSION")]
    if_version: Option<u32>,
    /// What people call it
    #[arg(long)]
    title: Option<String>,
    #[command(flatten)]
    said: Said,
}

impl Update {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let change = DocumentChange {
            version: self.if_version,
            document: self.said.content(self.title.as_deref(), self.file.as_deref())?,
            purpose: None,
            actor: self.said.actor()?,
        };
        let gateway = session.gateway()?;
        let done = block_on_until_signal(async {
            Ok(gateway.update_document(self.record, &change).await?)
        })?;
        session.output.answer(&done, |done| {
            if done.changed {
                format!("Version {} is sealed, and anchored on the ledger.", done.version)
            } else {
                format!("Version {} says all of this already.", done.version)
            }
        });
        Ok(())
    }
}
