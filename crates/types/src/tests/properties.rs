//! What holds for every value.

use super::samples::{any_header, any_network_file, any_receipt, any_transaction};
use crate::{BlockHeader, NetworkFile, Receipt, Transaction, decode, encode};
use borsh::{BorshDeserialize, BorshSerialize};
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Debug;

/// Decoding gives the value again, from these bytes only; JSON gives it again too.
fn round_trips<T>(value: &T) -> Result<(), TestCaseError>
where
    T: BorshSerialize + BorshDeserialize + Serialize + DeserializeOwned + PartialEq + Debug,
{
    let bytes = encode(value);
    prop_assert_eq!(&decode::<T>("value", &bytes).unwrap(), value);

    let extended = [bytes.as_slice(), &[0]].concat();
    prop_assert_eq!(decode::<T>("value", &extended).unwrap_err().what, "value");
    for len in 0..bytes.len() {
        prop_assert!(decode::<T>("value", &bytes[..len]).is_err());
    }

    let json = serde_json::to_string(value).unwrap();
    prop_assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), value);
    Ok(())
}

/// Whatever decodes has these bytes as its encoding, and no others.
fn is_canonical<T: BorshSerialize + BorshDeserialize>(bytes: &[u8]) -> bool {
    decode::<T>("value", bytes).is_ok_and(|value| encode(&value) == bytes)
        || decode::<T>("value", bytes).is_err()
}

fn all_are_canonical(bytes: &[u8]) -> bool {
    is_canonical::<Transaction>(bytes)
        && is_canonical::<BlockHeader>(bytes)
        && is_canonical::<Receipt>(bytes)
        && is_canonical::<NetworkFile>(bytes)
        && Transaction::from_bytes(bytes).is_ok_and(|value| value.to_bytes() == bytes)
            == Transaction::from_bytes(bytes).is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_transaction_round_trips(value in any_transaction()) {
        round_trips(&value)?;
        prop_assert_eq!(Transaction::from_bytes(&value.to_bytes()).unwrap(), value);
    }

    #[test]
    fn a_header_round_trips(value in any_header()) {
        round_trips(&value)?;
    }

    #[test]
    fn a_receipt_round_trips(value in any_receipt()) {
        round_trips(&value)?;
    }

    #[test]
    fn a_network_file_round_trips(value in any_network_file()) {
        round_trips(&value)?;
    }

    #[test]
    fn different_bodies_have_different_hashes(one in any_transaction(), other in any_transaction()) {
        prop_assert_eq!(one.body == other.body, one.hash() == other.hash());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn random_bytes_never_panic_nor_decode_to_something_else(
        bytes in proptest::collection::vec(any::<u8>(), 0..600),
    ) {
        prop_assert!(all_are_canonical(&bytes));
    }

    #[test]
    fn a_changed_encoding_is_refused_or_is_another_values(
        transaction in any_transaction(),
        network in any_network_file(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        for mut bytes in [encode(&transaction), encode(&network)] {
            for (position, byte) in &changes {
                let position = position.index(bytes.len());
                bytes[position] = *byte;
            }
            prop_assert!(all_are_canonical(&bytes));
        }
    }
}
