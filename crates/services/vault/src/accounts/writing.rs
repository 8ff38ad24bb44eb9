//! Writing accounts: numbers from the ledger, leaves into the index, then the transaction.

use super::{Access, AccountFailure, Accounted, Waiting};
use crate::{
    accounted::Binding,
    audit::{
        self,
        event::{Beside, event},
    },
    index::{Index, accesses::KeptLeaf},
    keys::KeyRing,
    port::{ACCOUNTS_MAX, ConsentLedger, LedgerError, Tip},
};
use salus_consent::{AccessLeaf, Basis, tx::AccountAccess};
use salus_crypto::{merkle, random};
use salus_fhir::audit_id;
use salus_types::{AccountId, Hash, hash};
use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt,
    sync::Arc,
};

/// How often an account is tried again after another one took its numbers.
const ATTEMPTS: u32 = 3;
/// The code with which the ledger refuses numbers that do not go on from the last.
const WRONG_SEQUENCE: &str = "consent.wrong_sequence";

/// What accounts are written with.
pub(crate) struct Writer {
    pub(crate) organisation: AccountId,
    pub(crate) index: Index,
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) ledger: Arc<dyn ConsentLedger>,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("organisation", &self.organisation).finish_non_exhaustive()
    }
}

/// Accesses of one patient on one basis, or on none.
struct Group {
    patient: AccountId,
    basis: Option<Basis>,
    waiting: Vec<Waiting>,
}

/// A group with its account and its leaves.
struct Prepared {
    group: Group,
    account: AccountAccess,
    leaves: Vec<KeptLeaf>,
    hashes: Vec<Hash>,
}

impl Writer {
    /// Accounts for these accesses and answers each. Gives back the patients.
    pub(crate) async fn write(&self, batch: Vec<(AccountId, Vec<Waiting>)>) -> Vec<AccountId> {
        let patients: Vec<AccountId> = batch.iter().map(|(patient, _)| *patient).collect();
        let mut groups = Vec::new();
        for (patient, waiting) in batch {
            let mut by_basis: BTreeMap<Option<Basis>, Vec<Waiting>> = BTreeMap::new();
            for one in waiting {
                let refused =
                    matches!(one.access.kind, salus_consent::AccessKind::RefusedRead { .. });
                let basis = one.access.basis.filter(|_| !refused);
                by_basis.entry(basis).or_default().push(one);
            }
            groups.extend(by_basis.into_iter().map(|(basis, waiting)| Group {
                patient,
                basis,
                waiting,
            }));
        }
        while !groups.is_empty() {
            let rest = groups.split_off(groups.len().min(ACCOUNTS_MAX));
            self.write_groups(groups).await;
            groups = rest;
        }
        patients
    }

    /// One transaction for all groups; if it is refused, one for each.
    async fn write_groups(&self, groups: Vec<Group>) {
        let alone = groups.len() == 1;
        let Err((error, groups)) = self.try_groups(groups).await else { return };
        if !alone && matches!(error, AccountFailure::Ledger(LedgerError::Refused { .. })) {
            for group in groups {
                self.write_alone(group).await;
            }
        } else {
            self.write_again(groups, error).await;
        }
    }

    async fn write_alone(&self, group: Group) {
        if let Err((error, groups)) = self.try_groups(vec![group]).await {
            self.write_again(groups, error).await;
        }
    }

    /// Tries once more with new numbers if another account took them; else answers with the error.
    async fn write_again(&self, mut groups: Vec<Group>, mut error: AccountFailure) {
        for _ in 1..ATTEMPTS {
            let taken = matches!(
                &error,
                AccountFailure::Ledger(LedgerError::Refused { code, .. }) if code == WRONG_SEQUENCE
            );
            if !taken {
                break;
            }
            match self.try_groups(groups).await {
                Ok(()) => return,
                Err(again) => (error, groups) = again,
            }
        }
        for one in groups.into_iter().flat_map(|group| group.waiting) {
            let _ = one.answer.send(Err(error.clone()));
        }
    }

    /// Numbers the accesses, keeps their leaves, sends their accounts, and answers once they are
    /// final. Gives the groups back if they are not.
    async fn try_groups(&self, groups: Vec<Group>) -> Result<(), (AccountFailure, Vec<Group>)> {
        let numbers = match self.numbers(&groups).await {
            Ok(numbers) => numbers,
            Err(error) => return Err((AccountFailure::Ledger(error), groups)),
        };
        let prepared = match self.prepare(groups, numbers).await {
            Ok(prepared) => prepared,
            Err((error, groups)) => return Err((AccountFailure::Storage(Arc::new(error)), groups)),
        };
        let calls = prepared.iter().map(|one| one.account.clone()).collect();
        match self.ledger.account_accesses(calls).await {
            Ok(tip) => {
                self.answer(prepared, tip).await;
                Ok(())
            }
            Err(error) => {
                let final_refusal = !matches!(error, LedgerError::Unknown { .. });
                let mut groups = Vec::with_capacity(prepared.len());
                for Prepared { group, account, .. } in prepared {
                    if final_refusal
                        && let Err(error) =
                            self.index.drop_leaves(account.patient, account.leaves_root).await
                    {
                        tracing::warn!(code = error.code(), "leaves that are not used stay");
                    }
                    groups.push(group);
                }
                Err((AccountFailure::Ledger(error), groups))
            }
        }
    }

    /// The next number of each patient.
    async fn numbers(&self, groups: &[Group]) -> Result<BTreeMap<AccountId, u64>, LedgerError> {
        let mut numbers = BTreeMap::new();
        for group in groups {
            if let Entry::Vacant(number) = numbers.entry(group.patient) {
                number.insert(self.ledger.next_access(group.patient).await?.value);
            }
        }
        Ok(numbers)
    }

    /// Makes the leaves and keeps them.
    async fn prepare(
        &self,
        groups: Vec<Group>,
        mut numbers: BTreeMap<AccountId, u64>,
    ) -> Result<Vec<Prepared>, (crate::VaultError, Vec<Group>)> {
        let mut prepared: Vec<Prepared> = Vec::with_capacity(groups.len());
        let mut groups = groups.into_iter();
        while let Some(group) = groups.next() {
            let next = numbers.entry(group.patient).or_insert(1);
            let first_sequence = *next;
            *next += group.waiting.len() as u64;
            let leaves = match self.leaves(&group, first_sequence).await {
                Ok(leaves) => leaves,
                Err(error) => {
                    let mut back: Vec<Group> = prepared.into_iter().map(|one| one.group).collect();
                    back.push(group);
                    back.extend(groups);
                    return Err((error, back));
                }
            };
            let hashes: Vec<Hash> = leaves.iter().map(|kept| kept.leaf.hash()).collect();
            let account = AccountAccess {
                patient: group.patient,
                basis: group.basis,
                first_sequence,
                leaves_root: merkle::root(&hashes),
                count: u32::try_from(leaves.len()).unwrap_or(u32::MAX),
            };
            if let Err(error) = self.index.put_leaves(account.leaves_root, &leaves).await {
                let mut back: Vec<Group> = prepared.into_iter().map(|one| one.group).collect();
                back.push(group);
                back.extend(groups);
                return Err((error, back));
            }
            prepared.push(Prepared { group, account, leaves, hashes });
        }
        Ok(prepared)
    }

    /// The leaves of a group, each with its audit event, sealed.
    async fn leaves(&self, group: &Group, first_sequence: u64) -> crate::Result<Vec<KeptLeaf>> {
        let key = audit::log_key(&self.index, &self.keys, group.patient).await?;
        let patient = self.index.patient_record(group.patient).await?;
        let kept = |(waiting, sequence): (&Waiting, u64)| {
            let access = &waiting.access;
            let mut leaf = self.leaf(access, sequence);
            let beside = Beside {
                patient,
                resource_type: Some(access.resource_type),
                actor: access.actor.as_ref(),
            };
            let text = event(&audit_id(&leaf.patient.0, sequence), &leaf, beside);
            leaf.audit_event = Some(hash(text.as_bytes()));
            let event = audit::seal(&key, &leaf, &text)?;
            Ok(KeptLeaf { leaf, event })
        };
        group.waiting.iter().zip(first_sequence..).map(kept).collect()
    }

    fn leaf(&self, access: &Access, sequence: u64) -> AccessLeaf {
        AccessLeaf {
            salt: access.binding.map_or_else(|| Hash(random()), Binding::salt),
            sequence,
            kind: access.kind.clone(),
            patient: access.patient,
            custodian: self.organisation,
            accessor: access.accessor,
            basis: access.basis,
            purpose: access.purpose,
            record: access.record,
            version: access.version,
            time: access.time,
            audit_event: None,
        }
    }

    /// The accounts are final: notes it and answers.
    async fn answer(&self, prepared: Vec<Prepared>, tip: Tip) {
        for Prepared { group, account, leaves, hashes } in prepared {
            let AccountAccess { patient, leaves_root, first_sequence, count, .. } = account;
            let settled =
                self.index.settle_leaves(patient, leaves_root, first_sequence, count, tip).await;
            if let Err(error) = settled {
                // The leaves are there; that they are final is found out by the next settling.
                tracing::warn!(code = error.code(), "an account is settled later");
            }
            for (position, (one, kept)) in group.waiting.into_iter().zip(&leaves).enumerate() {
                let binding = one.access.binding;
                let shown =
                    binding.and_then(|binding| binding.shown(&kept.leaf, &hashes, position));
                let sequence = kept.leaf.sequence;
                let _ = one.answer.send(Ok(Accounted { sequence, tip, shown }));
            }
        }
    }

    /// Finds out what became of accounts whose sending was interrupted; gives how many are known now.
    pub(crate) async fn settle(&self, patient: Option<AccountId>) -> Result<u64, LedgerError> {
        let storage = |error: crate::VaultError| LedgerError::Unavailable {
            detail: format!("the index could not be used: {}", error.code()),
        };
        let mut settled = 0;
        for (patient, first, root) in self.index.unsettled(patient).await.map_err(storage)? {
            let Some(batch) = self.ledger.access_batch_with(patient, first).await? else {
                // Its numbers are still free: it may yet come, or another account takes them.
                continue;
            };
            if batch.leaves_root == root {
                let tip = self.ledger.tip().await?;
                self.index
                    .settle_leaves(patient, root, batch.first_sequence, batch.count, tip)
                    .await
                    .map_err(storage)?;
            } else {
                self.index.drop_leaves(patient, root).await.map_err(storage)?;
            }
            settled += 1;
        }
        Ok(settled)
    }
}
