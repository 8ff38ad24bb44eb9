//! What the types refuse beyond their encoding, and what they derive.

use super::samples::{list, network_file, node, text, transaction};
use crate::{
    AccountId, BlockTime, DecodeError, Height, NodeKey, PublicKey, SignatureAlgorithm, Transaction,
    UnsignedTransaction, ValidatorSet, VecMax, decode, encode,
    key::{Ed25519Key, P256Key},
};

fn reason(transaction: &Transaction) -> String {
    Transaction::from_bytes(&transaction.to_bytes()).unwrap_err().reason
}

#[test]
fn a_transaction_needs_a_call_and_the_senders_signature_first() {
    let mut no_call = transaction();
    no_call.body.calls = VecMax::default();
    let mut no_signature = transaction();
    no_signature.signatures = VecMax::default();
    let mut other_first = transaction();
    let mut signatures = other_first.signatures.to_vec();
    signatures.reverse();
    other_first.signatures = list(signatures);

    assert_eq!(reason(&no_call), "it has no call");
    assert_eq!(reason(&no_signature), "it has no signature");
    assert_eq!(reason(&other_first), "the first signature is not the sender's");
}

#[test]
fn a_signature_of_a_cosigner_cannot_be_left_out_added_or_exchanged() {
    let mut left_out = transaction();
    left_out.signatures = list(vec![left_out.signatures[0].clone()]);
    let mut added = transaction();
    added.body.cosigners = list(Vec::new());
    let mut exchanged = transaction();
    exchanged.body.cosigners = list(vec![AccountId([7; 32])]);

    for wrong in [left_out, added, exchanged] {
        let expected = "the signatures after the first are not those of the co-signers";
        assert_eq!(reason(&wrong), expected);
    }
}

#[test]
fn one_account_signs_once_with_one_key() {
    let mut twice = transaction();
    let first = twice.signatures[0].clone();
    twice.body.cosigners = list(vec![AccountId([6; 32]), first.account]);
    twice.signatures = list(vec![first.clone(), twice.signatures[1].clone(), first.clone()]);
    assert_eq!(reason(&twice), "one account signs twice with one key");

    let mut two_keys = transaction();
    let mut second = first.clone();
    second.key = PublicKey::P256(P256Key([9; 33]));
    two_keys.body.cosigners = list(vec![first.account]);
    two_keys.signatures = list(vec![first, second]);
    assert!(Transaction::from_bytes(&two_keys.to_bytes()).is_ok());
}

#[test]
fn signatures_do_not_change_the_hash_and_are_part_of_the_leaf() {
    let one = transaction();
    let mut other = one.clone();
    other.signatures = list(vec![one.signatures[0].clone()]);

    assert_eq!(one.hash(), other.hash());
    assert_ne!(Transaction::leaf(&one.to_bytes()), Transaction::leaf(&other.to_bytes()));
}

#[test]
fn a_transaction_is_put_together_from_its_body_and_signatures() {
    let body = transaction().body;
    let mut unsigned = UnsignedTransaction::new(body.clone());
    assert_eq!(unsigned.signed_bytes(), Transaction::signed_bytes(body.hash()));

    for signature in &transaction().signatures {
        unsigned = unsigned.with_signature(signature.account, signature.key, signature.signature);
    }

    assert_eq!(unsigned.clone().finish().unwrap(), transaction());
    for _ in 0..16 {
        let first = transaction().signatures[0].clone();
        unsigned = unsigned.with_signature(first.account, first.key, first.signature);
    }
    assert!(unsigned.finish().is_err());
}

#[test]
fn a_validator_set_is_in_the_order_of_its_keys() {
    let set = ValidatorSet::new(vec![node(3), node(1), node(2)]).unwrap();

    assert_eq!(set.nodes(), [node(1), node(2), node(3)]);
    assert!(set.contains(&NodeKey([2; 32])));
    assert!(!set.contains(&NodeKey([4; 32])));
    assert!(ValidatorSet::new(vec![node(1), node(1)]).is_err());

    let unordered: Vec<_> = vec![node(2), node(1)];
    let twice: Vec<_> = vec![node(1), node(1)];
    assert!(decode::<ValidatorSet>("set", &encode(&unordered)).is_err());
    assert!(decode::<ValidatorSet>("set", &encode(&twice)).is_err());
    let too_many: Vec<_> = (0..65).map(node).collect();
    assert!(ValidatorSet::new(too_many).is_err());
}

#[test]
fn a_quorum_is_more_than_two_thirds() {
    let quorum = |count: u8| ValidatorSet::new((0..count).map(node).collect()).unwrap().quorum();

    assert_eq!([1, 2, 3, 4, 5, 6, 7, 10].map(quorum), [1, 2, 3, 3, 4, 5, 5, 7]);
    for count in 1..=64 {
        assert!(3 * quorum(count) > 2 * usize::from(count), "{count}");
    }
}

#[test]
fn an_address_does_not_change_the_hash_of_a_set_and_an_organisation_does() {
    let set = ValidatorSet::new(vec![node(1), node(2)]).unwrap();
    let mut moved = node(2);
    moved.address = text("elsewhere.example:1");
    let mut sold = node(2);
    sold.organisation.0[0] ^= 1;

    assert_eq!(ValidatorSet::new(vec![node(1), moved]).unwrap().hash(), set.hash());
    assert_ne!(ValidatorSet::new(vec![node(1), sold]).unwrap().hash(), set.hash());
}

#[test]
fn anything_in_a_network_file_changes_its_id() {
    let network = network_file();
    let mut other_name = network.clone();
    other_name.name = text("other");
    let mut other_salt = network.clone();
    other_salt.salt.0[31] ^= 1;
    let mut other_parameter = network.clone();
    other_parameter.parameters.epoch_blocks += 1;

    for other in [other_name, other_salt, other_parameter] {
        assert_ne!(other.id(), network.id());
    }
}

#[test]
fn heights_and_times_do_not_wrap() {
    assert_eq!(Height(u64::MAX).next(), Height(u64::MAX));
    assert_eq!(Height(u64::MAX - 1).after(5), Height(u64::MAX));
    assert_eq!(BlockTime::from_unix_ms(u64::MAX).after_ms(1).unix_ms(), u64::MAX);
}

#[test]
fn a_decode_error_has_a_stable_code() {
    assert_eq!(DecodeError::CODE, "codec.invalid");
}

#[test]
fn a_key_knows_its_algorithm() {
    let ed25519 = PublicKey::Ed25519(Ed25519Key([1; 32]));
    let p256 = PublicKey::P256(P256Key([2; 33]));

    assert_eq!(ed25519.algorithm(), SignatureAlgorithm::Ed25519);
    assert_eq!(p256.algorithm(), SignatureAlgorithm::P256);
}
