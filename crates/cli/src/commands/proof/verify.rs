//! `salus proof verify`: offline verification. Reads two files and asks nobody.

use crate::{claims::sentences, files, problem::Problem, session::Session};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// What to verify, and against what.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The proof file
    file: PathBuf,
    /// The network file: the network's public identity, from a source that you trust
    #[arg(long, value_name = "NETWORK_FILE")]
    network: PathBuf,
}

impl Verify {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let network = files::read_network(&self.network)?;
        let proof = files::read(&self.file, "the proof")?;
        let verified = salus_proof::verify(&proof, &network).map_err(|error| {
            Problem::refused(
                error.code(),
                format!("{} proves nothing: {error}", self.file.display()),
                "ask for the proof again; trust nothing that it says",
            )
        })?;
        let sentences = sentences(&verified, &network);
        let answer = json!({ "verified": verified, "sentences": sentences });
        session.output.answer(&answer, |_| sentences.join("\n"));
        Ok(())
    }
}
