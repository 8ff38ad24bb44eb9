//! How far back blocks and their certificates are kept.
//!
//! The library prunes blocks together with the log of the state, which is kept for a short while
//! only: as long as a node that copies the state asks for it. Blocks are kept longer, or all of them,
//! so what the library asks for is put off here.

use commonware_consensus::{
    marshal::store::{Blocks, Certificates},
    simplex::types::Finalization,
    types::Height,
};
use commonware_cryptography::Digestible;
use commonware_runtime::Handle;
use commonware_storage::archive::Identifier;

/// An archive that prunes later than it is asked to.
#[derive(Debug)]
pub(crate) struct Kept<A> {
    archive: A,
    later: Option<u64>,
}

impl<A> Kept<A> {
    /// Prunes so many blocks later than asked to; never for none.
    pub(crate) fn new(archive: A, later: Option<u64>) -> Self {
        Self { archive, later }
    }

    fn put_off(&self, min: Height) -> Option<Height> {
        let min = min.get().checked_sub(self.later?)?;
        (min > 0).then(|| Height::new(min))
    }
}

impl<A: Blocks> Blocks for Kept<A> {
    type Block = A::Block;
    type Error = A::Error;

    async fn put(
        mut self,
        digest: <A::Block as Digestible>::Digest,
        block: &A::Block,
    ) -> Result<Self, A::Error> {
        self.archive = self.archive.put(digest, block).await?;
        Ok(self)
    }

    async fn sync(mut self) -> Result<Self, A::Error> {
        self.archive = self.archive.sync().await?;
        Ok(self)
    }

    async fn start_sync(self) -> Result<(Self, Handle<()>), A::Error> {
        let later = self.later;
        let (archive, handle) = self.archive.start_sync().await?;
        Ok((Self { archive, later }, handle))
    }

    async fn get(
        &self,
        id: Identifier<'_, <A::Block as Digestible>::Digest>,
    ) -> Result<Option<A::Block>, A::Error> {
        self.archive.get(id).await
    }

    async fn prune(mut self, min: Height) -> Result<Self, A::Error> {
        if let Some(min) = self.put_off(min) {
            self.archive = self.archive.prune(min).await?;
        }
        Ok(self)
    }

    fn missing_items(&self, start: Height, max: usize) -> Vec<Height> {
        self.archive.missing_items(start, max)
    }

    fn next_gap(&self, value: Height) -> (Option<Height>, Option<Height>) {
        self.archive.next_gap(value)
    }

    fn last_index(&self) -> Option<Height> {
        self.archive.last_index()
    }
}

impl<A: Certificates> Certificates for Kept<A> {
    type BlockDigest = A::BlockDigest;
    type Commitment = A::Commitment;
    type Scheme = A::Scheme;
    type Error = A::Error;

    async fn put(
        mut self,
        height: Height,
        digest: A::BlockDigest,
        finalization: &Finalization<A::Scheme, A::Commitment>,
    ) -> Result<Self, A::Error> {
        self.archive = self.archive.put(height, digest, finalization).await?;
        Ok(self)
    }

    async fn sync(mut self) -> Result<Self, A::Error> {
        self.archive = self.archive.sync().await?;
        Ok(self)
    }

    async fn start_sync(self) -> Result<(Self, Handle<()>), A::Error> {
        let later = self.later;
        let (archive, handle) = self.archive.start_sync().await?;
        Ok((Self { archive, later }, handle))
    }

    async fn get(
        &self,
        id: Identifier<'_, A::BlockDigest>,
    ) -> Result<Option<Finalization<A::Scheme, A::Commitment>>, A::Error> {
        self.archive.get(id).await
    }

    async fn has(&self, height: Height) -> Result<bool, A::Error> {
        self.archive.has(height).await
    }

    async fn prune(mut self, min: Height) -> Result<Self, A::Error> {
        if let Some(min) = self.put_off(min) {
            self.archive = self.archive.prune(min).await?;
        }
        Ok(self)
    }

    fn last_index(&self) -> Option<Height> {
        self.archive.last_index()
    }

    fn ranges_from(&self, from: Height) -> impl Iterator<Item = (Height, Height)> {
        self.archive.ranges_from(from)
    }
}
