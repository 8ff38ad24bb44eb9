//! `salus proof show`: what a proof file claims. Nothing is verified.

use crate::{files, problem::Problem, session::Session};
use clap::Args;
use salus_proof::{Claim, ProofFile};
use salus_types::Transaction;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Which proof.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The proof file
    file: PathBuf,
}

impl Show {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let bytes = files::read(&self.file, "the proof")?;
        let proof = ProofFile::from_file(&bytes).map_err(|error| {
            Problem::refused(
                error.code(),
                format!("{} cannot be shown: {error}", self.file.display()),
                "ask for the proof again",
            )
        })?;
        let shown = json!({
            "verified": false,
            "network": proof.network,
            "bytes": bytes.len(),
            "changes_of_validators": proof.steps.len(),
            "headers": proof.headers.iter().collect::<Vec<_>>(),
            "claims": proof.claims.iter().map(shown).collect::<Vec<_>>(),
        });
        session.output.answer(&shown, |shown| {
            let heights: Vec<String> =
                proof.headers.iter().map(|header| header.height.to_string()).collect();
            format!(
                "NOT VERIFIED. The file has {} bytes and {} claims about block {} of network {}.\n\
                 Verify it with `salus proof verify {} --network NETWORK_FILE`.\n{}",
                bytes.len(),
                proof.claims.len(),
                heights.first().map_or("none", String::as_str),
                proof.network,
                self.file.display(),
                crate::text::outline(&shown["claims"]),
            )
        });
        Ok(())
    }
}

fn shown(claim: &Claim) -> Value {
    match claim {
        Claim::StateValue(claim) => json!({
            "kind": "state_value",
            "path": String::from_utf8_lossy(&claim.path).escape_debug().to_string(),
            "height": claim.height,
            "entries": claim.entries,
        }),
        Claim::Transaction(claim) => json!({
            "kind": "transaction",
            "hash": Transaction::from_bytes(&claim.transaction).ok().map(|found| found.hash()),
            "receipt": claim.receipt,
        }),
    }
}
