//! Proofs of the state store: what stands under a key, under a root.
//!
//! The choices here are those of the store in `engine`: MMR, SHA-256, values of variable length,
//! activity bitmap in chunks of 32 bytes.

use crate::StateValue;
use commonware_codec::{Copying, Decode as _, Encode as _, RangeCfg};
use commonware_cryptography::{Sha256, sha256};
use commonware_storage::{
    merkle::MAX_PROOF_DIGESTS_PER_ELEMENT,
    mmr,
    qmdb::{any::value::VariableEncoding, current::ordered::proof::constant},
};
use salus_state::{StateKey, VALUE_BYTES_MAX};
use salus_types::Hash;

const CHUNK_BYTES: usize = 32;

type Key = sha256::Digest;
type Encoding = VariableEncoding<Vec<u8>>;
type Inclusion = constant::KeyValueProof<mmr::Family, Key, sha256::Digest, CHUNK_BYTES>;
type Exclusion = constant::ExclusionProof<mmr::Family, Key, Encoding, sha256::Digest, CHUNK_BYTES>;

/// Whether the state with this root says what the claim says.
pub(crate) fn holds(claim: &StateValue, root: &Hash) -> bool {
    let key = Key::from(StateKey::of_path(&claim.path).0.0);
    let root = sha256::Digest::from(root.0);
    let proof: &[u8] = &claim.proof;
    let digests = MAX_PROOF_DIGESTS_PER_ELEMENT;
    let value_bytes = (RangeCfg::from(0..=VALUE_BYTES_MAX), ());
    match &claim.value {
        Some(value) => Inclusion::decode_cfg(Copying(proof), &(digests, ())).is_ok_and(|decoded| {
            decoded.encode() == proof
                && decoded.verify::<Sha256, Encoding>(key, value.to_vec(), &root)
        }),
        None => Exclusion::decode_cfg(Copying(proof), &(digests, ((), value_bytes), value_bytes))
            .is_ok_and(|decoded| {
                decoded.encode() == proof && decoded.verify::<Sha256>(&key, &root)
            }),
    }
}
