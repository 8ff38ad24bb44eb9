//! `salus key new`: a new signing key.

use crate::{keys::KeyFile, session::Session};
use clap::{Args, ValueEnum};
use salus_crypto::sign::SigningKey;
use salus_types::SignatureAlgorithm;
use serde_json::json;
use std::path::PathBuf;

/// Which algorithm.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Algorithm {
    /// Ed25519: small and fast
    Ed25519,
    /// P-256: where hardware or policy asks for it
    P256,
}

/// Which key, and where to.
#[derive(Debug, Args)]
pub(crate) struct New {
    /// The file to write; must not exist yet
    file: PathBuf,
    /// The signature algorithm
    #[arg(long, value_enum, default_value = "ed25519")]
    algorithm: Algorithm,
}

impl New {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let algorithm = match self.algorithm {
            Algorithm::Ed25519 => SignatureAlgorithm::Ed25519,
            Algorithm::P256 => SignatureAlgorithm::P256,
        };
        let file = KeyFile::new(&SigningKey::generate(algorithm), None);
        file.create(&self.file)?;
        let made = json!({ "file": self.file, "public": file.public() });
        session.output.answer(&made, |_| {
            format!(
                "The key is in {}; only you can read it. There is no copy: keep one safely.",
                self.file.display()
            )
        });
        Ok(())
    }
}
