//! The ends of epochs: where a node goes on after a start, and that an end is proved before it is left.

use super::{Channels, Decider, Epochs, RETRY, Running};
use crate::{block::public_key, node::Env};
use commonware_consensus::{
    marshal::Identifier,
    simplex::{Floor, scheme::ed25519::Scheme},
    types::{Epoch, Height as ConsensusHeight},
};
use commonware_cryptography::{Digestible as _, ed25519::PublicKey, sha256};
use commonware_macros::select;
use commonware_p2p::{Blocker, Sender};
use commonware_utils::vec::NonEmptyVec;
use salus_types::{BlockTime, Height, ValidatorSet};
use tracing::debug;

/// Blocks among which the newest certificate is looked for.
const CERTIFICATES_SEARCHED: usize = 256;

impl<E, A, B> Epochs<E, A, B>
where
    E: Env,
    A: Decider,
    B: Blocker<PublicKey = PublicKey>,
{
    /// Enters the epoch in which this node was; the one before first, if its end has no certificate.
    pub(super) async fn resume<S>(&mut self, channels: &mut Channels<S>) -> Option<Running>
    where
        S: Sender<PublicKey = PublicKey>,
    {
        // A copied state is ahead of what this node has processed.
        let applied = self.config.ledger.shared.applied.borrow().clone();
        let applied = applied.map_or(0, |applied| applied.header.height.0);
        let processed = self.config.marshal.get_processed().await;
        let processed = processed.map_or(0, |processed| processed.height().get());
        let next = applied.max(processed) + 1;
        let length = self.config.ledger.shared.epoch_blocks;
        let epoch = next / length;
        let (set, boundary) = self.beginning(epoch).await?;
        let last = ConsensusHeight::new((epoch * length).saturating_sub(1));
        // A node that copied the state may not have the block before the epoch in question.
        if epoch > 0
            && self.config.marshal.get_finalization(last).await.is_none()
            && let Some((before, earlier)) = self.beginning(epoch - 1).await
        {
            let ending = self.enter(Epoch::new(epoch - 1), before, earlier, channels).await?;
            let mut stopped = self.context.stopped();
            select! {
                _ = &mut stopped => return None,
                () = self.wait_certified(&ending.set, Height(last.get())) => {},
            }
        }
        self.enter(Epoch::new(epoch), set, boundary, channels).await
    }

    /// Who decides an epoch, and the block before its first with its time.
    async fn beginning(
        &mut self,
        epoch: u64,
    ) -> Option<(ValidatorSet, (sha256::Digest, BlockTime))> {
        let shared = &self.config.ledger.shared;
        let Some(before) = (epoch * shared.epoch_blocks).checked_sub(1) else {
            let genesis = &shared.genesis;
            let boundary = (genesis.digest(), genesis.header().time);
            return Some((self.config.first_set.clone(), boundary));
        };
        let block = self.config.marshal.get_block(ConsensusHeight::new(before)).await?;
        let set = block.inner().validators().cloned();
        let set = set.expect("the last block of an epoch names the next set");
        Some((set, (block.digest(), block.inner().header().time)))
    }

    /// Waits for the certificate of the last block of an epoch: no block above it in its epoch stands in
    /// for it, and strangers follow the sets of validators from one to the next.
    ///
    /// Block and certificate are two files. After a crash between them the block is there alone. The
    /// engine of its epoch still runs then: it makes the certificate again from the votes on the disk, or
    /// a peer has it.
    pub(super) async fn wait_certified(&mut self, set: &ValidatorSet, height: Height) {
        let at = ConsensusHeight::new(height.0);
        while self.config.marshal.get_finalization(at).await.is_none() {
            debug!(%height, "the last block of an epoch is there without its certificate");
            let me = self.config.ledger.shared.me;
            let peers = set.nodes().iter().filter(|node| node.key != me);
            let peers: Vec<_> = peers.filter_map(|node| public_key(node.key)).collect();
            if let Ok(peers) = NonEmptyVec::try_from(peers) {
                self.config.marshal.hint_finalized(at, peers);
            }
            self.context.sleep(RETRY).await;
        }
    }

    /// From where agreement in an epoch goes on. A restored node has lost its votes, but has the
    /// certificates of blocks: all that is below the newest one is decided.
    pub(super) async fn floor(
        &mut self,
        epoch: Epoch,
        boundary: sha256::Digest,
    ) -> Floor<Scheme, sha256::Digest> {
        if self.config.quiet_until.is_none() {
            return Floor::Genesis(boundary);
        }
        let length = self.config.ledger.shared.epoch_blocks;
        let first = epoch.get() * length;
        let latest = self.config.marshal.get_info(Identifier::Latest).await;
        let latest = latest.map_or(0, |(height, _)| height.get());
        if latest / length == epoch.get() {
            for height in (first..=latest).rev().take(CERTIFICATES_SEARCHED) {
                let height = ConsensusHeight::new(height);
                if let Some(newest) = self.config.marshal.get_finalization(height).await {
                    return Floor::Finalized(newest);
                }
            }
        }
        Floor::Genesis(boundary)
    }
}
