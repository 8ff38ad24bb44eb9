//! The disaster drill: three of four homes are lost, and restored from back-ups and the home that is left.

use super::{
    demo::text,
    salus::{Salus, count},
};
use crate::kill::network::{Load, Network, VALIDATORS};
use anyhow::{Context as _, ensure};
use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// Transactions a second.
const RATE: u64 = 40;
/// How long they are sent before the back-ups, after them, and after the restore.
const PART: Duration = Duration::from_secs(4);
/// The home that is left.
const LEFT: usize = 0;

pub(crate) fn check(salus: &Salus, folder: &Path) -> anyhow::Result<String> {
    let passphrase = folder.join("passphrase");
    fs::write(&passphrase, "six words are long enough here\n")?;
    let mut network = Network::new(salus, folder)?;
    network.start_all()?;
    let load = network.load(RATE)?;
    thread::sleep(PART);
    let backups: Vec<PathBuf> =
        (0..VALIDATORS).map(|index| folder.join(format!("backup{index}"))).collect();
    let mut heights = Vec::new();
    for (node, backup) in network.nodes.iter().zip(&backups).skip(LEFT + 1) {
        heights.push(backup_of(salus, &node.home, backup, &passphrase)?);
    }
    thread::sleep(PART);
    let before = settled(&network, load)?;

    for index in 0..VALIDATORS {
        network.kill(index)?;
    }
    for node in network.nodes.iter().skip(LEFT + 1) {
        fs::remove_dir_all(&node.home)?;
    }
    // The ledger of the home that is left reaches further than the back-ups.
    network.start(LEFT)?;
    let left = folder.join("left");
    network.answers(LEFT)?;
    let height = backup_of(salus, &network.nodes[LEFT].home, &left, &passphrase)?;
    ensure!(heights.iter().all(|older| *older < height), "back-ups at {heights:?}, left {height}");
    network.kill(LEFT)?;
    for (node, backup) in network.nodes.iter().zip(&backups).skip(LEFT + 1) {
        let restored = salus.json(&[
            "node",
            "restore",
            "--json",
            "--vote-at-once",
            "--home",
            text(&node.home)?,
            "--from",
            text(backup)?,
            "--ledger",
            text(&left.join("ledger.blocks"))?,
            "--network",
            text(&folder.join("net/network.json"))?,
            "--passphrase-file",
            text(&passphrase)?,
        ])?;
        ensure!(count(&restored, "/height")? == height, "not the longest ledger: {restored}");
    }

    network.start_all()?;
    network.verify(&before.iter().map(String::as_str).collect::<Vec<_>>())?;
    let load = network.load(RATE)?;
    thread::sleep(PART);
    let after = settled(&network, load)?;
    network.verify(&after.iter().map(String::as_str).collect::<Vec<_>>())?;
    let exported = same_history(&network)?;
    ensure!(exported >= before.len() + after.len(), "{exported} transactions in the ledger");
    Ok(format!(
        "three of four homes restored at block {height} from back-ups at {heights:?}; {} transactions \
         final before and {} after, all there; one history of {exported} transactions on all nodes",
        before.len(),
        after.len()
    ))
}

/// Backs up the home of a running node, and gives the height.
fn backup_of(salus: &Salus, home: &Path, to: &Path, passphrase: &Path) -> anyhow::Result<u64> {
    let manifest = salus.json(&[
        "node",
        "backup",
        "--json",
        "--home",
        text(home)?,
        "--to",
        text(to)?,
        "--passphrase-file",
        text(passphrase)?,
    ])?;
    count(&manifest, "/height")
}

/// Ends the load, and gives what is final once every node has it.
fn settled(network: &Network<'_>, load: Load) -> anyhow::Result<Vec<String>> {
    let record = load.record.clone();
    let report = load.end()?;
    ensure!(count(&report, "/open")? == 0, "not all is settled: {report}");
    let lines: Vec<String> = fs::read_to_string(record)?.lines().map(str::to_owned).collect();
    ensure!(!lines.is_empty(), "nothing became final: {report}");
    network.verify(&lines.iter().map(String::as_str).collect::<Vec<_>>())?;
    Ok(lines)
}

/// Exports the ledger of all nodes, and gives the number of its transactions: all must have written
/// the same lines, and no transaction stands in it twice.
pub(crate) fn same_history(network: &Network<'_>) -> anyhow::Result<usize> {
    let mut heights = Vec::new();
    for index in 0..VALIDATORS {
        let status = network.status(index).context("a validator does not answer")?;
        heights.push(count(&status, "/height")?);
    }
    let to = heights.iter().min().context("there are validators")?.to_string();
    let mut first: Option<Vec<u8>> = None;
    for node in &network.nodes {
        let output = network.salus.output(&["node", "export", "--api", &node.api, "--to", &to])?;
        ensure!(output.status.success(), "the ledger of {} is not exported", node.api);
        match &first {
            None => first = Some(output.stdout),
            Some(first) => ensure!(*first == output.stdout, "{} has another history", node.api),
        }
    }
    let text = String::from_utf8(first.unwrap_or_default())?;
    let mut seen = HashSet::new();
    for line in text.lines() {
        let line: serde_json::Value = serde_json::from_str(line)?;
        if line["line"] == "transaction" {
            let hash = line["hash"].as_str().context("a transaction has a hash")?.to_owned();
            ensure!(seen.insert(hash.clone()), "{hash} is in two blocks");
        }
    }
    Ok(seen.len())
}
