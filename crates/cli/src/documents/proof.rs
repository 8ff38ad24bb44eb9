//! The file that proves a document: what opens it, and a proof of the state.

use super::Notarised;
use crate::{files, problem::Problem};
use anyhow::Context as _;
use salus_api::client::{At, Client};
use salus_consent::{DocumentId, query::DocumentVersionView};
use salus_types::Hash;
use salus_vault::notary::Opening;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What every proof of a document says first.
const FORMAT: &str = "salus-document-proof/1";
/// What such a file is called in errors.
const WHAT: &str = "the proof of the document";

/// A file that shows to whoever has a document and the network file that it existed since a block.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DocumentProof {
    format: String,
    /// The document on the ledger.
    pub(crate) document: DocumentId,
    /// Its version, from 1.
    pub(crate) version: u32,
    /// What opens the commitments; none for one whose plain hash is on the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    salt: Option<Hash>,
    /// What kind of document it is, where that is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    /// The proof of the state, in base 64: owner, version and signatures. Empty in a file that was begun:
    /// what opens the document is kept before the ledger has it, and nothing proves it yet.
    pub(crate) proof: String,
}

impl DocumentProof {
    /// Reads a proof of a document.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let found = Self::parse(path)?;
        if found.proof.is_empty() {
            return Err(Problem::refused(
                "document.proof_unfinished",
                format!("{} was begun, and proves nothing yet", path.display()),
                format!("run `salus document notarise FILE --out {}` again", path.display()),
            ));
        }
        Ok(found)
    }

    fn parse(path: &Path) -> anyhow::Result<Self> {
        let bytes = files::read(path, WHAT)?;
        let invalid = |reason: String| {
            Problem::refused(
                "document.proof_invalid",
                format!("{} is no proof of a document: {reason}", path.display()),
                "ask for one that `salus document notarise` or `salus document show` has written",
            )
        };
        let found: Self =
            serde_json::from_slice(&bytes).map_err(|error| invalid(error.to_string()))?;
        if found.format != FORMAT {
            return Err(invalid(format!("its format is not {FORMAT}")));
        }
        Ok(found)
    }

    /// What opens the commitments.
    pub(crate) fn opening(&self) -> Opening {
        Opening { salt: self.salt }
    }

    /// A proof as the ledger gives it now, with what it says.
    async fn of(client: &Client, of: &Notarised) -> anyhow::Result<(Self, DocumentVersionView)> {
        let path = format!("/v1/documents/{}/versions/{}", of.document, of.version);
        let at = At { proof: true, ..At::default() };
        let answer = client.state::<DocumentVersionView>(&path, at).await?;
        let proof = answer.proof.context("the node gave no proof")?;
        Ok((Self::with(of, proof), answer.value))
    }

    fn with(of: &Notarised, proof: String) -> Self {
        Self {
            format: FORMAT.to_owned(),
            document: of.document,
            version: of.version,
            salt: of.opening.salt,
            kind: of.kind.clone(),
            proof,
        }
    }

    fn text(&self) -> anyhow::Result<String> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        Ok(text)
    }

    /// Writes the proof of a version as it stands now to a file that is not there yet.
    pub(crate) async fn write(
        client: &Client,
        of: &Notarised,
        out: &Path,
    ) -> anyhow::Result<DocumentVersionView> {
        let (proof, view) = Self::of(client, of).await?;
        files::create_secret(out, WHAT, proof.text()?.as_bytes())?;
        Ok(view)
    }
}

/// A proof that is written in two steps, so that nobody is left with a notarisation and without the salt
/// that opens it: what opens it first, and once the ledger has it, its proof.
pub(crate) struct Begun<'a> {
    out: &'a Path,
    /// What a run before this one has left.
    pub(crate) left: Option<DocumentProof>,
}

impl<'a> Begun<'a> {
    /// The file to write, which is not there, or was begun and not finished.
    pub(crate) fn at(out: &'a Path) -> anyhow::Result<Self> {
        let left = out.exists().then(|| DocumentProof::parse(out).ok()).flatten();
        let left = left.filter(|left| left.proof.is_empty());
        if left.is_none() {
            check_absent(out)?;
        }
        Ok(Self { out, left })
    }

    /// Keeps what opens a version, before it is sent.
    pub(crate) fn keep(&self, of: &Notarised) -> anyhow::Result<()> {
        let text = DocumentProof::with(of, String::new()).text()?;
        match self.left {
            Some(_) => files::replace_secret(self.out, WHAT, text.as_bytes()),
            None => files::create_secret(self.out, WHAT, text.as_bytes()),
        }
    }

    /// Puts the proof of the version into the file.
    pub(crate) async fn finish(
        &self,
        client: &Client,
        of: &Notarised,
    ) -> anyhow::Result<DocumentVersionView> {
        let (proof, view) = DocumentProof::of(client, of).await?;
        files::replace_secret(self.out, WHAT, proof.text()?.as_bytes())?;
        Ok(view)
    }
}

/// The refusal of a file that is another one.
pub(crate) fn other_file() -> anyhow::Error {
    Problem::refused(
        "document.other_file",
        "this is not the file that was notarised: at least one byte differs",
        "use the file as it was when it was notarised",
    )
}

/// Refuses to go on where a file would be overwritten at the end.
pub(crate) fn check_absent(path: &Path) -> anyhow::Result<()> {
    if path.exists() {
        return Err(Problem::failed(
            "cli.file_exists",
            format!("{} is already there and is not overwritten", path.display()),
            "name another file with --out, or move that one away",
        ));
    }
    Ok(())
}
