//! `salus document verify`: offline. Reads three files and asks nobody.

use crate::{
    documents::{DocumentProof, Notarised, hash_of, other_file, shown},
    files,
    problem::Problem,
    session::Session,
    time::show_ms,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::Args;
use salus_consent::{
    query::DocumentVersionView,
    state::{
        Document, DocumentSignature, DocumentVersion, document_path, document_signature_path,
        document_version_path,
    },
};
use salus_proof::Verified;
use salus_types::decode;
use serde_json::{Value, json};
use std::path::PathBuf;

/// What to verify, and against what.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The file
    file: PathBuf,
    /// Its proof
    #[arg(long, value_name = "FILE")]
    proof: PathBuf,
    /// The network file: the network's public identity, from a source that you trust
    #[arg(long, value_name = "NETWORK_FILE")]
    network: PathBuf,
}

impl Verify {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let network = files::read_network(&self.network)?;
        let proof = DocumentProof::read(&self.proof)?;
        let file = hash_of(&self.file)?;
        let nothing = |code, reason: String| {
            Problem::refused(
                code,
                format!("{} proves nothing: {reason}", self.proof.display()),
                "ask for the proof again; trust nothing that it says",
            )
        };
        let bytes = STANDARD
            .decode(&proof.proof)
            .map_err(|_| nothing("document.proof_invalid", "it is not base 64".to_owned()))?;
        let verified = salus_proof::verify(&bytes, &network)
            .map_err(|error| nothing(error.code(), error.to_string()))?;
        let missing = || {
            let reason = "it is not about the version that it names".to_owned();
            nothing("document.proof_invalid", reason)
        };
        let (owner, view) = proved(&verified, &proof).ok_or_else(missing)?;

        let opening = proof.opening();
        if !opening.opens(file, &view.stored) {
            return Err(other_file());
        }
        // A kind that does not open is not the one that was committed to.
        let opens = |kind: &String| {
            opening.kind_commitment(file, Some(kind)) == view.stored.kind_commitment
        };
        let kind = proof.kind.filter(opens);
        let (document, version) = (proof.document, proof.version);
        let of = Notarised { document, version, owner: owner.owner, opening, file, kind };
        let mut answer = shown(&of, &view);
        answer["kind"] = of.kind.into();
        answer["superseded_by"] = json!(owner.superseded_by);
        answer["latest_version"] = owner.version.into();
        answer["network"] = json!(verified.network);
        answer["as_of_height"] = json!(verified.height);
        answer["as_of"] = json!(verified.time);
        session.output.answer(&answer, |answer| words(answer, network.name.as_str()));
        Ok(())
    }
}

/// What a proof shows of the version that it names: all of it, or nothing.
fn proved(verified: &Verified, proof: &DocumentProof) -> Option<(Document, DocumentVersionView)> {
    let value = |path: &[u8]| verified.state_value(path).flatten();
    let (document, version) = (proof.document, proof.version);
    let owner: Document = decode("document", value(document_path(document).as_bytes())?).ok()?;
    let stored = value(document_version_path(document, version).as_bytes())?;
    let stored: DocumentVersion = decode("version", stored).ok()?;
    let mut signed = Vec::new();
    for number in 0..stored.signatures {
        let path = document_signature_path(document, version, number);
        let Some(signature) = value(path.as_bytes()) else { break };
        signed.push(decode::<DocumentSignature>("signature", signature).ok()?);
    }
    Some((owner, DocumentVersionView { document, version, stored, signed }))
}

fn words(answer: &Value, network: &str) -> String {
    let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
    let time = |value: &Value| show_ms(value.as_u64().unwrap_or_default());
    let mut lines = vec![format!(
        "This file existed, unchanged, since block {} ({}) of network {network} ({}).",
        answer["since_height"],
        time(&answer["since"]),
        text("network"),
    )];
    lines.push(format!(
        "It is version {} of document {}, notarised by {}.",
        answer["version"],
        text("document"),
        text("owner")
    ));
    if let Some(kind) = answer["kind"].as_str() {
        lines.push(format!("Its kind is {kind}."));
    }
    for signature in answer["signatures"].as_array().into_iter().flatten() {
        let role = signature["role"].as_str().unwrap_or("in a role that is not told");
        lines.push(format!(
            "{} signed it at {} as {role}.",
            signature["signer"].as_str().unwrap_or_default(),
            time(&signature["signed_at"]),
        ));
    }
    let not_shown = answer["signatures_not_shown"].as_u64().unwrap_or_default();
    if not_shown > 0 {
        lines.push(format!("It has {not_shown} more signatures, which this proof does not show."));
    }
    if answer["latest_version"] != answer["version"] {
        lines.push(format!("There is a later version: {}.", answer["latest_version"]));
    }
    if let Some(other) = answer["superseded_by"].as_str() {
        lines.push(format!("Document {other} has taken its place."));
    }
    lines.push(format!(
        "So it stood at block {} ({}).",
        answer["as_of_height"],
        time(&answer["as_of"])
    ));
    lines.join("\n")
}
