//! Building blocks, and checking those of others.
//!
//! The library calls [`Executor`] with a parent and batches of changes on top of the parent's state.
//! What is checked here, in this order: what the header says about network, protocol, height, epoch
//! and time; the limits in force; every transaction (form, network, validity, repetition,
//! signatures); then, after executing, the roots, the rules and the next validator set.

use crate::{
    Block, BlockContext, Step,
    block::{BlockContextOf, digest, hash_of, node_key, without_addresses},
    checks::{
        CLOCK_AHEAD_MS_MAX, Refusal, TIME_STEP_MS_MAX, check_header, check_limits, check_outcome,
        check_version, refuse,
    },
    execute::{Batch, Run, Sealed, rules_before, run},
    history::Outcome,
    ledger::Ledger,
    roots,
    rules::KnownRules,
    store::Stores,
};
use bytes::Bytes;
use commonware_consensus::{marshal::ancestry::Ancestry, simplex::scheme::ed25519::Scheme};
use commonware_glue::stateful::{
    Application as StatefulApplication, Finality, Input, Proposed, db::DatabaseSet,
};
use commonware_macros::select;
use commonware_parallel::{Rayon, Strategy as _};
use commonware_runtime::{Clock, Spawner};
use commonware_storage::{Context as StorageContext, merkle::Location, qmdb::sync::Target};
use commonware_utils::non_empty_range;
use futures::StreamExt as _;
use rand_core::CryptoRng;
use salus_mempool::{CheckedTransaction, SelectLimits};
use salus_types::{BlockHeader, BlockTime, Hash, Height, LedgerParameters, StoreTarget};
use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::sync::mpsc;
use tracing::{Instrument as _, debug, debug_span, warn};

/// What the library calls to build and check blocks.
#[derive(Clone)]
pub(crate) struct Executor {
    pub(crate) ledger: Ledger,
    pub(crate) strategy: Rayon,
    /// Where blocks go whose writes are in the state; see [`crate::commits`].
    pub(crate) commits: mpsc::UnboundedSender<Arc<Outcome>>,
}

/// Milliseconds since 1970 on this clock.
pub(crate) fn unix_ms(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

impl Executor {
    fn took(&self, step: Step, started: SystemTime, ended: SystemTime) -> Duration {
        let duration = ended.duration_since(started).unwrap_or_default();
        self.ledger.shared.application.took(step, duration);
        duration
    }

    fn context_of(&self, header: &BlockHeader) -> BlockContext {
        BlockContext {
            height: header.height,
            time: header.time,
            proposer: header.proposer,
            epoch: header.epoch,
            last_of_epoch: self.ledger.is_last_of_epoch(header.height),
        }
    }

    async fn rules_on<E: Spawner + StorageContext>(
        &self,
        parent: Hash,
        batch: &Batch<E>,
    ) -> Option<KnownRules> {
        let rules = match self.ledger.outcome(&parent) {
            Some(outcome) => outcome.rules.clone(),
            None => rules_before(&self.ledger, batch).await?,
        };
        if self.ledger.knows(rules.rules.protocol_version) {
            return Some(rules);
        }
        // Nothing after it is understood here: the engine stops once what precedes it is final.
        futures::future::pending().await
    }

    /// Waits until this node's clock does not contradict the block's time, or until the height is
    /// final anyway.
    async fn await_time<E: Clock>(&self, clock: &E, header: &BlockHeader) {
        let now = unix_ms(clock.current());
        let Some(early) = header.time.unix_ms().checked_sub(now + CLOCK_AHEAD_MS_MAX) else {
            return;
        };
        if early == 0 {
            return;
        }
        warn!(
            height = header.height.0,
            ahead_ms = early + CLOCK_AHEAD_MS_MAX,
            "a block is ahead of this node's clock; the clock of this node or of the proposer is wrong"
        );
        let mut tip = self.ledger.shared.tip.subscribe();
        select! {
            () = clock.sleep(Duration::from_millis(early)) => {},
            _ = tip.wait_for(|tip| tip.0 >= header.height) => {},
        }
    }

    /// The transactions of a block of somebody else, checked.
    async fn check_transactions(
        &self,
        header: &BlockHeader,
        parameters: &LedgerParameters,
        bodies: &[Bytes],
    ) -> Result<Vec<Arc<CheckedTransaction>>, Refusal> {
        // Gathered before the mempool is asked: what becomes final in between is in its window.
        let below = self.ledger.pending_above_final(header.parent);
        let mempool = self.ledger.shared.mempool.clone();
        let (network, height) = (header.network, header.height);
        let (validity, bodies) = (parameters.validity_blocks, bodies.to_vec());
        let check = self
            .strategy
            .spawn(bodies.len(), move |_| mempool.check_block(network, height, validity, &bodies));
        let checked = check.await.map_err(|refusal| refusal.to_string())?;
        if let Some(twice) = checked.iter().find(|one| below.contains(&one.hash)) {
            return refuse(format!("transaction {} stands in a block below it", twice.hash));
        }
        Ok(checked)
    }

    fn remember<S>(
        &self,
        header: &BlockHeader,
        transactions: &Arc<Vec<Arc<CheckedTransaction>>>,
        run: Run<S>,
    ) -> S {
        self.ledger.remember(Arc::new(Outcome {
            hash: header.hash(),
            header: header.clone(),
            transactions: Arc::clone(transactions),
            receipts: Arc::new(run.executed.receipts),
            events: run.executed.events,
            rules: run.rules,
            replaced: Arc::new(run.replaced),
        }));
        run.sealed
    }

    /// Builds a block on top of `parent`. None when the state has moved on.
    async fn build<E: Spawner + StorageContext + Clock>(
        &self,
        clock: &E,
        context: &BlockContextOf,
        parent: &Block,
        batch: Batch<E>,
    ) -> Option<(Block, Sealed<E>)> {
        let parent_hash = hash_of(&context.parent.1);
        let rules = self.rules_on(parent_hash, &batch).await?;
        let parameters = &rules.rules.parameters;
        let height = parent.header().height.next();
        let below = self.ledger.pending_above_final(parent_hash);
        let count_max = parameters.block_transactions_max as usize;
        let limits = SelectLimits {
            bytes: parameters.block_bytes_max as usize,
            count: self.ledger.shared.block_size.most().min(count_max),
        };
        let mempool = &self.ledger.shared.mempool;
        let chosen = mempool.select(limits, height, &|hash| below.contains(hash));
        let transactions = Arc::new(chosen);

        let now = BlockTime::from_unix_ms(unix_ms(clock.current()));
        let earliest = parent.header().time;
        let time = if parent.header().height == Height(0) {
            now.max(earliest)
        } else {
            now.clamp(earliest, earliest.after_ms(TIME_STEP_MS_MAX))
        };
        let bodies: Vec<Bytes> = transactions.iter().map(|one| one.bytes.clone()).collect();
        let mut header = BlockHeader {
            version: rules.rules.protocol_version,
            network: self.ledger.shared.network,
            epoch: context.round.epoch().get(),
            view: context.round.view().get(),
            parent_view: context.parent.0.get(),
            height,
            time,
            proposer: node_key(&context.leader),
            parent: parent_hash,
            transactions_root: roots::transactions_root(&bodies),
            receipts_root: Hash::ZERO,
            state_root: Hash::ZERO,
            store: StoreTarget { operations_root: Hash::ZERO, start: 0, end: 1 },
            validators_next: Hash::ZERO,
        };
        let about = self.context_of(&header);
        let run = run(&self.ledger, &self.strategy, &rules, &about, &transactions, batch).await?;
        let next = &run.rules.rules.validators;
        header.receipts_root = roots::receipts_root(&run.executed.receipts);
        header.state_root = run.state_root;
        header.store = run.store.clone();
        header.validators_next = next.hash();
        let set = about.last_of_epoch.then(|| without_addresses(next));
        let sealed = self.remember(&header, &transactions, run);
        let block = Block::new(header, set, bodies).expect("the leader's key is a key");
        Some((block, sealed))
    }

    /// Checks a block of somebody else and executes it. A refusal is for good.
    async fn check<E: Spawner + StorageContext + Clock>(
        &self,
        clock: &E,
        block: &Block,
        parent: &Block,
        batch: Batch<E>,
    ) -> Result<Sealed<E>, Refusal> {
        let header = block.header();
        check_header(&self.ledger, header, block.validators(), parent.header())?;
        let moved_on = || "the state has moved on".to_owned();
        let rules = self.rules_on(header.parent, &batch).await.ok_or_else(moved_on)?;
        check_version(&rules.rules, header)?;
        let parameters = &rules.rules.parameters;
        check_limits(parameters, block.transactions())?;
        self.await_time(clock, header).await;
        let checked = self.check_transactions(header, parameters, block.transactions()).await?;
        let transactions = Arc::new(checked);
        let run = self.execute(block, &rules, &transactions, batch).await.ok_or_else(moved_on)?;
        check_outcome(header, &run)?;
        Ok(self.remember(header, &transactions, run))
    }

    /// Executes a final block: a quorum has checked it.
    async fn replay<E: Spawner + StorageContext>(
        &self,
        block: &Block,
        batch: Batch<E>,
    ) -> Result<Sealed<E>, Refusal> {
        let moved_on = || "the state has moved on".to_owned();
        let rules = self.rules_on(block.header().parent, &batch).await.ok_or_else(moved_on)?;
        check_version(&rules.rules, block.header())?;
        let decoded: Result<Vec<_>, _> = block
            .transactions()
            .iter()
            .map(|bytes| CheckedTransaction::decode(bytes.clone()).map(Arc::new))
            .collect();
        let transactions = Arc::new(decoded.map_err(|error| error.to_string())?);
        let run = self.execute(block, &rules, &transactions, batch).await.ok_or_else(moved_on)?;
        check_outcome(block.header(), &run)?;
        Ok(self.remember(block.header(), &transactions, run))
    }

    async fn execute<E: Spawner + StorageContext>(
        &self,
        block: &Block,
        rules: &KnownRules,
        transactions: &Arc<Vec<Arc<CheckedTransaction>>>,
        batch: Batch<E>,
    ) -> Option<Run<Sealed<E>>> {
        let about = self.context_of(block.header());
        run(&self.ledger, &self.strategy, rules, &about, transactions, batch).await
    }
}

impl<E: Spawner + StorageContext + CryptoRng + Clock> StatefulApplication<E> for Executor {
    type SigningScheme = Scheme;
    type Context = BlockContextOf;
    type Block = Block;
    type Databases = Stores<E>;
    type Captured = ();
    type Provider = ();
    type Input = ();

    fn sync_targets(block: &Block) -> <Stores<E> as DatabaseSet<E>>::SyncTargets {
        let store = &block.header().store;
        let range = non_empty_range!(Location::new(store.start), Location::new(store.end));
        Target::new(digest(store.operations_root), range)
    }

    async fn genesis(&mut self) -> Block {
        self.ledger.shared.genesis.clone()
    }

    async fn propose(
        &mut self,
        context: (E, BlockContextOf),
        ancestry: impl Ancestry<Block>,
        batch: Batch<E>,
        _: Input<(), ()>,
    ) -> Option<Proposed<Self, E>> {
        let mut ancestry = Box::pin(ancestry);
        let parent = ancestry.next().await?;
        let started = context.0.current();
        let span = debug_span!("engine.propose", height = parent.inner().header().height.0 + 1);
        let built = self.build(&context.0, &context.1, parent.inner(), batch).instrument(span);
        let (block, merkleized) = built.await?;
        let took = self.took(Step::Propose, started, context.0.current());
        self.ledger.shared.block_size.note(block.transactions().len(), took);
        Some(Proposed { block, merkleized })
    }

    async fn process(
        &mut self,
        context: (E, BlockContextOf),
        ancestry: impl Ancestry<Block>,
        batch: Batch<E>,
        finality: Finality,
    ) -> Option<Sealed<E>> {
        let mut ancestry = Box::pin(ancestry);
        let block = ancestry.next().await?;
        let block = block.inner();
        let height = block.header().height.0;
        let started = context.0.current();
        let (outcome, step) = match finality {
            Finality::Candidate => {
                let parent = ancestry.next().await?;
                let span = debug_span!("engine.check", height);
                let check = self.check(&context.0, block, parent.inner(), batch);
                (check.instrument(span).await, Step::Check)
            }
            Finality::Finalized => {
                let span = debug_span!("engine.replay", height);
                (self.replay(block, batch).instrument(span).await, Step::Replay)
            }
        };
        self.took(step, started, context.0.current());
        outcome.inspect_err(|reason| debug!(height, reason, "refused a block")).ok()
    }

    async fn capture(
        &mut self,
        _: (E, BlockContextOf),
        block: &Block,
        _: &Sealed<E>,
        _: <Stores<E> as DatabaseSet<E>>::Readers,
    ) {
        self.ledger.about_to_apply(block);
    }

    async fn finalized(
        &mut self,
        _: (E, BlockContextOf),
        block: &Block,
        (): (),
        readers: <Stores<E> as DatabaseSet<E>>::Readers,
    ) {
        let outcome = self.ledger.executed(block);
        #[cfg(feature = "sim")]
        if let Some(after) = &self.ledger.shared.after_commit {
            crate::sim::check_after(after, &crate::ledger::committed_block(&outcome), &readers)
                .await;
        }
        drop(readers);
        if self.commits.send(outcome).is_err() {
            // The runtime is stopping. Returning would count the block as committed.
            futures::future::pending::<()>().await;
        }
    }
}
