//! Lengths that lie, and bounds at their edge.

use super::samples::{header, list, transaction};
use crate::{
    BytesMax, Height, TextMax, Transaction, VecMax, decode, encode,
    transaction::{CALLS_MAX, SIGNATURES_MAX, TRANSACTION_BYTES_MAX},
};
use borsh::BorshDeserialize;
use std::io::{self, Read};

/// Gives its bytes and then nothing; remembers the most that was asked for at once.
struct Short<'a> {
    bytes: &'a [u8],
    asked_max: usize,
}

impl Read for Short<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.asked_max = self.asked_max.max(into.len());
        self.bytes.read(into)
    }
}

#[test]
fn a_length_alone_does_not_take_memory() {
    const MEGABYTES: usize = 1 << 30;
    let length = u32::try_from(MEGABYTES).unwrap().to_le_bytes();

    let mut reader = Short { bytes: &length, asked_max: 0 };
    BytesMax::<MEGABYTES>::deserialize_reader(&mut reader).unwrap_err();
    assert!(reader.asked_max <= 8192, "{} bytes were asked for", reader.asked_max);

    let mut reader = Short { bytes: &length, asked_max: 0 };
    TextMax::<MEGABYTES>::deserialize_reader(&mut reader).unwrap_err();
    assert!(reader.asked_max <= 8192, "{} bytes were asked for", reader.asked_max);

    let mut reader = Short { bytes: &length, asked_max: 0 };
    VecMax::<u64, MEGABYTES>::deserialize_reader(&mut reader).unwrap_err();
    assert!(reader.asked_max <= 8192, "{} bytes were asked for", reader.asked_max);
}

#[test]
fn a_length_above_the_bound_is_named() {
    let reason = |bytes: &[u8]| decode::<BytesMax<4>>("bytes", bytes).unwrap_err().reason;

    assert_eq!(reason(&[5, 0, 0, 0, 1, 2, 3, 4, 5]), "length 5 is above the maximum 4");
    assert_eq!(reason(&[255; 8]), "length 4294967295 is above the maximum 4");
    assert_eq!(reason(&[4, 0, 0, 0, 1, 2, 3]), "fewer bytes than their length says");
    assert_eq!(decode::<BytesMax<4>>("bytes", &[4, 0, 0, 0, 1, 2, 3, 4]).unwrap().len(), 4);
}

#[test]
fn values_over_their_bound_cannot_be_made() {
    assert!(BytesMax::<4>::new([0; 4]).is_ok());
    assert!(BytesMax::<4>::new([0; 5]).is_err());
    assert!(TextMax::<4>::new("éé").is_ok());
    assert!(TextMax::<4>::new("ééa").is_err());
    assert!(VecMax::<u8, 2>::new(vec![0; 2]).is_ok());
    assert!(VecMax::<u8, 2>::new(vec![0; 3]).is_err());
}

#[test]
fn text_that_is_not_utf8_is_refused() {
    let error = decode::<TextMax<8>>("name", &[2, 0, 0, 0, 0xc3, 0x28]).unwrap_err();

    assert_eq!((error.what, error.reason.as_str()), ("name", "text is not UTF-8"));
}

#[test]
fn a_tag_that_is_not_known_is_refused() {
    let bytes = encode(&transaction());
    let tag = bytes.len() - 64 - 1; // Of the last signature.
    assert_eq!(bytes[tag], 1);
    for unknown in [2, 255] {
        let mut changed = bytes.clone();
        changed[tag] = unknown;
        assert!(Transaction::from_bytes(&changed).is_err());
    }
}

#[test]
fn a_header_is_of_one_size() {
    let mut other = header();
    other.height = Height(u64::MAX);

    assert_eq!(encode(&header()).len(), 314);
    assert_eq!(encode(&other).len(), 314);
}

#[test]
fn a_transaction_at_its_bounds_is_accepted_and_above_them_refused() {
    let mut most = transaction();
    most.body.calls = list(vec![most.body.calls[1].clone(); CALLS_MAX]);
    most.signatures = list(
        (0..SIGNATURES_MAX)
            .map(|i| {
                let mut signature = most.signatures[0].clone();
                if i > 0 {
                    signature.account.0 = [u8::try_from(i).unwrap() + 50; 32];
                }
                signature
            })
            .collect(),
    );
    let cosigners = most.signatures.iter().skip(1).map(|signature| signature.account);
    most.body.cosigners = list(cosigners.collect());
    assert_eq!(Transaction::from_bytes(&most.to_bytes()).unwrap(), most);

    let mut calls = most.body.calls.to_vec();
    calls.push(calls[0].clone());
    assert!(VecMax::<_, CALLS_MAX>::new(calls).is_err());

    let mut long = transaction();
    let payload = BytesMax::new(vec![0; 64 * 1024]).unwrap();
    long.body.calls = list(
        (0..2)
            .map(|_| crate::Call { module: crate::ModuleId(1), payload: payload.clone() })
            .collect(),
    );
    assert!(long.to_bytes().len() > TRANSACTION_BYTES_MAX);
    let error = Transaction::from_bytes(&long.to_bytes()).unwrap_err();
    assert_eq!(error.what, "transaction");
    assert!(error.reason.ends_with("at most 131072 are allowed"), "{}", error.reason);
}
