//! Sealing under a passphrase.

use crate::{
    passphrase::{open, seal},
    seal::SealError,
};

#[test]
fn what_was_sealed_opens_under_its_passphrase_and_context_only() {
    let sealed = seal("correct horse", b"keys", b"secret");

    assert_eq!(open("correct horse", b"keys", &sealed).unwrap().as_slice(), b"secret");
    assert_eq!(open("battery staple", b"keys", &sealed), Err(SealError::NotAuthentic));
    assert_eq!(open("correct horse", b"others", &sealed), Err(SealError::NotAuthentic));
}

#[test]
fn what_is_cut_short_or_of_another_algorithm_is_refused() {
    let sealed = seal("correct horse", b"keys", b"secret");
    let other = [&[9], &sealed[1..]].concat();

    assert_eq!(open("correct horse", b"keys", &[]), Err(SealError::UnknownAlgorithm { found: 0 }));
    assert_eq!(
        open("correct horse", b"keys", &other),
        Err(SealError::UnknownAlgorithm { found: 9 })
    );
    assert!(matches!(
        open("correct horse", b"keys", &sealed[..10]),
        Err(SealError::BadLength { .. })
    ));
}
