//! What admission and the choice for a block cost: transactions of about 450 bytes with one
//! signature each, in batches as clients send them.

use bytes::Bytes;
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use salus_crypto::sign::SigningKey;
use salus_mempool::{Config, Lane, Mempool, Origin, SelectLimits};
use salus_types::{
    AccountId, BytesMax, Call, Height, ModuleId, NetworkId, NodeKey, Salt, SignatureAlgorithm,
    TransactionBody, UnsignedTransaction, VecMax,
};
use std::{hint::black_box, io::Write as _};

const NETWORK: NetworkId = NetworkId([7; 32]);
const OWN: Lane = Lane(NodeKey([1; 32]));

/// One hundred accounts sign in turn, as the clients of a hospital do.
fn transactions(count: u64) -> Vec<Bytes> {
    let keys: Vec<_> = (1..=100_u8)
        .filter_map(|secret| {
            SigningKey::from_secret_bytes(SignatureAlgorithm::Ed25519, &[secret; 32]).ok()
        })
        .collect();
    let build = |number: u64, key: &SigningKey| {
        let mut salt = [0; 16];
        salt[..8].copy_from_slice(&number.to_be_bytes());
        let sender = AccountId([5; 32]);
        let unsigned = UnsignedTransaction::new(TransactionBody {
            network: NETWORK,
            sender,
            cosigners: VecMax::default(),
            valid_until: Height(100),
            salt: Salt(salt),
            calls: VecMax::new(vec![Call {
                module: ModuleId::IDENTITY,
                payload: BytesMax::new(vec![0; 320]).ok()?,
            }])
            .ok()?,
        });
        let signature = key.sign(&unsigned.signed_bytes());
        let signed = unsigned.with_signature(sender, key.public(), signature).finish().ok()?;
        Some(Bytes::from(signed.to_bytes()))
    };
    (0..count).zip(keys.iter().cycle()).filter_map(|(number, key)| build(number, key)).collect()
}

fn mempool(threads: usize) -> Mempool {
    let config =
        Config { threads, bytes_max: 1 << 30, count_max: 1 << 20, ..Config::new(NETWORK, OWN) };
    Mempool::new(config, None)
}

fn admit(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("admit");
    for (batch, threads) in [(1, 1), (100, 1), (1000, 1), (1000, 2)] {
        let all = transactions(batch);
        group.throughput(Throughput::Elements(batch));
        let name = BenchmarkId::new(format!("{threads} threads"), batch);
        let mut spent = (0, 0);
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || (mempool(threads), all.clone()),
                |(mempool, all)| {
                    let answers = mempool.admit(OWN, Origin::Local, all);
                    assert!(answers.iter().all(Result::is_ok));
                    let stats = mempool.stats();
                    spent.0 += stats.signature_cpu_ns;
                    spent.1 += stats.signatures_verified;
                    mempool
                },
                BatchSize::PerIteration,
            );
        });
        // Criterion owns the standard output.
        let us = spent.0 / spent.1.max(1);
        let _ = writeln!(std::io::stderr(), "signature checks: {us} ns of CPU each");
    }
    group.finish();
}

/// Many clients at once, each with one transaction after the other.
fn admit_single(criterion: &mut Criterion) {
    const CALLERS: usize = 16;
    let all = transactions(CALLERS as u64 * 50);
    let mut group = criterion.benchmark_group("admit one by one");
    group.throughput(Throughput::Elements(all.len() as u64));
    let mut spent = (0, 0);
    group.bench_function(BenchmarkId::new("2 threads, callers", CALLERS), |bencher| {
        bencher.iter_batched(
            || mempool(2),
            |mempool| {
                std::thread::scope(|scope| {
                    for own in all.chunks(all.len() / CALLERS) {
                        let mempool = &mempool;
                        scope.spawn(move || {
                            for one in own {
                                mempool.admit(OWN, Origin::Local, vec![one.clone()]);
                            }
                        });
                    }
                });
                let stats = mempool.stats();
                spent.0 += stats.signature_cpu_ns;
                spent.1 += stats.signatures_verified;
                mempool
            },
            BatchSize::PerIteration,
        );
    });
    let each = spent.0 / spent.1.max(1);
    let _ = writeln!(std::io::stderr(), "signature checks: {each} ns of CPU each");
    group.finish();
}

fn select(criterion: &mut Criterion) {
    let mempool = mempool(2);
    mempool.admit(OWN, Origin::Local, transactions(50_000));
    let limits = SelectLimits { bytes: 1024 * 1024, count: 4000 };
    criterion.bench_function("select a block of 1 MiB among 50,000", |bencher| {
        bencher.iter(|| black_box(mempool.select(limits, Height(1), &|_| false)));
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = admit, admit_single, select
}
criterion_main!(benches);
