//! When a leader proposes: at once when enough transactions wait, a little after the parent when a
//! few do, else after the idle interval.
//!
//! The wait happens before the library is asked to build a block, since blocks cannot be applied
//! while one is being built.

use crate::{
    block::BlockContextOf,
    executor::unix_ms,
    ledger::{Ledger, parent_hash},
};
use commonware_actor::Feedback;
use commonware_consensus::{
    Automaton, CertifiableAutomaton, Handoff, Relay, Reporter, types::Round,
};
use commonware_cryptography::sha256;
use commonware_macros::select;
use commonware_runtime::{Clock, Spawner};
use commonware_utils::channel::oneshot;
use std::{sync::Arc, time::Duration};

/// How long the leader above the last block of an epoch waits for the next epoch to begin.
const EPOCH_END_WAIT: Duration = Duration::from_millis(100);
/// So many transactions are worth a block of their own: nothing more is waited for.
const ENOUGH: usize = 512;

/// Holds back proposals of `inner` while there is nothing to propose.
pub(crate) struct Paced<E, A> {
    context: Arc<E>,
    inner: A,
    ledger: Ledger,
    gather: Duration,
}

impl<E, A: Clone> Clone for Paced<E, A> {
    fn clone(&self) -> Self {
        Self {
            context: Arc::clone(&self.context),
            inner: self.inner.clone(),
            ledger: self.ledger.clone(),
            gather: self.gather,
        }
    }
}

impl<E, A> Paced<E, A> {
    pub(crate) fn new(context: E, inner: A, ledger: Ledger, gather: Duration) -> Self {
        Self { context: Arc::new(context), inner, ledger, gather }
    }
}

/// Waits until the block of this context should be built.
async fn wait_for_work<E: Clock>(
    clock: &E,
    ledger: &Ledger,
    context: &BlockContextOf,
    gather: Duration,
) {
    let (epoch, parent) = (context.round.epoch().get(), parent_hash(&context.parent.1));
    let outcome = ledger.outcome(&parent);
    // Only the epoch itself has nothing to build above its last block; the next one begins there.
    let ends_epoch = outcome.as_ref().is_some_and(|outcome| {
        outcome.header.epoch == epoch && ledger.is_last_of_epoch(outcome.header.height)
    });
    let idle = if ends_epoch { EPOCH_END_WAIT } else { ledger.idle_interval() };
    let started = clock.current();
    // Clocks of validators differ a little, so the wait is bounded by what it may be at most.
    let age = outcome.map_or(gather, |outcome| {
        let now = unix_ms(started);
        Duration::from_millis(now.saturating_sub(outcome.header.time.unix_ms()))
    });
    let (deadline, gathered) = (started + idle, started + gather.saturating_sub(age));
    let mut added = ledger.shared.mempool.subscribe_added();
    loop {
        added.borrow_and_update();
        let mut until = deadline;
        if !ends_epoch && ledger.has_work(parent) {
            if clock.current() >= gathered || ledger.waiting_above(parent) >= ENOUGH {
                return;
            }
            until = gathered;
        }
        select! {
            changed = added.changed() => if changed.is_err() { return },
            () = clock.sleep_until(until) => if until == deadline { return },
        }
    }
}

impl<E, A> Automaton for Paced<E, A>
where
    E: Spawner + Clock,
    A: Automaton<Context = BlockContextOf, Digest = sha256::Digest>,
{
    type Context = BlockContextOf;
    type Digest = sha256::Digest;

    async fn propose(&mut self, context: BlockContextOf) -> oneshot::Receiver<sha256::Digest> {
        let (mut sender, receiver) = oneshot::channel();
        let (mut inner, ledger, gather) = (self.inner.clone(), self.ledger.clone(), self.gather);
        self.context.child("pace").spawn(move |clock| async move {
            select! {
                () = sender.closed() => return,
                () = wait_for_work(&clock, &ledger, &context, gather) => {},
            }
            let proposal = inner.propose(context).await;
            select! {
                () = sender.closed() => {},
                proposal = proposal => if let Ok(digest) = proposal {
                    // The view may have been left meanwhile.
                    let _ = sender.send(digest);
                },
            }
        });
        receiver
    }

    async fn verify(
        &mut self,
        context: BlockContextOf,
        payload: sha256::Digest,
    ) -> oneshot::Receiver<bool> {
        self.inner.verify(context, payload).await
    }
}

impl<E, A> CertifiableAutomaton for Paced<E, A>
where
    E: Spawner + Clock,
    A: CertifiableAutomaton<Context = BlockContextOf, Digest = sha256::Digest>,
{
    async fn prepare(&mut self, _: BlockContextOf) -> oneshot::Receiver<Handoff<sha256::Digest>> {
        let (sender, receiver) = oneshot::channel();
        // The view may have been left meanwhile.
        let _ = sender.send(Handoff::Wait);
        receiver
    }

    async fn certify(&mut self, round: Round, payload: sha256::Digest) -> oneshot::Receiver<bool> {
        self.inner.certify(round, payload).await
    }
}

impl<E, A> Relay for Paced<E, A>
where
    E: Send + Sync + 'static,
    A: Relay,
{
    type Digest = A::Digest;
    type PublicKey = A::PublicKey;
    type Plan = A::Plan;

    fn broadcast(&mut self, payload: Self::Digest, plan: Self::Plan) -> Feedback {
        self.inner.broadcast(payload, plan)
    }
}

impl<E, A> Reporter for Paced<E, A>
where
    E: Send + Sync + 'static,
    A: Reporter,
{
    type Activity = A::Activity;

    fn report(&mut self, activity: Self::Activity) -> Feedback {
        self.inner.report(activity)
    }
}
