//! Clocks that are two hours off, against the node's own chain and against other nodes.

use super::{check_chain, check_peers, now_ms};
use crate::{
    chain::Chain,
    index::{BlockEntry, Index},
    metrics::Meters,
};
use salus_types::{
    BlockTime, Hash, Height, LedgerParameters, NetworkFile, TextMax, ValidatorSet, VecMax,
};
use serde_json::json;
use std::sync::Arc;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

const LEDGER_MS: u64 = 1_790_000_000_000;
const TWO_HOURS_MS: u64 = 2 * 3_600_000;

/// A chain whose last block is of the ledger's time.
fn chain(folder: &std::path::Path) -> Chain {
    let network = NetworkFile {
        version: 1,
        name: TextMax::default(),
        genesis_time: BlockTime::from_unix_ms(LEDGER_MS - 1_000),
        salt: Hash::ZERO,
        members: VecMax::default(),
        validators: ValidatorSet::default(),
        parameters: LedgerParameters::default(),
    };
    let index = Index::open(&folder.join("index")).unwrap();
    let entry = BlockEntry {
        hash: Hash([1; 32]),
        time: BlockTime::from_unix_ms(LEDGER_MS),
        receipts: Arc::default(),
        events: Vec::new(),
    };
    index.put(Height(1), &entry, None, Height(0)).unwrap();
    Chain::new(index, &network, None, Arc::new(Meters::new())).unwrap()
}

/// A peer that answers once, with its clock at this time.
async fn peer(clock_ms: u64) -> String {
    let zeros = "0".repeat(64);
    let status = json!({
        "network": zeros, "network_name": "test", "version": "0.1.0", "node": zeros, "height": 1, "oldest": 1,
        "time": LEDGER_MS, "state_root": zeros, "epoch": 0, "validator": true, "peers": 1,
        "syncing": false, "mempool": 0, "clock_ms": clock_ms,
    })
    .to_string();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = vec![0; 4096];
        assert!(stream.read(&mut request).await.unwrap() > 0);
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             connection: close\r\n\r\n{status}",
            status.len()
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
    });
    format!("http://{address}")
}

#[test]
fn a_clock_two_hours_behind_the_own_chain_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let chain = chain(folder.path());

    let error = check_chain(&chain, LEDGER_MS - TWO_HOURS_MS).unwrap_err();

    assert_eq!(error.code(), "node.clock_skew");
    assert!(error.to_string().contains("7200 s behind"), "{error}");
    assert!(check_chain(&chain, LEDGER_MS - 1_000).is_ok(), "a second is no error");
    assert!(check_chain(&chain, LEDGER_MS + TWO_HOURS_MS).is_ok(), "the node was off for long");
}

#[tokio::test]
async fn a_clock_two_hours_from_those_of_others_is_refused_in_both_directions() {
    for clock_ms in [now_ms() - TWO_HOURS_MS, now_ms() + TWO_HOURS_MS] {
        let error = check_peers(&[peer(clock_ms).await]).await.unwrap_err();

        assert_eq!(error.code(), "node.clock_skew");
        assert!(error.to_string().contains("apart from those of other nodes"), "{error}");
    }
    assert!(check_peers(&[peer(now_ms()).await]).await.is_ok());
}

#[tokio::test]
async fn a_peer_that_does_not_answer_says_nothing_about_the_clock() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    drop(silent);

    assert!(check_peers(&[String::new(), address]).await.is_ok());
}
