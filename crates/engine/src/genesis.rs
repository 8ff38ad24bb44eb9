//! The block at height 0.

use crate::{Block, EngineError, block::hash_of, ledger::is_node_key, roots, store::Store};
use commonware_glue::stateful::db::ManagedDb;
use commonware_runtime::tokio::Context;
use salus_types::{BlockHeader, Hash, Height, NetworkFile, StoreTarget, block::PROTOCOL_VERSION};

/// The block at height 0, derived from the network file alone.
///
/// # Errors
///
/// The first that applies: [`EngineError::NoValidators`], [`EngineError::BadNodeKey`],
/// [`EngineError::BadEpochLength`].
pub(crate) fn genesis(network: &NetworkFile) -> Result<Block, EngineError> {
    let nodes = network.validators.nodes();
    let first = nodes.first().ok_or(EngineError::NoValidators)?;
    if let Some(bad) = nodes.iter().find(|node| !is_node_key(node.key)) {
        return Err(EngineError::BadNodeKey { key: bad.key });
    }
    let epoch_blocks = network.parameters.epoch_blocks;
    if !(2..=1_000_000).contains(&epoch_blocks) {
        return Err(EngineError::BadEpochLength { epoch_blocks });
    }
    let store = initial_store();
    let header = BlockHeader {
        version: PROTOCOL_VERSION,
        network: network.id(),
        epoch: 0,
        view: 0,
        parent_view: 0,
        height: Height(0),
        time: network.genesis_time,
        proposer: first.key,
        parent: Hash::ZERO,
        transactions_root: roots::transactions_root(&[]),
        receipts_root: roots::receipts_root(&[]),
        state_root: Hash::ZERO,
        store,
        validators_next: network.validators.hash(),
    };
    Block::new(header, None, Vec::new()).ok_or(EngineError::BadNodeKey { key: first.key })
}

/// The target of the empty store, on whatever runtime.
fn initial_store() -> StoreTarget {
    let target = <Store<Context> as ManagedDb<Context>>::initial_sync_target();
    StoreTarget {
        operations_root: hash_of(&target.root),
        start: *target.range.start(),
        end: *target.range.end(),
    }
}
