//! Where a node begins that copies the state instead of executing every block.
//!
//! It begins at the last block of an epoch, whose header commits to the state after it and to who
//! decides next, and whose certificate was checked from the network file on. It takes the state from
//! its peers, operation by operation, each checked against that header; then it executes the blocks
//! above, as every node does. The block is so old that no transaction below it can stand in a block
//! again, so nothing below it is needed.

use crate::{
    EngineError,
    block::public_key,
    epochs::{Delivered, Marshal},
    ledger::Ledger,
    schemes::Schemes,
    store::{self, Stores},
};
use bytes::Bytes;
use commonware_codec::Decode as _;
use commonware_consensus::{
    simplex::{scheme::ed25519::Scheme, types::Finalization},
    types::{Epoch, Height as ConsensusHeight},
};
use commonware_cryptography::sha256;
use commonware_macros::select;
use commonware_runtime::{Clock, Spawner};
use commonware_storage::Context;
use commonware_utils::{Acknowledgement as _, vec::NonEmptyVec};
use futures::future::pending;
use salus_types::{BlockHeader, ValidatorSet};
use std::time::Duration;
use tokio::sync::mpsc;

/// Pause between two times that peers are asked for the end of an epoch.
const ASK_AGAIN: Duration = Duration::from_secs(2);
/// Most blocks by which a copied state is above what was acknowledged.
const STANDS_WITHIN: u64 = 64;

/// The last block of an epoch, from which a node follows. Whoever makes one has checked it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinPoint {
    /// The header of the block.
    pub header: BlockHeader,
    /// Its certificate, in the library's encoding.
    pub certificate: Bytes,
    /// Who decided its epoch, and so signed it.
    pub deciding: ValidatorSet,
}

/// A certificate as the library has it.
pub(crate) type Certificate = Finalization<Scheme, sha256::Digest>;

impl JoinPoint {
    /// The certificate as the library has it.
    ///
    /// # Errors
    ///
    /// [`EngineError::JoinPoint`]: it is not a certificate of such a set.
    pub(crate) fn finalization(&self) -> Result<Certificate, EngineError> {
        Certificate::decode_cfg(self.certificate.clone(), &self.deciding.nodes().len())
            .map_err(|error| EngineError::JoinPoint { reason: error.to_string() })
    }
}

/// Follows the chain while the state is copied, without executing blocks, so that what is copied is
/// the state of late and peers still have it. Never ends by itself.
pub(crate) async fn follow<E: Clock>(
    clock: &E,
    ledger: &Ledger,
    marshal: &Marshal,
    schemes: &Schemes,
    join: &JoinPoint,
    blocks: &mut mpsc::UnboundedReceiver<Delivered>,
) {
    let (mut epoch, mut set) = (join.header.epoch, join.deciding.clone());
    let mut ask_at = clock.current();
    loop {
        select! {
            delivered = blocks.recv() => {
                let Some((block, done)) = delivered else { return pending().await };
                let header = block.inner().header();
                if let Some(next) = block.inner().validators().filter(|_| header.epoch >= epoch) {
                    (epoch, set) = (header.epoch + 1, next.clone());
                    schemes.enter(Epoch::new(epoch), &set, true);
                    ask_at = clock.current();
                }
                done.acknowledge();
            },
            () = clock.sleep_until(ask_at) => {
                let end = (epoch + 1) * ledger.shared.epoch_blocks - 1;
                let peers = set.nodes().iter().filter(|node| node.key != ledger.shared.me);
                let peers: Vec<_> = peers.filter_map(|node| public_key(node.key)).collect();
                if let Ok(peers) = NonEmptyVec::try_from(peers) {
                    marshal.hint_finalized(ConsensusHeight::new(end), peers);
                }
                ask_at = clock.current() + ASK_AGAIN;
            },
        }
    }
}

/// The header of the block after which a copied state stands, from this height on; none when the
/// engine is stopping.
pub(crate) async fn stands_after<E: Context + Spawner>(
    ledger: &Ledger,
    marshal: &Marshal,
    stores: &Stores<E>,
    from: u64,
) -> Option<BlockHeader> {
    // Held, so that the state does not move on meanwhile.
    let store = stores.read().await;
    let end = store::end(&store);
    if let Some(header) = ledger.shared.history.lock().at_end(end) {
        return Some(header.clone());
    }
    let processed = marshal.get_processed().await?.height().get();
    let (mut low, mut high) = (from, processed.max(from) + STANDS_WITHIN);
    // The log grows with each block. A block that is not there yet is above.
    while low < high {
        let middle = low.midpoint(high);
        match marshal.get_block(ConsensusHeight::new(middle)).await {
            Some(block) if block.inner().header().store.end < end => low = middle + 1,
            Some(_) | None => high = middle,
        }
    }
    let block = marshal.get_block(ConsensusHeight::new(low)).await?;
    let header = block.inner().header().clone();
    assert!(header.store.end == end, "a copied state stands after a block");
    ledger.shared.history.lock().set_base(header.clone());
    Some(header)
}
