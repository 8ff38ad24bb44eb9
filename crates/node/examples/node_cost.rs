//! Measures one node that is a network by itself: memory when idle and after work, and what a
//! transaction leaves on disk. `cargo run --release -p salus-node --example node_cost -- 20000`

use anyhow::Context as _;
use salus_api::client::Client;
use salus_crypto::{random, sign::SigningKey};
use salus_identity::{IdentityTx, tx::SetEntry};
use salus_node::{
    Home, Node, Secrets,
    clock::now_ms,
    init::{self, NetworkOptions},
    process::Process,
};
use salus_types::{
    AccountId, BlockTime, BytesMax, Call, Height, ModuleId, NetworkId, Salt, TextMax,
    TransactionBody, TransactionHash, UnsignedTransaction, VecMax, encode,
};
use std::{
    fs, io,
    path::Path,
    time::{Duration, Instant},
};

const BATCH: usize = 500;
const WAIT: Duration = Duration::from_secs(60);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let count: usize =
        std::env::args().nth(1).map_or(Ok(5_000), |text| text.parse()).context("how many")?;
    let folder = tempfile::tempdir()?;
    let mut options =
        NetworkOptions::new(folder.path().join("net"), 1, BlockTime::from_unix_ms(now_ms()));
    (options.peer_port, options.api_port) = (0, 0);
    let network = init::network(&options)?;
    let home = Home::new(folder.path().join("net").join("node0"));
    let organisation = Secrets::read(&home)?.organisation;
    let account = organisation.account.context("a founder has an account")?;
    let key = organisation.key;
    let node = Node::start(&home).await?;
    let client = Client::new(&node.api_url())?;

    tokio::time::sleep(Duration::from_secs(5)).await;
    report("idle", &home)?;
    let before = sizes(&home)?;
    let start = Instant::now();
    let mut sent = 0;
    while sent < count {
        let height = client.status().await?.height;
        let batch: Vec<_> = (0..BATCH)
            .map(|index| entry(network.id(), account, &key, height, sent + index))
            .collect();
        let bytes: Vec<_> = batch.iter().map(|(_, bytes)| bytes.clone()).collect();
        client.submit_many(&bytes, Duration::ZERO).await?;
        sent += BATCH;
        if sent >= count
            && let Some((last, _)) = batch.last()
        {
            client.transaction(*last, WAIT).await?;
        }
    }
    let took = start.elapsed();
    report("after work", &home)?;
    let per_second = sent as u128 * 1000 / took.as_millis().max(1);
    eprintln!("{sent} transactions, {per_second} a second");
    for ((name, before), (_, after)) in before.into_iter().zip(sizes(&home)?) {
        eprintln!("{name}: {} bytes a transaction", after.saturating_sub(before) / sent as u64);
    }
    node.stop().await?;
    report("stopped", &home)?;
    for (name, bytes) in sizes(&home)? {
        eprintln!("{name}: {} bytes a transaction in all", bytes / sent as u64);
    }
    Ok(())
}

fn entry(
    network: NetworkId,
    account: AccountId,
    key: &SigningKey,
    height: Height,
    number: usize,
) -> (TransactionHash, bytes::Bytes) {
    let message = IdentityTx::SetEntry(SetEntry {
        name: TextMax::new(format!("entry-{number}")).expect("short"),
        value: BytesMax::new(random::<300>()).expect("300 bytes"),
    });
    let payload = BytesMax::new(encode(&message)).expect("short");
    let body = TransactionBody {
        network,
        sender: account,
        cosigners: VecMax::default(),
        valid_until: height.after(500),
        salt: Salt(random::<16>()),
        calls: VecMax::new(vec![Call { module: ModuleId::IDENTITY, payload }]).expect("one"),
    };
    let hash = body.hash();
    let unsigned = UnsignedTransaction::new(body);
    let signature = key.sign(&unsigned.signed_bytes());
    let signed = unsigned.with_signature(account, key.public(), signature).finish();
    (hash, signed.expect("one signature").to_bytes().into())
}

fn report(when: &str, home: &Home) -> anyhow::Result<()> {
    let process = Process::now().context("this system does not say")?;
    let mib = process.resident_bytes / (1024 * 1024);
    eprintln!("{when}: {mib} MiB resident, {:.1} s computed", process.cpu.as_secs_f64());
    for (name, bytes) in sizes(home)? {
        eprintln!("  {name}: {} KiB", bytes / 1024);
    }
    Ok(())
}

fn sizes(home: &Home) -> io::Result<Vec<(&'static str, u64)>> {
    [
        ("engine", home.engine()),
        ("index", home.index()),
        ("journal", home.journal()),
        ("vault", home.vault()),
    ]
    .into_iter()
    .map(|(name, path)| Ok((name, size(&path)?)))
    .collect()
}

/// What the files of a folder take on disk.
fn size(path: &Path) -> io::Result<u64> {
    use std::os::unix::fs::MetadataExt as _;
    let mut bytes = 0;
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { size(&entry.path())? } else { metadata.blocks() * 512 };
    }
    Ok(bytes)
}
