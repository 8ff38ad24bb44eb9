//! Typed values in the state.

use borsh::{BorshDeserialize, BorshSerialize};
use salus_state::{StateKey, StateRead, StateWrite};
use salus_types::decode;

/// The value under `key`, or none.
///
/// # Panics
///
/// The stored bytes do not decode: the state was not written by this code. Such a node stops.
pub fn get<T: BorshDeserialize>(state: &dyn StateRead, key: StateKey) -> Option<T> {
    let bytes = state.get(key)?;
    Some(decode("state", &bytes).expect("state bytes decode as they were written"))
}

/// Puts a value under `key`.
pub fn put(state: &mut dyn StateWrite, key: StateKey, value: &impl BorshSerialize) {
    state.put(key, encode_exact(value));
}

/// The canonical bytes in memory of just their length: values and events of a block are many and small,
/// and are kept until it is stored.
pub(crate) fn encode_exact(value: &impl BorshSerialize) -> Vec<u8> {
    let length = borsh::object_length(value).expect("counting bytes does not fail");
    let mut bytes = Vec::with_capacity(length);
    value.serialize(&mut bytes).expect("writing to memory does not fail");
    bytes
}
