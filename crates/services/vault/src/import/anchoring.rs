//! Anchoring what is sealed, and going on with it after a crash or an error.

use crate::{
    Result, Vault, VaultError,
    error::Doing as _,
    port::{ANCHORS_MAX, AssistedPatient, LedgerError, PATIENTS_MAX, Tip},
};
use futures::{StreamExt as _, stream::FuturesUnordered};
use salus_consent::tx::AnchorRecord;
use salus_types::{AccountId, Height};
use serde::Serialize;

/// Versions that are taken from the index at a time.
const PAGE: u32 = 800;
/// Transactions of one import that are under way at the same time.
const IN_FLIGHT: usize = 8;
/// Patients in one question to the index.
const PATIENTS_PER_QUESTION: usize = 500;

const ANCHORING: &str = "anchoring records on the ledger";
const REGISTERING: &str = "registering patients on the ledger";

/// What [`Vault::resume`] has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ResumeReport {
    /// Patients registered on the ledger.
    pub patients: u64,
    /// Versions anchored.
    pub versions: u64,
    /// Accounts of accesses whose fate was found out.
    pub accounts: u64,
    /// Grants that had ended, whose keys were replaced.
    pub grants: u64,
}

impl Vault {
    /// Goes on with whatever a crash or an unavailable ledger interrupted: registers patients,
    /// anchors sealed records, finds out what became of accounts. The node calls it after its start
    /// and from time to time.
    ///
    /// # Errors
    ///
    /// [`VaultError::Ledger`], [`VaultError::Storage`]: it could not be finished; what was done
    /// stays done.
    pub async fn resume(&self) -> Result<ResumeReport> {
        let patients = self.register(None).await?;
        let (versions, _) = self.anchor_waiting(None).await?;
        let accounts = self.accounts.settle().await?;
        let grants = self.end_bases().await?;
        Ok(ResumeReport { patients, versions, accounts, grants })
    }

    /// Registers assisted patients who have records and are not on the ledger yet.
    pub(crate) async fn register(&self, patients: Option<&[AccountId]>) -> Result<u64> {
        let waiting = self.index.unregistered(patients).await?;
        for group in waiting.chunks(PATIENTS_MAX) {
            let accounts: Vec<AccountId> = group.iter().map(|one| one.patient).collect();
            let assisted = |one: &crate::index::patients::Unregistered| AssistedPatient {
                account: one.patient,
                key: one.key,
                salt: one.salt,
            };
            let calls: Vec<AssistedPatient> = group.iter().map(assisted).collect();
            if let Err(error) = self.ledger.register_patients(calls.clone()).await {
                // Some may have been registered before a crash.
                for call in calls {
                    let there = self.ledger.is_registered(call.account).await.doing(REGISTERING)?;
                    if !there && group.len() == 1 {
                        return Err(error).doing(REGISTERING);
                    }
                    if !there {
                        self.ledger.register_patients(vec![call]).await.doing(REGISTERING)?;
                    }
                }
            }
            self.index.set_registered(&accounts).await?;
        }
        Ok(waiting.len() as u64)
    }

    /// Anchors sealed versions; gives how many, and the block of the last.
    pub(crate) async fn anchor_waiting(
        &self,
        patients: Option<&[AccountId]>,
    ) -> Result<(u64, Tip)> {
        let mut last: Option<Tip> = None;
        let mut anchored = 0;
        let groups: Vec<Option<&[AccountId]>> = match patients {
            None => vec![None],
            Some(patients) => patients.chunks(PATIENTS_PER_QUESTION).map(Some).collect(),
        };
        for group in groups {
            loop {
                let waiting = self.index.to_anchor(group, PAGE).await?;
                if waiting.is_empty() {
                    break;
                }
                anchored += waiting.len() as u64;
                // A version can be anchored only after the one before it.
                for same in waiting.chunk_by(|one, other| one.version == other.version) {
                    let tip = self.anchor_all(same).await?;
                    last = last.filter(|last| last.height > tip.height).or(Some(tip));
                }
            }
        }
        let tip = match last {
            Some(tip) => tip,
            None => self.ledger.tip().await.doing(ANCHORING)?,
        };
        Ok((anchored, tip))
    }

    async fn anchor_all(&self, anchors: &[AnchorRecord]) -> Result<Tip> {
        let mut last: Option<Tip> = None;
        let mut running = FuturesUnordered::new();
        let mut chunks = anchors.chunks(ANCHORS_MAX);
        loop {
            while running.len() < IN_FLIGHT
                && let Some(chunk) = chunks.next()
            {
                running.push(self.anchor_chunk(chunk.to_vec()));
            }
            let Some(anchored) = running.next().await else { break };
            let tip = anchored?;
            last = last.filter(|last| last.height > tip.height).or(Some(tip));
        }
        match last {
            Some(tip) => Ok(tip),
            None => self.ledger.tip().await.doing(ANCHORING),
        }
    }

    async fn anchor_chunk(&self, chunk: Vec<AnchorRecord>) -> Result<Tip> {
        let _turn = self.anchorings.acquire().await.map_err(|_| super::closed())?;
        let tip = match self.ledger.anchor_records(chunk.clone()).await {
            Ok(tip) => tip,
            Err(error) => self.anchor_rest(&chunk, error).await?,
        };
        self.index.set_anchored(&chunk, tip).await?;
        Ok(tip)
    }

    /// Some of the chunk may have been anchored before a crash: anchors what is not there.
    async fn anchor_rest(&self, chunk: &[AnchorRecord], error: LedgerError) -> Result<Tip> {
        let mut missing = Vec::new();
        let mut tip = self.ledger.tip().await.doing(ANCHORING)?;
        for anchor in chunk {
            let found = self
                .ledger
                .record_version(anchor.record, anchor.version, Height(0))
                .await
                .doing(ANCHORING)?;
            tip = found.tip;
            match found.value {
                None => missing.push(anchor.clone()),
                Some(there) => {
                    let same = there.patient == anchor.patient
                        && there.custodian == self.organisation
                        && there.version.plain_commitment == anchor.plain_commitment
                        && there.version.cipher_hash == anchor.cipher_hash
                        && there.version.category_commitment == anchor.category_commitment;
                    if !same {
                        return Err(VaultError::Integrity { what: "an anchor of this vault" });
                    }
                }
            }
        }
        if missing.is_empty() {
            return Ok(tip);
        }
        if missing.len() == chunk.len() {
            return Err(error).doing(ANCHORING);
        }
        self.ledger.anchor_records(missing).await.doing(ANCHORING)
    }
}
