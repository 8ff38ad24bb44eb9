//! What this machine can do at most: the limits beside which the figures of a network stand.

use super::{
    machine,
    stats::{Percentiles, Samples, number, round},
};
use anyhow::Context as _;
use rustix::time::{ClockId, clock_gettime};
use salus_crypto::sign::{SignatureItem, SigningKey, verify, verify_batch};
use salus_types::{PublicKey, Signature, SignatureAlgorithm, hash};
use serde::Serialize;
use std::{
    fs::File,
    hint::black_box,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    time::{Duration, Instant},
};

/// Signatures that are checked, each by a key of its own.
const SIGNATURES: usize = 1024;
/// Signatures of a batch, as many as the mempool's.
const BATCH: usize = 256;
/// Bytes that are hashed at a time, and how often.
const HASHED_BYTES: usize = 64 * 1024;
const HASHED_TIMES: usize = 512;
/// How long the disk is written to, for each of two figures.
const DISK_TIME: Duration = Duration::from_millis(700);
/// Bytes that are appended and forced to the disk at a time.
const FORCED_BYTES: usize = 4096;
/// Bytes that are appended at a time, and at most, when only the whole is forced to the disk.
const APPENDED_BYTES: usize = 1024 * 1024;
const APPENDED_BYTES_MAX: usize = 512 * 1024 * 1024;
/// Round trips over the loopback.
const TRIPS: usize = 2000;

/// The limits of a machine, measured now. What counts processor time is independent of what else
/// the machine does; the disk and the loopback are not.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Limits {
    /// Ed25519 signatures checked one by one in a second of one core's time.
    pub(crate) signatures_alone_per_core_s: f64,
    /// The same in batches of 256.
    pub(crate) signatures_batched_per_core_s: f64,
    /// SHA-256 of 64 KiB at a time, MB in a second of one core's time.
    pub(crate) sha256_mb_per_core_s: f64,
    /// Appends of 4 KiB that were forced to the disk, one after the other, a second.
    pub(crate) forced_writes_per_s: f64,
    /// Appends of 1 MiB, forced to the disk at the end, MB a second.
    pub(crate) append_mb_per_s: f64,
    /// A byte to another thread over the loopback and back, microseconds.
    pub(crate) loopback_round_trip_us: Percentiles,
    /// Cores that the machine offers.
    pub(crate) cores: usize,
    /// Load over one minute when it was measured.
    pub(crate) load_average: f64,
}

impl Limits {
    /// Measures them; the disk is that of `folder`.
    pub(crate) fn measure(folder: &Path) -> anyhow::Result<Self> {
        let load_average = machine::load_average()[0];
        let (alone, batched) = signatures();
        Ok(Self {
            signatures_alone_per_core_s: round(alone, 0),
            signatures_batched_per_core_s: round(batched, 0),
            sha256_mb_per_core_s: round(hashing(), 0),
            forced_writes_per_s: round(forced_writes(folder)?, 0),
            append_mb_per_s: round(appending(folder)?, 0),
            loopback_round_trip_us: loopback().context("the loopback cannot be measured")?,
            cores: machine::cores(),
            load_average,
        })
    }

    /// Transactions a second if checking one signature for each of them on every validator were all
    /// that this machine had to do.
    pub(crate) fn signature_bound(&self, validators: usize) -> f64 {
        self.signatures_batched_per_core_s * number(self.cores as u64) / number(validators as u64)
    }

    /// The same in sentences.
    pub(crate) fn describe(&self) -> String {
        format!(
            "One core checks {:.0} signatures a second one by one, {:.0} in batches, and hashes \
             {:.0} MB/s.\n\
             The disk takes {:.0} forced writes of 4 KiB a second, or {:.0} MB/s.\n\
             A round trip over the loopback: half within {:.0} µs, 99 of 100 within {:.0} µs.\n\
             {} cores, load {:.1}.",
            self.signatures_alone_per_core_s,
            self.signatures_batched_per_core_s,
            self.sha256_mb_per_core_s,
            self.forced_writes_per_s,
            self.append_mb_per_s,
            self.loopback_round_trip_us.p50,
            self.loopback_round_trip_us.p99,
            self.cores,
            self.load_average,
        )
    }
}

/// Processor time of the calling thread.
pub(crate) fn own_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

fn per_second(count: usize, time: Duration) -> f64 {
    number(count as u64) / time.as_secs_f64().max(1e-9)
}

fn signatures() -> (f64, f64) {
    let signed: Vec<(PublicKey, Vec<u8>, Signature)> = (0..SIGNATURES)
        .map(|number| {
            let key = SigningKey::generate(SignatureAlgorithm::Ed25519);
            let message = hash(&number.to_be_bytes()).0.to_vec();
            let signature = key.sign(&message);
            (key.public(), message, signature)
        })
        .collect();
    let started = own_time();
    for (key, message, signature) in &signed {
        let _ = black_box(verify(key, message, signature));
    }
    let alone = own_time().saturating_sub(started);

    let items: Vec<SignatureItem<'_>> = signed
        .iter()
        .map(|(key, message, signature)| SignatureItem { key, message, signature })
        .collect();
    // The first round makes the keys known, as those of a network's members are.
    items.chunks(BATCH).for_each(|batch| drop(black_box(verify_batch(batch))));
    let started = own_time();
    items.chunks(BATCH).for_each(|batch| drop(black_box(verify_batch(batch))));
    let batched = own_time().saturating_sub(started);
    (per_second(SIGNATURES, alone), per_second(SIGNATURES, batched))
}

fn hashing() -> f64 {
    let bytes = vec![7; HASHED_BYTES];
    let started = own_time();
    for _ in 0..HASHED_TIMES {
        black_box(hash(black_box(&bytes)));
    }
    per_second(HASHED_BYTES * HASHED_TIMES, own_time().saturating_sub(started)) / 1e6
}

/// A file in a folder that vanishes when it is closed.
fn scratch(folder: &Path) -> anyhow::Result<File> {
    tempfile::tempfile_in(folder)
        .with_context(|| format!("no file can be written in {}", folder.display()))
}

fn forced_writes(folder: &Path) -> anyhow::Result<f64> {
    let (mut file, bytes, mut count) = (scratch(folder)?, vec![7; FORCED_BYTES], 0);
    let started = Instant::now();
    while started.elapsed() < DISK_TIME {
        file.write_all(&bytes)?;
        file.sync_data()?;
        count += 1;
    }
    Ok(per_second(count, started.elapsed()))
}

fn appending(folder: &Path) -> anyhow::Result<f64> {
    let (mut file, bytes, mut written) = (scratch(folder)?, vec![7; APPENDED_BYTES], 0);
    let started = Instant::now();
    while started.elapsed() < DISK_TIME && written < APPENDED_BYTES_MAX {
        file.write_all(&bytes)?;
        written += bytes.len();
    }
    file.sync_data()?;
    Ok(per_second(written, started.elapsed()) / 1e6)
}

fn loopback() -> std::io::Result<Percentiles> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut near = TcpStream::connect(listener.local_addr()?)?;
    let (mut far, _) = listener.accept()?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    let echo = std::thread::spawn(move || {
        let mut byte = [0];
        while far.read_exact(&mut byte).is_ok() && far.write_all(&byte).is_ok() {}
    });
    let mut samples = Samples::default();
    let mut byte = [7];
    for _ in 0..TRIPS {
        let started = Instant::now();
        near.write_all(&byte)?;
        near.read_exact(&mut byte)?;
        samples.add(started.elapsed().as_secs_f64() * 1e6, 1);
    }
    drop(near);
    let _ = echo.join();
    Ok(samples.percentiles())
}
