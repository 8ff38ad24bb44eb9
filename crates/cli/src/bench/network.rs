//! A network of processes: each validator is this same executable, started as `node start`.

use super::{machine, sender::Sender};
use crate::{ports, problem::Problem, time::now_ms};
use anyhow::Context as _;
use salus_node::init::NetworkOptions;
use salus_types::{BlockTime, LedgerParameters};
use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

/// How long a validator may take to become ready.
const READY_TIMEOUT: Duration = Duration::from_mins(2);
/// How long a validator may take to end when asked to.
const END_TIMEOUT: Duration = Duration::from_secs(30);

/// A validator in a process of its own.
#[derive(Debug)]
pub(crate) struct Validator {
    /// Its home.
    pub(crate) home: PathBuf,
    /// Its API.
    pub(crate) sender: Sender,
    child: Child,
}

/// What the validators have cost so far, all together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cost {
    /// Processor time, by the operating system's accounting.
    pub(crate) cpu: Duration,
    /// Processor time spent in signature checks, by the validators' own metrics.
    pub(crate) signatures: Duration,
    /// Bytes on the disk, by what they are for.
    pub(crate) disk: BTreeMap<&'static str, u64>,
}

impl Validator {
    /// Starts the validator of a home. Its logs go to `node.log` beside it.
    pub(crate) fn start(home: &Path, api: &str) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("this program's own file is not known")?;
        let log_path = home.with_extension("log");
        let log = File::options()
            .create(true)
            .append(true)
            .open(&log_path)
            .with_context(|| format!("{} cannot be written", log_path.display()))?;
        let child = Command::new(program)
            .args(["node", "start", "--home"])
            .arg(home)
            .stdin(Stdio::null())
            .stdout(log.try_clone().context("the log cannot be shared")?)
            .stderr(log)
            .spawn()
            .context("the process of a validator could not be started")?;
        Ok(Self { home: home.to_path_buf(), sender: Sender::new(api)?, child })
    }

    /// Waits until it answers and has made or followed a first block.
    pub(crate) async fn ready(&mut self) -> anyhow::Result<()> {
        let started = Instant::now();
        while started.elapsed() < READY_TIMEOUT {
            if let Some(status) = self.ended() {
                return Err(self.ended_early(status));
            }
            let status = self.sender.client.status().await;
            if status.is_ok_and(|status| status.height.0 > 0 && !status.syncing) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err(Problem::failed(
            "bench.validator_not_ready",
            format!("the validator of {} was not ready in time", self.home.display()),
            format!("see {}", self.home.with_extension("log").display()),
        ))
    }

    /// How its process ended, if it did.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// The id of its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    fn ended_early(&self, status: ExitStatus) -> anyhow::Error {
        Problem::failed(
            "bench.validator_ended",
            format!("the validator of {} ended: {status}", self.home.display()),
            format!("see {}", self.home.with_extension("log").display()),
        )
    }

    /// Asks it to end, waits, and ends it by force if it does not.
    pub(crate) fn stop(&mut self) {
        let Some(pid) = i32::try_from(self.pid()).ok().and_then(rustix::process::Pid::from_raw)
        else {
            return;
        };
        if self.ended().is_some() {
            return;
        }
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let deadline = Instant::now() + END_TIMEOUT;
        while Instant::now() < deadline && self.ended().is_none() {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Validator {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The end of a validator that nobody asked to end, if there is one.
pub(crate) fn first_ended(validators: &mut [Validator]) -> Option<anyhow::Error> {
    validators.iter_mut().find_map(|validator| {
        let status = validator.ended()?;
        Some(validator.ended_early(status))
    })
}

/// What all validators have cost so far.
pub(crate) async fn cost(validators: &[Validator]) -> anyhow::Result<Cost> {
    let mut cost = Cost::default();
    for validator in validators {
        cost.cpu += machine::cpu_time(validator.pid()).unwrap_or_default();
        cost.signatures += signature_time(&validator.sender.client.metrics().await?);
    }
    cost.disk = disk(validators.iter().map(|validator| validator.home.as_path()))?;
    Ok(cost)
}

/// Bytes on the disk of these homes together, by what they are for.
pub(crate) fn disk<'a>(
    homes: impl Iterator<Item = &'a Path>,
) -> anyhow::Result<BTreeMap<&'static str, u64>> {
    let mut all = BTreeMap::new();
    for home in homes {
        let parts = machine::disk_parts(home)
            .with_context(|| format!("{} cannot be measured", home.display()))?;
        for (part, bytes) in parts {
            *all.entry(part).or_default() += bytes;
        }
    }
    Ok(all)
}

/// Processor time in signature checks, from a node's metrics.
fn signature_time(metrics: &str) -> Duration {
    let seconds = metrics.lines().find_map(|line| {
        let rest = line.strip_prefix("mempool_signature_cpu_seconds_total")?;
        rest.rsplit_once(' ')?.1.parse::<f64>().ok()
    });
    Duration::try_from_secs_f64(seconds.unwrap_or_default()).unwrap_or_default()
}

/// A name for a folder of this run.
pub(crate) fn run_name() -> String {
    format!("salus-bench-{}-{}", std::process::id(), now_ms())
}

/// Makes a network in a folder and starts its validators, each as a process, with a vault or
/// without.
pub(crate) async fn start(
    folder: &Path,
    count: u16,
    vault: bool,
) -> anyhow::Result<Vec<Validator>> {
    let now = BlockTime::from_unix_ms(now_ms());
    let (peer_port, api_port) = ports::free(count)?;
    let options = NetworkOptions {
        name: "bench".to_owned(),
        peer_port,
        api_port,
        vault,
        // Transactions are signed ahead, so they must stay valid for the whole run.
        parameters: LedgerParameters { validity_blocks: 10_000, ..LedgerParameters::default() },
        ..NetworkOptions::new(folder, usize::from(count), now)
    };
    salus_node::init::network(&options)?;
    let mut validators = (0..count)
        .map(|index| {
            let home = folder.join(format!("node{index}"));
            Validator::start(&home, &format!("http://127.0.0.1:{}", api_port + index))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    for validator in &mut validators {
        validator.ready().await?;
    }
    Ok(validators)
}
