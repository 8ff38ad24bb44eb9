//! A network of four processes, made and run by the binary itself, and the binary's answers.

use super::command;
use serde_json::Value;
use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Output, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Longest wait for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);
/// Founders, each with a node.
pub(crate) const NODES: usize = 4;
/// Tries to find ports that nobody takes between looking and starting.
const TRIES: usize = 5;

/// What a command ended with.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The exit code.
    pub(crate) code: i32,
    /// What it wrote, read as JSON; null if it is none.
    pub(crate) said: Value,
    /// The stable code of the error; empty without one.
    pub(crate) error: String,
}

impl Answer {
    fn new(output: &Output) -> Self {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let error = stderr.lines().rev().find_map(|line| {
            let error: Value = serde_json::from_str(line).ok()?;
            Some(error["error"]["code"].as_str()?.to_owned())
        });
        Self {
            code: output.status.code().unwrap_or(-1),
            said: serde_json::from_slice(&output.stdout).unwrap_or_default(),
            error: error.unwrap_or_default(),
        }
    }
}

/// A running node; killed when dropped.
struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The network.
pub(crate) struct Network {
    folder: TempDir,
    api_port: u16,
    nodes: Vec<Option<Running>>,
}

impl Network {
    /// Makes a network and starts all its nodes.
    pub(crate) fn start() -> Self {
        (0..TRIES).find_map(|_| Self::try_start()).expect("four nodes start")
    }

    fn try_start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let parameters = r#"{"epoch_blocks": 20, "idle_interval_ms": 100, "time_lock_blocks": 0}"#;
        fs::write(folder.path().join("parameters.json"), parameters).unwrap();
        let peer_port = free_ports();
        let api_port = peer_port + u16::try_from(NODES).unwrap();
        let words = format!(
            "network init --home net --validators {NODES} --peer-port {peer_port} --api-port \
             {api_port} --parameters parameters.json --json"
        );
        let words: Vec<&str> = words.split(' ').collect();
        let made = command(folder.path(), &words).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let nodes = (0..NODES).map(|_| None).collect();
        let mut network = Self { folder, api_port, nodes };
        (0..NODES).all(|index| network.try_node(index)).then_some(())?;
        for index in 0..NODES {
            network.until(index, "node status", |answer| {
                answer.said["status"]["height"].as_u64() >= Some(2)
            });
        }
        Some(network)
    }

    /// Starts a node; it is up when it has said where.
    pub(crate) fn node(&mut self, index: usize) {
        assert!(self.try_node(index), "node {index} starts");
    }

    fn try_node(&mut self, index: usize) -> bool {
        let home = self.home(index);
        let log = "info,salus_vault=debug";
        let mut child = command(self.folder.path(), &["node", "start", "--json", "--log", log])
            .env("SALUS_HOME", home)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (stdout, stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (send, started) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = send.send(line);
            }
        });
        let (send, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let _ = send.send(line);
            }
        });
        let up = started.recv_timeout(PATIENCE).is_ok();
        self.nodes[index] = up.then_some(Running { child, lines });
        up
    }

    /// Ends a node as nothing but a power cut does.
    pub(crate) fn kill(&mut self, index: usize) {
        drop(self.nodes[index].take());
    }

    /// Waits until a node writes a line with these words to its log, or something else has come true.
    pub(crate) fn heard(&self, index: usize, words: &str, mut or: impl FnMut() -> bool) -> bool {
        let lines = &self.nodes[index].as_ref().expect("the node runs").lines;
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            match lines.recv_timeout(Duration::from_millis(100)) {
                Ok(line) if line.contains(words) => return true,
                Err(RecvTimeoutError::Timeout) if or() => return false,
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => panic!("node {index} ended by itself"),
            }
        }
        panic!("node {index} never said `{words}`");
    }

    /// The folder of the test.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A node's home.
    pub(crate) fn home(&self, index: usize) -> PathBuf {
        self.folder.path().join("net").join(format!("node{index}"))
    }

    /// The account of a node's organisation.
    pub(crate) fn organisation(&self, index: usize) -> String {
        account_in(&self.home(index).join("keys").join("organisation.json"))
    }

    /// The account that a key file of the test's folder acts for.
    pub(crate) fn account(&self, key: &str) -> String {
        account_in(&self.folder.path().join(key))
    }

    /// A file of the test's folder, as text.
    pub(crate) fn text(&self, file: &str) -> String {
        fs::read_to_string(self.folder.path().join(file)).unwrap()
    }

    /// The program that talks to a node as its organisation.
    pub(crate) fn program(&self, index: usize, words: &str) -> std::process::Command {
        let mut program = self.guest(index, words);
        program.env("SALUS_HOME", self.home(index));
        program
    }

    /// The program that talks to a node as anybody may.
    pub(crate) fn guest(&self, index: usize, words: &str) -> std::process::Command {
        let port = usize::from(self.api_port) + index;
        let words: Vec<&str> = words.split_whitespace().collect();
        let mut program = command(self.folder.path(), &words);
        program.arg("--json").env("SALUS_API", format!("http://127.0.0.1:{port}"));
        program
    }

    /// Runs a command as a node's organisation.
    pub(crate) fn run(&self, index: usize, words: &str) -> Answer {
        Answer::new(&self.program(index, words).output().unwrap())
    }

    /// Runs a command that must succeed, and gives what it said.
    pub(crate) fn must(&self, index: usize, words: &str) -> Value {
        let output = self.program(index, words).output().unwrap();
        let answer = Answer::new(&output);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(answer.code, 0, "salus {words}: {stderr}");
        answer.said
    }

    /// Runs a command that must be refused, and gives the code.
    pub(crate) fn refused(&self, index: usize, words: &str) -> String {
        let answer = self.run(index, words);
        assert_eq!(answer.code, 1, "salus {words}: {answer:?}");
        answer.error
    }

    /// Runs a command again and again until its answer is as wanted.
    pub(crate) fn until(
        &self,
        index: usize,
        words: &str,
        wanted: impl Fn(&Answer) -> bool,
    ) -> Value {
        let started = Instant::now();
        loop {
            let answer = self.run(index, words);
            if wanted(&answer) {
                return answer.said;
            }
            assert!(started.elapsed() < PATIENCE, "salus {words}: {answer:?}");
        }
    }
}

fn account_in(file: &Path) -> String {
    let key: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    key["account"].as_str().unwrap().to_owned()
}

/// The first of so many ports in a row that nobody listens on: for peers, then for APIs.
fn free_ports() -> u16 {
    let count = u16::try_from(2 * NODES).unwrap();
    let mut first = 10_000 + u16::try_from(std::process::id() % 18_000).unwrap();
    loop {
        if (first..first + count).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok()) {
            return first;
        }
        first = if first > 29_000 { 10_000 } else { first + count };
    }
}
