//! Imports every bundle of a folder into a new vault, eight at a time, against a ledger in memory, and
//! prints how fast that was: `cargo run --release -p salus-vault --features test-support --example
//! import -- ../shared/data/records/synthea`.
#![expect(clippy::print_stdout, reason = "an example that prints what it measured")]

use futures::{StreamExt as _, stream};
use salus_crypto::wrap::SealingSecret;
use salus_types::AccountId;
use salus_vault::{ImportOptions, Vault, VaultConfig, testing::FakeLedger};
use std::{error::Error, fs, io::Cursor, sync::Arc, time::Instant};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("give a folder with FHIR bundles")?;
    let mut bundles = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|name| name == "gz" || name == "json") {
            bundles.push(fs::read(path)?);
        }
    }
    let home = tempfile::tempdir()?;
    let hospital = AccountId([1; 32]);
    let config = VaultConfig::new(home.path(), hospital, SealingSecret::generate());
    let vault = Vault::open(config, Arc::new(FakeLedger::new(hospital))).await?;
    let start = Instant::now();
    let imports = stream::iter(bundles).map(|bundle| {
        let vault = Arc::clone(&vault);
        async move { vault.import(Cursor::new(bundle), ImportOptions::default()).await }
    });
    let mut imports = imports.buffer_unordered(8);
    let (mut bytes, mut records) = (0, 0);
    while let Some(report) = imports.next().await {
        let report = report?;
        bytes += report.bytes;
        records += report.new_records;
    }
    let ms = start.elapsed().as_millis().max(1);
    let mb_per_s = u128::from(bytes) * 10 / ms / 1000;
    println!(
        "{records} records, {bytes} bytes in {ms} ms: {}.{} MB/s",
        mb_per_s / 10,
        mb_per_s % 10
    );
    Ok(())
}
