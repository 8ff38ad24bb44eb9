//! Prints how large proofs are and how long their verification takes.
//!
//! `cargo run --release -p salus-proof --example proof_size [records]`

#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/chain.rs"]
mod chain;

use chain::{Chain, state};
use salus_proof::{ProofFile, verify};
use std::{env, time::Instant};

#[expect(clippy::print_stdout, reason = "printing is what this program is for")]
fn main() {
    let records: u64 = env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(100_000);
    let chain = Chain::new(state(records, &[records / 2, records + 1]));
    println!("{records} records in the state, 4 validators");

    let headers = chain.headers(3, 1);
    let certificate = chain.first.certify(&chain.network, 0, headers[0].hash(), 1);
    let kinds = [
        ("a value that is there", chain.state.claims[0].clone()),
        ("a value that is not there", chain.state.claims[1].clone()),
        ("a transaction and its receipt", chain.transaction_claim(3, 1)),
    ];
    for (name, claim) in kinds {
        let file = chain.file(Vec::new(), headers.clone(), certificate.clone(), vec![claim]);
        measure(name, &file, &chain);
    }
    let headers = chain.headers(12, 1);
    let certificate = chain.second.certify(&chain.network, 1, headers[0].hash(), 1);
    let claims = vec![chain.state.claims[0].clone()];
    let file = chain.file(vec![chain.step()], headers, certificate, claims);
    measure("a value, after one change of validators", &file, &chain);
}

#[expect(clippy::print_stdout, reason = "printing is what this program is for")]
fn measure(name: &str, proof: &ProofFile, chain: &Chain) {
    const RUNS: u32 = 200;
    let file = proof.to_file().expect("a small proof");
    let start = Instant::now();
    for _ in 0..RUNS {
        verify(&file, &chain.network).expect("a good proof");
    }
    let each = start.elapsed() / RUNS;
    println!("{name}: {} bytes, verified in {each:?}", file.len());
}
