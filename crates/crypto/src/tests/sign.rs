//! Signatures.

use crate::sign::{
    SignatureError, SignatureItem, SigningKey, check_public_key, verify, verify_batch,
};
use proptest::prelude::*;
use salus_types::{
    PublicKey, Signature, SignatureAlgorithm,
    key::{Ed25519Key, P256Key, SignatureBytes},
};

const BOTH: [SignatureAlgorithm; 2] = [SignatureAlgorithm::Ed25519, SignatureAlgorithm::P256];

fn key(algorithm: SignatureAlgorithm, seed: u8) -> SigningKey {
    SigningKey::from_secret_bytes(algorithm, &[seed; 32]).unwrap()
}

#[test]
fn what_a_key_signs_its_public_key_verifies() {
    for algorithm in BOTH {
        let key = SigningKey::generate(algorithm);
        let signature = key.sign(b"message");

        assert_eq!(verify(&key.public(), b"message", &signature), Ok(()));
        assert_eq!(key.public().algorithm(), algorithm);
        assert_eq!(signature, key.sign(b"message"), "signing is deterministic");
        assert_eq!(
            verify(&key.public(), b"massage", &signature),
            Err(SignatureError::BadSignature)
        );
        let stranger = SigningKey::generate(algorithm).public();
        assert_eq!(verify(&stranger, b"message", &signature), Err(SignatureError::BadSignature));
    }
}

#[test]
fn a_signature_of_the_other_algorithm_is_named() {
    let [ed25519, p256] = BOTH.map(|algorithm| key(algorithm, 1));

    let one = verify(&ed25519.public(), b"m", &p256.sign(b"m")).unwrap_err();
    let other = verify(&p256.public(), b"m", &ed25519.sign(b"m")).unwrap_err();

    assert_eq!(one.code(), "crypto.algorithm_mismatch");
    assert_eq!(other.code(), "crypto.algorithm_mismatch");
}

#[test]
fn secret_bytes_make_the_same_key_again_and_do_not_print() {
    for algorithm in BOTH {
        let key = SigningKey::generate(algorithm);
        let again = SigningKey::from_secret_bytes(algorithm, &key.to_secret_bytes()).unwrap();

        assert_eq!(again.public(), key.public());
        assert_eq!(format!("{key:?}"), "SigningKey([redacted])");
    }
}

#[test]
fn bytes_that_are_no_secret_key_are_refused() {
    let code = |algorithm, bytes: &[u8]| {
        SigningKey::from_secret_bytes(algorithm, bytes).unwrap_err().code()
    };

    for algorithm in BOTH {
        assert_eq!(code(algorithm, &[1; 31]), "crypto.bad_secret_key");
        assert_eq!(code(algorithm, &[1; 33]), "crypto.bad_secret_key");
        assert_eq!(code(algorithm, &[]), "crypto.bad_secret_key");
    }
    assert_eq!(code(SignatureAlgorithm::P256, &[0; 32]), "crypto.bad_secret_key");
    assert_eq!(code(SignatureAlgorithm::P256, &[255; 32]), "crypto.bad_secret_key");
}

#[test]
fn keys_for_which_anyone_can_sign_may_not_be_registered() {
    let neutral = {
        let mut bytes = [0; 32];
        bytes[0] = 1;
        PublicKey::Ed25519(Ed25519Key(bytes))
    };
    let order_four = PublicKey::Ed25519(Ed25519Key([0; 32]));
    let order_eight = PublicKey::Ed25519(
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05".parse().unwrap(),
    );

    for weak in [neutral, order_four, order_eight] {
        assert_eq!(check_public_key(&weak).unwrap_err().code(), "crypto.weak_public_key");
    }
    for algorithm in BOTH {
        assert_eq!(check_public_key(&key(algorithm, 3).public()), Ok(()));
    }
}

#[test]
fn bytes_that_are_no_point_are_refused() {
    let mut two = [0; 32];
    two[0] = 2; // y = 2 is not on the curve.
    let ed25519 = PublicKey::Ed25519(Ed25519Key(two));
    let uncompressed = PublicKey::P256(P256Key([4; 33]));
    let identity = PublicKey::P256(P256Key([0; 33]));

    for bad in [ed25519, uncompressed, identity] {
        assert_eq!(check_public_key(&bad).unwrap_err().code(), "crypto.bad_public_key");
    }
    let signature = key(SignatureAlgorithm::P256, 1).sign(b"m");
    assert_eq!(verify(&identity, b"m", &signature).unwrap_err().code(), "crypto.bad_public_key");
}

#[test]
fn the_higher_s_of_ecdsa_is_refused() {
    // The order of P-256 minus s, computed as bytes.
    let order: [u8; 32] =
        hex::decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
            .unwrap()
            .try_into()
            .unwrap();
    let key = key(SignatureAlgorithm::P256, 5);
    let Signature::P256(mut bytes) = key.sign(b"m") else { unreachable!() };
    let mut borrow = 0_i32;
    for i in (0..32).rev() {
        let digit = i32::from(order[i]) - i32::from(bytes.0[32 + i]) - borrow;
        borrow = i32::from(digit < 0);
        bytes.0[32 + i] = u8::try_from(digit.rem_euclid(256)).unwrap();
    }

    let error = verify(&key.public(), b"m", &Signature::P256(bytes)).unwrap_err();

    assert_eq!(error.code(), "crypto.bad_signature");
}

#[test]
fn many_p256_signatures_have_low_s() {
    let key = key(SignatureAlgorithm::P256, 9);

    for message in 0..64_u8 {
        let Signature::P256(SignatureBytes(bytes)) = key.sign(&[message]) else { unreachable!() };
        assert!(bytes[32] < 0x80);
        assert_eq!(verify(&key.public(), &[message], &key.sign(&[message])), Ok(()));
    }
}

#[test]
fn an_empty_batch_is_empty() {
    assert_eq!(verify_batch(&[]), Vec::<bool>::new());
}

/// What may be wrong with one signature of a batch.
#[derive(Clone, Copy, Debug)]
enum Flaw {
    None,
    Message,
    Byte(usize, u8),
    Key(u8),
    SmallOrder,
    OtherAlgorithm,
}

fn flaw() -> impl Strategy<Value = Flaw> {
    prop_oneof![
        6 => Just(Flaw::None),
        1 => Just(Flaw::Message),
        1 => (0..64_usize, 1..=255_u8).prop_map(|(at, change)| Flaw::Byte(at, change)),
        1 => any::<u8>().prop_map(Flaw::Key),
        1 => Just(Flaw::SmallOrder),
        1 => Just(Flaw::OtherAlgorithm),
    ]
}

fn make(seed: u8, p256: bool, flaw: Flaw) -> (PublicKey, Vec<u8>, Signature) {
    let algorithm = BOTH[usize::from(p256)];
    let signer = key(algorithm, seed);
    let (mut public, mut message) = (signer.public(), vec![seed; 8]);
    let mut signature = signer.sign(&message);
    match flaw {
        Flaw::None => {}
        Flaw::Message => message[0] ^= 1,
        Flaw::Byte(at, change) => match &mut signature {
            Signature::Ed25519(bytes) | Signature::P256(bytes) => bytes.0[at] ^= change,
        },
        Flaw::Key(change) => match &mut public {
            PublicKey::Ed25519(bytes) => bytes.0[7] ^= change,
            PublicKey::P256(bytes) => bytes.0[7] ^= change,
        },
        Flaw::SmallOrder => {
            // Valid for every message by ZIP 215, alone and in a batch.
            let mut neutral = [0; 64];
            neutral[0] = 1;
            public = PublicKey::Ed25519(Ed25519Key([0; 32]));
            signature = Signature::Ed25519(SignatureBytes(neutral));
        }
        Flaw::OtherAlgorithm => signature = key(BOTH[usize::from(!p256)], seed).sign(&message),
    }
    (public, message, signature)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_batch_agrees_with_single_checks(
        items in proptest::collection::vec((1..6_u8, prop::bool::weighted(0.2), flaw()), 0..40),
    ) {
        let made: Vec<_> =
            items.into_iter().map(|(seed, p256, flaw)| make(seed, p256, flaw)).collect();
        let batch: Vec<_> = made
            .iter()
            .map(|(key, message, signature)| SignatureItem { key, message, signature })
            .collect();

        let single: Vec<_> = made
            .iter()
            .map(|(key, message, signature)| verify(key, message, signature).is_ok())
            .collect();

        prop_assert_eq!(verify_batch(&batch), single);
    }

    #[test]
    fn random_keys_and_signatures_never_panic(
        ed25519 in any::<[u8; 32]>(),
        x in any::<[u8; 32]>(),
        tag in any::<u8>(),
        r in any::<[u8; 32]>(),
        s in any::<[u8; 32]>(),
    ) {
        let mut point = [tag; 33];
        point[1..].copy_from_slice(&x);
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&r);
        bytes[32..].copy_from_slice(&s);
        for key in [PublicKey::Ed25519(Ed25519Key(ed25519)), PublicKey::P256(P256Key(point))] {
            let _ = check_public_key(&key);
            for signature in
                [Signature::Ed25519(SignatureBytes(bytes)), Signature::P256(SignatureBytes(bytes))]
            {
                prop_assert!(verify(&key, b"m", &signature).is_err());
            }
        }
    }
}
