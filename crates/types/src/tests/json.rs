//! JSON: for people and the API. Its shape is part of the API.

use super::samples::{header, network_file, receipt, refusal, transaction};
use crate::{AccountId, BytesMax, Hash, Transaction, ValidatorSet, VecMax};
use serde_json::{Value, from_value, json, to_value};

#[test]
fn bytes_and_ids_are_lower_case_hexadecimal() {
    assert_eq!(to_value(Hash([0xab; 32])).unwrap(), json!("ab".repeat(32)));
    assert_eq!(to_value(BytesMax::<4>::new([1, 0xff]).unwrap()).unwrap(), json!("01ff"));
    assert_eq!("ab".repeat(32).parse::<Hash>().unwrap(), Hash([0xab; 32]));
}

#[test]
fn hexadecimal_of_another_length_is_refused() {
    for text in ["", "ab", &"ab".repeat(31), &"ab".repeat(33), &"zz".repeat(32)] {
        assert!(text.parse::<AccountId>().is_err());
        assert!(from_value::<AccountId>(json!(text)).is_err());
    }
}

#[test]
fn a_transaction_has_this_shape() {
    let value = to_value(transaction()).unwrap();

    assert_eq!(value["body"]["valid_until"], 0x0102_0304);
    assert_eq!(value["body"]["calls"][0], json!({"module": 1, "payload": hex::encode("first")}));
    assert_eq!(value["signatures"][0]["key"], json!({"ed25519": "04".repeat(32)}));
    assert_eq!(value["signatures"][1]["signature"], json!({"p256": "08".repeat(64)}));
}

#[test]
fn a_receipt_says_its_status() {
    assert_eq!(to_value(receipt()).unwrap()["outcome"], json!({"status": "ok"}));
    assert_eq!(
        to_value(refusal()).unwrap()["outcome"],
        json!({
            "status": "refused",
            "call": 1,
            "code": "consent.not_custodian",
            "message": "the sender does not keep the record",
        })
    );
}

#[test]
fn unknown_fields_are_refused() {
    let mut transaction = to_value(transaction()).unwrap();
    transaction["body"]["fee"] = json!(1);
    assert!(from_value::<Transaction>(transaction).is_err());

    let mut network = to_value(network_file()).unwrap();
    network["parameters"]["extra"] = json!(1);
    assert!(from_value::<crate::NetworkFile>(network).is_err());

    let mut block = to_value(header()).unwrap();
    block["store"]["extra"] = json!(1);
    assert!(from_value::<crate::BlockHeader>(block).is_err());
}

#[test]
fn bounds_hold_in_json_too() {
    assert!(from_value::<BytesMax<2>>(json!("010203")).is_err());
    assert!(from_value::<VecMax<u8, 2>>(json!([1, 2, 3])).is_err());
    let nodes = to_value(network_file().validators).unwrap();
    let Value::Array(nodes) = nodes else { panic!("a set is a list") };
    let twice = json!([nodes[0], nodes[0]]);
    assert!(from_value::<ValidatorSet>(twice).is_err());
}

#[test]
fn a_validator_set_may_come_in_any_order() {
    let Value::Array(mut nodes) = to_value(network_file().validators).unwrap() else {
        panic!("a set is a list")
    };
    nodes.reverse();

    assert_eq!(from_value::<ValidatorSet>(json!(nodes)).unwrap(), network_file().validators);
}
