//! Figures of a network in one process; run by hand, with optimisation:
//! `cargo test --release -p salus-engine load -- --ignored --nocapture --test-threads 1`.

use super::{
    counter::Sender,
    network::{TestNode, record, start, test_network},
};
use salus_types::{Height, LedgerParameters};
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

/// Resident memory of this process in MB, and its processor time in seconds.
fn usage() -> (u64, f64) {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = pages.split(' ').nth(1).unwrap().parse().unwrap();
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    (pages * 4096 / 1_000_000, ticks / 100.0)
}

fn bytes_of(folder: &std::path::Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let sizes = entries.map(|entry| {
        let about = entry.metadata().unwrap();
        if about.is_dir() { bytes_of(&entry.path()) } else { about.blocks() * 512 }
    });
    sizes.sum()
}

async fn run(validators: u8, rate: Option<u32>, seconds: u64, dead: bool) {
    let folder = tempfile::tempdir().unwrap();
    let records: Vec<_> = (0..validators).map(record).collect();
    let mut network = test_network(&records);
    network.parameters = LedgerParameters::default();
    let mut nodes: Vec<TestNode> = Vec::new();
    let alive = usize::from(validators) - usize::from(dead);
    for (index, record) in (0..).zip(&records[..alive]) {
        nodes.push(start(&network, index, record, folder.path()).await);
    }
    nodes[0].wait_height(2).await;
    let (_, idle_from) = usage();
    let (began, from) = (Instant::now(), nodes[0].height());
    nodes[0].wait_height(from.0 + 8).await;
    let (memory, idle) = usage();
    let idle = (idle - idle_from) / began.elapsed().as_secs_f64() / alive as f64;
    println!(
        "{validators} validators, {alive} alive: idle {:.2} blocks/s, {:.2} % of a core each, {memory} MB in all",
        8.0 / began.elapsed().as_secs_f64(),
        idle * 100.0,
    );

    // Signed beforehand, so that only the network is measured.
    let total = seconds * u64::from(rate.unwrap_or(12_000));
    let mut senders: Vec<_> = (0..20).map(|seed| Sender::new(&network, seed)).collect();
    let until = Height(from.0 + 590);
    let transactions: Vec<_> =
        (0..total).map(|index| senders[(index % 20) as usize].count(until)).collect();
    let hashes = transactions
        .iter()
        .map(|bytes| salus_mempool::CheckedTransaction::decode(bytes.clone()).unwrap().hash);
    let hashes: Vec<_> = hashes.collect();
    let disk_from = bytes_of(folder.path());
    let (_, cpu_from) = usage();
    let began = Instant::now();
    let submitted = Arc::new(parking_lot::Mutex::new(HashMap::new()));
    let mut latencies = Vec::new();
    let mut commits = nodes[0].handle.subscribe();
    let pools: Vec<_> = nodes.iter().map(|node| (node.lane, node.mempool.clone())).collect();
    let submission = {
        let submitted = Arc::clone(&submitted);
        std::thread::spawn(move || {
            let batch = rate.map_or(100, |rate| (rate / 100).max(1) as usize);
            for (turn, (chunk, names)) in
                transactions.chunks(batch).zip(hashes.chunks(batch)).enumerate()
            {
                let (lane, pool) = &pools[turn % pools.len()];
                let due = rate
                    .map(|rate| Duration::from_secs_f64((turn * batch) as f64 / f64::from(rate)));
                while due.is_some_and(|due| began.elapsed() < due) || pool.len() > 20_000 {
                    std::thread::park_timeout(Duration::from_millis(1));
                }
                let now = Instant::now();
                submitted.lock().extend(names.iter().map(|hash| (*hash, now)));
                pool.admit(*lane, salus_mempool::Origin::Local, chunk.to_vec());
            }
        })
    };
    let mut count = 0;
    let mut blocks = 0;
    while count < total {
        let height = commits.recv().await.unwrap();
        let now = Instant::now();
        let block = nodes[0].handle.block(height).await.unwrap();
        blocks += 1;
        count += block.transactions().len() as u64;
        let submitted = submitted.lock();
        for bytes in block.transactions() {
            let hash = salus_mempool::CheckedTransaction::decode(bytes.clone()).unwrap().hash;
            latencies.push((now - submitted[&hash]).as_secs_f64() * 1000.0);
        }
    }
    submission.join().unwrap();
    let took = began.elapsed().as_secs_f64();
    let (memory, cpu) = usage();
    latencies.sort_by(f64::total_cmp);
    let quantile = |part: f64| latencies[((latencies.len() - 1) as f64 * part) as usize];
    println!(
        "  {total} transactions in {took:.1} s: {:.0}/s, {blocks} blocks, latency ms p50 {:.0} p90 {:.0} p99 {:.0} max {:.0}, \
         cpu {:.0} us/tx in all, disk {} B/tx each, {memory} MB",
        total as f64 / took,
        quantile(0.5),
        quantile(0.9),
        quantile(0.99),
        quantile(1.0),
        (cpu - cpu_from) * 1e6 / total as f64,
        (bytes_of(folder.path()) - disk_from) / total / alive as u64,
    );
    for node in &nodes {
        node.handle.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute; prints figures"]
async fn load_of_one_and_of_four() {
    run(1, None, 5, false).await;
    run(4, Some(20), 10, false).await;
    run(4, None, 5, false).await;
    run(4, Some(20), 10, true).await;
}
