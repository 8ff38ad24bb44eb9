//! What a call may see and do while it runs.

use crate::{BoundError, ModuleEvent, work};
use bytes::Bytes;
use salus_state::{StateKey, StateRead, StateWrite, VALUE_BYTES_MAX};
use salus_types::{
    AccountId, BlockTime, Event, Height, LedgerParameters, NetworkId, NodeKey, PublicKey,
    TransactionHash, TransactionSignature, receipt::EVENTS_MAX,
};
use std::{
    cell::Cell,
    ops::{Deref, DerefMut},
};

/// The block that is being executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockInfo {
    /// The network.
    pub network: NetworkId,
    /// The block's height.
    pub height: Height,
    /// The block's time: the only clock there is.
    pub time: BlockTime,
    /// The node that proposed it.
    pub proposer: NodeKey,
    /// The parameters in force at the start of the block.
    pub parameters: LedgerParameters,
}

/// The state under a meter, which also notes what is over a bound instead of stopping the node.
struct Metered<'a> {
    inner: &'a mut dyn StateWrite,
    reads: Cell<u64>,
    writes: u64,
    value_over: bool,
}

impl StateRead for Metered<'_> {
    fn get(&self, key: StateKey) -> Option<Bytes> {
        self.reads.set(self.reads.get().saturating_add(1));
        self.inner.get(key)
    }
}

impl StateWrite for Metered<'_> {
    fn put(&mut self, key: StateKey, value: Vec<u8>) {
        self.writes = self.writes.saturating_add(1);
        if value.len() > VALUE_BYTES_MAX {
            self.value_over = true;
        } else {
            self.inner.put(key, value);
        }
    }

    fn delete(&mut self, key: StateKey) {
        self.writes = self.writes.saturating_add(1);
        self.inner.delete(key);
    }
}

/// What runs at genesis and at a block's end may see: the block and the state, but no sender.
pub struct BlockContext<'a> {
    block: &'a BlockInfo,
    state: Metered<'a>,
    events: &'a mut Vec<Event>,
    events_over: bool,
}

impl<'a> BlockContext<'a> {
    /// Starts with a state to change and a list to add events to.
    pub fn new(
        block: &'a BlockInfo,
        state: &'a mut dyn StateWrite,
        events: &'a mut Vec<Event>,
    ) -> Self {
        let state = Metered { inner: state, reads: Cell::new(0), writes: 0, value_over: false };
        Self { block, state, events, events_over: false }
    }

    /// The network.
    pub fn network(&self) -> NetworkId {
        self.block.network
    }

    /// Height of the block.
    pub fn height(&self) -> Height {
        self.block.height
    }

    /// Time of the block.
    pub fn time(&self) -> BlockTime {
        self.block.time
    }

    /// The node that proposed the block.
    pub fn proposer(&self) -> NodeKey {
        self.block.proposer
    }

    /// The parameters in force at the start of the block.
    pub fn parameters(&self) -> &'a LedgerParameters {
        &self.block.parameters
    }

    /// The state, to read and to write.
    pub fn state(&mut self) -> &mut dyn StateWrite {
        &mut self.state
    }

    /// Tells the world that something happened.
    pub fn emit(&mut self, event: &impl ModuleEvent) {
        match event.to_event() {
            Ok(event) if self.events.len() < EVENTS_MAX => self.events.push(event),
            Ok(_) | Err(_) => self.events_over = true,
        }
    }

    /// Work done on the state so far.
    pub fn work_units(&self) -> u64 {
        let reads = self.state.reads.get().saturating_mul(work::READ);
        reads.saturating_add(self.state.writes.saturating_mul(work::WRITE))
    }

    /// Refuses what went over a bound of the ledger while it ran.
    ///
    /// # Errors
    ///
    /// The first that applies: [`BoundError::ValueTooLong`], [`BoundError::TooManyEvents`].
    pub fn check_bounds(&self) -> Result<(), BoundError> {
        if self.state.value_over {
            Err(BoundError::ValueTooLong)
        } else if self.events_over {
            Err(BoundError::TooManyEvents)
        } else {
            Ok(())
        }
    }
}

/// All that a call may see and do.
pub struct Context<'a> {
    base: BlockContext<'a>,
    transaction: TransactionHash,
    sender: &'a TransactionSignature,
    cosigners: &'a [TransactionSignature],
}

impl<'a> Context<'a> {
    /// The context of one call of a transaction whose signatures have been verified.
    pub fn new(
        base: BlockContext<'a>,
        transaction: TransactionHash,
        sender: &'a TransactionSignature,
        cosigners: &'a [TransactionSignature],
    ) -> Self {
        Self { base, transaction, sender, cosigners }
    }

    /// The account that acts.
    pub fn sender(&self) -> AccountId {
        self.sender.account
    }

    /// The sender's key that signed.
    pub fn sender_key(&self) -> PublicKey {
        self.sender.key
    }

    /// The signatures: the sender's, and the co-signers'.
    pub fn signatures(&self) -> (&'a TransactionSignature, &'a [TransactionSignature]) {
        (self.sender, self.cosigners)
    }

    /// Who else signed, with which keys; all verified and allowed to act for their accounts.
    pub fn cosigners(&self) -> &'a [TransactionSignature] {
        self.cosigners
    }

    /// The hash of the transaction.
    pub fn transaction(&self) -> TransactionHash {
        self.transaction
    }
}

impl<'a> Deref for Context<'a> {
    type Target = BlockContext<'a>;

    fn deref(&self) -> &Self::Target {
        &self.base
    }
}

impl DerefMut for Context<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.base
    }
}
