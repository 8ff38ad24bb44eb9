//! Metrics in Prometheus text format: each node has its own, with units in the names.
//!
//! [`METRICS`] lists them all. The metrics of the engine's library follow them under names of its own.
//!
//! Counters of the mempool and the engine are copied when they are asked for; durations are noted as
//! they happen. No label holds an identifier of a person, an account or a transaction.

mod table;

pub use table::{Kind, METRICS, Metric};

use crate::{clock::now_ms, process::Process};
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram, with_local_recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use parking_lot::Mutex;
use salus_engine::{CommittedBlock, EngineStatus, Step};
use salus_mempool::Stats;
use salus_types::{BlockTime, Outcome};
use std::{sync::OnceLock, time::Duration};

/// Bounds of the histograms of durations, in seconds.
const SECONDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 10.0];

/// A block that is older than this when it becomes final here was decided while this node was away.
const AGREEMENT_MAX_MS: u64 = 60_000;

/// The meters of one node.
pub(crate) struct Meters {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    noted: Noted,
    last_block: Mutex<Option<BlockTime>>,
    engine: Mutex<EngineStatus>,
}

/// What is noted as it happens.
struct Noted {
    blocks: Counter,
    transactions_ok: Counter,
    height: Gauge,
    finality: Histogram,
    index_write: Histogram,
    block_interval: Histogram,
    state_keys_read: Counter,
    admission: Histogram,
    queue: Histogram,
    agreement: Histogram,
    execute: Histogram,
    propose: Histogram,
    check: Histogram,
    replay: Histogram,
}

impl Noted {
    fn new() -> Self {
        Self {
            blocks: counter!("ledger_blocks_total"),
            transactions_ok: counter!("ledger_transactions_ok_total"),
            height: gauge!("ledger_height_blocks"),
            finality: histogram!("ledger_finality_seconds"),
            index_write: histogram!("index_write_seconds"),
            block_interval: histogram!("ledger_block_interval_seconds"),
            state_keys_read: counter!("ledger_state_keys_read_total"),
            admission: histogram!("mempool_admission_seconds"),
            queue: histogram!("ledger_queue_seconds"),
            agreement: histogram!("ledger_agreement_seconds"),
            execute: histogram!("app_execute_seconds"),
            propose: histogram!("engine_propose_seconds"),
            check: histogram!("engine_check_seconds"),
            replay: histogram!("engine_replay_seconds"),
        }
    }
}

impl Meters {
    pub(crate) fn new() -> Self {
        let builder = PrometheusBuilder::new();
        let builder = builder.set_buckets(&SECONDS).expect("the bounds are not empty");
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        let noted = with_local_recorder(&recorder, || {
            table::describe();
            gauge!("node_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
            Noted::new()
        });
        Self { recorder, handle, noted, last_block: Mutex::default(), engine: Mutex::default() }
    }

    /// Notes a final block and how long it took to write it to the index.
    pub(crate) fn block(&self, block: &CommittedBlock, written: Duration) {
        let noted = &self.noted;
        noted.blocks.increment(1);
        noted.index_write.record(written);
        noted.height.set(precise(block.header.height.0));
        if let Some(last) = self.last_block.lock().replace(block.header.time) {
            let interval_ms = block.header.time.unix_ms().saturating_sub(last.unix_ms());
            noted.block_interval.record(Duration::from_millis(interval_ms));
        }
        let agreed_ms = now_ms().saturating_sub(block.header.time.unix_ms());
        if agreed_ms < AGREEMENT_MAX_MS {
            noted.agreement.record(Duration::from_millis(agreed_ms));
        }
        let mut ok = 0;
        for receipt in block.receipts.iter() {
            match &receipt.outcome {
                Outcome::Ok => ok += 1,
                Outcome::Refused { code, .. } => with_local_recorder(&self.recorder, || {
                    counter!("ledger_transactions_refused_total", "code" => code.to_string())
                        .increment(1);
                }),
            }
        }
        noted.transactions_ok.increment(ok);
    }

    /// Notes the time from admission here to finality here, and how much of it was waiting for a block.
    pub(crate) fn finality(&self, took: Duration, waited: Duration) {
        self.noted.finality.record(took);
        self.noted.queue.record(waited);
    }

    /// Notes how long it took to admit a submission.
    pub(crate) fn admission(&self, took: Duration) {
        self.noted.admission.record(took);
    }

    /// Notes how long the modules ran over a block.
    pub(crate) fn executed(&self, took: Duration) {
        self.noted.execute.record(took);
    }

    /// Notes how long a step of the engine with a block took.
    pub(crate) fn step(&self, step: Step, took: Duration) {
        match step {
            Step::Propose => self.noted.propose.record(took),
            Step::Check => self.noted.check.record(took),
            Step::Replay => self.noted.replay.record(took),
        }
    }

    /// Notes free and whole bytes of the disk, and how far the clock is ahead, as far as known.
    pub(crate) fn machine(&self, disk: Option<(u64, u64)>, clock_ahead_ms: Option<i64>) {
        with_local_recorder(&self.recorder, || {
            if let Some((free, whole)) = disk {
                gauge!("node_disk_free_bytes").set(precise(free));
                gauge!("node_disk_bytes").set(precise(whole));
            }
            if let Some(ahead_ms) = clock_ahead_ms {
                let off = Duration::from_millis(ahead_ms.unsigned_abs()).as_secs_f64();
                gauge!("node_clock_ahead_seconds").set(if ahead_ms < 0 { -off } else { off });
            }
        });
    }

    /// Notes that so many keys of the state were read for a caller.
    pub(crate) fn state_keys_read(&self, keys: usize) {
        self.noted.state_keys_read.increment(u64::try_from(keys).unwrap_or(u64::MAX));
    }

    /// Notes how the engine stands.
    pub(crate) fn engine(&self, status: EngineStatus) {
        *self.engine.lock() = status;
    }

    /// The text, with what the parts of the node say of themselves, and the engine's library last.
    pub(crate) fn render(&self, mempool: &Stats, library: &str) -> String {
        let engine = self.engine.lock().clone();
        with_local_recorder(&self.recorder, || {
            mempool_metrics(mempool);
            engine_metrics(&engine);
            if let Some(process) = Process::now() {
                gauge!("process_resident_memory_bytes").set(precise(process.resident_bytes));
                gauge!("process_cpu_seconds_total").set(process.cpu.as_secs_f64());
            }
        });
        let mut text = self.handle.render();
        if let Some(process) = PROCESS.get() {
            text.push_str(&process.render());
        }
        let lines = library.lines().filter(|line| *line != "# EOF");
        lines.for_each(|line| {
            text.push_str(line);
            text.push('\n');
        });
        text
    }
}

fn mempool_metrics(stats: &Stats) {
    counter!("mempool_admitted_total", "origin" => "local").absolute(stats.admitted_local);
    counter!("mempool_admitted_total", "origin" => "peer").absolute(stats.admitted_peer);
    counter!("mempool_duplicates_total").absolute(stats.duplicates);
    counter!("mempool_expired_total").absolute(stats.expired);
    counter!("mempool_signatures_verified_total").absolute(stats.signatures_verified);
    gauge!("mempool_window_transactions").set(precise_len(stats.window));
    for (code, count) in &stats.refused {
        counter!("mempool_refused_total", "code" => *code).absolute(*count);
    }
    for lane in &stats.lanes {
        // A node's key is a public fact of the network.
        let name = lane.lane.map_or_else(|| "other".to_owned(), |lane| lane.0.to_string());
        gauge!("mempool_waiting_transactions", "lane" => name.clone())
            .set(precise_len(lane.waiting));
        gauge!("mempool_waiting_bytes", "lane" => name).set(precise_len(lane.bytes));
    }
    // Prometheus counts seconds; the recorder's counters are whole numbers.
    gauge!("mempool_signature_cpu_seconds_total")
        .set(Duration::from_nanos(stats.signature_cpu_ns).as_secs_f64());
}

fn engine_metrics(status: &EngineStatus) {
    gauge!("engine_final_height_blocks").set(precise(status.height.0));
    gauge!("engine_applied_height_blocks").set(precise(status.applied.0));
    if status.time.unix_ms() > 0 {
        let age_ms = now_ms().saturating_sub(status.time.unix_ms());
        gauge!("engine_block_age_seconds").set(Duration::from_millis(age_ms).as_secs_f64());
    }
    gauge!("engine_epoch").set(precise(status.epoch));
    gauge!("engine_peers").set(precise_len(status.peers));
    gauge!("engine_validator").set(if status.validator { 1.0 } else { 0.0 });
    gauge!("engine_syncing").set(if status.syncing { 1.0 } else { 0.0 });
}

#[expect(clippy::cast_precision_loss, reason = "a metric may lose the last digits")]
fn precise(number: u64) -> f64 {
    number as f64
}

fn precise_len(number: usize) -> f64 {
    precise(u64::try_from(number).unwrap_or(u64::MAX))
}

/// What the process counts as a whole, such as requests: nodes in one process share it.
static PROCESS: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts counting for the process as a whole. Harmless when it was started before.
pub(crate) fn install() {
    PROCESS.get_or_init(|| {
        let builder = PrometheusBuilder::new();
        let builder = builder.set_buckets(&SECONDS).expect("the bounds are not empty");
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::debug!("another recorder of metrics was installed before");
        }
        handle
    });
}
