//! Putting proof files together.

use crate::{NodeError, chain::Chain};
use salus_api::port::ReadRefusal;
use salus_crypto::merkle;
use salus_engine::{CertifiedHeaders, EngineHandle};
use salus_proof::{Claim, EpochStep, ProofError, ProofFile, TransactionClaim};
use salus_state::StateKey;
use salus_types::{BytesMax, Hash, Height, NetworkId, Transaction, TransactionHash, encode, hash};
use std::time::Duration;

/// How long a certificate is waited for: some blocks are final through a later one only.
const CERTIFICATE_TIMEOUT: Duration = Duration::from_secs(10);

/// A proof about the values of these paths, at the latest height or at a recent one, and that height.
pub(crate) async fn state(
    engine: &EngineHandle,
    chain: &Chain,
    network: NetworkId,
    at: Option<Height>,
    paths: Vec<Vec<u8>>,
) -> Result<(Height, Vec<u8>), ReadRefusal> {
    let keys: Vec<_> = paths.iter().map(|path| StateKey::of_path(path)).collect();
    let proofs = engine.prove(at, &keys).await.map_err(|error| refusal(error.code(), &error))?;
    let mut claims = Vec::with_capacity(paths.len());
    for (path, shown) in paths.iter().zip(&proofs.proofs) {
        let claim = Claim::state_value(path, proofs.at, &shown.entries, &shown.proof);
        claims.push(claim.map_err(|error| proof(&error))?);
    }
    let file = file(engine, chain, network, proofs.header.height, claims).await?;
    Ok((proofs.at, file))
}

/// A proof about a transaction and its receipt.
pub(crate) async fn transaction(
    engine: &EngineHandle,
    chain: &Chain,
    network: NetworkId,
    wanted: TransactionHash,
) -> Result<Vec<u8>, ReadRefusal> {
    let unknown = || ReadRefusal {
        code: "node.not_final",
        detail: "the transaction is not in a block that this node has; ask again once it is final"
            .to_owned(),
    };
    let found = chain.transaction(&wanted).map_err(|error| index(&error))?.ok_or_else(unknown)?;
    let height = found.receipt.height;
    let entry = chain.block(height).map_err(|error| index(&error))?.ok_or_else(unknown)?;
    let block = engine.block(height).await.ok_or_else(unknown)?;
    let position = usize::try_from(found.receipt.index).map_err(|_| unknown())?;
    let bytes = block.transactions().get(position).ok_or_else(unknown)?;
    let bodies: Vec<Hash> = block.transactions().iter().map(|one| Transaction::leaf(one)).collect();
    let receipts: Vec<Hash> = entry.receipts.iter().map(|one| hash(&encode(one))).collect();
    let claim = TransactionClaim {
        transaction: BytesMax::new(bytes.clone()).map_err(too_large)?,
        transaction_proof: merkle::prove(&bodies, position).ok_or_else(unknown)?,
        receipt: found.receipt,
        receipt_proof: merkle::prove(&receipts, position).ok_or_else(unknown)?,
    };
    file(engine, chain, network, height, vec![Claim::Transaction(claim)]).await
}

async fn file(
    engine: &EngineHandle,
    chain: &Chain,
    network: NetworkId,
    height: Height,
    claims: Vec<Claim>,
) -> Result<Vec<u8>, ReadRefusal> {
    let mut steps = Vec::new();
    for change in chain.changes(height).map_err(|error| index(&error))? {
        let certified = certified(engine, change.header.height).await?;
        let step = EpochStep::new(change.header, certified.certificate.into(), &change.validators);
        steps.push(step.map_err(|error| proof(&error))?);
    }
    let certified = certified(engine, height).await?;
    let made =
        ProofFile::new(network, steps, certified.headers, certified.certificate.into(), claims);
    made.and_then(|made| made.to_file()).map_err(|error| proof(&error))
}

/// The headers from a height to a certificate, waited for.
async fn certified(engine: &EngineHandle, height: Height) -> Result<CertifiedHeaders, ReadRefusal> {
    let mut commits = engine.subscribe();
    let search = async {
        loop {
            if let Some(found) = engine.certified(height).await {
                return Some(found);
            }
            if let Err(tokio::sync::broadcast::error::RecvError::Closed) = commits.recv().await {
                return None;
            }
        }
    };
    tokio::time::timeout(CERTIFICATE_TIMEOUT, search).await.ok().flatten().ok_or_else(|| {
        ReadRefusal {
            code: "node.no_certificate",
            detail: format!("no certificate for height {height} came in time; ask again"),
        }
    })
}

fn refusal(code: &'static str, error: &dyn std::fmt::Display) -> ReadRefusal {
    ReadRefusal { code, detail: error.to_string() }
}

fn index(error: &NodeError) -> ReadRefusal {
    refusal(error.code(), error)
}

fn proof(error: &ProofError) -> ReadRefusal {
    refusal(error.code(), error)
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
fn too_large(error: salus_types::DecodeError) -> ReadRefusal {
    refusal("proof.file_size", &error)
}
