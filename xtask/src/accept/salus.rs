//! Running the binary: to its end, or in the background.

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How long anything may take before it counts as stuck.
const PATIENCE: Duration = Duration::from_mins(2);
/// Time between two looks at something that is awaited.
const PAUSE: Duration = Duration::from_millis(100);

/// The binary under test.
pub(crate) struct Salus {
    path: PathBuf,
}

impl Salus {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Runs to its end and returns what it printed.
    pub(crate) fn output(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        Command::new(&self.path)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("{} does not start", self.path.display()))
    }

    /// Runs to its end, which must be exit code 0, and returns what it printed as JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let output = self.output(arguments)?;
        ensure!(
            output.status.success(),
            "`salus {}` ended with {}: {}",
            arguments.join(" "),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
        serde_json::from_slice(&output.stdout)
            .with_context(|| format!("`salus {}` did not print JSON", arguments.join(" ")))
    }

    /// Starts in the background, with its words in a file.
    pub(crate) fn start(&self, arguments: &[&str], log: &Path) -> anyhow::Result<Running> {
        self.start_split(arguments, log, log)
    }

    /// The same with answers in one file and words in another.
    pub(crate) fn start_split(
        &self,
        arguments: &[&str],
        answer: &Path,
        log: &Path,
    ) -> anyhow::Result<Running> {
        spawn(Command::new(&self.path).args(arguments), answer, log)
    }

    /// The program with its arguments, in a network namespace where one is named.
    pub(crate) fn command(&self, arguments: &[&str], namespace: Option<&str>) -> Command {
        let mut command = match namespace {
            None => Command::new(&self.path),
            Some(namespace) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", namespace]).arg(&self.path);
                command
            }
        };
        command.args(arguments);
        command
    }
}

/// Starts in the background with answers in one file and words in another.
pub(crate) fn spawn(command: &mut Command, answer: &Path, log: &Path) -> anyhow::Result<Running> {
    let open = |path: &Path| File::options().create(true).append(true).open(path);
    let child = command.stdin(Stdio::null()).stdout(open(answer)?).stderr(open(log)?).spawn()?;
    Ok(Running { child })
}

/// A process in the background; ended when dropped.
pub(crate) struct Running {
    child: Child,
}

impl Running {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub(crate) fn lives(&mut self) -> anyhow::Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Waits for its end; how it ended does not matter.
    pub(crate) fn wait(self) -> anyhow::Result<()> {
        self.wait_at_most(PATIENCE)
    }

    /// The same with another patience.
    pub(crate) fn wait_at_most(mut self, patience: Duration) -> anyhow::Result<()> {
        until_at_most(patience, "a process to end", || Ok((!self.lives()?).then_some(())))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, which is just as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal to one process.
pub(crate) fn signal(name: &str, id: u32) -> anyhow::Result<()> {
    let status = Command::new("kill").args([name, &id.to_string()]).status()?;
    ensure!(status.success(), "process {id} could not be signalled");
    Ok(())
}

/// Looks again and again until there is an answer.
pub(crate) fn until<T>(
    what: &str,
    look: impl FnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    until_at_most(PATIENCE, what, look)
}

fn until_at_most<T>(
    patience: Duration,
    what: &str,
    mut look: impl FnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let started = Instant::now();
    while started.elapsed() < patience {
        if let Some(answer) = look()? {
            return Ok(answer);
        }
        thread::sleep(PAUSE);
    }
    bail!("waited {} s in vain for {what}", patience.as_secs())
}

/// A number in a JSON answer.
pub(crate) fn number(value: &Value, pointer: &str) -> anyhow::Result<f64> {
    value
        .pointer(pointer)
        .and_then(Value::as_f64)
        .with_context(|| format!("{pointer} is missing in {value}"))
}

/// A count in a JSON answer.
pub(crate) fn count(value: &Value, pointer: &str) -> anyhow::Result<u64> {
    value
        .pointer(pointer)
        .and_then(Value::as_u64)
        .with_context(|| format!("{pointer} is missing in {value}"))
}
