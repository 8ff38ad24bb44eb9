//! `kill -9` of the only validator under load: what was reported final is there after a restart.

use super::{
    demo::text,
    salus::{Salus, signal, until},
};
use anyhow::{Context as _, ensure};
use std::{fs, path::Path};

/// Transactions that must have been reported final before the validator is killed.
const FINAL_BEFORE_KILL: usize = 500;

pub(crate) fn check(salus: &Salus, folder: &Path) -> anyhow::Result<String> {
    let home = folder.join("net");
    let record = folder.join("final");
    let mut bench = salus.start(
        &[
            "bench",
            "ledger",
            "--validators",
            "1",
            "--seconds",
            "60",
            "--keep",
            "--home",
            text(&home)?,
            "--record-final",
            text(&record)?,
        ],
        &folder.join("bench.log"),
    )?;
    let reported = || -> anyhow::Result<usize> {
        Ok(fs::read_to_string(&record).map_or(0, |list| list.lines().count()))
    };
    let validator = until("transactions to be final", || {
        ensure!(bench.lives()?, "the benchmark ended early");
        Ok((reported()? >= FINAL_BEFORE_KILL).then(|| child_of(bench.id())).flatten())
    })?;
    signal("-KILL", validator)?;
    bench.wait()?;
    let count = reported()?;

    let node = home.join("node0");
    let _restarted =
        salus.start(&["node", "start", "--home", text(&node)?], &folder.join("node.log"))?;
    let api = api_of(&node)?;
    until("the validator to answer again", || {
        let output = salus.output(&["node", "status", "--api", &api, "--json"])?;
        Ok(output.status.success().then_some(()))
    })?;
    let output = salus.output(&["bench", "verify-final", text(&record)?, "--api", &api])?;
    ensure!(
        output.status.success(),
        "not all is there: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(format!("{count} transactions that were reported final are there"))
}

/// The one child of a process.
fn child_of(parent: u32) -> Option<u32> {
    let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).ok();
    let children = children.filter(|list| !list.trim().is_empty()).or_else(|| {
        // The child may have been started by another thread.
        let tasks = fs::read_dir(format!("/proc/{parent}/task")).ok()?;
        tasks
            .flatten()
            .filter_map(|task| fs::read_to_string(task.path().join("children")).ok())
            .find(|list| !list.trim().is_empty())
    })?;
    children.split_whitespace().next()?.parse().ok()
}

/// The API of a home, from its settings.
fn api_of(home: &Path) -> anyhow::Result<String> {
    let settings = fs::read_to_string(home.join("node.toml"))?;
    let listen = settings
        .lines()
        .find_map(|line| line.trim().strip_prefix("api_listen = "))
        .context("the settings name no API address")?;
    Ok(format!("http://{}", listen.trim_matches('"')))
}
