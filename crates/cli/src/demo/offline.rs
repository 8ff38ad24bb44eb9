//! Proofs, exported and then verified by a separate process that has no network to ask.

use crate::{files, problem::Problem};
use anyhow::Context as _;
use salus_api::client::Client;
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Exports a proof to a file.
pub(crate) async fn export(client: &Client, of: &str, file: &Path) -> anyhow::Result<usize> {
    let proof = client.proof(of).await?;
    files::create(file, "the proof", &proof)?;
    Ok(proof.len())
}

/// Verifies a proof in a process of its own, which knows nothing but the two files.
pub(crate) fn verify(proof: &Path, network: &Path) -> anyhow::Result<String> {
    let (ended_well, said) = run(proof, network)?;
    if ended_well {
        return Ok(said);
    }
    Err(Problem::failed(
        "demo.proof_refused",
        format!("{} was not verified: {said}", proof.display()),
        "keep the files and report it",
    ))
}

/// Checks that the same proof with one byte changed is refused.
pub(crate) fn refuses_changed(proof: &Path, network: &Path) -> anyhow::Result<()> {
    let mut bytes = files::read(proof, "the proof")?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let changed: PathBuf = proof.with_extension("changed");
    std::fs::write(&changed, bytes)
        .with_context(|| format!("{} cannot be written", changed.display()))?;
    let (ended_well, _) = run(&changed, network)?;
    if ended_well {
        return Err(Problem::failed(
            "demo.changed_proof_accepted",
            format!("{} was changed and is accepted nevertheless", changed.display()),
            "keep the files and report it",
        ));
    }
    Ok(())
}

fn run(proof: &Path, network: &Path) -> anyhow::Result<(bool, String)> {
    let program = std::env::current_exe().context("this program's own file is not known")?;
    let output = Command::new(program)
        .args(["proof", "verify"])
        .arg(proof)
        .arg("--network")
        .arg(network)
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .context("the verifying process could not be started")?;
    let said = if output.status.success() { output.stdout } else { output.stderr };
    Ok((output.status.success(), String::from_utf8_lossy(&said).trim().to_owned()))
}
