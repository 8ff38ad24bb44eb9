//! A proof file from a stranger. Format, network and hash are made to fit, so that the fuzzer gets to
//! the checks behind them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use salus_crypto::sign::SigningKey;
use salus_proof::{FORMAT_VERSION, MAGIC, verify};
use salus_types::{
    AccountId, BlockTime, Hash, LedgerParameters, NetworkFile, NodeKey, NodeRecord, PublicKey,
    SignatureAlgorithm, TextMax, ValidatorSet, VecMax, hash,
};
use std::sync::LazyLock;

static NETWORK: LazyLock<NetworkFile> = LazyLock::new(|| NetworkFile {
    version: 1,
    name: TextMax::default(),
    genesis_time: BlockTime::from_unix_ms(0),
    salt: Hash::ZERO,
    members: VecMax::default(),
    validators: ValidatorSet::new((1..=4).map(node).collect()).expect("four nodes"),
    parameters: LedgerParameters::default(),
});

fn node(number: u8) -> NodeRecord {
    let secret = SigningKey::from_secret_bytes(SignatureAlgorithm::Ed25519, &[number; 32]);
    let PublicKey::Ed25519(key) = secret.expect("32 bytes").public() else {
        unreachable!("the key is of the algorithm that was asked for")
    };
    NodeRecord {
        key: NodeKey(key.0),
        organisation: AccountId([number; 32]),
        address: TextMax::default(),
        api: TextMax::default(),
    }
}

fuzz_target!(|bytes: &[u8]| {
    let content =
        [MAGIC.as_slice(), &FORMAT_VERSION.to_le_bytes(), &NETWORK.id().0, bytes].concat();
    let file = [content.as_slice(), &hash(&content).0].concat();
    assert!(verify(&file, &NETWORK).is_err(), "nobody signed anything");
    assert!(verify(bytes, &NETWORK).is_err(), "nobody signed anything");
});
