//! Running what must hold after each block.

use super::AfterCommit;
use crate::{
    ArchiveChecker, ArchivedBlock, CommittedBlock,
    application::ROUNDS_MAX,
    epochs::Marshal,
    store::{self, Stores},
};
use commonware_glue::stateful::db::DatabaseSet;
use commonware_runtime::Spawner;
use commonware_storage::Context;
use salus_state::ReadSet;
use salus_types::{Height, NetworkFile};

/// Most blocks at the end of a ledger that no certificate is above yet.
const UNCERTIFIED_MAX: u64 = 16;

/// Checks every block that a node stores and its certificates with the network file alone, as a
/// stranger would who was given them. The number of blocks that are proved to be final so.
pub(crate) async fn check_certificates(
    network: &NetworkFile,
    blocks: &Marshal,
) -> Result<u64, String> {
    let mut checker = ArchiveChecker::new(network).map_err(|error| error.to_string())?;
    let mut proved = 0;
    while let Some(block) = ArchivedBlock::read(blocks, checker.next()).await {
        proved += checker.take(block).map_err(|error| error.to_string())?.len() as u64;
    }
    let Height(next) = checker.next();
    if next > proved + 1 + UNCERTIFIED_MAX {
        return Err(format!("of {} blocks, certificates prove {proved} only", next - 1));
    }
    Ok(proved)
}

/// Runs what must hold after each block of a simulation.
pub(crate) async fn check_after<E: Spawner + Context>(
    after: &AfterCommit,
    block: &CommittedBlock,
    readers: &<Stores<E> as DatabaseSet<E>>::Readers,
) {
    if !after.record.is_honest(after.node) {
        return;
    }
    after.committed(block);
    if let Some(clients) = &after.clients {
        for key in clients.to_prove(after.node, block) {
            let (entry, proof) = store::prove(&*readers.read().await, &key).await;
            clients.proved(after.node, block, key, entry.as_ref(), &proof);
        }
    }
    let Some(check) = after.check() else { return };
    let mut state = ReadSet::new();
    for _ in 0..ROUNDS_MAX {
        let held = check(after.node, block, &mut state);
        let missing = state.take_missing();
        if missing.is_empty() {
            if let Err(failure) = held {
                after.failed(block.header.height, &failure);
            }
            return;
        }
        let values = store::values(&*readers.read().await, &missing).await;
        for (key, value) in missing.into_iter().zip(values) {
            state.insert(key, value);
        }
    }
    after.failed(block.header.height, "the check keeps asking for new keys");
}
