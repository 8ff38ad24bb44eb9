//! The mempool itself: a handle that is cheap to clone and may be used from any thread.

use crate::{
    Admission, AdmissionError, BlockRefusal, CheckedTransaction, Config, Expiry, Journal, Lane,
    Origin, Replayed, Segment, SelectLimits, Standing, Stats,
    checked::Unfit,
    pool::{Planned, Pool, Settled},
    signatures::Signatures,
};
use bytes::Bytes;
use parking_lot::Mutex;
use salus_types::{Hash, Height, NetworkId, Transaction, TransactionHash};
use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::Arc,
};
use tokio::sync::{broadcast, watch};

/// How many reports of expiry a slow listener may be behind; [`Mempool::standing`] remembers longer.
const EXPIRIES_BUFFERED: usize = 1024;

/// The mempool of a node. Clones are handles to the same one.
///
/// Nothing here is asynchronous. [`Self::admit`] and [`Self::check_block`] do work on the CPU and
/// may write the journal: from asynchronous code, call them where blocking is allowed.
#[derive(Clone)]
pub struct Mempool {
    shared: Arc<Shared>,
}

struct Shared {
    config: Config,
    pool: Mutex<Pool>,
    signatures: Signatures,
    journal: Option<Arc<dyn Journal>>,
    added: watch::Sender<u64>,
    outgoing: watch::Sender<u64>,
    expiries: broadcast::Sender<Arc<Expiry>>,
}

impl fmt::Debug for Mempool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mempool({} waiting)", self.len())
    }
}

/// Where one transaction of a batch is on its way through [`Mempool::admit`].
enum Step {
    /// Refused.
    Refused(AdmissionError),
    /// To be inserted when its signatures are good, or known to be.
    Ready(Arc<CheckedTransaction>),
    /// The same bytes as an earlier one of the batch.
    SameAs(usize),
}

impl Mempool {
    /// An empty mempool at height 0, without or with a journal.
    pub fn new(config: Config, journal: Option<Arc<dyn Journal>>) -> Self {
        let shared = Shared {
            pool: Mutex::new(Pool::new(config.clone())),
            signatures: Signatures::new(config.threads),
            config,
            journal,
            added: watch::Sender::new(0),
            outgoing: watch::Sender::new(0),
            expiries: broadcast::Sender::new(EXPIRIES_BUFFERED),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Gives lanes their weights, 1 to [`crate::WEIGHT_MAX`], usually [`crate::WEIGHT_USUAL`]: the
    /// share of the room and of each block. All nodes that are not named share one lane of weight 1.
    ///
    /// Called at the start and whenever the members' nodes change. What waits stays, even where a
    /// smaller share is exceeded; such a lane admits again when it has drained.
    pub fn set_lanes(&self, lanes: impl IntoIterator<Item = (Lane, u32)>) {
        self.shared.pool.lock().set_lanes(lanes);
    }

    /// Sets the longest distance of `valid_until` from the current height, when it was changed by
    /// vote.
    pub fn set_validity_blocks(&self, blocks: u64) {
        self.shared.pool.lock().validity_blocks = blocks;
    }

    /// Fills the window at a start: the tip, and the blocks whose transactions could still come
    /// again, which are the last `validity_blocks` ones, by the highest value that was in force.
    ///
    /// Called before [`Self::replay`] and before anything is admitted.
    pub fn load_window(
        &self,
        tip: Height,
        blocks: impl IntoIterator<Item = (Height, Vec<Arc<CheckedTransaction>>)>,
    ) {
        let mut pool = self.shared.pool.lock();
        pool.height = pool.height.max(tip);
        for (height, transactions) in blocks {
            for transaction in transactions.iter().filter(|one| one.valid_until() > tip) {
                pool.window.insert(transaction, height);
            }
        }
    }

    /// Takes back what the journal held at the last end of the node; called after
    /// [`Self::load_window`], before the node follows the ledger again.
    ///
    /// `is_final` says, from the node's own index, whether a transaction is in a block. There is no
    /// bound on room here: all of this was accepted.
    pub fn replay(
        &self,
        records: Vec<(Segment, Bytes)>,
        is_final: &dyn Fn(&TransactionHash) -> bool,
    ) -> Replayed {
        let (mut replayed, mut settled) = (Replayed::default(), Settled::default());
        let (mut waiting, mut expired) = (Vec::new(), Vec::new());
        for (segment, bytes) in records {
            let Ok(one) = CheckedTransaction::decode(bytes) else {
                replayed.damaged += 1;
                *settled.segments.entry(segment).or_default() += 1;
                continue;
            };
            waiting.push((segment, Arc::new(one)));
        }
        let transactions: Vec<_> = waiting.iter().map(|(_, one)| Arc::clone(one)).collect();
        let first_bad = self.shared.signatures.check(&transactions);
        let mut pool = self.shared.pool.lock();
        for ((segment, one), first_bad) in waiting.into_iter().zip(first_bad) {
            let lane = self.shared.config.own_lane;
            match pool.judge(lane, Origin::Local, &one, None) {
                _ if first_bad.is_some() => replayed.damaged += 1,
                _ if is_final(&one.hash) => replayed.settled += 1,
                Ok(Some(Admission::Final(_))) => replayed.settled += 1,
                Ok(Some(Admission::Pending(_) | Admission::Accepted(_))) => {}
                Ok(None) => {
                    pool.insert(lane, Origin::Local, &one);
                    if let Some(entry) = pool.entry(&one.hash) {
                        entry.segment = Some(segment);
                    }
                    replayed.pending += 1;
                    continue;
                }
                Err(AdmissionError::WrongNetwork { .. }) => replayed.damaged += 1,
                // It had been accepted, so neither can be but by the height having moved.
                Err(_) => {
                    expired.push(one.hash);
                    replayed.expired += 1;
                }
            }
            *settled.segments.entry(segment).or_default() += 1;
        }
        settled.expired = pool.note_expired(expired);
        settled.pass_on = replayed.pending > 0;
        drop(pool);
        self.tell(settled);
        self.tell_added(replayed.pending);
        replayed
    }

    /// Admits a batch from one lane: one answer for each transaction, in order.
    ///
    /// In this order for each: the bytes decode and are in bounds; it is not waiting already; it is
    /// in no recent block; network; end of validity; room in its lane; signatures. What comes from
    /// clients is in the journal, if there is one, when this returns.
    ///
    /// # Errors
    ///
    /// For each transaction an [`AdmissionError`], in the order above.
    pub fn admit(
        &self,
        lane: Lane,
        origin: Origin,
        batch: Vec<Bytes>,
    ) -> Vec<Result<Admission, AdmissionError>> {
        let leaves: Vec<_> = batch.iter().map(|bytes| Transaction::leaf(bytes)).collect();
        let known: Vec<_> = {
            let pool = self.shared.pool.lock();
            leaves.iter().map(|leaf| pool.known(leaf)).collect()
        };
        let mut unseen = HashSet::new();
        let mut steps = Vec::with_capacity(batch.len());
        let mut places = HashMap::new();
        for (index, ((bytes, leaf), known)) in batch.into_iter().zip(leaves).zip(known).enumerate()
        {
            if let Some(first) = places.get(&leaf) {
                steps.push(Step::SameAs(*first));
                continue;
            }
            places.insert(leaf, index);
            steps.push(match known {
                Some(one) => Step::Ready(one),
                None => match CheckedTransaction::decode_with_leaf(bytes, leaf) {
                    Ok(one) => {
                        unseen.insert(index);
                        Step::Ready(Arc::new(one))
                    }
                    Err(source) => Step::Refused(AdmissionError::Malformed { source }),
                },
            });
        }
        self.refuse_early(lane, origin, &mut steps, &mut unseen);
        self.check_signatures(&mut steps, &unseen);
        let answers = self.insert(lane, origin, steps);
        if origin == Origin::Local { self.write_journal(answers) } else { answers }
    }

    /// Refuses what needs no look at signatures, so that a flood costs little.
    fn refuse_early(
        &self,
        lane: Lane,
        origin: Origin,
        steps: &mut [Step],
        unseen: &mut HashSet<usize>,
    ) {
        let pool = self.shared.pool.lock();
        let mut planned = Planned::default();
        for (index, step) in steps.iter_mut().enumerate() {
            let Step::Ready(one) = step else { continue };
            match pool.judge(lane, origin, one, Some(planned)) {
                Ok(None) => {
                    planned.bytes += one.bytes.len();
                    planned.count += 1;
                }
                // Answered when it is inserted; its signatures do not matter any more.
                Ok(Some(_)) => {
                    unseen.remove(&index);
                }
                Err(error) => {
                    unseen.remove(&index);
                    *step = Step::Refused(error);
                }
            }
        }
    }

    fn check_signatures(&self, steps: &mut [Step], unseen: &HashSet<usize>) {
        let (mut places, mut transactions) = (Vec::new(), Vec::new());
        for (index, step) in steps.iter().enumerate() {
            if let Step::Ready(one) = step
                && unseen.contains(&index)
            {
                places.push(index);
                transactions.push(Arc::clone(one));
            }
        }
        let first_bad = self.shared.signatures.check(&transactions);
        for ((place, one), bad) in places.into_iter().zip(transactions).zip(first_bad) {
            if let Some(index) = bad {
                let hash = one.hash;
                steps[place] = Step::Refused(AdmissionError::BadSignature { hash, index });
            }
        }
    }

    fn insert(
        &self,
        lane: Lane,
        origin: Origin,
        steps: Vec<Step>,
    ) -> Vec<Result<Admission, AdmissionError>> {
        let mut answers: Vec<Result<Admission, AdmissionError>> = Vec::with_capacity(steps.len());
        let mut accepted = 0;
        let mut pool = self.shared.pool.lock();
        for step in steps {
            let answer = match step {
                Step::Refused(error) => Err(error),
                Step::SameAs(first) => match &answers[first] {
                    Ok(Admission::Accepted(hash)) => Ok(Admission::Pending(*hash)),
                    other => other.clone(),
                },
                Step::Ready(one) => {
                    match pool.judge(lane, origin, &one, Some(Planned::default())) {
                        Ok(None) => {
                            pool.insert(lane, origin, &one);
                            accepted += 1;
                            Ok(Admission::Accepted(one.hash))
                        }
                        Ok(Some(admission)) => {
                            if matches!(admission, Admission::Pending(_)) {
                                pool.insert(lane, origin, &one);
                            }
                            Ok(admission)
                        }
                        Err(error) => Err(error),
                    }
                }
            };
            match &answer {
                Ok(Admission::Accepted(_)) => {}
                Ok(Admission::Pending(_) | Admission::Final(_)) => pool.counters.duplicates += 1,
                Err(error) => pool.refuse(lane, error),
            }
            answers.push(answer);
        }
        match origin {
            Origin::Local => pool.counters.admitted_local += accepted as u64,
            Origin::Peer => pool.counters.admitted_peer += accepted as u64,
        }
        drop(pool);
        self.tell_added(accepted);
        if accepted > 0 && origin == Origin::Local {
            self.tell_outgoing();
        }
        answers
    }

    /// Makes what was accepted durable; where that fails, the acceptance is taken back.
    fn write_journal(
        &self,
        mut answers: Vec<Result<Admission, AdmissionError>>,
    ) -> Vec<Result<Admission, AdmissionError>> {
        let Some(journal) = &self.shared.journal else { return answers };
        let (mut hashes, mut records) = (Vec::new(), Vec::new());
        {
            let pool = self.shared.pool.lock();
            for hash in answers.iter().flatten().map(Admission::hash) {
                if let Some((bytes, None)) = pool.journalled(&hash) {
                    hashes.push(hash);
                    records.push(bytes);
                }
            }
        }
        if records.is_empty() {
            return answers;
        }
        match journal.append(&records) {
            Ok(segment) => {
                let mut pool = self.shared.pool.lock();
                let mut superfluous = 0;
                for hash in hashes {
                    match pool.entry(&hash) {
                        Some(entry) if entry.segment.is_none() => entry.segment = Some(segment),
                        // In a block by now, or written by another call at the same time.
                        Some(_) | None => superfluous += 1,
                    }
                }
                drop(pool);
                if superfluous > 0 {
                    journal.settle(segment, superfluous);
                }
            }
            Err(error) => {
                let failed: HashSet<_> = hashes.into_iter().collect();
                let mut pool = self.shared.pool.lock();
                for answer in &mut answers {
                    let Ok(hash) = answer.as_ref().map(Admission::hash) else { continue };
                    if failed.contains(&hash) {
                        let refusal = AdmissionError::Journal { hash, reason: error.to_string() };
                        pool.refuse(self.shared.config.own_lane, &refusal);
                        *answer = Err(refusal);
                    }
                }
            }
        }
        answers
    }

    /// Chooses transactions for the block at `height`, in the order in which they are to stand in
    /// it. They stay until [`Self::committed`].
    ///
    /// `exclude` says which ones stand in blocks below that are not final yet; it must not call the
    /// mempool. The cost follows from what is chosen and excluded, not from what waits.
    pub fn select(
        &self,
        limits: SelectLimits,
        height: Height,
        exclude: &dyn Fn(&TransactionHash) -> bool,
    ) -> Vec<Arc<CheckedTransaction>> {
        self.shared.pool.lock().select(limits, height, exclude)
    }

    /// Checks the transactions of a block at `height` and decodes them; those that this node has
    /// checked before, by their exact bytes, are not checked again.
    ///
    /// Repetitions of final blocks below are refused here; the caller looks for repetitions of
    /// blocks below that are not final yet.
    ///
    /// # Errors
    ///
    /// The first transaction that is malformed; else the first that stands in the block twice, is
    /// in a final block below, is for another network, has expired, or is valid for longer than
    /// `validity_blocks` after `height`; else the first with a bad signature.
    pub fn check_block(
        &self,
        network: NetworkId,
        height: Height,
        validity_blocks: u64,
        bodies: &[Bytes],
    ) -> Result<Vec<Arc<CheckedTransaction>>, BlockRefusal> {
        let leaves: Vec<_> = bodies.iter().map(|bytes| Transaction::leaf(bytes)).collect();
        let known: Vec<_> = {
            let pool = self.shared.pool.lock();
            leaves.iter().map(|leaf| pool.known(leaf)).collect()
        };
        let (transactions, unseen) = decode_unseen(bodies, leaves, known)?;
        self.check_places(network, height, height.after(validity_blocks), &transactions)?;

        let fresh: Vec<_> = unseen.iter().map(|index| Arc::clone(&transactions[*index])).collect();
        let first_bad = self.shared.signatures.check(&fresh);
        let mut pool = self.shared.pool.lock();
        pool.counters.block_known += (transactions.len() - unseen.len()) as u64;
        pool.counters.block_unseen += unseen.len() as u64;
        for (index, first_bad) in unseen.into_iter().zip(first_bad) {
            if let Some(signature) = first_bad {
                return Err(BlockRefusal::BadSignature { index, signature });
            }
        }
        for one in &fresh {
            pool.recent.insert(one);
        }
        Ok(transactions)
    }

    fn check_places(
        &self,
        network: NetworkId,
        height: Height,
        latest: Height,
        transactions: &[Arc<CheckedTransaction>],
    ) -> Result<(), BlockRefusal> {
        let mut hashes = HashSet::with_capacity(transactions.len());
        let pool = self.shared.pool.lock();
        for (index, one) in transactions.iter().enumerate() {
            let hash = one.hash;
            if !hashes.insert(hash) {
                return Err(BlockRefusal::Twice { index, hash });
            }
            if let Some(below) = pool.window.height(&hash).filter(|at| *at < height) {
                return Err(BlockRefusal::Replayed { index, hash, height: below });
            }
            one.fits(network, height, latest).map_err(|unfit| match unfit {
                Unfit::WrongNetwork { found } => BlockRefusal::WrongNetwork { index, found },
                Unfit::Expired { valid_until } => BlockRefusal::Expired { index, valid_until },
                Unfit::TooFar { valid_until, latest } => {
                    BlockRefusal::TooFar { index, valid_until, latest }
                }
            })?;
        }
        Ok(())
    }

    /// Takes note of a final block, in the order of heights: its transactions wait no more, and
    /// those whose validity has ended are dropped, and reported if they were accepted here.
    ///
    /// Called once the block is durable. Calling it again for the same block does no harm.
    pub fn committed(&self, height: Height, transactions: &[Arc<CheckedTransaction>]) {
        let settled = self.shared.pool.lock().committed(height, transactions);
        self.tell(settled);
    }

    /// Takes transactions that clients of this node submitted and that the peers have yet to get,
    /// up to `bytes_max` bytes with four for the length of each.
    ///
    /// Those that are in no block some blocks later are handed out again.
    pub fn take_outgoing(&self, bytes_max: usize) -> Vec<Bytes> {
        self.shared.pool.lock().take_outgoing(bytes_max)
    }

    /// Whether a final block below `below` holds the transaction, as far as it could come again.
    pub fn window_contains(&self, hash: &TransactionHash, below: Height) -> bool {
        self.shared.pool.lock().window.height(hash).is_some_and(|height| height < below)
    }

    /// Where a transaction stands, as far as the mempool remembers.
    pub fn standing(&self, hash: &TransactionHash) -> Option<Standing> {
        let pool = self.shared.pool.lock();
        if pool.is_pending(hash) {
            return Some(Standing::Pending);
        }
        let is_final = pool.window.height(hash).map(Standing::Final);
        is_final.or_else(|| pool.expired_at(hash).map(Standing::Expired))
    }

    /// How many transactions wait.
    pub fn len(&self) -> usize {
        self.shared.pool.lock().len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The height of the last block that [`Self::committed`] was told of.
    pub fn height(&self) -> Height {
        self.shared.pool.lock().height
    }

    /// A signal that changes whenever transactions begin to wait: the number of them so far.
    ///
    /// A proposer that has nothing to propose waits for its change.
    pub fn subscribe_added(&self) -> watch::Receiver<u64> {
        self.shared.added.subscribe()
    }

    /// A signal that changes whenever [`Self::take_outgoing`] has something to give.
    pub fn subscribe_outgoing(&self) -> watch::Receiver<u64> {
        self.shared.outgoing.subscribe()
    }

    /// Reports of transactions that were accepted here and have expired.
    pub fn subscribe_expired(&self) -> broadcast::Receiver<Arc<Expiry>> {
        self.shared.expiries.subscribe()
    }

    /// Figures for metrics.
    pub fn stats(&self) -> Stats {
        let (signatures_verified, signature_cpu_ns) = self.shared.signatures.cost();
        let pool = self.shared.pool.lock();
        let counters = &pool.counters;
        Stats {
            lanes: pool.lane_stats(),
            admitted_local: counters.admitted_local,
            admitted_peer: counters.admitted_peer,
            duplicates: counters.duplicates,
            refused: counters.refused.clone(),
            committed: counters.committed,
            expired: counters.expired,
            expired_local: counters.expired_local,
            block_known: counters.block_known,
            block_unseen: counters.block_unseen,
            signatures_verified,
            signature_cpu_ns,
            window: pool.window.len(),
        }
    }

    fn tell(&self, settled: Settled) {
        if let Some(journal) = &self.shared.journal {
            for (segment, count) in settled.segments {
                journal.settle(segment, count);
            }
        }
        if let Some(expiry) = settled.expired {
            // No listener is no error: what expired is remembered for `standing`.
            let _ = self.shared.expiries.send(Arc::new(expiry));
        }
        if settled.pass_on {
            self.tell_outgoing();
        }
    }

    fn tell_added(&self, count: usize) {
        if count > 0 {
            self.shared.added.send_modify(|added| *added = added.wrapping_add(count as u64));
        }
    }

    fn tell_outgoing(&self) {
        self.shared.outgoing.send_modify(|turn| *turn = turn.wrapping_add(1));
    }
}

type Decoded = (Vec<Arc<CheckedTransaction>>, Vec<usize>);

/// The transactions of a block, and the positions of those that were not known.
fn decode_unseen(
    bodies: &[Bytes],
    leaves: Vec<Hash>,
    known: Vec<Option<Arc<CheckedTransaction>>>,
) -> Result<Decoded, BlockRefusal> {
    let (mut transactions, mut unseen) = (Vec::with_capacity(bodies.len()), Vec::new());
    for (index, ((bytes, leaf), known)) in bodies.iter().zip(leaves).zip(known).enumerate() {
        let one = if let Some(one) = known {
            one
        } else {
            unseen.push(index);
            let one = CheckedTransaction::decode_with_leaf(bytes.clone(), leaf)
                .map_err(|source| BlockRefusal::Malformed { index, source })?;
            Arc::new(one)
        };
        transactions.push(one);
    }
    Ok((transactions, unseen))
}
