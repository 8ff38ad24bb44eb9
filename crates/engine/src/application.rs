//! What the engine needs of the ledger: one trait, and the data that crosses it.

use bytes::Bytes;
use salus_mempool::CheckedTransaction;
use salus_state::{ReadSet, StateKey};
use salus_types::{
    BlockHeader, BlockTime, Event, Hash, Height, LedgerParameters, NodeKey, NodeRecord, Receipt,
    ValidatorSet,
};
use std::{sync::Arc, time::Duration};

/// Most runs of one question or block against the state before it counts as not terminating.
pub const ROUNDS_MAX: usize = 64;

/// The deterministic ledger that the engine drives.
///
/// [`execute`](Self::execute) and [`rules`](Self::rules) are pure: they see the state through the
/// [`ReadSet`] only. When a run leaves keys missing, its answer is ignored, the keys are loaded in
/// one batch, and it is run again, at most [`ROUNDS_MAX`] times.
pub trait Application: Send + Sync + 'static {
    /// What the state says about blocks, votes and nodes.
    ///
    /// Asked about the state before a block (its limits) and after it (who decides next). On the
    /// empty state before the first block it answers with what the network file says.
    fn rules(&self, state: &mut ReadSet) -> LedgerRules;

    /// Executes the transactions of a block, in order. Never refuses a block: what goes wrong with a
    /// transaction is in its receipt. The first block also writes genesis.
    fn execute(
        &self,
        block: &BlockContext,
        transactions: &[Arc<CheckedTransaction>],
        state: &mut ReadSet,
    ) -> Executed;

    /// Takes note of a final block whose writes are in the state.
    ///
    /// Called in the order of heights, at least once for each block: after a crash the last blocks
    /// come again. What it stores must be durable before it returns. It runs on a thread where it
    /// may block; the next block waits for it.
    fn committed(&self, block: &CommittedBlock);

    /// Questions are answered from this height on: whoever waits for a block up to it can be told.
    ///
    /// Called after [`Application::committed`] of that block. Whoever learns of a block here finds
    /// its writes when it asks next.
    fn applied(&self, height: Height) {
        let _ = height;
    }

    /// Takes note of how long a step with a block took by the node's clock, for whoever measures.
    fn took(&self, step: Step, duration: Duration) {
        let _ = (step, duration);
    }
}

/// A step of the engine with one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Choosing transactions, executing them and sealing the state, as its proposer.
    Propose,
    /// Checking a block of somebody else and executing it, before voting for it.
    Check,
    /// Executing a block that is final already.
    Replay,
}

/// What transactions may know about the block that holds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockContext {
    /// Height of the block, from 1.
    pub height: Height,
    /// Time of the block.
    pub time: BlockTime,
    /// The node that proposed it.
    pub proposer: NodeKey,
    /// Its epoch.
    pub epoch: u64,
    /// Whether it is the last block of its epoch, so that the validator set which the state names
    /// after it decides the next block.
    pub last_of_epoch: bool,
}

/// What executing a block gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Executed {
    /// Changes of the state, each key once: a new value, or none for a removal.
    pub writes: Vec<(StateKey, Option<Bytes>)>,
    /// One receipt for each transaction, in order.
    pub receipts: Vec<Receipt>,
    /// What the block told beside its transactions: at genesis, and at its end.
    pub events: Vec<Event>,
}

/// What the state says about blocks, votes and nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerRules {
    /// Limits of blocks and validity. `epoch_blocks` is that of the network file, whatever this says.
    pub parameters: LedgerParameters,
    /// The protocol version that the next block follows.
    pub protocol_version: u16,
    /// Who is to vote from the next epoch on, with their addresses as of now. Never empty.
    pub validators: ValidatorSet,
    /// Nodes that follow without a vote, and are peers all the same.
    pub observers: Vec<NodeRecord>,
    /// A longer validity of transactions that was in force before, and the last height at which one
    /// that it let in may be in a block: so long is it to be known what is in recent blocks.
    pub longer_validity: Option<(u64, Height)>,
}

impl LedgerRules {
    /// How many blocks below `height` may hold transactions that are still valid there.
    pub(crate) fn window(&self, height: Height) -> u64 {
        let longer = self.longer_validity.filter(|(_, until)| height <= *until);
        longer.map_or(0, |(blocks, _)| blocks).max(self.parameters.validity_blocks)
    }
}

/// A final block, with what executing it gave.
#[derive(Clone, Debug)]
pub struct CommittedBlock {
    /// Its header.
    pub header: BlockHeader,
    /// Hash of the header.
    pub hash: Hash,
    /// Its transactions, in order.
    pub transactions: Arc<Vec<Arc<CheckedTransaction>>>,
    /// Their receipts, in the same order.
    pub receipts: Arc<Vec<Receipt>>,
    /// What the block told beside its transactions.
    pub events: Vec<Event>,
    /// What the state says after it.
    pub rules: Arc<LedgerRules>,
}
