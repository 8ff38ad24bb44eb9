//! What a node says about the ledger, believed only with a proof against the network file.

use crate::problem::Problem;
use anyhow::Context as _;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use salus_api::client::{At, Client};
use salus_consent::{
    ErasureId,
    query::ErasureView,
    state::{Erasure, ErasureAttestation, erasure_attestation_path, erasure_path},
};
use salus_types::{NetworkFile, decode};

/// An erasure with its attestations, as the certified state has them.
pub(crate) async fn prove_erasure(
    client: &Client,
    network: &NetworkFile,
    erasure: ErasureId,
) -> anyhow::Result<ErasureView> {
    let path = format!("/v1/erasures/{erasure}");
    let at = At { proof: true, ..At::default() };
    let answer = client.state::<ErasureView>(&path, at).await?;
    let said = answer.value;
    let unproved = |what: &str| {
        Problem::refused(
            "audit.not_proved",
            format!("erasure {erasure} is not proved: {what}"),
            "ask another node, and check the network file",
        )
    };
    let proof = answer.proof.ok_or_else(|| unproved("the node gives no proof"))?;
    let proof = STANDARD.decode(proof).context("the proof is not base 64")?;
    let verified =
        salus_proof::verify(&proof, network).map_err(|error| unproved(&error.to_string()))?;
    let proved = |path: &[u8]| verified.state_value(path).flatten();
    let stored = proved(erasure_path(erasure).as_bytes());
    let stored = stored.map(|value| decode::<Erasure>("erasure", value)).transpose()?;
    if stored.as_ref() != Some(&said.stored) {
        return Err(unproved("the state has another"));
    }
    if said.stored.attestors.len() != said.attestations.len() {
        return Err(unproved("an attestation is missing"));
    }
    for (organisation, attestation) in said.stored.attestors.iter().zip(&said.attestations) {
        let stored = proved(erasure_attestation_path(erasure, *organisation).as_bytes());
        let stored =
            stored.map(|value| decode::<ErasureAttestation>("attestation", value)).transpose()?;
        if stored.as_ref() != Some(attestation) {
            return Err(unproved("the state has another attestation"));
        }
    }
    Ok(said)
}
