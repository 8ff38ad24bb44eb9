//! `salus bench state`: what a commit of the state costs with so many keys.

use crate::{
    bench::{
        machine,
        stats::{Percentiles, Samples, number, round},
    },
    progress,
    session::Session,
};
use anyhow::Context as _;
use clap::Args;
use salus_engine::measure::{StateLoad, StateStage, measure_state};
use serde::Serialize;
use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct State {
    /// Keys in the state
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    keys: u64,
    /// Bytes of each value
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u64).range(1..=4096))]
    value_bytes: u64,
    /// Batches that are timed, of each kind
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    batches: u64,
    /// Writes of a batch
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    operations: u64,
    /// Memory for pages of the state, MiB
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u64).range(1..=65_536))]
    page_cache_mib: u64,
}

/// Every number is measured in this run.
#[derive(Clone, Debug, Serialize)]
struct Figures {
    /// Keys in the state before the timed batches.
    keys: u64,
    /// Bytes of each value.
    value_bytes: u64,
    /// Writes of a timed batch.
    operations: u64,
    /// Filling the state, seconds.
    fill_s: f64,
    /// A batch that replaces values, from its first read until it is durable.
    update_ms: Percentiles,
    /// A batch of which one half adds keys.
    insert_ms: Percentiles,
    /// Opening the state again.
    reopen_ms: f64,
    /// Resident memory with the state open, MiB.
    resident_mb: f64,
    /// The same for each key, without what the program takes with an empty state.
    memory_bytes_per_key: f64,
    /// On the disk after filling, for each key.
    disk_bytes_per_key: f64,
    /// Growth of the disk in the timed batches, for each write; pruning would take most of it back.
    disk_bytes_per_write: f64,
    /// Load over one minute before the start.
    load_average_before: f64,
    /// Load over one minute at the end.
    load_average: f64,
}

/// What is looked at while the engine measures.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    filled_disk: u64,
    timed_disk: u64,
    resident: u64,
}

impl State {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let parent = session.home().map_or_else(std::env::temp_dir, Path::to_path_buf);
        std::fs::create_dir_all(&parent)
            .with_context(|| format!("{} cannot be made", parent.display()))?;
        let folder = tempfile::Builder::new()
            .prefix("salus-bench-state-")
            .tempdir_in(&parent)
            .context("no temporary folder could be made")?;
        let load_average_before = machine::load_average()[0];
        let resident_before = own_memory();
        let load = StateLoad {
            folder: folder.path().to_path_buf(),
            keys: self.keys,
            value_bytes: usize::try_from(self.value_bytes)?,
            batches: self.batches,
            batch_operations: self.operations,
            page_cache_bytes: usize::try_from(self.page_cache_mib * 1024 * 1024)?,
            threads: machine::cores(),
        };

        let bar = progress::bar("Filling", self.keys);
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (notes, shown, place, keys) =
            (Arc::clone(&seen), bar.clone(), folder.path().to_path_buf(), self.keys);
        let measured = measure_state(&load, move |stage| {
            let disk = || machine::disk_bytes(&place).unwrap_or_default();
            let mut notes = notes.lock().expect("nobody panics with it");
            match stage {
                StateStage::Filled(filled) => {
                    shown.set_position(filled);
                    if filled == keys {
                        notes.filled_disk = disk();
                    }
                }
                StateStage::Timed => notes.timed_disk = disk(),
                StateStage::Reopened => notes.resident = own_memory(),
            }
        })?;
        bar.finish_and_clear();
        let seen = *seen.lock().expect("nobody panics with it");
        let writes = number(2 * self.batches * self.operations);
        let figures = Figures {
            keys: self.keys,
            value_bytes: self.value_bytes,
            operations: self.operations,
            fill_s: round(measured.fill.as_secs_f64(), 2),
            update_ms: percentiles(&measured.updates),
            insert_ms: percentiles(&measured.inserts),
            reopen_ms: round(measured.reopen.as_secs_f64() * 1e3, 1),
            resident_mb: round(number(seen.resident) / (1024.0 * 1024.0), 1),
            memory_bytes_per_key: round(
                number(seen.resident.saturating_sub(resident_before)) / number(self.keys),
                1,
            ),
            disk_bytes_per_key: round(number(seen.filled_disk) / number(self.keys), 1),
            disk_bytes_per_write: round(
                number(seen.timed_disk.saturating_sub(seen.filled_disk)) / writes,
                1,
            ),
            load_average_before,
            load_average: machine::load_average()[0],
        };
        session.output.answer(&figures, Figures::describe);
        Ok(())
    }
}

impl Figures {
    fn describe(&self) -> String {
        format!(
            "{} keys: a batch of {} writes is durable after {:.1} ms (99 of 100 within {:.1}), with \
             new keys after {:.1} ms ({:.1}).\n\
             Opening takes {:.0} ms. {:.0} MiB of memory, {:.0} bytes a key; {:.0} bytes a key on \
             the disk, and {:.0} more for each write.\n\
             Load {:.1} before and {:.1} at the end.",
            self.keys,
            self.operations,
            self.update_ms.p50,
            self.update_ms.p99,
            self.insert_ms.p50,
            self.insert_ms.p99,
            self.reopen_ms,
            self.resident_mb,
            self.memory_bytes_per_key,
            self.disk_bytes_per_key,
            self.disk_bytes_per_write,
            self.load_average_before,
            self.load_average,
        )
    }
}

fn own_memory() -> u64 {
    machine::resident_bytes(std::process::id()).unwrap_or_default()
}

fn percentiles(times: &[Duration]) -> Percentiles {
    let mut samples = Samples::default();
    for time in times {
        samples.add(time.as_secs_f64() * 1e3, 1);
    }
    samples.percentiles()
}
