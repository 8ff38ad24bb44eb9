//! Proofs of a small signed chain: accepted as they are, refused when anything is wrong.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod chain;
mod claims;
mod hostile;
mod links;

use chain::{Chain, path, state, value};
use salus_proof::{Proved, verify};
use salus_types::Height;
use std::sync::LazyLock;

/// Numbers below 200 are in the store, 1,000 is not.
static CHAIN: LazyLock<Chain> = LazyLock::new(|| Chain::new(state(200, &[0, 3, 150, 1_000])));

#[test]
fn a_proof_of_present_and_absent_values_and_of_a_transaction_is_accepted() {
    let file = CHAIN.proof().to_file().unwrap();

    let verified = verify(&file, &CHAIN.network).unwrap();

    assert_eq!(verified.network, CHAIN.network.id());
    assert_eq!(verified.height, Height(12));
    assert_eq!(verified.time, CHAIN.headers(12, 1)[0].time);
    assert_eq!(verified.block, CHAIN.headers(12, 1)[0].hash());
    assert_eq!((verified.epoch, verified.certified_height), (1, Height(14)));
    assert_eq!((verified.validators, verified.signatures), (4, 4));
    for number in [0, 3, 150] {
        let found = verified.state_value(path(number).as_bytes());
        assert_eq!(found, Some(Some(value(number).as_slice())));
    }
    assert_eq!(verified.state_value(path(1_000).as_bytes()), Some(None), "proved to be absent");
    assert_eq!(verified.state_value(path(4).as_bytes()), None, "nothing is proved");
    let Some(Proved::Transaction { transaction, receipt }) = verified.claims.last() else {
        panic!("the last claim is about a transaction");
    };
    assert_eq!(receipt.transaction, transaction.hash());
    assert_eq!(receipt.index, 1);
}

#[test]
fn a_proof_of_the_first_epoch_needs_no_step() {
    let file = CHAIN.small_proof().to_file().unwrap();

    let verified = verify(&file, &CHAIN.network).unwrap();

    assert_eq!((verified.height, verified.certified_height), (Height(3), Height(3)));
    assert_eq!((verified.validators, verified.signatures), (4, 3));
}

#[test]
fn any_key_of_an_empty_store_is_proved_absent() {
    let chain = Chain::new(state(0, &[5]));

    let verified = verify(&chain.small_proof().to_file().unwrap(), &chain.network).unwrap();

    assert_eq!(verified.state_value(path(5).as_bytes()), Some(None));
}

#[test]
fn what_was_proved_is_shown_as_json() {
    let file = CHAIN.small_proof().to_file().unwrap();
    let verified = verify(&file, &CHAIN.network).unwrap();

    let json = serde_json::to_value(&verified).unwrap();

    assert_eq!(json["height"], 3);
    assert_eq!(json["claims"][0]["kind"], "state_value");
    assert_eq!(json["claims"][0]["path"], hex::encode(path(0).as_bytes()));
    assert_eq!(json["claims"][0]["value"], hex::encode(value(0)));
}
