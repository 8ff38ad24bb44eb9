//! Sealing and key wrapping under a key.

use crate::seal::{
    DataKey, SEGMENT_BYTES, WRAPPED_KEY_BYTES, open, seal, sealed_len, unwrap_key, wrap_key,
};
use proptest::prelude::*;

const FULL: usize = SEGMENT_BYTES + 16;

fn text(len: usize) -> Vec<u8> {
    (0..len).map(|i| u8::try_from(i % 251).unwrap()).collect()
}

#[test]
fn texts_around_a_segment_open_as_they_were() {
    let key = DataKey::generate();

    for len in [0, 1, SEGMENT_BYTES - 1, SEGMENT_BYTES, SEGMENT_BYTES + 1, 3 * SEGMENT_BYTES] {
        let sealed = seal(&key, b"context", &text(len));

        assert_eq!(sealed.len(), sealed_len(len));
        assert_eq!(*open(&key, b"context", &sealed).unwrap(), text(len), "{len} bytes");
    }
}

#[test]
fn another_key_or_another_context_does_not_open() {
    let key = DataKey::generate();
    let sealed = seal(&key, b"context", b"text");

    assert_eq!(open(&key, b"other", &sealed).unwrap_err().code(), "crypto.seal_open");
    assert_eq!(
        open(&DataKey::generate(), b"context", &sealed).unwrap_err().code(),
        "crypto.seal_open"
    );
}

#[test]
fn swapped_left_out_and_cut_off_segments_do_not_open() {
    let key = DataKey::generate();
    let sealed = seal(&key, b"", &text(3 * SEGMENT_BYTES + 5));
    let segment = |i: usize| &sealed[1 + i * FULL..sealed.len().min(1 + (i + 1) * FULL)];
    let join = |order: &[usize]| {
        let mut bytes = vec![sealed[0]];
        for position in order {
            bytes.extend_from_slice(segment(*position));
        }
        bytes
    };
    assert_eq!(join(&[0, 1, 2, 3]), sealed);

    for order in [&[1, 0, 2, 3][..], &[0, 2, 3], &[0, 1, 2], &[0], &[3], &[0, 1, 1, 2, 3]] {
        let error = open(&key, b"", &join(order)).unwrap_err();
        assert_eq!(error.code(), "crypto.seal_open", "{order:?}");
    }
}

#[test]
fn an_empty_segment_cannot_be_added() {
    let key = DataKey::generate();
    let mut sealed = seal(&key, b"", &text(SEGMENT_BYTES));
    sealed.extend_from_slice(&[0; 16]);

    let error = open(&key, b"", &sealed).unwrap_err();

    assert_eq!(error.code(), "crypto.seal_open");
}

#[test]
fn an_unknown_algorithm_and_a_short_seal_are_named() {
    let key = DataKey::generate();

    assert_eq!(open(&key, b"", &[]).unwrap_err().code(), "crypto.seal_algorithm");
    assert_eq!(open(&key, b"", &[2; 40]).unwrap_err().code(), "crypto.seal_algorithm");
    assert_eq!(open(&key, b"", &[1; 16]).unwrap_err().code(), "crypto.seal_length");
    assert_eq!(unwrap_key(&key, b"", &[1; 60]).unwrap_err().code(), "crypto.seal_length");
    assert_eq!(unwrap_key(&key, b"", &[1; 62]).unwrap_err().code(), "crypto.seal_length");
}

#[test]
fn a_wrapped_key_opens_only_under_its_key_and_context() {
    let (with, key) = (DataKey::generate(), DataKey::generate());
    let wrapped = wrap_key(&with, b"record 1", &key);

    assert_eq!(wrapped.len(), WRAPPED_KEY_BYTES);
    assert!(unwrap_key(&with, b"record 1", &wrapped).unwrap() == key);
    assert_eq!(unwrap_key(&with, b"record 2", &wrapped).unwrap_err().code(), "crypto.seal_open");
    assert_eq!(unwrap_key(&key, b"record 1", &wrapped).unwrap_err().code(), "crypto.seal_open");
    assert_ne!(wrapped, wrap_key(&with, b"record 1", &key), "nonces are random");
}

#[test]
fn a_key_does_not_print() {
    assert_eq!(format!("{:?}", DataKey::generate()), "DataKey([redacted])");
}

proptest! {
    #[test]
    fn any_changed_bit_is_refused(
        plain in proptest::collection::vec(any::<u8>(), 0..300),
        position in any::<prop::sample::Index>(),
        bit in 0..8_u32,
    ) {
        let key = DataKey::from_bytes([7; 32]);
        let mut sealed = seal(&key, b"aad", &plain);
        let position = position.index(sealed.len());
        sealed[position] ^= 1 << bit;

        prop_assert!(open(&key, b"aad", &sealed).is_err());
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let key = DataKey::from_bytes([7; 32]);
        let sealed = [&[1], bytes.as_slice()].concat();

        prop_assert!(open(&key, b"", &bytes).is_err());
        prop_assert!(open(&key, b"", &sealed).is_err());
        prop_assert!(unwrap_key(&key, b"", &sealed).is_err());
    }
}
