//! The promise of the mempool: what was accepted is in a block, waits, or was reported expired.

use crate::{Agreement, Fault};
use salus_mempool::{Admission, AdmissionError, Standing};
use salus_types::TransactionHash;
use std::collections::{BTreeMap, BTreeSet};

/// What clients were told.
#[derive(Debug, Default)]
pub struct Acknowledged {
    accepted: BTreeMap<TransactionHash, BTreeSet<usize>>,
    expired: BTreeMap<TransactionHash, BTreeSet<usize>>,
    refused: BTreeMap<&'static str, u64>,
}

impl Acknowledged {
    /// Takes note of the answer to a submission.
    pub fn answered(
        &mut self,
        node: usize,
        transaction: TransactionHash,
        answer: &Result<Admission, AdmissionError>,
    ) {
        match answer {
            Ok(_) => {
                self.accepted.entry(transaction).or_default().insert(node);
            }
            Err(error) => *self.refused.entry(error.code()).or_default() += 1,
        }
    }

    /// Takes note of a report of expiry.
    pub fn expired(&mut self, node: usize, transactions: &[TransactionHash]) {
        for transaction in transactions {
            self.expired.entry(*transaction).or_default().insert(node);
        }
    }

    /// The transactions that a node accepted.
    pub fn accepted_by(&self, node: usize) -> Vec<TransactionHash> {
        let by_it = self.accepted.iter().filter(|(_, nodes)| nodes.contains(&node));
        by_it.map(|(hash, _)| *hash).collect()
    }

    /// How many transactions were accepted.
    pub fn accepted_count(&self) -> usize {
        self.accepted.len()
    }

    /// How many transactions were reported expired.
    pub fn expired_count(&self) -> usize {
        self.expired.len()
    }

    /// How often submissions were refused with which code.
    pub fn refused(&self) -> &BTreeMap<&'static str, u64> {
        &self.refused
    }

    /// Checks every promise. `standing` asks the mempool of a node.
    ///
    /// # Errors
    ///
    /// For the first transaction that fails: [`Fault::ExpiredAndFinal`], [`Fault::Lost`].
    pub fn check(
        &self,
        agreement: &Agreement,
        standing: &dyn Fn(usize, &TransactionHash) -> Option<Standing>,
    ) -> Result<(), Fault> {
        for (hash, nodes) in &self.accepted {
            let place = agreement.place(hash);
            let reported = self.expired.get(hash);
            if let (Some(height), Some(_)) = (place, reported) {
                return Err(Fault::ExpiredAndFinal { transaction: *hash, height });
            }
            if place.is_some() {
                continue;
            }
            for node in nodes {
                let told = reported.is_some_and(|nodes| nodes.contains(node));
                if !told && standing(*node, hash) != Some(Standing::Pending) {
                    return Err(Fault::Lost { transaction: *hash, node: *node });
                }
            }
        }
        Ok(())
    }
}
