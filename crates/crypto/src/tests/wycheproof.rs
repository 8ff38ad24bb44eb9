//! Known answers of Project Wycheproof: signatures made to trip up verifiers.

use crate::sign::{SignatureItem, verify, verify_batch};
use salus_types::{
    PublicKey, Signature,
    key::{P256Key, SignatureBytes},
};
use serde::Deserialize;
use serde_json::from_slice;

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

#[derive(Deserialize)]
struct Vectors {
    #[serde(rename = "numberOfTests")]
    count: usize,
    #[serde(rename = "testGroups")]
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(rename = "publicKey")]
    key: Key,
    tests: Vec<Case>,
}

#[derive(Deserialize)]
struct Key {
    pk: Option<String>,
    uncompressed: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    tc_id: u32,
    msg: String,
    sig: String,
    result: String,
}

impl Case {
    /// A signature of any other length is no signature in the codec.
    fn signature(&self) -> Option<SignatureBytes> {
        bytes(&self.sig).try_into().ok().map(SignatureBytes)
    }

    fn is_valid(&self) -> bool {
        match self.result.as_str() {
            "valid" => true,
            "invalid" => false,
            other => panic!("case {}: unknown result {other}", self.tc_id),
        }
    }
}

fn wycheproof(name: &str) -> Option<Vectors> {
    let folder = salus_testdata::folder("credentials/wycheproof")?;
    Some(from_slice(&salus_testdata::read(&folder, name)).unwrap())
}

/// Runs every case alone and in a batch with those of its group; gives the ids that were accepted.
fn accepted(
    vectors: &Vectors,
    key: impl Fn(&Key) -> PublicKey,
    signature: impl Fn(SignatureBytes) -> Signature,
) -> Vec<u32> {
    let mut accepted = Vec::new();
    for group in &vectors.groups {
        let key = key(&group.key);
        let made: Vec<_> = group
            .tests
            .iter()
            .filter_map(|case| Some((case.tc_id, bytes(&case.msg), signature(case.signature()?))))
            .collect();
        let batch: Vec<_> = made
            .iter()
            .map(|(_, message, signature)| SignatureItem { key: &key, message, signature })
            .collect();
        for ((id, message, signature), in_batch) in made.iter().zip(verify_batch(&batch)) {
            assert_eq!(verify(&key, message, signature).is_ok(), in_batch, "case {id}");
            if in_batch {
                accepted.push(*id);
            }
        }
    }
    accepted
}

/// Where ZIP 215 differs from the strict reading of RFC 8032 that Wycheproof takes.
///
/// 151: R is y = 1 with the sign of x set, though x is 0. RFC 8032, section 5.1.3 refuses that
/// encoding; ZIP 215 says that nodes must accept every encoding of a point. It lets the holder of
/// the key, and nobody else, make a second signature of one message, which ECDSA and Ed25519 allow
/// anyway; a transaction is identified by its body, not by its signatures.
const ACCEPTED_BY_ZIP_215: [u32; 1] = [151];

#[test]
fn ed25519_agrees_with_wycheproof() {
    let Some(vectors) = wycheproof("ed25519_test.json") else { return };

    let accepted = accepted(
        &vectors,
        |key| PublicKey::Ed25519(key.pk.as_ref().unwrap().parse().unwrap()),
        Signature::Ed25519,
    );

    let cases: Vec<_> = vectors.groups.iter().flat_map(|group| &group.tests).collect();
    let expected: Vec<_> = cases
        .iter()
        .filter(|case| case.is_valid() != ACCEPTED_BY_ZIP_215.contains(&case.tc_id))
        .map(|case| case.tc_id)
        .collect();
    assert_eq!(cases.len(), vectors.count);
    assert_eq!(accepted, expected);
}

/// Half of the order of P-256, rounded down: the highest `s` that is accepted.
const HALF_ORDER: &str = "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8";

#[test]
fn p256_agrees_with_wycheproof_but_for_high_s() {
    let Some(vectors) = wycheproof("ecdsa_secp256r1_sha256_p1363_test.json") else { return };
    let compressed = |key: &Key| {
        let point = bytes(key.uncompressed.as_ref().unwrap());
        let mut compressed = [0; 33];
        compressed[0] = 2 + (point[64] & 1);
        compressed[1..].copy_from_slice(&point[1..33]);
        PublicKey::P256(P256Key(compressed))
    };

    let accepted = accepted(&vectors, compressed, Signature::P256);

    let half = bytes(HALF_ORDER);
    let cases: Vec<_> = vectors.groups.iter().flat_map(|group| &group.tests).collect();
    let valid: Vec<_> = cases.iter().filter(|case| case.is_valid()).collect();
    let low: Vec<_> = valid
        .iter()
        .filter(|case| bytes(&case.sig)[32..] <= half[..])
        .map(|case| case.tc_id)
        .collect();
    assert_eq!(cases.len(), vectors.count);
    assert_eq!(accepted, low);
    assert!(low.len() < valid.len(), "some valid cases have a high s, which is refused here");
}
