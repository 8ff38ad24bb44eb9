//! A witness beside each node: executes every block again, on a state of its own, and checks it.

use crate::{Fault, Memory};
use salus_app::{BlockInput, BlockOutcome, execute_block, invariants, reads_ahead};
use salus_mempool::CheckedTransaction;
use salus_state::ReadSet;
use salus_types::{
    AccountId, BlockTime, Hash, Height, NetworkFile, NetworkId, NodeKey, Outcome, Receipt,
};
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

/// Blocks between two checks of the invariants of all accounts; of organisations it is each block.
const ALL_ACCOUNTS_EVERY: u64 = 8;

/// A final block, as a node reports it.
#[derive(Clone, Debug)]
pub struct FinalBlock<'a> {
    /// Its height.
    pub height: Height,
    /// Its time.
    pub time: BlockTime,
    /// The node that proposed it.
    pub proposer: NodeKey,
    /// Its hash, which binds the state root and everything else.
    pub hash: Hash,
    /// Its transactions.
    pub transactions: &'a [Arc<CheckedTransaction>],
    /// Their receipts.
    pub receipts: &'a [Receipt],
}

/// Checks the blocks of one node.
#[derive(Debug)]
pub struct Witness {
    node: usize,
    network: Arc<NetworkFile>,
    network_id: NetworkId,
    codes: Arc<HashSet<&'static str>>,
    state: Memory,
    last: (Height, BlockTime),
}

/// What all nodes must agree on.
#[derive(Debug, Default)]
pub struct Agreement {
    blocks: Vec<Hash>,
    places: BTreeMap<salus_types::TransactionHash, Height>,
}

impl Agreement {
    /// Compares a node's block with those of the others; true when it is the first to report it.
    ///
    /// # Errors
    ///
    /// The first that applies: [`Fault::Fork`], [`Fault::Twice`].
    pub fn note(&mut self, node: usize, block: &FinalBlock<'_>) -> Result<bool, Fault> {
        let height = block.height;
        let index = usize::try_from(height.0.saturating_sub(1)).unwrap_or(usize::MAX);
        if let Some(expected) = self.blocks.get(index).copied() {
            let found = block.hash;
            let same = expected == found;
            return if same {
                Ok(false)
            } else {
                Err(Fault::Fork { node, height, expected, found })
            };
        }
        if index != self.blocks.len() {
            let last = Height(self.blocks.len() as u64);
            return Err(Fault::OutOfOrder { node, last, found: height });
        }
        self.blocks.push(block.hash);
        for one in block.transactions {
            if let Some(first) = self.places.insert(one.hash, height) {
                return Err(Fault::Twice { transaction: one.hash, first, second: height });
            }
        }
        Ok(true)
    }

    /// The block that holds a transaction.
    pub fn place(&self, transaction: &salus_types::TransactionHash) -> Option<Height> {
        self.places.get(transaction).copied()
    }

    /// How many blocks there are.
    pub fn height(&self) -> Height {
        Height(self.blocks.len() as u64)
    }

    /// The hash of the block at a height from 1.
    pub fn block(&self, height: Height) -> Option<Hash> {
        let index = usize::try_from(height.0.checked_sub(1)?).ok()?;
        self.blocks.get(index).copied()
    }

    /// One hash over the hashes of all blocks.
    pub fn digest(&self) -> Hash {
        let blocks: Vec<u8> = self.blocks.iter().flat_map(|hash| hash.0).collect();
        salus_types::hash(&blocks)
    }

    /// How many transactions are in blocks.
    pub fn transactions(&self) -> usize {
        self.places.len()
    }
}

impl Witness {
    /// The witness of a node, at genesis.
    pub fn new(node: usize, network: Arc<NetworkFile>) -> Self {
        let network_id = network.id();
        let last = (Height(0), network.genesis_time);
        let codes = Arc::new(salus_app::error_codes().into_iter().collect());
        Self { node, network, network_id, codes, state: Memory::default(), last }
    }

    /// Executes a block on the state before it; changes nothing.
    pub fn execute(
        &self,
        height: Height,
        time: BlockTime,
        proposer: NodeKey,
        transactions: &[Arc<CheckedTransaction>],
    ) -> BlockOutcome {
        let block = BlockInput {
            network: &self.network,
            network_id: self.network_id,
            height,
            time,
            proposer,
        };
        let transactions: Vec<_> =
            transactions.iter().map(|one| (one.hash, &one.transaction)).collect();
        let mut known = ReadSet::new();
        for key in reads_ahead(transactions.iter().map(|(_, one)| *one)) {
            known.insert(key, salus_state::StateRead::get(&self.state, key));
        }
        self.state.run(&mut known, |known| execute_block(&block, &transactions, known))
    }

    /// The highest block it has seen.
    pub fn height(&self) -> Height {
        self.last.0
    }

    /// Executes a final block again and checks the outcome and the state after it. A block that it
    /// has seen before is passed over: after a crash a node reports its last blocks again.
    ///
    /// # Errors
    ///
    /// The first that applies: [`Fault::OutOfOrder`], [`Fault::TimeRunsBack`],
    /// [`Fault::NotRepeatable`], [`Fault::UnknownCode`], [`Fault::Invariant`].
    pub fn committed(
        &mut self,
        block: &FinalBlock<'_>,
        accounts: &[AccountId],
    ) -> Result<(), Fault> {
        let (node, height) = (self.node, block.height);
        let (last, last_time) = self.last;
        if height <= last {
            return Ok(());
        }
        if height != last.next() {
            return Err(Fault::OutOfOrder { node, last, found: height });
        }
        if block.time < last_time {
            return Err(Fault::TimeRunsBack { height });
        }
        let again = self.execute(height, block.time, block.proposer, block.transactions);
        if again.receipts != block.receipts {
            let differs = |(one, other): (&Receipt, &Receipt)| one != other;
            let index = again.receipts.iter().zip(block.receipts).position(differs).unwrap_or(0);
            return Err(Fault::NotRepeatable { node, height, index });
        }
        for receipt in block.receipts {
            match &receipt.outcome {
                Outcome::Refused { code, .. } if !self.codes.contains(code.as_str()) => {
                    return Err(Fault::UnknownCode { height, code: code.clone() });
                }
                Outcome::Refused { .. } | Outcome::Ok => {}
            }
        }
        self.state.apply(again.writes);
        self.last = (height, block.time);
        self.check_invariants(accounts)
    }

    /// The state after the last block.
    pub(crate) fn state(&self) -> &Memory {
        &self.state
    }

    fn check_invariants(&self, accounts: &[AccountId]) -> Result<(), Fault> {
        let height = self.last.0;
        let accounts = if height.0.is_multiple_of(ALL_ACCOUNTS_EVERY) { accounts } else { &[] };
        invariants(&self.state, accounts).map_err(|broken| Fault::Invariant {
            node: self.node,
            height,
            broken,
        })
    }
}
