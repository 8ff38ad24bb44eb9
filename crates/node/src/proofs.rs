//! Putting proof files together.

use crate::{NodeError, chain::Chain, index::ValidatorChange};
use salus_api::port::ReadRefusal;
use salus_crypto::merkle;
use salus_engine::{CertifiedHeaders, EngineHandle};
use salus_proof::{Anchor, Claim, EpochStep, ProofError, ProofFile, TransactionClaim};
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
        steps.push(step(engine, chain, change).await?);
    }
    let certified = certified(engine, height).await?;
    let made =
        ProofFile::new(network, steps, certified.headers, certified.certificate.into(), claims);
    made.and_then(|made| made.to_file()).map_err(|error| proof(&error))
}

/// A change of validators with the certificate that proves it, noted for the day when the block is
/// no longer kept.
pub(crate) async fn step(
    engine: &EngineHandle,
    chain: &Chain,
    change: ValidatorChange,
) -> Result<EpochStep, ReadRefusal> {
    let height = change.header.height;
    let noted = chain.certificate(height).map_err(|error| index(&error))?;
    let certificate = if let Some(certificate) = noted {
        certificate
    } else {
        let certificate: Vec<u8> = certified(engine, height).await?.certificate.into();
        let noted = chain.put_changes(&[(change.clone(), certificate.clone())]);
        noted.map_err(|error| index(&error))?;
        certificate
    };
    EpochStep::new(change.header, certificate, &change.validators).map_err(|error| proof(&error))
}

/// Where a node that joins can begin: the last block of an epoch, at this height.
pub(crate) async fn anchor(
    engine: &EngineHandle,
    chain: &Chain,
    network: NetworkId,
    height: Height,
) -> Result<Vec<u8>, ReadRefusal> {
    let missing = || ReadRefusal {
        code: "node.no_anchor",
        detail: format!("block {height} is not here; ask another node"),
    };
    let mut steps = Vec::new();
    for change in chain.changes(height).map_err(|error| index(&error))? {
        steps.push(step(engine, chain, change).await?);
    }
    let block = engine.block(height).await.ok_or_else(missing)?;
    let next = block.validators().ok_or_else(missing)?;
    let certificate = certified(engine, height).await?;
    // The last block of an epoch is proposed again until it has a certificate of its own.
    if certificate.headers.len() != 1 {
        return Err(missing());
    }
    let last = EpochStep::new(block.header().clone(), certificate.certificate.into(), next);
    steps.push(last.map_err(|error| proof(&error))?);
    Ok(Anchor::new(network, steps).map_err(|error| proof(&error))?.to_bytes())
}

/// Notes the certificates of all changes of validators that are known.
pub(crate) async fn note_certificates(
    engine: &EngineHandle,
    chain: &Chain,
) -> Result<(), ReadRefusal> {
    for change in chain.changes(Height(u64::MAX)).map_err(|error| index(&error))? {
        step(engine, chain, change).await?;
    }
    Ok(())
}

/// The headers from a height to a certificate, waited for.
pub(crate) async fn certified(
    engine: &EngineHandle,
    height: Height,
) -> Result<CertifiedHeaders, ReadRefusal> {
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
