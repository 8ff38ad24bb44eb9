//! A disk that fills up under one validator, and has space again.

use super::{
    network::{Network, VALIDATORS},
    report::Part,
};
use crate::accept::salus::{Salus, until};
use anyhow::{Context as _, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Transactions a second.
const RATE: u64 = 60;
/// The validator whose disk fills up.
const FULL: usize = VALIDATORS - 1;
/// Size of the disk.
const DISK_MIB: u64 = 96;
/// What is left of it when the validator is started on it.
const LEFT_BYTES: u64 = 1024 * 1024;

/// A small disk in memory; unmounted when dropped.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: PathBuf) -> anyhow::Result<Result<Self, String>> {
        fs::create_dir_all(&at)?;
        let output = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={DISK_MIB}m"), "tmpfs"])
            .arg(&at)
            .stdin(Stdio::null())
            .output()?;
        if output.status.success() {
            return Ok(Ok(Self(at)));
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Ok(Err(format!("a small disk cannot be mounted: {said}")))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Whoever runs this sees what stays mounted.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// Fills the disk of a validator under load, and gives it space again.
pub(crate) fn check(salus: &Salus, folder: &Path) -> anyhow::Result<Part> {
    let disk = match Disk::mount(folder.join("small"))? {
        Ok(disk) => disk,
        Err(reason) => return Ok(Part::Skipped { reason }),
    };
    let mut network = Network::new(salus, folder)?;
    let home = disk.0.join("node");
    copy(&network.nodes[FULL].home, &home)?;
    network.nodes[FULL].home = home;
    network.start_all()?;
    let load = network.load(RATE)?;
    until("transactions to be final", || Ok((load.reported().lines().count() > 50).then_some(())))?;

    let ballast = disk.0.join("ballast");
    fill(&disk.0, &ballast)?;
    let said = until("the disk to be full", || network.nodes[FULL].ended())?;
    let clear = said.contains("[node.disk_full]") || said.contains("[engine.disk_full]");
    ensure!(clear, "a full disk is not named: {said}");
    let before = load.reported().lines().count();
    until("the others to go on", || {
        Ok((load.reported().lines().count() > before + 20).then_some(()))
    })?;
    fs::remove_file(&ballast)?;
    network.start_all().context("with space again")?;

    let list = load.record.clone();
    let report = load.end()?;
    ensure!(report["open"] == 0, "of some transactions nobody knew what became: {report}");
    let text = fs::read_to_string(list)?;
    network.verify(&text.lines().collect::<Vec<_>>()).context("after a full disk")?;
    (0..VALIDATORS).try_for_each(|index| network.stop(index))?;
    let sentence = said.lines().find(|line| line.contains("disk_full")).unwrap_or_default();
    Ok(Part::Passed {
        said: format!("it said `{sentence}`; all {} on all nodes", text.lines().count()),
    })
}

/// Writes a file that leaves little space.
fn fill(disk: &Path, ballast: &Path) -> anyhow::Result<()> {
    let output = Command::new("df").args(["--output=avail", "-B1"]).arg(disk).output()?;
    let text = String::from_utf8(output.stdout)?;
    let free: u64 = text.lines().nth(1).context("df says what is free")?.trim().parse()?;
    let bytes = usize::try_from(free.saturating_sub(LEFT_BYTES))?;
    Ok(fs::write(ballast, vec![1; bytes])?)
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let status = Command::new("cp").arg("-a").args([from, to]).status()?;
    ensure!(status.success(), "{} could not be copied", from.display());
    Ok(())
}
