//! What the clients of a run do and know, and what is checked while it runs.

use crate::{
    Acknowledged, Agreement, Dice, Fault, FinalBlock, Witness, Workload, journal::MemoryJournal,
    story::Story,
};
use bytes::Bytes;
use salus_app::governance;
use salus_engine::{CommittedBlock, sim::Clients};
use salus_mempool::{Admission, AdmissionError, Expiry, Journal, Mempool, Segment, Standing};
use salus_state::{Entry, ReadSet, StateKey, StateRead as _};
use salus_types::{Hash, Height, NetworkFile, NetworkId, Receipt, Transaction, TransactionHash};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Submitted transactions that clients may send a second time.
const REMEMBERED: usize = 200;
/// Heights for which receipts are kept, to compare those of slower nodes.
const RECEIPTS_KEPT: u64 = 64;
/// One in so many blocks, on each node, is checked for what its store holds and proves.
const SPOT_CHECK_EVERY: u64 = 8;
/// Keys that a spot check compares.
const SPOT_CHECK_KEYS: u64 = 6;

/// Everything that outlives a crash of a node, and what the clients know.
pub(crate) struct Run {
    dice: Dice,
    pub(crate) workload: Workload,
    pub(crate) agreement: Agreement,
    pub(crate) acknowledged: Acknowledged,
    witness: Witness,
    receipts: BTreeMap<Height, Vec<Receipt>>,
    /// The highest block of each node.
    pub(crate) heights: Vec<Height>,
    pub(crate) proofs: u64,
    standing: BTreeMap<(usize, TransactionHash), Standing>,
    remembered: Vec<Bytes>,
    wishes: Vec<(Duration, governance::Action)>,
    submit_until: Duration,
    busy_percent: u64,
    /// Transactions that are still to be sent in this second.
    burst: u64,
    next_burst: Duration,
    pub(crate) fault: Option<Fault>,
}

impl Run {
    pub(crate) fn new(seed: u64, story: &Story, network: Arc<NetworkFile>) -> Self {
        Self {
            dice: Dice::new(seed, "network"),
            workload: Workload::new(seed, story.cast.clone()),
            agreement: Agreement::default(),
            acknowledged: Acknowledged::default(),
            witness: Witness::new(0, network),
            receipts: BTreeMap::new(),
            heights: vec![Height(0); story.nodes.len()],
            proofs: 0,
            standing: BTreeMap::new(),
            remembered: Vec::new(),
            wishes: story.wishes.clone(),
            submit_until: story.submit_until,
            busy_percent: story.busy_percent,
            burst: 0,
            next_burst: Duration::ZERO,
            fault: None,
        }
    }

    /// Takes note of a block of an honest node, and checks it.
    pub(crate) fn committed(&mut self, node: usize, block: &FinalBlock<'_>) -> Result<(), Fault> {
        let height = block.height;
        if self.agreement.note(node, block)? {
            let accounts = self.workload.accounts();
            self.witness.committed(block, &accounts)?;
            self.workload.observe(height, block.time, block.receipts)?;
            self.receipts.insert(height, block.receipts.to_vec());
            if self.receipts.len() as u64 > RECEIPTS_KEPT {
                self.receipts.pop_first();
            }
        } else if let Some(receipts) = self.receipts.get(&height)
            && receipts != block.receipts
        {
            return Err(Fault::NotRepeatable { node, height, index: 0 });
        }
        Ok(())
    }

    /// Checks that everything which was acknowledged is in a block, waits, or was reported expired.
    pub(crate) fn check_promises(&self) -> Result<(), Fault> {
        let standing =
            |node: usize, hash: &TransactionHash| self.standing.get(&(node, *hash)).copied();
        self.acknowledged.check(&self.agreement, &standing)
    }

    /// The next transaction to submit: a new one, or one that was submitted before.
    fn next(&mut self) -> Bytes {
        let again = self.dice.chance(15);
        let old = if again { self.dice.pick(&self.remembered).cloned() } else { None };
        let bytes = old.unwrap_or_else(|| self.workload.make().bytes);
        if self.remembered.len() == REMEMBERED {
            self.remembered.remove(0);
        }
        self.remembered.push(bytes.clone());
        bytes
    }
}

/// The run, as the nodes and the clients of the simulation hold it.
#[derive(Clone)]
pub(crate) struct Shared {
    run: Arc<Mutex<Run>>,
    journals: Arc<Vec<Arc<MemoryJournal>>>,
    pub(crate) network: Arc<NetworkFile>,
    pub(crate) network_id: NetworkId,
}

impl Shared {
    pub(crate) fn new(
        run: Run,
        journals: Vec<Arc<MemoryJournal>>,
        network: Arc<NetworkFile>,
    ) -> Self {
        let network_id = network.id();
        Self { run: Arc::new(Mutex::new(run)), journals: Arc::new(journals), network, network_id }
    }

    pub(crate) fn run(&self) -> MutexGuard<'_, Run> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The dice of a spot check, on one in so many blocks.
    fn spot(&self, node: usize, height: Height) -> Option<Hash> {
        let (node, height) = (node as u64, height.0);
        let parts = [&self.network_id.0[..], &node.to_be_bytes(), &height.to_be_bytes()];
        let throw = salus_types::hash_parts(&parts);
        u64::from(throw.0[0]).is_multiple_of(SPOT_CHECK_EVERY).then_some(throw)
    }

    /// Compares what a node's store holds after a block with what it must hold.
    pub(crate) fn check_state(
        &self,
        node: usize,
        block: &CommittedBlock,
        state: &mut ReadSet,
    ) -> Result<(), String> {
        let height = block.header.height;
        let Some(throw) = self.spot(node, height) else { return Ok(()) };
        let run = self.run();
        if run.witness.height() != height {
            return Ok(());
        }
        // Values that are not loaded yet differ too; then this is asked once more.
        let mut differs = None;
        for number in 0..SPOT_CHECK_KEYS {
            let from = salus_types::hash_parts(&[&throw.0, &number.to_be_bytes()]);
            let found = run.witness.state().at_or_after(StateKey(from));
            let Some((key, value)) = found else { continue };
            if state.get(key).as_ref() != Some(value) {
                differs = Some(key);
            }
        }
        differs.map_or(Ok(()), |key| Err(format!("the store of node {node} differs at {key:?}")))
    }
}

impl Clients for Shared {
    fn journal(&self, node: usize) -> Option<Arc<dyn Journal>> {
        Some(Arc::clone(&self.journals[node]) as Arc<dyn Journal>)
    }

    fn journalled(&self, node: usize) -> Vec<(Segment, Bytes)> {
        self.journals[node].records()
    }

    fn journal_full(&self, node: usize, full: bool) {
        self.journals[node].set_full(full);
    }

    fn is_final(&self, node: usize, transaction: &TransactionHash) -> bool {
        let run = self.run();
        let height = run.heights[node];
        run.agreement.place(transaction).is_some_and(|place| place <= height)
    }

    fn submissions(&self, at: Duration, running: &[usize]) -> Vec<(usize, Bytes)> {
        let mut run = self.run();
        let run = &mut *run;
        let due = run.wishes.iter().filter(|(when, _)| *when <= at).count();
        for (_, action) in run.wishes.drain(..due) {
            run.workload.want(action);
        }
        if at > run.submit_until || run.fault.is_some() {
            return Vec::new();
        }
        if at >= run.next_burst {
            run.next_burst = at + Duration::from_secs(1);
            run.burst = match run.dice.below(100) {
                0 => 60,
                throw if throw >= run.busy_percent => 0,
                _ => 1 + run.dice.below(9),
            };
        }
        let count = if run.dice.chance(30) { run.burst } else { 0 };
        run.burst -= count;
        let mut submissions = Vec::new();
        for _ in 0..count {
            let Some(node) = run.dice.pick(running).copied() else { break };
            submissions.push((node, run.next()));
        }
        submissions
    }

    fn answered(&self, node: usize, bytes: &Bytes, answer: &Result<Admission, AdmissionError>) {
        if let Ok(transaction) = Transaction::from_bytes(bytes) {
            self.run().acknowledged.answered(node, transaction.hash(), answer);
        }
    }

    fn expired(&self, node: usize, expiry: &Expiry) {
        let mut run = self.run();
        run.acknowledged.expired(node, &expiry.hashes);
        run.workload.lost(&expiry.hashes);
    }

    fn ended(&self, node: usize, mempool: &Mempool) {
        let mut run = self.run();
        let run = &mut *run;
        for hash in run.acknowledged.accepted_by(node) {
            if let Some(standing) = mempool.standing(&hash) {
                run.standing.insert((node, hash), standing);
            }
        }
    }

    fn to_prove(&self, node: usize, block: &CommittedBlock) -> Vec<StateKey> {
        let height = block.header.height;
        let Some(throw) = self.spot(node, height) else { return Vec::new() };
        let run = self.run();
        if run.witness.height() != height {
            return Vec::new();
        }
        let present = run.witness.state().at_or_after(StateKey(throw)).map(|(key, _)| key);
        present.into_iter().chain([StateKey(throw)]).collect()
    }

    fn proved(
        &self,
        node: usize,
        block: &CommittedBlock,
        key: StateKey,
        entry: Option<&Bytes>,
        proof: &Bytes,
    ) {
        let mut run = self.run();
        let height = block.header.height;
        let held = run.witness.state().get(key);
        let root = &block.header.state_root;
        let valid = salus_proof::state_holds(&key, entry.map(|entry| &entry[..]), proof, root);
        let shown = entry.map_or(Some(None), |entry| Entry::decode(entry).map(|one| one.value));
        run.proofs += 1;
        if (!valid || shown != Some(held)) && run.fault.is_none() {
            run.fault = Some(Fault::BadProof { node, height });
        }
    }
}
