//! That old blocks really go, files and all, and no others.

use super::blocks::block_at;
use crate::{
    Block,
    kept::Kept,
    node::{BLOCKS_COMPRESSION, archive, page_cache},
};
use commonware_codec::Encode as _;
use commonware_consensus::{marshal::store::Blocks as _, types::Height as ConsensusHeight};
use commonware_cryptography::Digestible as _;
use commonware_runtime::{Runner as _, Storage as _, Supervisor as _, deterministic};
use commonware_storage::archive::Identifier;
use salus_types::Height;

const BLOCKS: u64 = 5_000;
/// Up to where the library asks for pruning.
const ASKED: u64 = 4_900;
/// How many blocks of that are kept nevertheless.
const LATER: u64 = 2_000;

/// Stores blocks, asks for pruning, and gives how many files there were before and after, and which
/// of these heights can still be read.
fn pruned(later: Option<u64>, heights: &'static [u64]) -> (usize, usize, Vec<u64>) {
    deterministic::Runner::default().start(|context| async move {
        let pages = page_cache(64 * 1024);
        let bodies = context.child("bodies");
        let stored = archive::<_, Block>(bodies, "blocks", &pages, BLOCKS_COMPRESSION, ()).await;
        let mut kept = Kept::new(stored, later);
        for height in 1..=BLOCKS {
            let block = block_at(Height(height));
            kept = kept.put(block.digest(), &block).await.unwrap();
        }
        let kept = kept.sync().await.unwrap();
        let before = context.scan("blocks-value").await.unwrap().len();

        let kept = kept.prune(ConsensusHeight::new(ASKED)).await.unwrap();

        let after = context.scan("blocks-value").await.unwrap().len();
        let mut there = Vec::new();
        for height in heights {
            if let Some(block) = kept.get(Identifier::Index(*height)).await.unwrap() {
                assert_eq!(block.encode(), block_at(Height(*height)).encode());
                there.push(*height);
            }
        }
        (before, after, there)
    })
}

#[test]
fn blocks_below_those_that_are_kept_leave_the_disk_and_the_others_stay() {
    let (before, after, there) = pruned(Some(LATER), &[1, 2_000, ASKED - LATER, BLOCKS]);

    assert!(after < before, "{after} of {before} files are left");
    assert_eq!(there, [ASKED - LATER, BLOCKS]);
}

#[test]
fn an_archive_keeps_every_block() {
    let (before, after, there) = pruned(None, &[1, 2_000, BLOCKS]);

    assert_eq!(before, after);
    assert_eq!(there, [1, 2_000, BLOCKS]);
}
