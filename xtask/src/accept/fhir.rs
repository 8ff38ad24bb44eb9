//! An independent FHIR client against a running gateway: read, search, create, export.
//!
//! The client is `fhir-kit-client`, from the package registry of Node.js, at one exact version. Without
//! Node.js or the registry the check is passed over, and says so.

use super::{
    demo::text,
    salus::{Salus, until},
};
use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};
use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Command, Stdio},
};

/// The client and its version.
const CLIENT: &str = "fhir-kit-client@2.0.3";
/// What is done with it.
const SCRIPT: &str = include_str!("fhir.mjs");

pub(crate) fn check(salus: &Salus, folder: &Path) -> anyhow::Result<String> {
    let client = folder.join("client");
    fs::create_dir(&client)?;
    if let Err(error) = install(&client) {
        return Ok(format!("passed over, there is no FHIR client: {error:#}"));
    }
    let net = folder.join("net");
    let (peer, api) = (free_port()?, free_port()?);
    salus.json(&[
        "network",
        "init",
        "--json",
        "--validators",
        "1",
        "--home",
        text(&net)?,
        "--peer-port",
        &peer.to_string(),
        "--api-port",
        &api.to_string(),
    ])?;
    let home = net.join("node0");
    let log = folder.join("node.log");
    let mut node = salus.start(&["node", "start", "--home", text(&home)?], &log)?;
    let base = format!("http://127.0.0.1:{api}");
    until("the validator to be ready", || {
        ensure!(node.lives()?, "the validator ended; see {}", log.display());
        let status = salus.json(&["node", "status", "--api", &base, "--json"]).ok();
        Ok(status.filter(|status| status["height"].as_u64().is_some_and(|height| height > 0)))
    })?;
    let token = fs::read_to_string(home.join("api-token"))?;
    let script = client.join("check.mjs");
    fs::write(&script, SCRIPT)?;
    let output = Command::new("node")
        .args([text(&script)?, &base, token.trim()])
        .current_dir(&client)
        .stdin(Stdio::null())
        .output()?;
    ensure!(
        output.status.success(),
        "the client failed: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    let seen: Value = serde_json::from_slice(&output.stdout).context("the client said no JSON")?;
    // One read, three searched and the patient with each of two pages, two versions of the history,
    // four exported; the count of accounts may not be less.
    let accounted = seen["accounted"].as_u64().unwrap_or_default();
    let expected = json!({
        "version": "4.0.1",
        "created": 3,
        "read": "Example",
        "total": 3,
        "included": 1,
        "days": ["2026-01-03", "2026-01-02", "2026-01-01"],
        "updated": "2",
        "versions": 2,
        "refused": "fhir.unknown_parameter",
        "exported": { "Observation": 3, "Patient": 1 },
        "accounted": accounted,
    });
    ensure!(seen == expected, "the client saw {seen}, expected {expected}");
    ensure!(accounted == 12, "{accounted} accesses are accounted for, 12 were made");
    Ok(format!("{CLIENT} read, searched, created and exported; {accounted} accesses accounted for"))
}

/// Installs the client in a folder of its own.
fn install(folder: &Path) -> anyhow::Result<()> {
    fs::write(folder.join("package.json"), r#"{"private":true,"type":"module"}"#)?;
    let options = ["install", "--no-audit", "--no-fund", "--ignore-scripts", CLIENT];
    let output = Command::new("npm").args(options).current_dir(folder).output();
    let output = output.context("npm does not start")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("npm cannot install it: {}", said.lines().next().unwrap_or_default());
    }
    Ok(())
}

/// A port that is free now.
fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
