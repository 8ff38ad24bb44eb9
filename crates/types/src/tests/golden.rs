//! Encodings and hashes, pinned. The files were made by another program from `docs/spec/codec.md`.

use super::samples::{header, network_file, receipt, refusal, transaction};
use crate::{AccountId, NetworkId, PublicKey, Salt, Transaction, encode, key::Ed25519Key};
use borsh::BorshSerialize;

macro_rules! golden {
    ($name:literal) => {
        include_str!(concat!("../../tests/golden/", $name, ".hex")).trim()
    };
}

fn encoded(value: &impl BorshSerialize) -> String {
    hex::encode(encode(value))
}

#[test]
fn a_transaction_is_encoded_as_pinned() {
    assert_eq!(encoded(&transaction()), golden!("transaction"));
}

#[test]
fn a_header_is_encoded_as_pinned() {
    assert_eq!(encoded(&header()), golden!("header"));
}

#[test]
fn a_receipt_is_encoded_as_pinned() {
    assert_eq!(encoded(&receipt()), golden!("receipt"));
    assert_eq!(encoded(&refusal()), golden!("receipt_refused"));
}

#[test]
fn a_network_file_is_encoded_as_pinned() {
    assert_eq!(encoded(&network_file()), golden!("network_file"));
}

#[test]
fn hashes_are_pinned() {
    let network = network_file();
    let account = AccountId::derive(
        NetworkId([1; 32]),
        &PublicKey::Ed25519(Ed25519Key([4; 32])),
        Salt([3; 16]),
    );
    let lines = [
        format!("transaction {}", transaction().hash()),
        format!("transaction_leaf {}", Transaction::leaf(&transaction().to_bytes())),
        format!("signed_bytes {}", hex::encode(Transaction::signed_bytes(transaction().hash()))),
        format!("block {}", header().hash()),
        format!("network {}", network.id()),
        format!("validators {}", network.validators.hash()),
        format!("account {account}"),
    ];

    assert_eq!(lines.join("\n"), golden!("hashes"));
}
