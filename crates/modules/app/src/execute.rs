//! Executing a block.

use crate::{AppError, MODULES, governance, identity, module};
use salus_framework::{BlockContext, BlockInfo, Context, Refusal, work};
use salus_state::{Overlay, ReadSet, StateKey, StateRead, Writes};
use salus_types::{
    BlockTime, Call, Event, Height, LedgerParameters, NetworkFile, NetworkId, NodeKey, NodeRecord,
    Outcome, Receipt, Transaction, TransactionHash, ValidatorSet, VecMax,
};
use std::collections::BTreeSet;

/// The block to execute, without its transactions.
#[derive(Clone, Copy, Debug)]
pub struct BlockInput<'a> {
    /// The network file, whose genesis is applied at height 1. Checked with [`check_network`] before.
    pub network: &'a NetworkFile,
    /// Its id, which the caller keeps: computing it hashes the whole file.
    pub network_id: NetworkId,
    /// The block's height.
    pub height: Height,
    /// The block's time.
    pub time: BlockTime,
    /// The node that proposed it.
    pub proposer: NodeKey,
}

/// What a block does. Of use only when nothing was missing while it was executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockOutcome {
    /// Changes to the state.
    pub writes: Writes,
    /// What became of each transaction, in order.
    pub receipts: Vec<Receipt>,
    /// What genesis and the end of the block told. Not under the receipts root: it follows from the
    /// state.
    pub events: Vec<Event>,
    /// The validators that decide from the next epoch on.
    pub validators_next: ValidatorSet,
    /// The nodes that follow without a vote.
    pub observers: Vec<NodeRecord>,
    /// The parameters in force for the next block.
    pub parameters: LedgerParameters,
}

/// Checks that a network file makes a network.
///
/// # Errors
///
/// The refusal of the first module whose genesis is refused.
pub fn check_network(network: &NetworkFile) -> Result<(), Refusal> {
    let info = BlockInfo {
        network: network.id(),
        height: Height(1),
        time: network.genesis_time,
        proposer: NodeKey([0; 32]),
        parameters: network.parameters.clone(),
    };
    let nothing = ReadSet::new();
    let mut overlay = Overlay::new(&nothing);
    let mut events = Vec::new();
    let mut ctx = BlockContext::new(&info, &mut overlay, &mut events);
    MODULES.iter().try_for_each(|module| module.genesis(network, &mut ctx))
}

/// The keys that executing these transactions reads, as far as they tell, and those of every block.
///
/// Loading them first makes most blocks execute in one pass. It is a hint: what it leaves out is
/// reported as missing.
pub fn reads_ahead<'a>(transactions: impl IntoIterator<Item = &'a Transaction>) -> Vec<StateKey> {
    let mut keys: BTreeSet<StateKey> = [
        governance::state::parameters_path(),
        governance::state::validators_path(),
        governance::state::observers_path(),
        governance::state::agenda_path(),
    ]
    .map(|path| path.key())
    .into();
    for transaction in transactions {
        let body = &transaction.body;
        for signature in &transaction.signatures {
            keys.insert(identity::state::account_path(signature.account).key());
        }
        for call in &body.calls {
            if let Some(module) = module(call.module) {
                keys.extend(module.reads(&call.payload, body.sender));
            }
        }
    }
    keys.into_iter().collect()
}

/// Executes a block on what is known of the state before it.
///
/// A transaction that asks for what is not known is left out, and the rest goes on, so that one pass
/// finds as many missing keys as it can. When `state` has missing keys afterwards the outcome is of no
/// use: load them and execute the block again.
///
/// # Panics
///
/// The network file is one that [`check_network`] refuses, or the state was not written by this code.
pub fn execute_block(
    block: &BlockInput<'_>,
    transactions: &[(TransactionHash, &Transaction)],
    state: &ReadSet,
) -> BlockOutcome {
    let mut overlay = Overlay::new(state);
    let mut events = Vec::new();
    let first = block.height == Height(1);
    let mut info = BlockInfo {
        network: block.network_id,
        height: block.height,
        time: block.time,
        proposer: block.proposer,
        parameters: block.network.parameters.clone(),
    };
    if first {
        let mut ctx = BlockContext::new(&info, &mut overlay, &mut events);
        for module in MODULES {
            module.genesis(block.network, &mut ctx).expect("the network file was checked");
        }
    } else {
        info.parameters = governance::parameters(&overlay);
    }

    let mut receipts = Vec::with_capacity(transactions.len());
    for (index, (hash, transaction)) in (0_u32..).zip(transactions) {
        let missing = state.missing_len();
        let done = execute_transaction(&info, *hash, transaction, &overlay);
        if state.missing_len() == missing {
            overlay.absorb(done.writes);
        }
        receipts.push(Receipt {
            transaction: *hash,
            height: block.height,
            index,
            outcome: done.outcome,
            work_units: done.work_units,
            events: VecMax::new(done.events).unwrap_or_default(),
        });
    }

    let mut ctx = BlockContext::new(&info, &mut overlay, &mut events);
    for module in MODULES {
        module.end_of_block(&mut ctx);
    }
    BlockOutcome {
        receipts,
        events,
        validators_next: governance::validators_next(&overlay),
        observers: governance::observers(&overlay),
        parameters: governance::parameters(&overlay),
        writes: overlay.into_writes(),
    }
}

/// What one transaction does.
struct Done {
    writes: Writes,
    outcome: Outcome,
    work_units: u64,
    events: Vec<Event>,
}

fn execute_transaction(
    info: &BlockInfo,
    hash: TransactionHash,
    transaction: &Transaction,
    base: &dyn StateRead,
) -> Done {
    let refused = |call, refusal: &Refusal, work_units| Done {
        writes: Writes::new(),
        outcome: refusal.outcome(call),
        work_units,
        events: Vec::new(),
    };
    let signatures = u64::try_from(transaction.signatures.len()).unwrap_or(u64::MAX);
    let mut work_units = work::SIGNATURE.saturating_mul(signatures);
    let Some((sender, cosigners)) = transaction
        .signatures
        .split_first()
        .filter(|(first, _)| first.account == transaction.body.sender)
    else {
        return refused(0, &AppError::Unsigned.into(), work_units);
    };

    let mut overlay = Overlay::new(base);
    let mut events = Vec::new();
    for (index, call) in (0_u16..).zip(&transaction.body.calls) {
        let inner = BlockContext::new(info, &mut overlay, &mut events);
        let mut ctx = Context::new(inner, hash, sender, cosigners);
        let result = execute_call(call, &mut ctx);
        work_units = work_units
            .saturating_add(work::of_call(call.payload.len()))
            .saturating_add(ctx.work_units());
        if let Err(refusal) = result {
            return refused(index, &refusal, work_units);
        }
    }
    Done { writes: overlay.into_writes(), outcome: Outcome::Ok, work_units, events }
}

fn execute_call(call: &Call, ctx: &mut Context<'_>) -> Result<(), Refusal> {
    let module = module(call.module).ok_or(AppError::UnknownModule { module: call.module })?;
    module.run(ctx, &call.payload, identity::authorise)
}
