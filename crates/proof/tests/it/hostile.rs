//! Files that somebody changed, cut or made up: always refused, never a panic.

use crate::{CHAIN, chain::path};
use proptest::prelude::*;
use salus_proof::{Claim, FILE_BYTES_MAX, ProofFile, Proved, StateValue, verify};
use salus_types::{BytesMax, VecMax, hash};
use std::sync::LazyLock;

static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| CHAIN.proof().to_file().unwrap());

/// Gives the content a new hash at its end.
fn close(content: &[u8]) -> Vec<u8> {
    [content, &hash(content).0].concat()
}

fn content() -> &'static [u8] {
    &FILE[..FILE.len() - 32]
}

fn code(file: &[u8]) -> &'static str {
    verify(file, &CHAIN.network).unwrap_err().code()
}

#[test]
fn any_flipped_byte_is_refused_as_not_intact() {
    for position in 0..FILE.len() {
        let mut file = FILE.clone();
        file[position] ^= 0x40;
        assert_eq!(code(&file), "proof.file_intact", "byte {position}");
    }
}

/// Two changes may be accepted, because what they say is true, and they say what it is about. One
/// proof of absence is good for every path whose key lies in the same gap between two keys; and what
/// shows a value since block 2 shows it for every height from there on.
fn says_something_else_that_is_true(changed: &[u8]) -> bool {
    let Ok(verified) = verify(&close(changed), &CHAIN.network) else { return false };
    let original = verify(&FILE, &CHAIN.network).unwrap();
    let differing: Vec<_> =
        verified.claims.iter().zip(&original.claims).filter(|(one, other)| one != other).collect();
    let [(Proved::StateValue { path, height, since, value }, Proved::StateValue { path: of, .. })] =
        differing.as_slice()
    else {
        return false;
    };
    let mut same = CHAIN.proof();
    let mut claims = same.claims.to_vec();
    let Some(Claim::StateValue(claim)) = claims
        .iter_mut()
        .find(|claim| matches!(claim, Claim::StateValue(claim) if *claim.path == **of))
    else {
        return false;
    };
    (claim.path, claim.height) = (path.clone(), *height);
    same.claims = VecMax::new(claims).unwrap();
    let true_path =
        path == of || (value.is_none() && (0..200).all(|n| **path != *self::path(n).as_bytes()));
    let true_height = since.unwrap_or_default() <= *height && *height <= verified.height;
    true_path && true_height && same.to_file().unwrap() == close(changed)
}

#[test]
fn any_flipped_byte_is_refused_even_when_the_hash_is_made_anew() {
    for position in 0..content().len() {
        for bit in [0, 7] {
            let mut changed = content().to_vec();
            changed[position] ^= 1 << bit;
            let refused = verify(&close(&changed), &CHAIN.network).is_err();
            assert!(
                refused || says_something_else_that_is_true(&changed),
                "bit {bit} of byte {position} of {}",
                content().len()
            );
        }
    }
}

#[test]
fn any_cut_and_any_addition_is_refused() {
    for len in 0..FILE.len() {
        assert_eq!(code(&FILE[..len]), "proof.file_intact");
    }
    for len in 0..content().len() {
        assert!(verify(&close(&content()[..len]), &CHAIN.network).is_err());
    }
    assert_eq!(code(&close(&[content(), &[0]].concat())), "proof.malformed");
}

#[test]
fn what_is_no_proof_is_named() {
    assert_eq!(code(b""), "proof.file_intact");
    assert_eq!(code(b"{}"), "proof.file_intact");
    assert_eq!(code(&close(b"")), "proof.file_format");
    assert_eq!(code(&close(b"SALUSPRO\x01\x00")), "proof.file_format");
    assert_eq!(code(&close(b"SALUSPRF\x02\x00")), "proof.version");
    assert_eq!(code(&close(b"SALUSPRF\x01\x00")), "proof.malformed");
    assert_eq!(code(&vec![0; FILE_BYTES_MAX + 1]), "proof.file_size");
}

#[test]
fn a_hostile_length_is_refused_before_memory_is_taken() {
    let mut body = b"SALUSPRF\x01\x00".to_vec();
    body.extend_from_slice(&CHAIN.network.id().0);
    body.extend_from_slice(&u32::MAX.to_le_bytes());

    assert_eq!(code(&close(&body)), "proof.malformed");
}

#[test]
fn a_proof_that_is_too_large_is_not_written() {
    let good = CHAIN.proof();
    let headers = vec![good.headers[0].clone(); 2048];
    let steps = vec![good.steps[0].clone(); 1000];
    let file = CHAIN.file(steps, headers, good.certificate.to_vec(), good.claims.to_vec());

    assert_eq!(file.to_file().unwrap_err().code(), "proof.file_size");
}

#[test]
fn what_is_written_is_read_again() {
    assert_eq!(ProofFile::from_file(&FILE).unwrap(), CHAIN.proof());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn several_changed_bytes_are_refused(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut changed = content().to_vec();
        for (position, byte) in changes {
            let position = position.index(changed.len());
            changed[position] = byte;
        }

        let accepted = verify(&close(&changed), &CHAIN.network).is_ok();
        prop_assert!(
            accepted == (changed == content()) || says_something_else_that_is_true(&changed)
        );
    }

    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let body = [b"SALUSPRF\x01\x00".as_slice(), &CHAIN.network.id().0, &bytes].concat();

        prop_assert!(verify(&bytes, &CHAIN.network).is_err());
        prop_assert!(verify(&close(&body), &CHAIN.network).is_err());
    }

    #[test]
    fn hostile_proofs_of_the_state_never_panic_and_prove_nothing(
        random in proptest::collection::vec(any::<u8>(), 0..500),
        head in proptest::collection::vec(any::<u8>(), 1..50),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        claim in 0..4_usize,
    ) {
        let mut file = CHAIN.proof();
        let Claim::StateValue(good) = file.claims[claim].clone() else { unreachable!() };
        let mut changed = good.proof.to_vec();
        changed[..head.len()].copy_from_slice(&head);
        for (position, byte) in changes {
            let position = position.index(changed.len());
            changed[position] = byte;
        }
        for proof in [random, changed] {
            let same = proof == *good.proof;
            let hostile = StateValue { proof: BytesMax::new(proof).unwrap(), ..good.clone() };
            file.claims = VecMax::new(vec![Claim::StateValue(hostile)]).unwrap();
            let verified = verify(&file.to_file().unwrap(), &CHAIN.network);
            prop_assert_eq!(verified.is_ok(), same);
        }
    }
}
