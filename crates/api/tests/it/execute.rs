//! Executes a block with the real modules over a map.

use bytes::Bytes;
use salus_app::{BlockInput, execute_block};
use salus_state::{ReadSet, StateKey};
use salus_types::{BlockTime, Event, Height, NetworkFile, NodeKey, Receipt, Transaction};
use std::collections::BTreeMap;

/// The state at a height.
pub(crate) type Values = BTreeMap<StateKey, Bytes>;

/// Executes a block, again until everything that it reads is known.
pub(crate) fn execute(
    network: &NetworkFile,
    values: &mut Values,
    height: Height,
    time: BlockTime,
    transactions: &[Transaction],
) -> (Vec<Receipt>, Vec<Event>) {
    let block =
        BlockInput { network, network_id: network.id(), height, time, proposer: NodeKey([3; 32]) };
    let hashed: Vec<_> = transactions.iter().map(|one| (one.hash(), one)).collect();
    let mut known = ReadSet::new();
    loop {
        let outcome = execute_block(&block, &hashed, &known);
        let missing = known.take_missing();
        if missing.is_empty() {
            for (key, value) in outcome.writes {
                match value {
                    Some(value) => values.insert(key, value),
                    None => values.remove(&key),
                };
            }
            return (outcome.receipts, outcome.events);
        }
        for key in missing {
            known.insert(key, values.get(&key).cloned());
        }
    }
}
