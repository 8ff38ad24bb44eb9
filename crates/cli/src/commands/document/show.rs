//! `salus document show`: what is said of a document, and what of it is on the ledger.

use crate::{
    documents::{self, DocumentProof, ReadArgs, check_absent, shown},
    lifecycle::block_on_until_signal,
    output,
    session::Session,
    text::outline,
};
use clap::Args;
use salus_consent::RecordId;
use salus_types::{AccountId, hash};
use serde_json::json;
use std::path::PathBuf;

/// Which document, and why it may be read.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The document's record
    record: RecordId,
    #[command(flatten)]
    reading: ReadArgs,
    /// Who notarised it; who keeps it or whose it is when left out
    #[arg(long, value_name = "ACCOUNT")]
    owner: Option<AccountId>,
    /// Write the proof of its notarisation as it stands now, with all signatures
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Show {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        self.out.as_deref().map(check_absent).transpose()?;
        let gateway = session.gateway()?;
        let answer = block_on_until_signal(async {
            let (read, document) = self.reading.read(&gateway, self.record).await?;
            // What another organisation keeps has its versions there.
            let versions = gateway.history(self.record).await.map(|found| found.versions).ok();
            let owners = documents::owners(session, &gateway, self.record, self.owner).await?;
            let found = documents::notarised(&gateway, &document, &owners).await?;
            let notarised = match (&found, &self.out) {
                (None, _) => None,
                (Some(found), Some(out)) => {
                    Some(shown(found, &DocumentProof::write(&gateway, found, out).await?))
                }
                (Some(found), None) => {
                    let view = documents::version(&gateway, found.document, found.version).await?;
                    view.map(|view| shown(found, &view))
                }
            };
            Ok(json!({
                "record": read.record,
                "version": read.version,
                "title": document.title,
                "kind": document.kind.map(|kind| kind.to_string()),
                "author": document.author,
                "date": document.date,
                "media_type": document.media_type,
                "file_name": document.file_name,
                "bytes": document.content.len(),
                "sha256": hash(&document.content),
                "versions": versions,
                "sequence": read.sequence,
                "accounted": read.accounted,
                "notarised": notarised,
            }))
        })?;
        if let Some(out) = &self.out {
            let told = if answer["notarised"].is_null() {
                "This version is not notarised, so there is no proof.".to_owned()
            } else {
                format!("The proof is in {}.", out.display())
            };
            output::note(format_args!("{told}"));
        }
        session.output.answer(&answer, outline);
        Ok(())
    }
}
