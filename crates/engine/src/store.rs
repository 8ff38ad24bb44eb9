//! The state store: the types that decide what its roots and proofs look like.
//!
//! Whoever verifies a proof offline (crate `proof`) uses the same choices:
//!
//! | choice | value |
//! |---|---|
//! | Merkle family | [`Family`] = `mmr::Family` |
//! | hash | [`Sha256`] |
//! | key | [`Key`] = a SHA-256 digest, the bytes of a `StateKey` |
//! | value | [`Value`] = `Vec<u8>`, in `VariableEncoding`, an encoded `Entry` of `salus-state` |
//! | activity bitmap chunk | [`CHUNK`] = 32 bytes |
//! | encoding of a proof | the library's codec: [`InclusionProof`] and [`ExclusionProof`] |
//!
//! A proof is checked against `BlockHeader::state_root`, which is the canonical root of the store
//! after the block: `proof.verify::<Sha256, VariableEncoding<Value>>(key, value, &root)` for an
//! inclusion, `proof.verify::<Sha256>(&key, &root)` for an exclusion.

use bytes::Bytes;
use commonware_codec::{Encode as _, RangeCfg};
use commonware_cryptography::{Sha256, sha256};
use commonware_glue::stateful::db::Shared;
use commonware_parallel::Rayon;
use commonware_runtime::{Spawner, Storage, buffer::paged::CacheRef};
use commonware_storage::{
    Context,
    journal::contiguous::variable::Config as LogConfig,
    mmr,
    mmr::full::Config as MmrConfig,
    qmdb::{
        any::value::VariableEncoding,
        current::{VariableConfig, ordered},
    },
    translator::EightCap,
};
use commonware_utils::{NZU64, NZUsize};
use salus_state::{ENTRY_BYTES_MAX, Entry, StateKey};
use salus_types::Hash;
use std::num::{NonZeroU64, NonZeroUsize};

/// Merkle family of the store.
pub(crate) type Family = mmr::Family;
/// Key of the store: the bytes of a state key.
pub(crate) type Key = sha256::Digest;
/// Value of the store.
pub(crate) type Value = Vec<u8>;
/// Bytes of one chunk of the activity bitmap.
pub(crate) const CHUNK: usize = 32;
/// How values are encoded in what is proved.
pub(crate) type Encoding = VariableEncoding<Value>;
/// Most hashes in a proof that is decoded.
#[cfg(test)]
pub(crate) const PROOF_HASHES_MAX: usize = 64;
/// Proof that a key has a value.
pub(crate) type InclusionProof =
    ordered::proof::constant::KeyValueProof<Family, Key, sha256::Digest, CHUNK>;
/// Proof that a key has no value.
pub(crate) type ExclusionProof =
    ordered::proof::constant::ExclusionProof<Family, Key, Encoding, sha256::Digest, CHUNK>;

/// How an [`InclusionProof`] is decoded, with bounds.
#[cfg(test)]
pub(crate) fn inclusion_bounds() -> (usize, ()) {
    (PROOF_HASHES_MAX, ())
}

/// How an [`ExclusionProof`] is decoded, with bounds.
#[cfg(test)]
#[expect(clippy::type_complexity, reason = "the library's own shape of these bounds")]
pub(crate) fn exclusion_bounds() -> (usize, ((), (RangeCfg<usize>, ())), (RangeCfg<usize>, ())) {
    let value = (RangeCfg::from(0..=ENTRY_BYTES_MAX), ());
    (PROOF_HASHES_MAX, ((), value), value)
}

/// The store on runtime `E`.
pub(crate) type Store<E> =
    ordered::variable::Db<Family, E, Key, Value, Sha256, EightCap, CHUNK, Rayon>;
/// The store as several tasks hold it.
pub(crate) type Stores<E> = Shared<Store<E>>;

/// Settings of the store's log: how values are decoded.
pub(crate) type StoreConfig = VariableConfig<EightCap, OperationBounds, Rayon>;
/// How an operation of the store's log is decoded: key, and value within bounds.
pub(crate) type OperationBounds = ((), (RangeCfg<usize>, ()));

/// Bytes that wait in memory before they are written to a file.
pub(crate) const WRITE_BUFFER: NonZeroUsize = NZUsize!(64 * 1024);
/// Bytes read at once when a file is read from the start.
pub(crate) const REPLAY_BUFFER: NonZeroUsize = NZUsize!(1024 * 1024);

/// The bounds within which an operation of the store's log is decoded.
pub(crate) fn operation_bounds() -> OperationBounds {
    ((), (RangeCfg::from(0..=ENTRY_BYTES_MAX), ()))
}

/// Operations of the store's log in a file.
const OPERATIONS_PER_FILE: NonZeroU64 = NZU64!(1 << 15);
/// Least and most operations whose keys are remembered while the store is opened, 41 bytes each.
const REMEMBERED: (usize, usize) = (1 << 12, 1 << 25);

/// How many operations' keys are remembered while the index is built at a start.
///
/// Each operation that replaces another asks for the key of that one. What is not remembered is read
/// again, from the disk itself: the library tells the operating system not to keep pages that it has
/// replayed. So it is as many as the log holds, within bounds; the memory is free again afterwards.
async fn remembered<E: Storage>(context: &E, prefix: &str) -> usize {
    // No folder yet is an empty store.
    let files = context.scan(&format!("{prefix}-log_data")).await.map_or(0, |files| files.len());
    let per_file = usize::try_from(OPERATIONS_PER_FILE.get()).unwrap_or(usize::MAX);
    files.saturating_mul(per_file).clamp(REMEMBERED.0, REMEMBERED.1)
}

/// Settings of the store under the partitions that begin with `prefix`.
pub(crate) async fn config<E: Storage>(
    context: &E,
    prefix: &str,
    page_cache: &CacheRef,
    strategy: &Rayon,
) -> StoreConfig {
    VariableConfig {
        merkle_config: MmrConfig {
            journal_partition: format!("{prefix}-mmr-journal"),
            metadata_partition: format!("{prefix}-mmr-metadata"),
            items_per_blob: NZU64!(1 << 18),
            write_buffer: WRITE_BUFFER,
            replay_buffer: REPLAY_BUFFER,
            strategy: strategy.clone(),
            page_cache: page_cache.clone(),
        },
        journal_config: LogConfig {
            partition: format!("{prefix}-log"),
            items_per_section: OPERATIONS_PER_FILE,
            compression: None,
            codec_config: operation_bounds(),
            page_cache: page_cache.clone(),
            write_buffer: WRITE_BUFFER,
            replay_buffer: REPLAY_BUFFER,
        },
        grafted_metadata_partition: format!("{prefix}-grafted"),
        translator: EightCap,
        init_cache: NonZeroUsize::new(remembered(context, prefix).await),
        init_buffer: NZUsize!(1 << 20),
        init_concurrency: (),
    }
}

/// The store's form of a state key.
pub(crate) fn store_key(key: &StateKey) -> Key {
    Key::from(key.0.0)
}

/// The root of the store as headers carry it.
pub(crate) fn root<E: Context + Spawner>(store: &Store<E>) -> Hash {
    crate::block::hash_of(&store.root())
}

/// One past the last operation of the store's log: grows with each block, so it tells after which
/// block the store stands.
pub(crate) fn end<E: Context + Spawner>(store: &Store<E>) -> u64 {
    *store.bounds().end
}

/// The entries under these keys, encoded.
///
/// # Panics
///
/// When the store cannot be read: a corrupt node stops.
pub(crate) async fn entries<E: Context + Spawner>(
    store: &Store<E>,
    keys: &[StateKey],
) -> Vec<Option<Bytes>> {
    let keys: Vec<Key> = keys.iter().map(store_key).collect();
    let entries = store.get_many(&keys.iter().collect::<Vec<_>>()).await;
    let entries = entries.expect("the state store can be read");
    entries.into_iter().map(|entry| entry.map(Bytes::from)).collect()
}

/// The values under these keys.
///
/// # Panics
///
/// As [`entries`].
pub(crate) async fn values<E: Context + Spawner>(
    store: &Store<E>,
    keys: &[StateKey],
) -> Vec<Option<Bytes>> {
    entries(store, keys).await.iter().map(|entry| value_of(entry.as_ref())).collect()
}

/// The value of an entry.
///
/// # Panics
///
/// When it is not an entry: a corrupt node stops.
pub(crate) fn value_of(entry: Option<&Bytes>) -> Option<Bytes> {
    entry.and_then(|entry| Entry::decode(entry).expect("the state store holds entries").value)
}

/// Proves what stands under a key: its newest entry, or that it has none.
///
/// # Panics
///
/// When the store cannot be read: a corrupt node stops.
pub(crate) async fn prove<E: Context + Spawner>(
    store: &Store<E>,
    key: &StateKey,
) -> (Option<Bytes>, Bytes) {
    let key = store_key(key);
    if let Some(entry) = store.get(&key).await.expect("the state store can be read") {
        let proof: InclusionProof =
            store.key_value_proof(key).await.expect("a key with an entry has a proof");
        (Some(Bytes::from(entry)), proof.encode())
    } else {
        let proof: ExclusionProof =
            store.exclusion_proof(&key).await.expect("a key without an entry has a proof");
        (None, proof.encode())
    }
}
