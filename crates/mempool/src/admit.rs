//! Admission: the path of a batch from bytes to its place in the pool.

use crate::{Admission, AdmissionError, CheckedTransaction, Lane, Mempool, Origin, pool::Planned};
use bytes::Bytes;
use salus_types::Transaction;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

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
                None => match CheckedTransaction::decode_copy(&bytes, leaf) {
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
}
