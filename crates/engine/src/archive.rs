//! Final blocks outside the store: what a back-up holds, and how a new home is filled from one.
//!
//! A back-up proves itself: blocks follow each other from genesis, and certificates of the validators
//! that the network file and the blocks themselves name make them final. What follows the last
//! certificate is left out. A home filled so executes the blocks again when it starts, and compares the
//! roots of every header.

use crate::{
    Block, EngineConfig, EngineError,
    block::digest,
    epochs::Marshal,
    folder,
    genesis::genesis,
    node::{BLOCKS_COMPRESSION, PREFIX, archive, page_cache},
    schemes::Schemes,
};
use borsh::{BorshDeserialize, BorshSerialize};
use bytes::Bytes;
use commonware_codec::{Decode as _, Encode as _};
use commonware_consensus::{
    Epochable as _,
    simplex::{scheme::ed25519::Scheme, types::Finalization},
    types::{Epoch, Height as ConsensusHeight},
};
use commonware_cryptography::sha256;
use commonware_parallel::Sequential;
use commonware_runtime::{Runner as _, Supervisor as _};
use commonware_storage::archive::{Archive as _, Error as StorageError};
use salus_types::{
    BlockHeader, BlockTime, Height, NetworkFile, NetworkId, validators::VALIDATORS_MAX,
};
use std::sync::Arc;

/// Blocks between two waits for the disk while a home is filled.
const SYNC_EVERY: u64 = 512;

/// A final block as a back-up holds it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ArchivedBlock {
    /// The block in canonical bytes.
    pub block: Vec<u8>,
    /// Its certificate in the library's encoding; empty where it is final through a later one.
    pub certificate: Vec<u8>,
}

impl ArchivedBlock {
    /// The final block at a height, as a node's store holds it; none where it holds none.
    pub(crate) async fn read(marshal: &Marshal, height: Height) -> Option<Self> {
        let height = ConsensusHeight::new(height.0);
        let block = marshal.get_block(height).await?;
        let certificate = marshal.get_finalization(height).await;
        Some(Self {
            block: block.inner().to_bytes().to_vec(),
            certificate: certificate.map(|one| one.encode().to_vec()).unwrap_or_default(),
        })
    }
}

/// A block that is proved to be final.
#[derive(Clone, Debug)]
pub struct ProvedBlock {
    /// The block.
    pub block: Block,
    finalization: Option<Finalization<Scheme, sha256::Digest>>,
}

/// Why an archive is not taken. Code: `engine.archive`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("block {height} of the archive is refused: {reason}")]
pub struct ArchiveError {
    /// Its height, as far as it is known.
    pub height: Height,
    /// What is wrong with it.
    pub reason: String,
}

impl ArchiveError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        "engine.archive"
    }
}

/// Checks an archive from its first block to its last.
pub struct ArchiveChecker {
    network: NetworkId,
    epoch_blocks: u64,
    schemes: Schemes,
    scheme: Arc<Scheme>,
    parent: BlockHeader,
    unproved: Vec<Block>,
}

impl ArchiveChecker {
    /// Begins at genesis.
    ///
    /// # Errors
    ///
    /// The first that applies: [`EngineError::NoValidators`], [`EngineError::BadNodeKey`],
    /// [`EngineError::BadEpochLength`].
    pub fn new(network: &NetworkFile) -> Result<Self, EngineError> {
        let parent = genesis(network)?.header().clone();
        let id = network.id();
        let schemes = Schemes::watching(NetworkFile::consensus_namespace(id));
        let scheme = schemes.enter(Epoch::new(0), &network.validators, true);
        let epoch_blocks = network.parameters.epoch_blocks;
        Ok(Self { network: id, epoch_blocks, schemes, scheme, parent, unproved: Vec::new() })
    }

    /// The height of the next block.
    pub fn next(&self) -> Height {
        self.parent.height.next()
    }

    /// Takes the next block; gives those that its certificate proves final.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`]: it is no block, does not follow, or its certificate does not hold.
    pub fn take(&mut self, archived: ArchivedBlock) -> Result<Vec<ProvedBlock>, ArchiveError> {
        let height = self.next();
        let refuse = |reason: String| ArchiveError { height, reason };
        let block = Block::from_bytes(Bytes::from(archived.block))
            .map_err(|error| refuse(error.to_string()))?;
        let header = block.header().clone();
        let last_of_epoch = header.height.0 % self.epoch_blocks == self.epoch_blocks - 1;
        let follows = header.network == self.network
            && header.height == height
            && header.parent == self.parent.hash()
            && header.epoch == height.0 / self.epoch_blocks
            && last_of_epoch == block.validators().is_some();
        if !follows {
            return Err(refuse("it does not follow the block before it".to_owned()));
        }
        let next_set = block.validators().cloned();
        self.unproved.push(block);
        let proved = if archived.certificate.is_empty() {
            Vec::new()
        } else {
            let certificate = self.check(&header, archived.certificate).map_err(refuse)?;
            let mut proved: Vec<_> = std::mem::take(&mut self.unproved)
                .into_iter()
                .map(|block| ProvedBlock { block, finalization: None })
                .collect();
            if let Some(last) = proved.last_mut() {
                last.finalization = Some(certificate);
            }
            proved
        };
        if let Some(set) = next_set {
            if !self.unproved.is_empty() {
                let reason = "the last block of an epoch must have a certificate of its own";
                return Err(refuse(reason.to_owned()));
            }
            self.scheme = self.schemes.enter(Epoch::new(header.epoch + 1), &set, true);
        }
        self.parent = header;
        Ok(proved)
    }

    fn check(
        &self,
        header: &BlockHeader,
        certificate: Vec<u8>,
    ) -> Result<Finalization<Scheme, sha256::Digest>, String> {
        let bytes = Bytes::from(certificate);
        let certificate =
            Finalization::<Scheme, sha256::Digest>::decode_cfg(bytes, &VALIDATORS_MAX)
                .map_err(|_| "its certificate does not decode")?;
        if certificate.proposal.payload != digest(header.hash()) {
            return Err("its certificate is of another block".to_owned());
        }
        if certificate.epoch().get() != header.epoch {
            return Err("its certificate is of another epoch".to_owned());
        }
        let mut random = rand_core::UnwrapErr(getrandom::SysRng);
        if !certificate.verify(&mut random, &*self.scheme, &Sequential) {
            return Err("too few of its epoch's validators signed its certificate".to_owned());
        }
        Ok(certificate)
    }
}

/// What a home was filled with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filled {
    /// The header of the highest block.
    pub last: BlockHeader,
    /// Time of the block before the first of the epoch in which the network goes on.
    pub epoch_began: BlockTime,
}

/// When a node whose votes are not known any more votes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VotesAgain {
    /// In epochs that begin after this time: it cannot contradict a vote of its own.
    InEpochsAfter(BlockTime),
    /// In the epoch of the highest block already. Safe only when the network has stood still since,
    /// and nothing was final beyond it; else it may contradict what it voted before.
    AtOnce,
}

/// Fills the store of a node that never ran. Blocks come from `blocks`, each is checked, and
/// `each` sees those that are final.
///
/// Blocks the thread; not to be called from asynchronous code.
///
/// # Errors
///
/// The first that applies: those of [`ArchiveChecker::new`]; [`EngineError::DataFolder`],
/// [`EngineError::ForeignData`]; [`EngineError::Failed`] with what `blocks` or the check says.
pub fn fill<B, F>(
    config: &EngineConfig,
    votes: VotesAgain,
    blocks: B,
    mut each: F,
) -> Result<Filled, EngineError>
where
    B: Iterator<Item = Result<ArchivedBlock, String>>,
    F: FnMut(&Block),
{
    let mut checker = ArchiveChecker::new(&config.network)?;
    folder::claim(config, config.network.id())?;
    let failed = |reason: String| EngineError::Failed { reason };
    let runtime = commonware_runtime::tokio::Config::new()
        .with_worker_threads(1)
        .with_storage_directory(config.folder.join("store"));
    let filled = commonware_runtime::tokio::Runner::new(runtime).start(|context| async move {
        let pages = page_cache(config.page_cache_bytes);
        let text = |error: StorageError| error.to_string();
        let name = |what| format!("{PREFIX}-{what}");
        let (finalizations, bodies) = (context.child("finalizations"), context.child("bodies"));
        let certificates = name("certificates");
        let mut certificates =
            archive(finalizations, &certificates, &pages, None, VALIDATORS_MAX).await;
        let mut bodies = archive(bodies, &name("blocks"), &pages, BLOCKS_COMPRESSION, ()).await;
        let mut last = checker.parent.clone();
        let mut epoch_began = last.time;
        for archived in blocks {
            for proved in checker.take(archived?).map_err(|error| error.to_string())? {
                let header = proved.block.header().clone();
                let hash = digest(header.hash());
                let height = header.height.0;
                bodies = bodies.put(height, hash, &proved.block).await.map_err(text)?;
                if let Some(certificate) = &proved.finalization {
                    certificates =
                        certificates.put(height, hash, certificate).await.map_err(text)?;
                }
                if height % SYNC_EVERY == 0 {
                    bodies = bodies.sync().await.map_err(text)?;
                    certificates = certificates.sync().await.map_err(text)?;
                }
                if proved.block.validators().is_some() {
                    epoch_began = header.time;
                }
                each(&proved.block);
                last = header;
            }
        }
        bodies.sync().await.map_err(text)?;
        certificates.sync().await.map_err(text)?;
        Ok::<_, String>(Filled { last, epoch_began })
    });
    let filled = filled.map_err(failed)?;
    let quiet_until = match votes {
        VotesAgain::InEpochsAfter(time) => time,
        VotesAgain::AtOnce => {
            BlockTime::from_unix_ms(filled.epoch_began.unix_ms().saturating_sub(1))
        }
    };
    folder::mark_restored(&config.folder, quiet_until)?;
    Ok(filled)
}
