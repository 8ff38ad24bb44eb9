//! One validator cut off from the others by its own network namespace, and back.

use super::{
    network::{Network, Place, VALIDATORS},
    report::Part,
};
use crate::accept::salus::{Salus, until};
use anyhow::{Context as _, ensure};
use std::{
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

/// Transactions a second.
const RATE: u64 = 30;
/// The validator that is cut off.
const CUT: usize = VALIDATORS - 1;
/// How long.
const FOR: Duration = Duration::from_secs(8);

/// A network namespace with one cable to this machine's; removed when dropped.
struct Namespace {
    name: String,
    near: String,
    far: String,
}

impl Namespace {
    /// None with the reason where it is not permitted.
    fn make(subnet: u32) -> Result<Self, String> {
        let id = std::process::id();
        let made = Self {
            name: format!("salus-kill-{id}"),
            near: format!("skn{}", id % 100_000),
            far: format!("skf{}", id % 100_000),
        };
        let (name, near, far) = (made.name.as_str(), made.near.as_str(), made.far.as_str());
        let (near_address, far_address) =
            (format!("10.213.{subnet}.1/24"), format!("10.213.{subnet}.2/24"));
        ip(&["netns", "add", name])?;
        ip(&["link", "add", near, "type", "veth", "peer", "name", far])?;
        ip(&["link", "set", far, "netns", name])?;
        ip(&["address", "add", &near_address, "dev", near])?;
        ip(&["link", "set", near, "up"])?;
        ip(&["-n", name, "address", "add", &far_address, "dev", far])?;
        ip(&["-n", name, "link", "set", far, "up"])?;
        ip(&["-n", name, "link", "set", "lo", "up"])?;
        Ok(made)
    }

    fn cable(&self, up: bool) -> anyhow::Result<()> {
        let state = if up { "up" } else { "down" };
        // At the far end: the near one keeps its route, so that nothing looks for another way out.
        ip(&["-n", &self.name, "link", "set", &self.far, state]).map_err(anyhow::Error::msg)
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // What was not made cannot be removed, which is just as well.
        let _ = ip(&["link", "delete", &self.near]);
        let _ = ip(&["netns", "delete", &self.name]);
    }
}

/// Cuts a validator off under load, and lets it back.
pub(crate) fn check(salus: &Salus, folder: &Path) -> anyhow::Result<Part> {
    let subnet = std::process::id() % 250;
    let namespace = match Namespace::make(subnet) {
        Ok(namespace) => namespace,
        Err(reason) => return Ok(Part::Skipped { reason }),
    };
    let (near, far) = (format!("10.213.{subnet}.1"), format!("10.213.{subnet}.2"));
    let mut places = vec![Place { host: near, namespace: None }; VALIDATORS];
    places[CUT] = Place { host: far, namespace: Some(namespace.name.clone()) };
    let mut network = Network::at(salus, folder, &places)?;
    network.start_all()?;
    let load = network.load(RATE)?;
    until("transactions to be final", || Ok((load.reported().lines().count() > 50).then_some(())))?;

    namespace.cable(false)?;
    let before = load.reported().lines().count();
    thread::sleep(FOR);
    let during = load.reported().lines().count() - before;
    namespace.cable(true)?;
    network.ready(CUT)?;

    let list = load.record.clone();
    let report = load.end()?;
    ensure!(report["open"] == 0, "of some transactions nobody knew what became: {report}");
    ensure!(during > 0, "the other three did not go on: {report}");
    let text = std::fs::read_to_string(list)?;
    network.verify(&text.lines().collect::<Vec<_>>()).context("after a cut")?;
    let all = text.lines().count();
    (0..VALIDATORS).try_for_each(|index| network.stop(index))?;
    let seconds = FOR.as_secs();
    Ok(Part::Passed {
        said: format!("cut off for {seconds} s, {during} final meanwhile, all {all} on all nodes"),
    })
}

fn ip(arguments: &[&str]) -> Result<(), String> {
    let output = Command::new("ip").args(arguments).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("`ip` does not run: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("`ip {}`: {}", arguments.join(" "), said.trim()))
}
