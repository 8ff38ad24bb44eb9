//! `salus document get`: the exact bytes, once the access is accounted for on the ledger.

use crate::{
    documents::ReadArgs, files, lifecycle::block_on_until_signal, output, session::Session,
};
use clap::Args;
use salus_consent::RecordId;
use serde_json::json;
use std::path::PathBuf;

/// Which document, why it may be read, and where it goes.
#[derive(Debug, Args)]
pub(crate) struct Get {
    /// The document's record
    record: RecordId,
    #[command(flatten)]
    reading: ReadArgs,
    /// Write the bytes to a file that only you can read, instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Get {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let gateway = session.gateway()?;
        let (read, document) = block_on_until_signal(self.reading.read(&gateway, self.record))?;
        output::note(format_args!(
            "Access {} to version {} of this document was accounted for in block {} before it was \
             released.",
            read.sequence, read.version, read.accounted
        ));
        let Some(out) = &self.out else {
            output::raw(&document.content);
            return Ok(());
        };
        files::create_secret(out, "the document", &document.content)?;
        let answer = json!({
            "file": out,
            "record": read.record,
            "version": read.version,
            "bytes": document.content.len(),
            "media_type": document.media_type,
            "sequence": read.sequence,
            "accounted": read.accounted,
        });
        session.output.answer(&answer, |_| format!("The document is in {}.", out.display()));
        Ok(())
    }
}
