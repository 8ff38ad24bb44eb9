//! The ledger as the engine drives it: the modules, and this node's notes of what is final.

use crate::{chain::Chain, metrics::Meters};
use salus_app::{BlockInput, execute_block, governance, reads_ahead};
use salus_engine::{Application, BlockContext, CommittedBlock, Executed, LedgerRules, Step};
use salus_mempool::CheckedTransaction;
use salus_state::{ReadSet, StateRead as _};
use salus_types::{Height, NetworkFile, NetworkId, block::PROTOCOL_VERSION};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Joins the modules to the engine.
pub(crate) struct LedgerApplication {
    network: Arc<NetworkFile>,
    network_id: NetworkId,
    chain: Arc<Chain>,
    meters: Arc<Meters>,
}

impl LedgerApplication {
    pub(crate) fn new(network: Arc<NetworkFile>, chain: Arc<Chain>, meters: Arc<Meters>) -> Self {
        let network_id = network.id();
        Self { network, network_id, chain, meters }
    }
}

impl Application for LedgerApplication {
    fn rules(&self, state: &mut ReadSet) -> LedgerRules {
        let validators = governance::validators_next(&*state);
        if validators.nodes().is_empty() {
            // Before the first block, or the key is not known yet and this is asked again.
            return LedgerRules {
                parameters: self.network.parameters.clone(),
                protocol_version: PROTOCOL_VERSION,
                validators: self.network.validators.clone(),
                observers: Vec::new(),
                longer_validity: None,
            };
        }
        LedgerRules {
            parameters: governance::parameters(&*state),
            protocol_version: governance::protocol_version(&*state),
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
        if state.is_empty() {
            // The first run only says what to load, so that most blocks need one run more.
            for key in reads_ahead(transactions.iter().map(|one| &one.transaction)) {
                state.get(key);
            }
            return Executed::default();
        }
        let input = BlockInput {
            network: &self.network,
            network_id: self.network_id,
            height: block.height,
            time: block.time,
            proposer: block.proposer,
        };
        let _span = tracing::debug_span!(
            "app.execute_block",
            height = block.height.0,
            transactions = transactions.len()
        )
        .entered();
        let started = Instant::now();
        let list: Vec<_> = transactions.iter().map(|one| (one.hash, &one.transaction)).collect();
        let outcome = execute_block(&input, &list, state);
        self.meters.executed(started.elapsed());
        Executed {
            writes: outcome.writes.into_iter().collect(),
            receipts: outcome.receipts,
            events: outcome.events,
        }
    }

    fn committed(&self, block: &CommittedBlock) {
        let _span = tracing::debug_span!("chain.commit", height = block.header.height.0).entered();
        self.chain.committed(block);
    }

    fn applied(&self, height: Height) {
        self.chain.applied(height);
    }

    fn took(&self, step: Step, duration: Duration) {
        self.meters.step(step, duration);
    }
}
