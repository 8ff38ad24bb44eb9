//! A start with a journal: what was accepted before waits again.

use crate::{
    Admission, AdmissionError, CheckedTransaction, Mempool, Origin, Replayed, Segment,
    pool::Settled,
};
use bytes::Bytes;
use salus_types::TransactionHash;
use std::sync::Arc;

impl Mempool {
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
            let judged = pool.judge(lane, Origin::Local, &one, None);
            let known = pool.entry(&one.hash).map(|entry| entry.segment);
            match judged {
                _ if first_bad.is_some() => replayed.damaged += 1,
                _ if is_final(&one.hash) => replayed.settled += 1,
                Ok(Some(Admission::Final(_))) => replayed.settled += 1,
                // The journal holds it twice.
                Ok(Some(_)) if known.flatten().is_some() => {}
                // It waits again; perhaps a peer has brought it back already. It is not too far: it was
                // accepted at a height that this node has to reach once more.
                Ok(_) | Err(AdmissionError::TooFar { .. }) => {
                    pool.insert(lane, Origin::Local, &one);
                    if let Some(entry) = pool.entry(&one.hash) {
                        entry.segment = Some(segment);
                    }
                    replayed.pending += 1;
                    continue;
                }
                Err(AdmissionError::WrongNetwork { .. }) => replayed.damaged += 1,
                // It had been accepted, so this can be but by the height having moved.
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
}
