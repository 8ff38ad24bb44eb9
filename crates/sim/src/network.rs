//! A network of nodes with the real engine and the real modules, under faults.

use crate::{
    Fault, FinalBlock,
    journal::MemoryJournal,
    run::{Run, Shared},
    story::{CALM_BLOCKS, Honesty, RECOVERY_MAX, Story},
};
use bytes::Bytes;
use salus_app::{BlockInput, execute_block, governance, reads_ahead};
use salus_engine::{
    Application, BlockContext, CommittedBlock, Executed, LedgerRules, NodeSecret,
    sim::{self, Calm, LinkQuality, Plan, SimNode},
};
use salus_mempool::CheckedTransaction;
use salus_state::{ReadSet, StateKey, StateRead as _};
use salus_types::{Hash, Height, NodeKey};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// What became of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NetworkReport {
    pub(crate) height: Height,
    pub(crate) digest: Hash,
    pub(crate) auditor: String,
    pub(crate) committed: usize,
    pub(crate) accepted: usize,
    pub(crate) expired: usize,
    pub(crate) proofs: u64,
    pub(crate) certified: u64,
    pub(crate) simulated: Duration,
    pub(crate) recovered: Duration,
    pub(crate) faults: BTreeMap<String, u64>,
    pub(crate) outcomes: BTreeMap<String, u64>,
}

/// The ledger of one node.
struct NodeLedger {
    node: usize,
    key: NodeKey,
    honesty: Honesty,
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
        let mut writes: Vec<_> = outcome.writes.into_iter().collect();
        if self.honesty == Honesty::LiesAboutState && block.proposer == self.key {
            let key = StateKey::of_path(format!("lie/{}", block.height).as_bytes());
            writes.push((key, Some(Bytes::from_static(b"a lie"))));
        }
        Executed { writes, receipts: outcome.receipts, events: outcome.events }
    }

    fn committed(&self, block: &CommittedBlock) {
        let header = &block.header;
        let shown = FinalBlock {
            height: header.height,
            time: header.time,
            proposer: header.proposer,
            hash: block.hash,
            transactions: &block.transactions,
            receipts: &block.receipts,
        };
        let mut run = self.shared.run();
        run.heights[self.node] = run.heights[self.node].max(header.height);
        if self.honesty != Honesty::Honest || run.fault.is_some() {
            return;
        }
        if let Err(fault) = run.committed(self.node, &shown) {
            run.fault = Some(fault);
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
    let nodes = &story.nodes;
    let shared = Shared::new(
        Run::new(seed, story, Arc::clone(&network)),
        nodes.iter().map(|_| Arc::<MemoryJournal>::default()).collect(),
        Arc::clone(&network),
    );
    let (application, checked) = (shared.clone(), shared.clone());
    let ledgers: Vec<_> = nodes.iter().map(|(node, honesty)| (node.record.key, *honesty)).collect();
    let plan = Plan {
        seed,
        network: network.as_ref().clone(),
        nodes: nodes
            .iter()
            .map(|(node, honesty)| SimNode {
                secret: NodeSecret::from_seed(node.secret),
                start_at: Duration::ZERO,
                honest: *honesty == Honesty::Honest,
            })
            .collect(),
        links: LinkQuality::default(),
        events: story.events.clone(),
        submissions: Vec::new(),
        clients: Some(Arc::new(shared.clone())),
        application: Arc::new(move |node| {
            let (key, honesty) = ledgers[node];
            Arc::new(NodeLedger { node, key, honesty, shared: application.clone() })
        }),
        check: Some(Arc::new(move |node, block, state| checked.check_state(node, block, state))),
        until_height: Height(0),
        calm: Some(Calm { at: story.calm_at, blocks: CALM_BLOCKS, within: RECOVERY_MAX }),
        until_time: story.until,
    };
    let report = sim::run(plan).map_err(|error| Fault::Failed { reason: error.to_string() })?;
    let run = shared.run();
    if let Some(fault) = run.fault.clone() {
        return Err(fault);
    }
    if let Some(failure) = report.failures.first() {
        return Err(Fault::Failed { reason: failure.clone() });
    }
    let Some(recovered) = report.recovered.filter(|_| report.reached) else {
        let heights = story.nodes.iter().zip(&run.heights);
        let honest = heights.filter(|((_, honesty), _)| *honesty == Honesty::Honest);
        let height = honest.map(|(_, height)| *height).min().unwrap_or_default();
        return Err(Fault::Stalled { height, expected: run.agreement.height() });
    };
    run.check_promises()?;
    let mut faults = report.faults.clone();
    let liars = nodes.iter().filter(|(_, honesty)| *honesty == Honesty::LiesAboutState).count();
    if liars > 0 {
        faults.insert("byzantine_liar".to_owned(), liars as u64);
    }
    Ok(NetworkReport {
        height: run.agreement.height(),
        digest: run.agreement.digest(),
        auditor: report.auditor.clone(),
        committed: run.agreement.transactions(),
        accepted: run.acknowledged.accepted_count(),
        expired: run.acknowledged.expired_count(),
        proofs: run.proofs,
        certified: report.certified,
        simulated: report.elapsed,
        recovered,
        faults,
        outcomes: run.workload.outcomes().clone(),
    })
}
