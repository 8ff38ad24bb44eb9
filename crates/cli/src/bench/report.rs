//! What the benchmark found.

use super::{limits::Limits, stats::Percentiles};
use serde::Serialize;
use std::collections::BTreeMap;

/// Every number is measured in this run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    /// Validators, each a process.
    pub(crate) validators: usize,
    /// From the first transaction sent to the last one final.
    pub(crate) seconds: f64,
    /// `closed`, or `open` at a given rate.
    pub(crate) r#loop: &'static str,
    /// Transactions per second that were asked for, in the open loop.
    pub(crate) rate: Option<u64>,
    /// Committed transactions per second.
    pub(crate) tx_per_s: f64,
    /// Sent.
    pub(crate) submitted: u64,
    /// Final, and executed.
    pub(crate) committed: u64,
    /// Refused, at admission or at execution.
    pub(crate) refused: u64,
    /// The same by code.
    pub(crate) refused_by_code: BTreeMap<String, u64>,
    /// Accepted, and later reported expired.
    pub(crate) expired: u64,
    /// Accepted, and neither in a block nor reported expired.
    pub(crate) lost: u64,
    /// Times that a transaction was sent again because a node was full.
    pub(crate) backed_off: u64,
    /// Time from sending to final, as the client saw it.
    pub(crate) finality_ms: Percentiles,
    /// Processor time of all validators together for each committed transaction, microseconds.
    pub(crate) cpu_us_per_tx: f64,
    /// Of that, in signature checks, by the validators' own metrics.
    pub(crate) cpu_us_per_tx_signatures: f64,
    /// Processor time of this process, which signs and sends, for each committed transaction.
    pub(crate) client_cpu_us_per_tx: f64,
    /// Calls of each transaction.
    pub(crate) calls_per_tx: u64,
    /// Processor time of all validators together for each committed call, microseconds.
    pub(crate) cpu_us_per_call: f64,
    /// Growth of a validator's home for each committed transaction, on average over the whole run:
    /// what is written ahead, and what is removed again later, is in it.
    pub(crate) disk_bytes_per_tx_per_validator: f64,
    /// The same over the second half of the run, when that is there already.
    pub(crate) disk_bytes_per_tx_steady: f64,
    /// The same by what the bytes are for.
    pub(crate) disk_bytes_per_tx_steady_by_part: BTreeMap<&'static str, f64>,
    /// What the machine can do at most, measured just before.
    pub(crate) limits: Limits,
    /// Committed transactions per second as a part of what checking the signatures alone would allow.
    pub(crate) part_of_signature_bound: f64,
    /// Resident memory of each validator at the end, MiB.
    pub(crate) resident_mb: Vec<f64>,
    /// The highest that it was, MiB.
    pub(crate) resident_max_mb: Vec<f64>,
    /// Height before and after.
    pub(crate) heights: [u64; 2],
    /// Load of the machine over one, five and fifteen minutes, at the end.
    pub(crate) load_average: [f64; 3],
    /// Load over one minute before the start: what others were doing.
    pub(crate) load_average_before: f64,
    /// Cores that the machine offers.
    pub(crate) cores: usize,
    /// Transactions that were signed before the clock started.
    pub(crate) signed_before: u64,
    /// Where the network is, if it was kept.
    pub(crate) home: Option<String>,
}

impl Report {
    /// The same in sentences.
    pub(crate) fn describe(&self) -> String {
        let text = format!(
            "{} validators committed {} transactions in {:.1} s: {:.0} per second.\n\
             From sending to final: half within {:.1} ms, 99 of 100 within {:.1} ms.\n\
             Each cost {:.0} µs of processor time on all validators together, {:.0} µs of it for \
             signatures, and {:.0} bytes on each validator's disk ({:.0} in the second half). {:.0} of \
             100 of what checking signatures alone would allow on this machine.\n\
             {} sent, {} refused, {} expired, {} lost; {} sent again because a node was full.\n\
             {} cores, load {:.1} before and {:.1} at the end.",
            self.validators,
            self.committed,
            self.seconds,
            self.tx_per_s,
            self.finality_ms.p50,
            self.finality_ms.p99,
            self.cpu_us_per_tx,
            self.cpu_us_per_tx_signatures,
            self.disk_bytes_per_tx_per_validator,
            self.disk_bytes_per_tx_steady,
            100.0 * self.part_of_signature_bound,
            self.submitted,
            self.refused,
            self.expired,
            self.lost,
            self.backed_off,
            self.cores,
            self.load_average_before,
            self.load_average[0],
        );
        let refused = self.refused_by_code.iter();
        let refused = refused.map(|(code, count)| format!("Refused with {code}: {count}."));
        let home = self.home.iter().map(|home| format!("The network is in {home}."));
        std::iter::once(text).chain(refused).chain(home).collect::<Vec<_>>().join("\n")
    }
}
