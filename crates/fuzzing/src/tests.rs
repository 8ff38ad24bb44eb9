//! The corpora, replayed and mutated: the same inputs every time, unless a seed or a time is given.

use crate::{TARGETS, Target};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};
use salus_types::hash_parts;
use std::{
    env, fs,
    path::Path,
    time::{Duration, Instant},
};

/// Mutations of each corpus in one run.
const MUTATIONS: u32 = 1500;
/// Bytes that are at the edges of lengths and numbers.
const EDGES: [u8; 8] = [0, 1, 0x7f, 0x80, 0xff, b'"', b'{', b'}'];
/// Longest input.
const BYTES_MAX: usize = 16 * 1024;

/// Takes inputs and makes others of them.
struct Mutator(ChaCha8Rng);

impl Mutator {
    fn new(seed: u64, target: &str) -> Self {
        let seed = hash_parts(&[b"salus/fuzzing/1", &seed.to_be_bytes(), target.as_bytes()]);
        Self(ChaCha8Rng::from_seed(seed.0))
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.0.next_u64() % bound.max(1) as u64).unwrap()
    }

    /// One to eight changes of one input, with parts of another.
    fn mutate(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = corpus[self.below(corpus.len())].clone();
        for _ in 0..=self.below(8) {
            let at = self.below(bytes.len() + 1);
            let len = self.below(16).min(bytes.len() - at.min(bytes.len()));
            match self.below(7) {
                0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                1 if at < bytes.len() => bytes[at] = EDGES[self.below(EDGES.len())],
                2 => drop(bytes.drain(at..at + len)),
                3 => {
                    let copy = bytes[at..at + len].to_vec();
                    bytes.splice(at..at, copy);
                }
                4 => bytes.insert(at, self.0.next_u64().to_le_bytes()[0]),
                5 => bytes.truncate(at),
                _ => {
                    let other = &corpus[self.below(corpus.len())];
                    let from = self.below(other.len() + 1);
                    bytes.truncate(at);
                    bytes.extend_from_slice(&other[from..]);
                }
            }
            bytes.truncate(BYTES_MAX);
        }
        bytes
    }
}

fn corpus_of(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut files: Vec<_> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok().and_then(|text| text.parse().ok())
}

/// Inputs of a target until the count or, where one is given, the time is over.
fn run((name, target): Target, seed: u64, time: Option<Duration>) {
    let corpus = corpus_of(name);
    assert!(!corpus.is_empty(), "{name} has no corpus");
    for bytes in &corpus {
        target(bytes);
    }
    let mut mutator = Mutator::new(seed, name);
    let started = Instant::now();
    let mut count = 0;
    while time.map_or(count < MUTATIONS, |time| started.elapsed() < time) {
        let bytes = mutator.mutate(&corpus);
        let held = std::panic::catch_unwind(|| target(&bytes));
        assert!(held.is_ok(), "{name} breaks, seed {seed}, mutation {count}: {bytes:02x?}");
        count += 1;
    }
}

/// `SALUS_FUZZ_SECONDS=60 SALUS_FUZZ_SEED=7 cargo test -p salus-fuzzing` goes on for longer, with
/// other mutations.
#[test]
fn no_corpus_and_no_mutation_of_it_breaks_a_decoder() {
    let seed = number("SALUS_FUZZ_SEED").unwrap_or(1);
    let time = number("SALUS_FUZZ_SECONDS").map(Duration::from_secs);

    for target in TARGETS {
        run(target, seed, time);
    }
}

#[test]
fn the_same_seed_makes_the_same_mutations() {
    let corpus = vec![vec![1, 2, 3, 4], vec![5; 20]];
    let made = |seed| {
        let mut mutator = Mutator::new(seed, "test");
        (0..50).map(|_| mutator.mutate(&corpus)).collect::<Vec<_>>()
    };

    assert_eq!(made(1), made(1));
    assert_ne!(made(1), made(2));
}
