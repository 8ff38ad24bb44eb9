//! Every metric of the node itself: name, unit, meaning. `/metrics` says the same as `HELP`, and the
//! guide has the same table; tests compare the three.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// What kind of metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A distribution of durations.
    Histogram,
}

/// A metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name, which ends in its unit.
    pub name: &'static str,
    /// What kind.
    pub kind: Kind,
    /// What one of it is.
    pub unit: &'static str,
    /// What it says.
    pub meaning: &'static str,
}

const fn metric(
    kind: Kind,
    name: &'static str,
    unit: &'static str,
    meaning: &'static str,
) -> Metric {
    Metric { name, kind, unit, meaning }
}

use Kind::{Counter, Gauge, Histogram};

/// Every metric of the node itself, along the path of a transaction.
pub const METRICS: &[Metric] = &[
    metric(
        Counter,
        "api_requests_total",
        "requests",
        "Requests answered, by route template, method and status.",
    ),
    metric(
        Histogram,
        "api_request_duration_seconds",
        "seconds",
        "Time to the head of the answer, by route template and method.",
    ),
    metric(
        Gauge,
        "api_event_listeners",
        "listeners",
        "Listeners of the event stream at this moment.",
    ),
    metric(
        Counter,
        "api_assisted_signatures_total",
        "signatures",
        "Transactions signed for patients whose key the organisation keeps.",
    ),
    metric(
        Counter,
        "mempool_admitted_total",
        "transactions",
        "Transactions admitted, from clients here (local) or from peers.",
    ),
    metric(
        Counter,
        "mempool_duplicates_total",
        "transactions",
        "Transactions that were known already.",
    ),
    metric(
        Counter,
        "mempool_refused_total",
        "transactions",
        "Transactions refused at admission, by code.",
    ),
    metric(
        Counter,
        "mempool_expired_total",
        "transactions",
        "Accepted transactions whose validity ended without a block.",
    ),
    metric(Counter, "mempool_signatures_verified_total", "signatures", "Signatures checked."),
    metric(
        Gauge,
        "mempool_signature_cpu_seconds_total",
        "seconds",
        "CPU time of these checks; only grows.",
    ),
    metric(
        Histogram,
        "mempool_admission_seconds",
        "seconds",
        "Time to admit one submission: decoding, signatures, journal.",
    ),
    metric(
        Gauge,
        "mempool_waiting_transactions",
        "transactions",
        "Transactions that wait for a block, by the node that admitted them.",
    ),
    metric(Gauge, "mempool_waiting_bytes", "bytes", "Their bytes."),
    metric(
        Gauge,
        "mempool_window_transactions",
        "transactions",
        "Recent transactions that are remembered to refuse repetition.",
    ),
    metric(
        Histogram,
        "ledger_queue_seconds",
        "seconds",
        "From admission here to the time of the block that holds the transaction.",
    ),
    metric(
        Histogram,
        "engine_propose_seconds",
        "seconds",
        "Building a block as its proposer: choosing, executing, sealing the state.",
    ),
    metric(
        Histogram,
        "engine_check_seconds",
        "seconds",
        "Checking and executing a block of another node, before voting for it.",
    ),
    metric(
        Histogram,
        "engine_replay_seconds",
        "seconds",
        "Executing a block that is final already, when catching up.",
    ),
    metric(
        Histogram,
        "app_execute_seconds",
        "seconds",
        "Running the modules over a block once, within the three before.",
    ),
    metric(
        Histogram,
        "ledger_agreement_seconds",
        "seconds",
        "From the time of a block to its finality here: proposal, votes, commit.",
    ),
    metric(
        Histogram,
        "index_write_seconds",
        "seconds",
        "Writing receipts and positions of a final block (projection), durable.",
    ),
    metric(
        Histogram,
        "ledger_finality_seconds",
        "seconds",
        "From admission here to finality here.",
    ),
    metric(
        Histogram,
        "ledger_block_interval_seconds",
        "seconds",
        "Between the times of two blocks.",
    ),
    metric(Counter, "ledger_blocks_total", "blocks", "Blocks that became final since the start."),
    metric(
        Counter,
        "ledger_transactions_ok_total",
        "transactions",
        "Transactions executed in them.",
    ),
    metric(
        Counter,
        "ledger_transactions_refused_total",
        "transactions",
        "Transactions refused by a module in them, by code.",
    ),
    metric(Counter, "ledger_state_keys_read_total", "keys", "Keys of the state read for callers."),
    metric(Gauge, "ledger_height_blocks", "blocks", "The highest block noted here."),
    metric(Gauge, "engine_final_height_blocks", "blocks", "The highest block known to be final."),
    metric(Gauge, "engine_applied_height_blocks", "blocks", "The highest block in the state."),
    metric(
        Gauge,
        "engine_block_age_seconds",
        "seconds",
        "Age of the last block by this machine's clock.",
    ),
    metric(Gauge, "engine_epoch", "epochs", "The current epoch."),
    metric(Gauge, "engine_peers", "peers", "Peers connected."),
    metric(Gauge, "engine_validator", "0 or 1", "Whether this node votes."),
    metric(Gauge, "engine_syncing", "0 or 1", "Whether this node catches up."),
    metric(Gauge, "node_disk_free_bytes", "bytes", "Free space of the disk of the home."),
    metric(Gauge, "node_disk_bytes", "bytes", "Size of that disk."),
    metric(
        Gauge,
        "node_clock_ahead_seconds",
        "seconds",
        "How far this machine's clock is ahead of other nodes'; below 0: behind.",
    ),
    metric(Gauge, "node_info", "1", "The version of the software, as a label."),
    metric(Gauge, "process_resident_memory_bytes", "bytes", "Resident memory of the process."),
    metric(Gauge, "process_cpu_seconds_total", "seconds", "CPU time of the process; only grows."),
];

/// Tells a recorder what each metric is.
pub(super) fn describe() {
    for one in METRICS {
        let unit = match one.unit {
            "seconds" => Unit::Seconds,
            "bytes" => Unit::Bytes,
            _ => Unit::Count,
        };
        match one.kind {
            Counter => describe_counter!(one.name, unit, one.meaning),
            Gauge => describe_gauge!(one.name, unit, one.meaning),
            Histogram => describe_histogram!(one.name, unit, one.meaning),
        }
    }
}
