//! A new protocol version, decided by vote, under load: three validators run a program that knows it, the
//! fourth does not, stops with a sentence that says what to do, and goes on with the new program.
//!
//! The old program is this one, told to follow no version above 1.

use super::{
    network::{Network, VALIDATORS},
    report::Part,
};
use crate::accept::{
    demo::text,
    salus::{Salus, until},
};
use anyhow::{Context as _, ensure};
use std::path::Path;

/// Transactions a second.
const RATE: u64 = 30;
/// The validator that is not upgraded in time.
const LATE: usize = VALIDATORS - 1;
/// The version that is voted for.
const VERSION: u64 = 2;

pub(crate) fn check(salus: &Salus, folder: &Path) -> anyhow::Result<Part> {
    let mut network = Network::new(salus, folder)?;
    for node in &mut network.nodes {
        node.protocol_version_max = Some(1);
    }
    network.start_all()?;
    let load = network.load(RATE)?;

    // The new program, one node after the other, while the old version is in force.
    for index in 0..LATE {
        network.stop(index)?;
        network.nodes[index].protocol_version_max = None;
        network.start(index)?;
        network.ready(index)?;
    }
    let home = |index: usize| text(&network.nodes[index].home);
    let api = network.nodes[0].api.as_str();
    let version = VERSION.to_string();
    salus.json(&[
        "proposal",
        "new",
        "protocol-version",
        &version,
        "--json",
        "--api",
        api,
        "--home",
        home(0)?,
    ])?;
    for index in 0..LATE {
        let vote = ["proposal", "vote", "0", "approve", "--json", "--api", api, "--home"];
        let output = salus.output(&[vote.as_slice(), &[home(index)?]].concat())?;
        // The proposal may be accepted before the last of them votes.
        ensure!(output.status.success() || index > 0, "a vote is refused: {output:?}");
    }

    let said = until("the old program to stop", || network.nodes[LATE].ended())?;
    ensure!(said.contains("[engine.protocol_version]"), "the old program does not say why: {said}");
    until("the new version to be in force", || Ok(in_force(&network, 0)?.then_some(())))?;
    network.nodes[LATE].protocol_version_max = None;
    network.start(LATE)?;
    network.ready(LATE)?;

    let list = load.record.clone();
    let report = load.end()?;
    ensure!(report["open"] == 0, "of some transactions nobody knew what became: {report}");
    let lines = std::fs::read_to_string(list)?;
    network.verify(&lines.lines().collect::<Vec<_>>()).context("after the upgrade")?;
    ensure!(in_force(&network, LATE)?, "the last validator does not follow the new version");
    (0..VALIDATORS).try_for_each(|index| network.stop(index))?;
    let sentence = said.lines().find(|line| line.contains("protocol version")).unwrap_or_default();
    Ok(Part::Passed {
        said: format!(
            "the old program said `{sentence}`; all {} on all nodes",
            lines.lines().count()
        ),
    })
}

/// Whether the newest block of a validator follows the new version.
fn in_force(network: &Network<'_>, index: usize) -> anyhow::Result<bool> {
    let Some(status) = network.status(index) else { return Ok(false) };
    let height = status["height"].to_string();
    let api = network.nodes[index].api.as_str();
    let arguments = ["node", "export", "--api", api, "--from", &height, "--to", &height];
    let output = network.salus.output(&arguments)?;
    let text = String::from_utf8(output.stdout)?;
    let block = text.lines().nth(1).context("a line for the block")?;
    let block: serde_json::Value = serde_json::from_str(block)?;
    Ok(block["header"]["version"] == VERSION)
}
