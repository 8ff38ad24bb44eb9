//! Known answers of others: RFC 8032, ZIP 215, HPKE with X-Wing, AES-256-GCM-SIV.

use crate::{
    seal::{DataKey, open, seal, unwrap_key},
    sign::{SignatureItem, SigningKey, verify, verify_batch},
    wrap::{SealingPublic, SealingSecret, open_with, seal_with},
};
use rand_core::{TryCryptoRng, TryRng};
use salus_types::{
    PublicKey, Signature, SignatureAlgorithm, hash,
    key::{Ed25519Key, SignatureBytes},
};
use serde::Deserialize;
use serde_json::from_slice;
use std::convert::Infallible;

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

/// RFC 8032, section 7.1: tests 1, 2 and 3 as secret, public key, message, signature.
const RFC_8032: [[&str; 4]; 3] = [
    [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155\
         5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ],
    [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
         085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
    [
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac\
         18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ],
];

#[test]
fn ed25519_signs_as_rfc_8032() {
    for [secret, public, message, signature] in RFC_8032 {
        let key =
            SigningKey::from_secret_bytes(SignatureAlgorithm::Ed25519, &bytes(secret)).unwrap();
        let expected = Signature::Ed25519(signature.parse().unwrap());

        assert_eq!(key.public(), PublicKey::Ed25519(public.parse().unwrap()));
        assert_eq!(key.sign(&bytes(message)), expected);
        assert_eq!(verify(&key.public(), &bytes(message), &expected), Ok(()));
    }
}

/// Every encoding of a point of small order: eight canonical, six not.
const SMALL_ORDER: [&str; 14] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

/// ZIP 215 accepts all 196 of them; RFC 8032 leaves it to the implementation. Alone and in a batch
/// they must be the same. That such keys are never registered is another rule (`check_public_key`).
#[test]
fn small_order_points_are_treated_as_zip_215_says() {
    let mut made = Vec::new();
    for key in SMALL_ORDER {
        for r in SMALL_ORDER {
            let mut signature = [0; 64];
            signature[..32].copy_from_slice(&bytes(r));
            made.push((
                PublicKey::Ed25519(key.parse::<Ed25519Key>().unwrap()),
                Signature::Ed25519(SignatureBytes(signature)),
            ));
        }
    }
    let batch: Vec<_> = made
        .iter()
        .map(|(key, signature)| SignatureItem { key, message: b"Zcash", signature })
        .collect();

    for item in &batch {
        assert_eq!(verify(item.key, item.message, item.signature), Ok(()));
    }
    assert_eq!(verify_batch(&batch), vec![true; 196]);
}

#[derive(Deserialize)]
struct HpkeVector {
    info: String,
    randomness: String,
    secret: String,
    public: String,
    encapsulated: String,
    aad: String,
    plain: String,
    ciphertext: String,
}

/// Gives the bytes of a test vector in place of randomness.
struct FixedRandomness(Vec<u8>);

impl TryRng for FixedRandomness {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("the encapsulation asks for bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("the encapsulation asks for bytes")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        let rest = self.0.split_off(bytes.len());
        bytes.copy_from_slice(&std::mem::replace(&mut self.0, rest));
        Ok(())
    }
}

impl TryCryptoRng for FixedRandomness {}

#[test]
fn wraps_are_those_of_another_hpke_implementation() {
    let vector: HpkeVector = from_slice(include_bytes!("golden/hpke_xwing.json")).unwrap();
    let secret = SealingSecret::from_bytes(&bytes(&vector.secret)).unwrap();
    let public = SealingPublic::from_bytes(&bytes(&vector.public)).unwrap();
    let (info, aad, plain) = (bytes(&vector.info), bytes(&vector.aad), bytes(&vector.plain));
    let expected = [bytes(&vector.encapsulated), bytes(&vector.ciphertext)].concat();

    let mut randomness = FixedRandomness(bytes(&vector.randomness));
    let sealed = seal_with(&public, &info, &aad, &plain, &mut randomness);

    assert_eq!(secret.public(), public);
    assert_eq!(sealed, expected);
    assert_eq!(*open_with(&secret, &info, &aad, &expected).unwrap(), plain);
}

/// The three key pairs of draft-connolly-cfrg-xwing-kem, appendix C: the secret, and SHA-256 of the
/// public key.
#[test]
fn sealing_keys_are_those_of_the_x_wing_draft() {
    for (secret, public) in [
        (
            "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26",
            "2e816deebcd76c5c80d0cd2d174478871658e8e2ff42bc9d4a6e486372e856bb",
        ),
        (
            "badfd6dfaac359a5efbb7bcc4b59d538df9a04302e10c8bc1cbf1a0b3a5120ea",
            "c42ba5f8430d7d2c83739338203819f090e8303ce9c8b02107c272bfa5376916",
        ),
        (
            "ef58538b8d23f87732ea63b02b4fa0f4873360e2841928cd60dd4cee8cc0d4c9",
            "6b080d6b84f095342092fa7a22423e58bd681397ad0ef00eac92bd254db4fa95",
        ),
    ] {
        let secret = SealingSecret::from_bytes(&bytes(secret)).unwrap();

        assert_eq!(hash(secret.public().as_bytes()).to_string(), public);
    }
}

/// The answers were computed with OpenSSL from the description in [`crate::seal`].
#[test]
fn seals_are_those_of_openssl() {
    let key = DataKey::from_bytes(std::array::from_fn(|i| u8::try_from(i).unwrap()));
    let aad = b"record 7, version 2";
    let long: Vec<_> = (0..70_000).map(|i| u8::try_from(i % 251).unwrap()).collect();

    assert_eq!(hex::encode(seal(&key, aad, &[])), "0132e7608066450c6d30e56b93b2a7be6e");
    assert_eq!(
        hex::encode(seal(&key, aad, &long[..5])),
        "0127d1ca1caec4cdcf881cbe7af823b49274e68f85dd"
    );
    let sealed = seal(&key, aad, &long);
    assert_eq!(
        hash(&sealed).to_string(),
        "83efadb8849896022c97ff4bba3d0657efceb8ea3a92a2600975c23bfa053f74"
    );
    assert_eq!(*open(&key, aad, &sealed).unwrap(), long);
    let wrapped = "016465666768696a6b6c6d6e6fda090cdbb38b723ee36aff695c31bfd430aaf51abab160726d96\
                   f53f36867ebe8d645e164f9e3699dae4a07d300b028b";
    assert_eq!(unwrap_key(&key, aad, &bytes(wrapped)).unwrap().as_bytes(), &[9; 32]);
}
