//! Four validators as processes, and a steady load on them.

use crate::accept::salus::{Running, Salus, signal, spawn, until};
use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// How many validators.
pub(crate) const VALIDATORS: usize = 4;

/// One validator.
pub(crate) struct Node {
    pub(crate) home: PathBuf,
    pub(crate) api: String,
    log: PathBuf,
    namespace: Option<String>,
    /// The highest protocol version it follows, to stand for an older program.
    pub(crate) protocol_version_max: Option<u16>,
    /// It has lost its ledger, and executes every block again: whoever copies the state has no receipts
    /// of the time before, and all of them are looked up here.
    executes_all: bool,
    running: Option<Running>,
}

/// Four validators in a folder.
pub(crate) struct Network<'a> {
    pub(crate) salus: &'a Salus,
    pub(crate) folder: PathBuf,
    pub(crate) nodes: Vec<Node>,
    loads: usize,
}

/// The load: what it was told is in `record`.
pub(crate) struct Load {
    running: Running,
    answer: PathBuf,
    pub(crate) record: PathBuf,
}

/// Where a validator is.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) host: String,
    /// The network namespace it runs in; this one for none.
    pub(crate) namespace: Option<String>,
}

impl<'a> Network<'a> {
    /// Makes a network on free ports of the loopback interface; nothing runs yet.
    pub(crate) fn new(salus: &'a Salus, folder: &Path) -> anyhow::Result<Self> {
        let place = Place { host: "127.0.0.1".to_owned(), namespace: None };
        Self::at(salus, folder, &vec![place; VALIDATORS])
    }

    /// Makes a network on these addresses; nothing runs yet.
    pub(crate) fn at(salus: &'a Salus, folder: &Path, places: &[Place]) -> anyhow::Result<Self> {
        fs::create_dir_all(folder)?;
        let (peers, apis) = free_ports()?;
        let home = folder.join("net");
        let home_text = home.to_str().context("a path that is not UTF-8")?;
        let (peer_port, api_port) = (peers.to_string(), apis.to_string());
        let hosts: Vec<&str> = places.iter().map(|place| place.host.as_str()).collect();
        let hosts = hosts.join(",");
        salus.json(&[
            "network",
            "init",
            "--json",
            "--home",
            home_text,
            "--host",
            &hosts,
            "--peer-port",
            &peer_port,
            "--api-port",
            &api_port,
        ])?;
        let node = |(index, place): (usize, &Place)| Node {
            home: home.join(format!("node{index}")),
            api: format!("http://{}:{}", place.host, usize::from(apis) + index),
            log: folder.join(format!("node{index}.log")),
            namespace: place.namespace.clone(),
            protocol_version_max: None,
            executes_all: false,
            running: None,
        };
        let nodes = places.iter().enumerate().map(node).collect();
        Ok(Self { salus, folder: folder.to_owned(), nodes, loads: 0 })
    }

    /// Starts a validator; it may not be ready for a while.
    pub(crate) fn start(&mut self, index: usize) -> anyhow::Result<()> {
        let salus = self.salus;
        self.nodes[index].start(salus)
    }

    /// Starts those that do not run, and waits until all are ready.
    pub(crate) fn start_all(&mut self) -> anyhow::Result<()> {
        for index in 0..self.nodes.len() {
            if self.nodes[index].running.is_none() {
                self.start(index)?;
            }
        }
        (0..self.nodes.len()).try_for_each(|index| self.ready(index))
    }

    /// Waits until a validator follows; it must not end.
    pub(crate) fn ready(&mut self, index: usize) -> anyhow::Result<()> {
        until(&format!("validator {index} to be ready"), || {
            if let Some(end) = self.nodes[index].ended()? {
                bail!("validator {index} ended: {end}");
            }
            Ok(self.status(index).filter(is_ready).map(drop))
        })
    }

    /// Waits until every validator votes. One that lost its votes is quiet until the next epoch, and
    /// a network of four stands only one such.
    pub(crate) fn all_vote(&self) -> anyhow::Result<()> {
        let votes =
            |index| self.status(index).filter(|status| status["validator"] == true).map(drop);
        (0..self.nodes.len())
            .try_for_each(|index| until(&format!("validator {index} to vote"), || Ok(votes(index))))
    }

    /// Waits until a validator answers, whether or not it can follow anybody.
    pub(crate) fn answers(&self, index: usize) -> anyhow::Result<()> {
        until(&format!("validator {index} to answer"), || Ok(self.status(index).map(drop)))
    }

    /// Waits until a validator follows, or says what it said last if it ended instead.
    pub(crate) fn ready_or_ended(&mut self, index: usize) -> anyhow::Result<Option<String>> {
        until(&format!("validator {index} to be ready or to end"), || {
            if let Some(end) = self.nodes[index].ended()? {
                return Ok(Some(Some(end)));
            }
            Ok(self.status(index).filter(is_ready).map(|_| None))
        })
    }

    /// Removes what a stopped validator can fetch from the others. Its votes are gone with it, so it is
    /// told to be quiet in epochs that began before.
    pub(crate) fn forget_ledger(&mut self, index: usize) -> anyhow::Result<()> {
        self.nodes[index].executes_all = true;
        let home = &self.nodes[index].home;
        for part in ["engine", "index"] {
            fs::remove_dir_all(home.join(part))?;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
        fs::create_dir(home.join("engine"))?;
        Ok(fs::write(home.join("engine/restored"), format!("{now}\n"))?)
    }

    /// How a validator stands, if it answers.
    pub(crate) fn status(&self, index: usize) -> Option<Value> {
        self.salus.json(&["node", "status", "--api", &self.nodes[index].api, "--json"]).ok()
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self, index: usize) -> anyhow::Result<()> {
        if let Some(running) = self.nodes[index].running.take() {
            signal("-KILL", running.id())?;
            running.wait()?;
        }
        Ok(())
    }

    /// Asks a validator to end and waits until it has.
    pub(crate) fn stop(&mut self, index: usize) -> anyhow::Result<()> {
        if let Some(running) = self.nodes[index].running.take() {
            signal("-TERM", running.id())?;
            running.wait()?;
        }
        Ok(())
    }

    /// Begins to send, and waits until the first transaction is final.
    pub(crate) fn load(&mut self, rate: u64) -> anyhow::Result<Load> {
        self.loads += 1;
        let record = self.folder.join(format!("final{}", self.loads));
        let nodes: Vec<&str> = self.nodes.iter().map(|node| node.api.as_str()).collect();
        let arguments = [
            "bench",
            "send",
            "--json",
            "--nodes",
            &nodes.join(","),
            "--rate",
            &rate.to_string(),
            "--record-final",
            record.to_str().context("a path that is not UTF-8")?,
        ];
        let answer = self.folder.join(format!("load{}.json", self.loads));
        let running = self.salus.start_split(&arguments, &answer, &self.folder.join("load.log"))?;
        let load = Load { running, answer, record };
        until("a first transaction to be final", || Ok(load.reported().find('\n').map(drop)))?;
        Ok(load)
    }

    /// Checks on every validator that these transactions are there, each with its receipt.
    pub(crate) fn verify(&self, lines: &[&str]) -> anyhow::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let list = self.folder.join("to-verify");
        fs::write(&list, format!("{}\n", lines.join("\n")))?;
        let list = list.to_str().context("a path that is not UTF-8")?;
        thread::scope(|scope| {
            let asked: Vec<_> = self
                .nodes
                .iter()
                .map(|node| {
                    scope.spawn(|| {
                        self.salus.output(&["bench", "verify-final", list, "--api", &node.api])
                    })
                })
                .collect();
            for (index, asked) in asked.into_iter().enumerate() {
                let output = asked.join().ok().context("a check panicked")??;
                ensure!(
                    output.status.success(),
                    "validator {index} does not have what was reported final: {}",
                    String::from_utf8_lossy(&output.stderr).trim()
                );
            }
            Ok(())
        })
    }
}

impl Node {
    fn start(&mut self, salus: &Salus) -> anyhow::Result<()> {
        let home = self.home.to_str().context("a path that is not UTF-8")?;
        let arguments = ["node", "start", "--home", home];
        let mut command = salus.command(&arguments, self.namespace.as_deref());
        if self.executes_all {
            command.env("SALUS_SYNC", "blocks");
        }
        if let Some(max) = self.protocol_version_max {
            command.env("SALUS_PROTOCOL_VERSION_MAX", max.to_string());
        }
        self.running = Some(spawn(&mut command, &self.log, &self.log)?);
        Ok(())
    }

    /// What it said last, if it has ended by itself.
    pub(crate) fn ended(&mut self) -> anyhow::Result<Option<String>> {
        let Some(running) = &mut self.running else {
            return Ok(Some("it was not started".to_owned()));
        };
        if running.lives()? {
            return Ok(None);
        }
        self.running = None;
        let log = fs::read_to_string(&self.log)?;
        let last: Vec<&str> = log.lines().rev().take(4).collect();
        Ok(Some(last.into_iter().rev().collect::<Vec<_>>().join("\n")))
    }
}

impl Load {
    /// What was reported final so far, in whole lines.
    pub(crate) fn reported(&self) -> String {
        let mut text = fs::read_to_string(&self.record).unwrap_or_default();
        text.truncate(text.rfind('\n').map_or(0, |end| end + 1));
        text
    }

    /// Ends it, and returns what it counted once everything it began is settled.
    pub(crate) fn end(self) -> anyhow::Result<Value> {
        signal("-TERM", self.running.id())?;
        self.running.wait_at_most(Duration::from_mins(4))?;
        let answer = fs::read_to_string(&self.answer)?;
        serde_json::from_str(&answer).context("the load did not say what it did; see load.log")
    }
}

fn is_ready(status: &Value) -> bool {
    status["syncing"] == false && status["height"].as_u64().is_some_and(|height| height > 0)
}

/// Two first ports after each of which enough are free.
fn free_ports() -> anyhow::Result<(u16, u16)> {
    let count = u16::try_from(VALIDATORS)?;
    // A place that differs from run to run; what is taken is passed over.
    let start = 10_000 + u16::try_from(std::process::id() % 15_000)?;
    for first in (start..start + 5_000).step_by(usize::from(2 * count)) {
        let bound: Result<Vec<_>, _> =
            (first..first + 2 * count).map(|port| TcpListener::bind(("127.0.0.1", port))).collect();
        if bound.is_ok() {
            return Ok((first, first + count));
        }
    }
    bail!("no free ports were found")
}
