//! The ledger without the engine: one mempool, one executor, blocks at the word of a test.
//!
//! This is where most faults of modules show first: it runs thousands of blocks a second.

use crate::{
    Agreement, Cast, Dice, Fault, FinalBlock, Witness, Workload, acknowledged::Acknowledged,
};
use salus_mempool::{Config, Lane, Mempool, Origin, SelectLimits};
use salus_types::{BlockTime, Hash, Height, LedgerParameters};
use std::{collections::BTreeMap, sync::Arc};

/// Parameters with which things happen soon.
pub fn quick_parameters() -> LedgerParameters {
    LedgerParameters {
        epoch_blocks: 20,
        validity_blocks: 40,
        block_bytes_max: 256 * 1024,
        block_transactions_max: 60,
        idle_interval_ms: 500,
        time_lock_blocks: 3,
        voting_blocks: 30,
        entries_per_account_max: 30,
    }
}

/// What became of a run without the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainReport {
    /// Blocks made.
    pub height: Height,
    /// One hash over all blocks: equal for equal runs.
    pub digest: Hash,
    /// Transactions that the mempool accepted.
    pub accepted: usize,
    /// Transactions in blocks.
    pub committed: usize,
    /// Transactions that were reported expired.
    pub expired: usize,
    /// How often transactions ended how: `ok` or a code.
    pub outcomes: BTreeMap<String, u64>,
}

/// Runs the clients of a seed for this many blocks, some of which take next to nothing, so that
/// transactions expire.
///
/// # Errors
///
/// The first [`Fault`].
pub fn run_chain(seed: u64, blocks: u64) -> Result<ChainReport, Fault> {
    let cast = Cast::new(seed, 4, 1, quick_parameters());
    let network = Arc::new(cast.network.clone());
    let id = network.id();
    let proposer = cast.nodes[0].record.key;
    let lane = Lane(proposer);
    let config = Config { threads: 1, validity_blocks: 40, ..Config::new(id, lane) };
    let mempool = Mempool::new(config, None);
    let mut expiries = mempool.subscribe_expired();
    let mut witness = Witness::new(0, Arc::clone(&network));
    let mut agreement = Agreement::default();
    let mut acknowledged = Acknowledged::default();
    let mut workload = Workload::new(seed, cast);
    let mut dice = Dice::new(seed, "chain");
    let mut parameters = network.parameters.clone();
    let mut time = network.genesis_time;
    let mut parent = Hash::ZERO;

    for number in 1..=blocks {
        let height = Height(number);
        for _ in 0..dice.below(30) {
            let submission = workload.make();
            let answer = mempool.admit(lane, Origin::Local, vec![submission.bytes]).remove(0);
            acknowledged.answered(0, submission.hash, &answer);
        }

        let full = usize::try_from(parameters.block_transactions_max).unwrap_or(usize::MAX);
        let count = if dice.chance(60) { dice.index(4).unwrap_or(0) } else { full };
        let limits = SelectLimits { bytes: 256 * 1024, count };
        let chosen = mempool.select(limits, height, &|_| false);
        let bodies: Vec<_> = chosen.iter().map(|one| one.bytes.clone()).collect();
        let transactions = mempool
            .check_block(id, height, parameters.validity_blocks, &bodies)
            .map_err(|refusal| Fault::OwnBlockRefused { height, refusal })?;

        time = BlockTime::from_unix_ms(time.unix_ms() + dice.below(2000));
        let outcome = witness.execute(height, time, proposer, &transactions);
        let leaves: Vec<u8> = transactions.iter().flat_map(|one| one.leaf.0).collect();
        let receipts = salus_types::encode(&outcome.receipts);
        parent = salus_types::hash_parts(&[
            &parent.0,
            &time.unix_ms().to_be_bytes(),
            &leaves,
            &receipts,
        ]);
        let block = FinalBlock {
            height,
            time,
            proposer,
            hash: parent,
            transactions: &transactions,
            receipts: &outcome.receipts,
        };
        agreement.note(0, &block)?;
        witness.committed(&block, &workload.accounts())?;
        workload.observe(height, time, &outcome.receipts)?;
        parameters = outcome.parameters;
        mempool.set_validity_blocks(parameters.validity_blocks);
        mempool.committed(height, &transactions);
        while let Ok(expiry) = expiries.try_recv() {
            acknowledged.expired(0, &expiry.hashes);
            workload.lost(&expiry.hashes);
        }
    }
    acknowledged.check(&agreement, &|_, hash| mempool.standing(hash))?;
    Ok(ChainReport {
        height: agreement.height(),
        digest: agreement.digest(),
        accepted: acknowledged.accepted_count(),
        committed: agreement.transactions(),
        expired: acknowledged.expired_count(),
        outcomes: workload.outcomes().clone(),
    })
}
