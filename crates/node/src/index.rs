//! The chain index: receipts by height, positions by transaction, changes of validators with the
//! certificates that prove them.
//!
//! A log-structured store (fjall), because positions are keyed by hash: a tree of pages would write
//! a page for each transaction. One batch and one wait for the disk a block.

use crate::NodeError;
use borsh::{BorshDeserialize, BorshSerialize};
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use salus_types::{
    BlockHeader, BlockTime, Event, Hash, Height, Receipt, TransactionHash, ValidatorSet, decode,
    encode,
};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Bytes of a transaction's hash that key its position; the receipt holds all of it.
const POSITION_KEY_BYTES: usize = 16;
/// Receipts of a block are much alike: at its fastest level zstd makes a third of them.
const COMPRESSION: i32 = 1;
const CACHE_BYTES: u64 = 4 * 1024 * 1024;
const WRITE_BUFFER_BYTES: u64 = 4 * 1024 * 1024;
/// Most blocks that leave the index when one comes in, so that a lowered bound is reached in time.
const FORGOTTEN_AT_ONCE: u64 = 4;

/// What is kept of a block.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct BlockEntry {
    /// Its hash.
    pub(crate) hash: Hash,
    /// Its time.
    pub(crate) time: BlockTime,
    /// Its receipts, in order.
    pub(crate) receipts: Arc<Vec<Receipt>>,
    /// What it told beside its transactions.
    pub(crate) events: Vec<Event>,
}

/// A block after which another set of validators decides.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct ValidatorChange {
    /// The last block of the epoch.
    pub(crate) header: BlockHeader,
    /// The set from the next epoch on.
    pub(crate) validators: ValidatorSet,
}

/// The chain index of one node.
pub(crate) struct Index {
    path: PathBuf,
    database: Database,
    blocks: Keyspace,
    positions: Keyspace,
    changes: Keyspace,
    certificates: Keyspace,
    /// The lowest height that is kept; `u64::MAX` while there is none.
    first: AtomicU64,
}

impl Index {
    pub(crate) fn open(path: &Path) -> Result<Self, NodeError> {
        let open = || -> fjall::Result<Self> {
            let database = Database::builder(path)
                .cache_size(CACHE_BYTES)
                .max_journaling_size(64 * 1024 * 1024)
                .worker_threads(1)
                .open()?;
            let keyspace = |name| {
                database.keyspace(name, || {
                    KeyspaceCreateOptions::default().max_memtable_size(WRITE_BUFFER_BYTES)
                })
            };
            Ok(Self {
                path: path.to_owned(),
                blocks: keyspace("blocks")?,
                positions: keyspace("positions")?,
                changes: keyspace("validator_changes")?,
                certificates: keyspace("change_certificates")?,
                database: database.clone(),
                first: AtomicU64::new(u64::MAX),
            })
        };
        let index = open().map_err(|source| NodeError::Index { path: path.to_owned(), source })?;
        if let Some(entry) = index.blocks.first_key_value() {
            let key = entry.key().map_err(index.fail())?;
            index.first.store(index.height(&key)?.0, Ordering::Relaxed);
        }
        Ok(index)
    }

    fn fail(&self) -> impl Fn(fjall::Error) -> NodeError + '_ {
        |source| NodeError::Index { path: self.path.clone(), source }
    }

    /// Writes a block and forgets those below `keep_from`; durable when it returns. Writing it again
    /// does no harm.
    pub(crate) fn put(
        &self,
        height: Height,
        entry: &BlockEntry,
        change: Option<&ValidatorChange>,
        keep_from: Height,
    ) -> Result<(), NodeError> {
        let key = height.0.to_be_bytes();
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncData));
        batch.insert(&self.blocks, key, compressed(entry));
        for (index, receipt) in (0_u32..).zip(entry.receipts.iter()) {
            let position = [key.as_slice(), &index.to_be_bytes()].concat();
            batch.insert(&self.positions, position_key(&receipt.transaction), position);
        }
        if let Some(change) = change {
            batch.insert(&self.changes, key, encode(change));
        }
        let first = self.first.load(Ordering::Relaxed).min(height.0);
        let below = keep_from.0.min(height.0).min(first.saturating_add(FORGOTTEN_AT_ONCE));
        for forgotten in first..below {
            let Some(entry) = self.block(Height(forgotten))? else { continue };
            for receipt in entry.receipts.iter() {
                batch.remove(&self.positions, position_key(&receipt.transaction));
            }
            batch.remove(&self.blocks, forgotten.to_be_bytes());
        }
        batch.commit().map_err(self.fail())?;
        self.first.store(first.max(below), Ordering::Relaxed);
        Ok(())
    }

    /// The lowest height that is kept; none while there is none.
    pub(crate) fn first(&self) -> Option<Height> {
        let first = self.first.load(Ordering::Relaxed);
        (first != u64::MAX).then_some(Height(first))
    }

    /// What is kept of the block at a height.
    pub(crate) fn block(&self, height: Height) -> Result<Option<BlockEntry>, NodeError> {
        let bytes = self.blocks.get(height.0.to_be_bytes()).map_err(self.fail())?;
        bytes.map(|bytes| self.read_block(&bytes)).transpose()
    }

    /// Where a transaction is: its height, and its position in the block.
    pub(crate) fn position(
        &self,
        hash: &TransactionHash,
    ) -> Result<Option<(Height, usize)>, NodeError> {
        let found = self.positions.get(position_key(hash)).map_err(self.fail())?;
        let Some((height, index)) = found.as_deref().and_then(|bytes| {
            let (height, index) = bytes.split_first_chunk::<8>()?;
            Some((u64::from_be_bytes(*height), u32::from_be_bytes(index.try_into().ok()?)))
        }) else {
            return Ok(None);
        };
        Ok(usize::try_from(index).ok().map(|index| (Height(height), index)))
    }

    /// Every change of validators below a height, oldest first.
    pub(crate) fn changes(&self, below: Height) -> Result<Vec<ValidatorChange>, NodeError> {
        let mut changes = Vec::new();
        for entry in self.changes.range(..below.0.to_be_bytes()) {
            let bytes = entry.value().map_err(self.fail())?;
            changes.push(self.read("change of validators", &bytes)?);
        }
        Ok(changes)
    }

    /// The certificate of the block at a height after which another set decides.
    pub(crate) fn certificate(&self, height: Height) -> Result<Option<Vec<u8>>, NodeError> {
        let bytes = self.certificates.get(height.0.to_be_bytes()).map_err(self.fail())?;
        Ok(bytes.map(|bytes| bytes.to_vec()))
    }

    /// Notes changes of validators that others proved, or the certificates of changes that are known
    /// already; durable when it returns.
    pub(crate) fn put_changes(
        &self,
        changes: &[(ValidatorChange, Vec<u8>)],
    ) -> Result<(), NodeError> {
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncData));
        for (change, certificate) in changes {
            let key = change.header.height.0.to_be_bytes();
            batch.insert(&self.changes, key, encode(change));
            batch.insert(&self.certificates, key, certificate.as_slice());
        }
        batch.commit().map_err(self.fail())
    }

    /// Reads all that is kept, against its checksums; the highest block.
    pub(crate) fn read_all(&self) -> Result<Option<Height>, NodeError> {
        for entry in self.blocks.iter() {
            let bytes = entry.value().map_err(self.fail())?;
            self.read_block(&bytes)?;
        }
        for keyspace in [&self.positions, &self.certificates] {
            for entry in keyspace.iter() {
                entry.value().map_err(self.fail())?;
            }
        }
        self.changes(Height(u64::MAX))?;
        Ok(self.last()?.map(|(height, _)| height))
    }

    /// The highest block that is kept.
    pub(crate) fn last(&self) -> Result<Option<(Height, BlockEntry)>, NodeError> {
        let Some(entry) = self.blocks.last_key_value() else {
            return Ok(None);
        };
        let (key, bytes) = entry.into_inner().map_err(self.fail())?;
        Ok(Some((self.height(&key)?, self.read_block(&bytes)?)))
    }

    fn height(&self, key: &[u8]) -> Result<Height, NodeError> {
        let key = key.try_into().map(u64::from_be_bytes);
        key.map(Height)
            .map_err(|_| self.invalid("a height", "its key is not eight bytes".to_owned()))
    }

    fn read_block(&self, bytes: &[u8]) -> Result<BlockEntry, NodeError> {
        let whole = zstd::decode_all(bytes);
        let whole = whole.map_err(|error| self.invalid("block entry", error.to_string()))?;
        self.read("block entry", &whole)
    }

    fn read<T: BorshDeserialize>(&self, what: &'static str, bytes: &[u8]) -> Result<T, NodeError> {
        decode(what, bytes).map_err(|error| self.invalid(what, error.reason))
    }

    fn invalid(&self, what: &'static str, reason: String) -> NodeError {
        NodeError::FileInvalid { path: self.path.clone(), what, reason }
    }
}

/// The bytes in which a block is kept.
fn compressed(entry: &BlockEntry) -> Vec<u8> {
    let compressed = zstd::bulk::compress(&encode(entry), COMPRESSION);
    compressed.expect("what is in memory is compressed into memory")
}

fn position_key(hash: &TransactionHash) -> &[u8] {
    &hash.0[..POSITION_KEY_BYTES]
}
