//! Proofs of the state store: what stands under a key, under a root.
//!
//! The choices here are those of the store in `engine`: MMR, SHA-256, entries of variable length,
//! activity bitmap in chunks of 32 bytes.

use crate::StateValue;
use bytes::Bytes;
use commonware_codec::{Copying, Decode as _, Encode as _, RangeCfg};
use commonware_cryptography::{Sha256, sha256};
use commonware_storage::{
    merkle::MAX_PROOF_DIGESTS_PER_ELEMENT,
    mmr,
    qmdb::{any::value::VariableEncoding, current::ordered::proof::constant},
};
use salus_state::{ENTRY_BYTES_MAX, Entry, StateKey, stood_at};
use salus_types::{BlockHeader, Hash};

const CHUNK_BYTES: usize = 32;

type Key = sha256::Digest;
type Encoding = VariableEncoding<Vec<u8>>;
type Inclusion = constant::KeyValueProof<mmr::Family, Key, sha256::Digest, CHUNK_BYTES>;
type Exclusion = constant::ExclusionProof<mmr::Family, Key, Encoding, sha256::Digest, CHUNK_BYTES>;

/// What stood under the claim's path at its height, if the state after the block shows it: the
/// entry, or that there was none.
#[expect(clippy::option_option, reason = "not shown, and shown to be nothing, are two answers")]
pub(crate) fn shown(claim: &StateValue, header: &BlockHeader) -> Option<Option<Entry>> {
    if claim.height > header.height || !holds(claim, header) {
        return None;
    }
    let entries: Vec<_> = claim.entries.iter().map(|entry| Bytes::copy_from_slice(entry)).collect();
    stood_at(claim.height, &entries)
}

/// Whether the state after the block has the first entry of the claim, or none as it says.
fn holds(claim: &StateValue, header: &BlockHeader) -> bool {
    let entry = claim.entries.first().map(|entry| &entry[..]);
    state_holds(&StateKey::of_path(&claim.path), entry, &claim.proof, &header.state_root)
}

/// Whether this proof shows that the state with this root has this entry under a key, or none.
pub fn state_holds(key: &StateKey, entry: Option<&[u8]>, proof: &[u8], root: &Hash) -> bool {
    let key = Key::from(key.0.0);
    let root = sha256::Digest::from(root.0);
    let digests = MAX_PROOF_DIGESTS_PER_ELEMENT;
    let entry_bytes = (RangeCfg::from(0..=ENTRY_BYTES_MAX), ());
    match entry {
        Some(entry) => Inclusion::decode_cfg(Copying(proof), &(digests, ())).is_ok_and(|decoded| {
            decoded.encode() == proof
                && decoded.verify::<Sha256, Encoding>(key, entry.to_vec(), &root)
        }),
        None => Exclusion::decode_cfg(Copying(proof), &(digests, ((), entry_bytes), entry_bytes))
            .is_ok_and(|decoded| {
                decoded.encode() == proof && decoded.verify::<Sha256>(&key, &root)
            }),
    }
}
