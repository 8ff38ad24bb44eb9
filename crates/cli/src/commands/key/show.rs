//! `salus key show`: the public part of a key file.

use crate::{keys::KeyFile, session::Session, text::outline};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// Which key.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The key file
    file: PathBuf,
}

impl Show {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let file = KeyFile::read(&self.file)?;
        let shown = json!({ "public": file.public(), "account": file.account() });
        session.output.answer(&shown, outline);
        Ok(())
    }
}
