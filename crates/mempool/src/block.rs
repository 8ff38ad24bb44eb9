//! The check of a block's transactions.

use crate::{BlockRefusal, CheckedTransaction, Mempool, checked::Unfit};
use bytes::Bytes;
use salus_types::{Hash, Height, NetworkId, Transaction};
use std::{collections::HashSet, sync::Arc};

impl Mempool {
    /// Checks the transactions of a block at `height` and decodes them; those that this node has
    /// checked before, by their exact bytes, are not checked again.
    ///
    /// Repetitions of final blocks below are refused here; the caller looks for repetitions of
    /// blocks below that are not final yet.
    ///
    /// # Errors
    ///
    /// The first transaction that is malformed; else the first that stands in the block twice, is
    /// in a final block below, is for another network, has expired, or is valid for longer than
    /// `validity_blocks` after `height`; else the first with a bad signature.
    pub fn check_block(
        &self,
        network: NetworkId,
        height: Height,
        validity_blocks: u64,
        bodies: &[Bytes],
    ) -> Result<Vec<Arc<CheckedTransaction>>, BlockRefusal> {
        let leaves: Vec<_> = bodies.iter().map(|bytes| Transaction::leaf(bytes)).collect();
        let known: Vec<_> = {
            let pool = self.shared.pool.lock();
            leaves.iter().map(|leaf| pool.known(leaf)).collect()
        };
        let (transactions, unseen) = decode_unseen(bodies, leaves, known)?;
        self.check_places(network, height, height.after(validity_blocks), &transactions)?;

        let fresh: Vec<_> = unseen.iter().map(|index| Arc::clone(&transactions[*index])).collect();
        let first_bad = self.shared.signatures.check(&fresh);
        let mut pool = self.shared.pool.lock();
        pool.counters.block_known += (transactions.len() - unseen.len()) as u64;
        pool.counters.block_unseen += unseen.len() as u64;
        for (index, first_bad) in unseen.into_iter().zip(first_bad) {
            if let Some(signature) = first_bad {
                return Err(BlockRefusal::BadSignature { index, signature });
            }
        }
        for one in &fresh {
            pool.recent.insert(one);
        }
        Ok(transactions)
    }

    fn check_places(
        &self,
        network: NetworkId,
        height: Height,
        latest: Height,
        transactions: &[Arc<CheckedTransaction>],
    ) -> Result<(), BlockRefusal> {
        let mut hashes = HashSet::with_capacity(transactions.len());
        let pool = self.shared.pool.lock();
        for (index, one) in transactions.iter().enumerate() {
            let hash = one.hash;
            if !hashes.insert(hash) {
                return Err(BlockRefusal::Twice { index, hash });
            }
            if let Some(below) = pool.window.height(&hash).filter(|at| *at < height) {
                return Err(BlockRefusal::Replayed { index, hash, height: below });
            }
            one.fits(network, height, latest).map_err(|unfit| match unfit {
                Unfit::WrongNetwork { found } => BlockRefusal::WrongNetwork { index, found },
                Unfit::Expired { valid_until } => BlockRefusal::Expired { index, valid_until },
                Unfit::TooFar { valid_until, latest } => {
                    BlockRefusal::TooFar { index, valid_until, latest }
                }
            })?;
        }
        Ok(())
    }
}

type Decoded = (Vec<Arc<CheckedTransaction>>, Vec<usize>);

/// The transactions of a block, and the positions of those that were not known.
fn decode_unseen(
    bodies: &[Bytes],
    leaves: Vec<Hash>,
    known: Vec<Option<Arc<CheckedTransaction>>>,
) -> Result<Decoded, BlockRefusal> {
    let (mut transactions, mut unseen) = (Vec::with_capacity(bodies.len()), Vec::new());
    for (index, ((bytes, leaf), known)) in bodies.iter().zip(leaves).zip(known).enumerate() {
        let one = if let Some(one) = known {
            one
        } else {
            unseen.push(index);
            let one = CheckedTransaction::decode_copy(bytes, leaf)
                .map_err(|source| BlockRefusal::Malformed { index, source })?;
            Arc::new(one)
        };
        transactions.push(one);
    }
    Ok((transactions, unseen))
}
