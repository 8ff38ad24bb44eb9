//! The patient's view: every access, checked against the ledger, with nothing missing.

use crate::{Result, Vault, VaultError, audit, error::Doing as _, index::accesses::KeptLeaf};
use salus_consent::{AccessLeaf, state::AccessBatch};
use salus_crypto::merkle::{self, MerkleProof};
use salus_types::{AccountId, BlockTime, Hash};
use serde::{Deserialize, Serialize};

/// Accounts that are asked for at a time.
const PAGE: u32 = 100;
const ASKING: &str = "asking for the accounts of accesses";

/// An access with the time of the account that holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessEntry {
    /// What the access was.
    pub leaf: AccessLeaf,
    /// The audit event whose hash is in the leaf: FHIR R4 `AuditEvent`, JSON.
    pub event: String,
    /// Time of the block that accounted for it.
    pub accounted_at: BlockTime,
}

/// All accesses to a patient's records at this custodian.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessLog {
    /// The patient.
    pub patient: AccountId,
    /// The accesses in the order of their numbers, from 1, without a gap.
    pub entries: Vec<AccessEntry>,
    /// The number that the next access will have, by the ledger.
    pub next_sequence: u64,
}

impl AccessLog {
    /// How many accesses released a record.
    pub fn released(&self) -> usize {
        self.entries.iter().filter(|entry| entry.leaf.kind.is_release()).count()
    }
}

/// What shows that one access is in an account on the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessProof {
    /// What the access was.
    pub leaf: AccessLeaf,
    /// The account, as the ledger has it.
    pub batch: AccessBatch,
    /// The path from the leaf to the account's root.
    pub path: MerkleProof,
}

impl Vault {
    /// Every access to the patient's records here, each checked against the root on the ledger, and
    /// all of them: the numbers go on without a gap to the ledger's own count.
    ///
    /// # Errors
    ///
    /// - [`VaultError::AccessesIncomplete`]: an access that the ledger counts cannot be shown, or is
    ///   not as it was accounted for.
    /// - [`VaultError::Erased`]: they were erased with everything else; the ledger still counts them.
    /// - [`VaultError::Ledger`], [`VaultError::Storage`]: reading failed.
    pub async fn accesses(&self, patient: AccountId) -> Result<AccessLog> {
        self.check_not_erased(patient).await?;
        self.accounts.settle().await?;
        let next_sequence = self.ledger.next_access(patient).await.doing(ASKING)?.value;
        let mut entries = Vec::new();
        let mut key = None;
        let mut expected = 1;
        let mut from = 0;
        while expected < next_sequence {
            let page = self.ledger.access_batches(patient, from, PAGE).await.doing(ASKING)?;
            if page.is_empty() {
                return Err(VaultError::AccessesIncomplete { sequence: expected });
            }
            from += page.len() as u64;
            for batch in page {
                if expected >= next_sequence {
                    // Accounted for since the count was asked for.
                    break;
                }
                let (leaves, _) = self.checked_leaves(patient, &batch).await?;
                if batch.first_sequence != expected {
                    return Err(VaultError::AccessesIncomplete { sequence: expected });
                }
                expected += u64::from(batch.count);
                if key.is_none() {
                    key = Some(audit::log_key(&self.index, &self.keys, patient).await?);
                }
                for KeptLeaf { leaf, event } in leaves {
                    let sequence = leaf.sequence;
                    let event = key.as_ref().and_then(|key| audit::open(key, &leaf, &event).ok());
                    let event = event.ok_or(VaultError::AccessesIncomplete { sequence })?;
                    entries.push(AccessEntry { leaf, event, accounted_at: batch.accounted_at });
                }
            }
        }
        Ok(AccessLog { patient, entries, next_sequence })
    }

    /// One access with its path to the root on the ledger.
    ///
    /// # Errors
    ///
    /// As [`Self::accesses`]; [`VaultError::AccessesIncomplete`] also if the ledger has no access
    /// with this number.
    pub async fn access(&self, patient: AccountId, sequence: u64) -> Result<AccessProof> {
        self.check_not_erased(patient).await?;
        let incomplete = || VaultError::AccessesIncomplete { sequence };
        let batch = self
            .ledger
            .access_batch_with(patient, sequence)
            .await
            .doing(ASKING)?
            .ok_or_else(incomplete)?;
        let (mut leaves, hashes) = self.checked_leaves(patient, &batch).await?;
        let position = usize::try_from(sequence.saturating_sub(batch.first_sequence))
            .map_err(|_| incomplete())?;
        let path = merkle::prove(&hashes, position).ok_or_else(incomplete)?;
        Ok(AccessProof { leaf: leaves.swap_remove(position).leaf, batch, path })
    }

    /// The leaves of an account, checked against its root, and their hashes.
    async fn checked_leaves(
        &self,
        patient: AccountId,
        batch: &AccessBatch,
    ) -> Result<(Vec<KeptLeaf>, Vec<Hash>)> {
        let leaves = self.index.leaves(patient, batch.leaves_root).await?;
        let hashes: Vec<Hash> = leaves.iter().map(|kept| kept.leaf.hash()).collect();
        let numbered =
            leaves.iter().zip(batch.first_sequence..).all(|(KeptLeaf { leaf, .. }, sequence)| {
                leaf.sequence == sequence && leaf.patient == patient
            });
        let whole = leaves.len() == batch.count as usize;
        if !numbered || !whole || merkle::root(&hashes) != batch.leaves_root {
            return Err(VaultError::AccessesIncomplete { sequence: batch.first_sequence });
        }
        Ok((leaves, hashes))
    }
}
