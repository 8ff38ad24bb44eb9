//! One consensus engine for each epoch: who decides changes only between two epochs.
//!
//! The last block of an epoch names the set that decides the next one. When that block is final and
//! applied, this actor makes the next epoch's scheme known, connects to its nodes, starts its engine
//! from that block, stops the old engine, and only then says that the block is done with. Every
//! block is done with once the application knows it. A node
//! that votes in one epoch and not in the next goes on with a scheme that verifies only, and the
//! other way round, without a restart.
//!
//! A node that is behind hears votes and certificates of later epochs, which it cannot check. It
//! takes them as a hint to ask their sender for the certificate of its own epoch's last block.

mod ends;

use crate::{
    Block, ReadError,
    block::BlockContextOf,
    executor::unix_ms,
    ledger::Ledger,
    node::Env,
    peers::Peers,
    schemes::Schemes,
    store::{REPLAY_BUFFER, WRITE_BUFFER},
};
use commonware_actor::Feedback;
use commonware_consensus::{
    CertifiableAutomaton, Relay, Reporter,
    marshal::{Update, core::Mailbox as MarshalMailbox, standard::Standard},
    simplex::{
        self, Plan, SkipBudget, SkipPolicy, config::ForwardPolicy, elector::RoundRobin,
        scheme::ed25519::Scheme, types::Activity,
    },
    types::{Epoch, Height as ConsensusHeight, ViewDelta},
};
use commonware_cryptography::{Digested, Digestible as _, Sha256, ed25519::PublicKey, sha256};
use commonware_macros::select;
use commonware_p2p::{
    Blocker, Channel, Message as P2pMessage, Receiver, Sender,
    utils::mux::{Builder as _, MuxHandle, Muxer},
};
use commonware_parallel::Sequential;
use commonware_runtime::{Handle, buffer::paged::CacheRef};
use commonware_utils::{
    Acknowledgement as _, NZDuration, NZUsize, acknowledgement::Exact, vec::NonEmptyVec,
};
use salus_types::{BlockTime, Height, NodeRecord, ValidatorSet};
use std::{collections::VecDeque, time::Duration};
use tokio::sync::{mpsc, oneshot, watch};
use tracing::{debug, info};

/// Views for which votes and blocks are kept behind the last final one.
pub(crate) const VIEW_RETENTION: ViewDelta = ViewDelta::new(128);
const FETCH_TIMEOUT: Duration = Duration::from_secs(2);
const RETRY: Duration = Duration::from_millis(400);

/// Mailbox of the library's block store.
pub(crate) type Marshal = MarshalMailbox<Scheme, Standard<Block>>;
/// A final block, and what to call when it is done with.
pub(crate) type Delivered = (Digested<Block>, Exact);
/// A guest that asks for a place.
pub(crate) type GuestRequest = (NodeRecord, oneshot::Sender<Result<(), ReadError>>);

/// What proposes, checks and passes on the blocks of an epoch, and hears what its validators do.
pub(crate) trait Decider:
    CertifiableAutomaton<Context = BlockContextOf, Digest = sha256::Digest>
    + Relay<Digest = sha256::Digest, PublicKey = PublicKey, Plan = Plan<PublicKey>>
    + Reporter<Activity = Activity<Scheme, sha256::Digest>>
{
}

impl<A> Decider for A where
    A: CertifiableAutomaton<Context = BlockContextOf, Digest = sha256::Digest>
        + Relay<Digest = sha256::Digest, PublicKey = PublicKey, Plan = Plan<PublicKey>>
        + Reporter<Activity = Activity<Scheme, sha256::Digest>>
{
}

/// What status tells about the current epoch.
#[derive(Clone, Debug, Default)]
pub(crate) struct CurrentEpoch {
    pub(crate) epoch: u64,
    pub(crate) validator: bool,
}

/// Hands final blocks to the epochs' actor, and notes how far blocks are final.
#[derive(Clone)]
pub(crate) struct EpochReporter {
    pub(crate) ledger: Ledger,
    pub(crate) blocks: mpsc::UnboundedSender<Delivered>,
}

impl Reporter for EpochReporter {
    type Activity = Update<Block>;

    fn report(&mut self, update: Update<Block>) -> Feedback {
        match update {
            Update::Tip(round, height, _) => {
                self.ledger.note_tip(Height(height.get()), round.view().get());
                Feedback::Ok
            }
            // The library bounds how many are on their way.
            Update::Block(block, done) => match self.blocks.send((block, done)) {
                Ok(()) => Feedback::Ok,
                Err(_) => Feedback::Closed,
            },
        }
    }
}

/// Settings and counterparts of [`Epochs`].
pub(crate) struct Config<A, B> {
    pub(crate) ledger: Ledger,
    pub(crate) schemes: Schemes,
    pub(crate) marshal: Marshal,
    pub(crate) automaton: A,
    pub(crate) blocker: B,
    pub(crate) peers: Peers,
    pub(crate) first_set: ValidatorSet,
    pub(crate) page_cache: CacheRef,
    pub(crate) leader_grace: Duration,
    /// Up to when epochs began in which this node has lost its votes, and is quiet.
    pub(crate) quiet_until: Option<BlockTime>,
    pub(crate) prefix: String,
    pub(crate) blocks: mpsc::UnboundedReceiver<Delivered>,
    pub(crate) guests: mpsc::Receiver<GuestRequest>,
    pub(crate) current: watch::Sender<CurrentEpoch>,
}

/// The actor that runs one engine for each epoch.
pub(crate) struct Epochs<E, A, B> {
    context: E,
    config: Config<A, B>,
    /// Blocks that were delivered and that the application does not know yet.
    unknown: VecDeque<(Height, Exact)>,
}

struct Channels<S: Sender> {
    votes: MuxHandle<S>,
    votes_of_others: mpsc::Receiver<(Channel, P2pMessage<S::PublicKey>)>,
    certificates: MuxHandle<S>,
    certificates_of_others: mpsc::Receiver<(Channel, P2pMessage<S::PublicKey>)>,
    resolver: MuxHandle<S>,
}

struct Running {
    epoch: Epoch,
    set: ValidatorSet,
    engine: Handle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.engine.abort();
    }
}

impl<E, A, B> Epochs<E, A, B>
where
    E: Env,
    A: Decider,
    B: Blocker<PublicKey = PublicKey>,
{
    pub(crate) fn new(context: E, config: Config<A, B>) -> Self {
        Self { context, config, unknown: VecDeque::new() }
    }

    /// Runs until the context stops or a counterpart ends.
    pub(crate) async fn run<S, R>(mut self, votes: (S, R), certificates: (S, R), resolver: (S, R))
    where
        S: Sender<PublicKey = PublicKey>,
        R: Receiver<PublicKey = PublicKey>,
    {
        let mut channels = self.channels(votes, certificates, resolver);
        let Some(mut running) = self.resume(&mut channels).await else { return };
        let mut applied = self.config.ledger.shared.applied.subscribe();
        let mut stopped = self.context.stopped();
        loop {
            select! {
                _ = &mut stopped => return,
                delivered = self.config.blocks.recv() => {
                    let Some((block, done)) = delivered else { return };
                    // A block that ends an epoch is waited for, and may never be applied at a stop.
                    let going_on = select! {
                        _ = &mut stopped => return,
                        going_on = self.deliver(&mut running, &block, &mut channels) => going_on,
                    };
                    if !going_on {
                        return;
                    }
                    self.unknown.push_back((block.inner().header().height, done));
                    self.acknowledge();
                },
                heard = channels.votes_of_others.recv() => {
                    let Some((epoch, (peer, _))) = heard else { return };
                    self.hint(&running, epoch, peer);
                },
                heard = channels.certificates_of_others.recv() => {
                    let Some((epoch, (peer, _))) = heard else { return };
                    self.hint(&running, epoch, peer);
                },
                changed = applied.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    applied.borrow_and_update();
                    self.acknowledge();
                    self.update_peers(&running.set);
                },
                request = self.config.guests.recv() => {
                    let Some((guest, answer)) = request else { return };
                    let outcome = self.config.peers.add_guest(guest, unix_ms(self.context.current()));
                    self.update_peers(&running.set);
                    // Whoever asked may have gone.
                    let _ = answer.send(outcome);
                },
                ended = &mut running.engine => match ended {
                    Ok(()) => return,
                    Err(error) => panic!("the consensus engine of {} failed: {error}", running.epoch),
                },
            }
        }
    }

    fn channels<S, R>(&self, votes: (S, R), certificates: (S, R), resolver: (S, R)) -> Channels<S>
    where
        S: Sender<PublicKey = PublicKey>,
        R: Receiver<PublicKey = PublicKey>,
    {
        let mux = |name, (sender, receiver)| {
            let context = self.context.child(name);
            let (mux, handle, others) =
                Muxer::builder(context, sender, receiver).with_backup().build();
            mux.start();
            (handle, others)
        };
        let (votes, votes_of_others) = mux("votes", votes);
        let (certificates, certificates_of_others) = mux("certificates", certificates);
        let (mux, resolver) = Muxer::new(self.context.child("resolver"), resolver.0, resolver.1);
        mux.start();
        Channels { votes, votes_of_others, certificates, certificates_of_others, resolver }
    }

    /// Says that this node is done with the blocks of which the application knows.
    fn acknowledge(&mut self) {
        let applied = self.config.ledger.shared.applied.borrow();
        let applied = applied.as_ref().map(|applied| applied.header.height);
        while let Some((_, done)) =
            self.unknown.pop_front_if(|(height, _)| Some(*height) <= applied)
        {
            done.acknowledge();
        }
    }

    /// Takes a final block; false when the engine is stopping.
    async fn deliver<S>(
        &mut self,
        running: &mut Running,
        block: &Digested<Block>,
        channels: &mut Channels<S>,
    ) -> bool
    where
        S: Sender<PublicKey = PublicKey>,
    {
        let height = block.inner().header().height;
        if !self.config.ledger.is_last_of_epoch(height) {
            return true;
        }
        if block.inner().header().epoch < running.epoch.get() {
            return true;
        }
        self.wait_certified(&running.set, height).await;
        // The addresses of the next set are in the state after this block.
        if self.config.ledger.wait_applied(height).await.is_none() {
            return false;
        }
        let set = block.inner().validators().cloned();
        let set = set.expect("the last block of an epoch names the next set");
        let next = running.epoch.next();
        let boundary = (block.digest(), block.inner().header().time);
        match self.enter(next, set, boundary, channels).await {
            Some(entered) => {
                let left = running.epoch;
                *running = entered;
                self.forget(left).await;
                true
            }
            None => false,
        }
    }

    async fn enter<S>(
        &mut self,
        epoch: Epoch,
        set: ValidatorSet,
        boundary: (sha256::Digest, BlockTime),
        channels: &mut Channels<S>,
    ) -> Option<Running>
    where
        S: Sender<PublicKey = PublicKey>,
    {
        let (boundary, began) = boundary;
        let quiet = self.config.quiet_until.is_some_and(|until| began <= until);
        let scheme = self.config.schemes.enter(epoch, &set, quiet);
        let floor = self.floor(epoch, boundary).await;
        self.update_peers(&set);
        let leader_timeout = self.config.ledger.idle_interval() + self.config.leader_grace;
        let certification_timeout = leader_timeout + RETRY;
        let engine = simplex::Engine::new(
            self.context.child("simplex").with_attribute("epoch", epoch),
            simplex::Config {
                scheme: scheme.as_ref().clone(),
                elector: RoundRobin::<Sha256>::default(),
                blocker: self.config.blocker.clone(),
                automaton: self.config.automaton.clone(),
                relay: self.config.automaton.clone(),
                reporter: self.config.automaton.clone(),
                track_historical_votes: false,
                strategy: Sequential,
                partition: self.partition(epoch),
                mailbox_size: NZUsize!(256),
                epoch,
                floor,
                replay_buffer: REPLAY_BUFFER,
                write_buffer: WRITE_BUFFER,
                page_cache: self.config.page_cache.clone(),
                leader_timeout,
                certification_timeout,
                timeout_retry: RETRY,
                view_retention: VIEW_RETENTION,
                skip: SkipPolicy::Enabled {
                    timeout: certification_timeout + RETRY,
                    budget: SkipBudget::Participants,
                },
                fetch_timeout: NZDuration!(FETCH_TIMEOUT),
                fetch_retry_delay: RETRY,
                forward: ForwardPolicy::Disabled,
            },
        );
        let votes = channels.votes.register(epoch.get()).await.ok()?;
        let certificates = channels.certificates.register(epoch.get()).await.ok()?;
        let resolver = channels.resolver.register(epoch.get()).await.ok()?;
        let validator = set.contains(&self.config.ledger.shared.me) && !quiet;
        if quiet {
            info!(epoch = epoch.get(), "this node was restored and does not vote in this epoch");
        }
        info!(epoch = epoch.get(), validator, validators = set.nodes().len(), "entered an epoch");
        self.config.current.send_replace(CurrentEpoch { epoch: epoch.get(), validator });
        Some(Running { epoch, set, engine: engine.start(votes, certificates, resolver) })
    }

    fn partition(&self, epoch: Epoch) -> String {
        format!("{}-votes-{}", self.config.prefix, epoch.get())
    }

    /// Removes the votes of the epoch before the one that was just left.
    async fn forget(&mut self, left: Epoch) {
        let Some(before) = left.previous() else { return };
        if let Err(error) = self.context.remove(&self.partition(before), None).await {
            debug!(epoch = before.get(), %error, "no votes of an old epoch to remove");
        }
    }

    fn update_peers(&mut self, set: &ValidatorSet) {
        let applied = self.config.ledger.shared.applied.borrow().clone();
        if let Some(applied) = applied {
            let now_ms = unix_ms(self.context.current());
            self.config.peers.update(set, &applied.rules, now_ms);
        }
    }

    fn hint(&self, running: &Running, epoch: u64, peer: PublicKey) {
        if epoch <= running.epoch.get() {
            return;
        }
        let length = self.config.ledger.shared.epoch_blocks;
        let last = ConsensusHeight::new((running.epoch.get() + 1) * length - 1);
        debug!(%peer, theirs = epoch, ours = running.epoch.get(), "a peer is in a later epoch");
        self.config.marshal.hint_finalized(last, NonEmptyVec::new(peer));
    }
}
