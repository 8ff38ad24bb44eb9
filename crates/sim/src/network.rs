//! A network of nodes with the real engine and the real modules, under faults.

use crate::{
    Acknowledged, Agreement, Cast, Dice, Fault, FinalBlock, Witness, Workload,
    journal::MemoryJournal,
};
use bytes::Bytes;
use salus_app::{BlockInput, execute_block, governance, reads_ahead};
use salus_engine::{
    Application, BlockContext, CommittedBlock, Executed, LedgerRules, NodeSecret,
    sim::{self, Clients, LinkQuality, Plan, SimEvent, SimNode},
};
use salus_mempool::{
    Admission, AdmissionError, CheckedTransaction, Expiry, Journal, Mempool, Segment, Standing,
};
use salus_state::{ReadSet, StateRead as _};
use salus_types::{Hash, Height, NetworkFile, NetworkId, NodeKey, Transaction, TransactionHash};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Submitted transactions that clients may send a second time.
const REMEMBERED: usize = 200;

/// What happens to a network, and what must have come of it.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    /// The cast.
    pub(crate) cast: Cast,
    /// How many of the nodes are started, from the first on; the rest of the cast has none.
    pub(crate) nodes: usize,
    /// What happens when.
    pub(crate) events: Vec<(Duration, SimEvent)>,
    /// What the members are to decide, and when.
    pub(crate) wishes: Vec<(Duration, governance::Action)>,
    /// When clients stop to submit.
    pub(crate) submit_until: Duration,
    /// Height that all nodes must reach.
    pub(crate) until: Height,
    /// Nodes that must have proposed a block.
    pub(crate) must_propose: Vec<NodeKey>,
    /// A validator that the members decide to part with, and that must not propose any more then.
    pub(crate) leaves: Option<NodeKey>,
}

/// What became of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NetworkReport {
    pub(crate) height: Height,
    pub(crate) digest: Hash,
    pub(crate) auditor: String,
    pub(crate) committed: usize,
    pub(crate) accepted: usize,
    pub(crate) expired: usize,
    pub(crate) simulated: Duration,
    pub(crate) outcomes: BTreeMap<String, u64>,
}

/// Everything that outlives a crash of a node, and what the clients know.
struct Run {
    dice: Dice,
    workload: Workload,
    agreement: Agreement,
    acknowledged: Acknowledged,
    witnesses: Vec<Witness>,
    /// The last block that each node proposed.
    proposed: BTreeMap<NodeKey, Height>,
    /// The validator that is to leave, and the block after which the state does not name it.
    leaves: Option<(NodeKey, Option<Height>)>,
    standing: BTreeMap<(usize, TransactionHash), Standing>,
    remembered: Vec<Bytes>,
    wishes: Vec<(Duration, governance::Action)>,
    submit_until: Duration,
    fault: Option<Fault>,
}

/// The run, as the nodes and the clients of the simulation hold it.
#[derive(Clone)]
struct Shared {
    run: Arc<Mutex<Run>>,
    journals: Arc<Vec<Arc<MemoryJournal>>>,
    network: Arc<NetworkFile>,
    network_id: NetworkId,
}

impl Shared {
    fn run(&self) -> MutexGuard<'_, Run> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The ledger of one node, with its witness beside it.
struct NodeLedger {
    node: usize,
    shared: Shared,
}

impl Application for NodeLedger {
    fn rules(&self, state: &mut ReadSet) -> LedgerRules {
        let validators = governance::validators_next(&*state);
        if validators.nodes().is_empty() {
            return LedgerRules {
                protocol_version: salus_types::block::PROTOCOL_VERSION,
                parameters: self.shared.network.parameters.clone(),
                validators: self.shared.network.validators.clone(),
                observers: Vec::new(),
                longer_validity: None,
            };
        }
        LedgerRules {
            protocol_version: governance::protocol_version(&*state),
            parameters: governance::parameters(&*state),
            validators,
            observers: governance::observers(&*state),
            longer_validity: governance::longer_validity(&*state)
                .map(|longer| (longer.blocks, longer.until)),
        }
    }

    fn execute(
        &self,
        block: &BlockContext,
        transactions: &[Arc<CheckedTransaction>],
        state: &mut ReadSet,
    ) -> Executed {
        let transactions: Vec<_> =
            transactions.iter().map(|one| (one.hash, &one.transaction)).collect();
        if state.is_empty() {
            for key in reads_ahead(transactions.iter().map(|(_, one)| *one)) {
                state.get(key);
            }
        }
        let input = BlockInput {
            network: &self.shared.network,
            network_id: self.shared.network_id,
            height: block.height,
            time: block.time,
            proposer: block.proposer,
        };
        let outcome = execute_block(&input, &transactions, state);
        Executed {
            writes: outcome.writes.into_iter().collect(),
            receipts: outcome.receipts,
            events: outcome.events,
        }
    }

    fn committed(&self, block: &CommittedBlock) {
        let mut run = self.shared.run();
        if run.fault.is_none()
            && let Err(fault) = run.committed(self.node, block)
        {
            run.fault = Some(fault);
        }
    }
}

impl Run {
    fn committed(&mut self, node: usize, block: &CommittedBlock) -> Result<(), Fault> {
        let header = &block.header;
        let shown = FinalBlock {
            height: header.height,
            time: header.time,
            proposer: header.proposer,
            hash: block.hash,
            transactions: &block.transactions,
            receipts: &block.receipts,
        };
        let first = self.agreement.note(node, &shown)?;
        let accounts = self.workload.accounts();
        self.witnesses[node].committed(&shown, &accounts)?;
        if first {
            self.proposed.insert(header.proposer, header.height);
            let named = self.witnesses[node].names_validator(self.leaves.map(|(key, _)| key));
            if let Some((_, gone @ None)) = &mut self.leaves
                && !named
            {
                *gone = Some(header.height);
            }
            self.workload.observe(header.height, header.time, &block.receipts)?;
        }
        Ok(())
    }
}

impl Run {
    fn check_proposers(&self, story: &Story) -> Result<(), Fault> {
        if let Some(node) = story.must_propose.iter().find(|node| !self.proposed.contains_key(node))
        {
            return Err(Fault::NeverProposed { node: *node });
        }
        let Some((node, gone)) = self.leaves else { return Ok(()) };
        let epoch_blocks = story.cast.network.parameters.epoch_blocks;
        let last = self.proposed.get(&node).copied().unwrap_or_default();
        match gone {
            Some(gone) if last <= gone.after(epoch_blocks) => Ok(()),
            Some(_) | None => Err(Fault::NeverLeft { node, last }),
        }
    }
}

impl Clients for Shared {
    fn journal(&self, node: usize) -> Option<Arc<dyn Journal>> {
        Some(Arc::clone(&self.journals[node]) as Arc<dyn Journal>)
    }

    fn journalled(&self, node: usize) -> Vec<(Segment, Bytes)> {
        self.journals[node].records()
    }

    fn is_final(&self, node: usize, transaction: &TransactionHash) -> bool {
        let run = self.run();
        let height = run.witnesses[node].height();
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
        let mut submissions = Vec::new();
        for _ in 0..run.dice.below(4) {
            let Some(node) = run.dice.pick(running).copied() else { break };
            let again = run.dice.chance(4);
            let old = if again { run.dice.pick(&run.remembered).cloned() } else { None };
            let bytes = old.unwrap_or_else(|| run.workload.make().bytes);
            if run.remembered.len() == REMEMBERED {
                run.remembered.remove(0);
            }
            run.remembered.push(bytes.clone());
            submissions.push((node, bytes));
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
}

/// Runs a story with a seed.
///
/// # Errors
///
/// The first [`Fault`].
pub(crate) fn run_network(seed: u64, story: &Story) -> Result<NetworkReport, Fault> {
    let network = Arc::new(story.cast.network.clone());
    let nodes = &story.cast.nodes[..story.nodes];
    let run = Run {
        dice: Dice::new(seed, "network"),
        workload: Workload::new(seed, story.cast.clone()),
        agreement: Agreement::default(),
        acknowledged: Acknowledged::default(),
        witnesses: (0..nodes.len()).map(|node| Witness::new(node, Arc::clone(&network))).collect(),
        proposed: BTreeMap::new(),
        leaves: story.leaves.map(|key| (key, None)),
        standing: BTreeMap::new(),
        remembered: Vec::new(),
        wishes: story.wishes.clone(),
        submit_until: story.submit_until,
        fault: None,
    };
    let shared = Shared {
        run: Arc::new(Mutex::new(run)),
        journals: Arc::new(nodes.iter().map(|_| Arc::default()).collect()),
        network_id: network.id(),
        network: Arc::clone(&network),
    };
    let application = shared.clone();
    let plan = Plan {
        seed,
        network: network.as_ref().clone(),
        nodes: nodes
            .iter()
            .map(|node| SimNode {
                secret: NodeSecret::from_seed(node.secret),
                start_at: Duration::ZERO,
            })
            .collect(),
        links: LinkQuality::default(),
        events: story.events.clone(),
        submissions: Vec::new(),
        clients: Some(Arc::new(shared.clone())),
        application: Arc::new(move |node| {
            Arc::new(NodeLedger { node, shared: application.clone() })
        }),
        check: None,
        until_height: story.until,
        until_time: Duration::from_mins(10),
    };
    let report = sim::run(plan).map_err(|error| Fault::Failed { reason: error.to_string() })?;
    let run = shared.run();
    if let Some(fault) = run.fault.clone() {
        return Err(fault);
    }
    if let Some(failure) = report.failures.first() {
        return Err(Fault::Failed { reason: failure.clone() });
    }
    if !report.reached {
        return Err(Fault::Stalled { height: report.common_height(), expected: story.until });
    }
    run.check_proposers(story)?;
    run.acknowledged
        .check(&run.agreement, &|node, hash| run.standing.get(&(node, *hash)).copied())?;
    Ok(NetworkReport {
        height: run.agreement.height(),
        digest: run.agreement.digest(),
        auditor: report.auditor.clone(),
        committed: run.agreement.transactions(),
        accepted: run.acknowledged.accepted_count(),
        expired: run.acknowledged.expired_count(),
        simulated: report.elapsed,
        outcomes: run.workload.outcomes().clone(),
    })
}
