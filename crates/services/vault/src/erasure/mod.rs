//! Erasure: the end of everything that ties a patient to what is on the ledger, at one holder.
//!
//! ```text
//! asked on the ledger ─▶ rows destroyed, all at once ─▶ sealed bytes written over ─▶ file written anew
//!                                                                                          │
//!        done ◀─ what came in between destroyed ◀─ attested on the ledger ◀─ report signed ┘
//! ```
//!
//! Each step can be done again: whatever stops it, the next start goes on. What was restored from a copy
//! of before is destroyed again at the first start.
//!
//! Source: Regulation (EU) 2016/679 (GDPR), Article 17.

mod carrying_out;
mod concern;
mod port;
mod report;
mod scan;
mod traces;

#[cfg(test)]
pub(crate) use carrying_out::Step;
pub use port::{ErasureLedger, Whereabouts};
pub use report::{ErasureOpening, ErasureReport, RECORDS_MAX, SignedErasureReport};
pub use scan::{FoundTrace, Scanned, scan};
pub use traces::{Fingerprint, Reach, Trace, Whose, fingerprint};

use crate::{Result, Vault, VaultError, error::Doing as _, index::erasures::Stage};
use salus_consent::{ErasureId, ErasureScope, RecordId, RetentionReason};
use salus_types::{AccountId, BlockTime, Hash, decode, encode};

const ASKING: &str = "asking the ledger about an erasure";
const ATTESTING: &str = "attesting an erasure on the ledger";
const SUBJECT_DOMAIN: &str = "salus/vault-erasure-subject/1";
const OPENING_CONTEXT: &[u8] = b"erasure-records/";
/// Patients in one question to the index.
const PAGE: u32 = 500;

/// What became of an erasure here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErasureOutcome {
    /// Nothing of it was ever here.
    NotHere,
    /// It was refused: the records must be kept.
    Refused(RetentionReason),
    /// It is of some records, and this vault has not been told which.
    Untold,
    /// Everything is destroyed, and it is attested with this report.
    Done(Box<SignedErasureReport>),
    /// It was done long ago, and what was here again, as from a copy of before, is destroyed.
    Repeated,
}

impl Vault {
    /// Carries out an erasure, as far as something of it is here, and attests it. Going on with one that
    /// was interrupted, and asking again for one that is done, are the same call.
    ///
    /// # Errors
    ///
    /// The first that applies: [`VaultError::UnknownErasure`]; [`VaultError::Busy`], the index is being
    /// read as it was before; [`VaultError::Ledger`], [`VaultError::Storage`]. Asking again goes on.
    pub async fn erase(&self, erasure: ErasureId) -> Result<ErasureOutcome> {
        let told = |step| {
            tracing::debug!(?step, "a step of an erasure is done");
            Ok(())
        };
        self.erase_in_steps(erasure, &told).await
    }

    /// Carries out every erasure that concerns what is here: those that were begun, and those of
    /// everybody of whom something is here. To be called after the start, when the ledger is up to date.
    /// Gives how many there were.
    ///
    /// # Errors
    ///
    /// As [`Self::erase`], the last error: the others are carried out all the same.
    pub async fn erase_all(&self) -> Result<u64> {
        let mut outcome = Ok(());
        let mut erased = 0;
        for erasure in self.index.erasures_open().await? {
            match self.erase(erasure).await {
                Ok(_) => erased += 1,
                Err(error) => outcome = Err(error),
            }
        }
        let mut after = None;
        loop {
            let subjects = self.index.subjects(after, PAGE).await?;
            let Some(last) = subjects.last() else { break };
            after = Some(*last);
            for patient in subjects {
                for (erasure, found) in self.ledger.erasures_of(patient).await.doing(ASKING)? {
                    if found.refused.is_some() || !self.has_something_of(&found).await? {
                        continue;
                    }
                    match self.erase(erasure).await {
                        Ok(_) => erased += 1,
                        Err(error) => outcome = Err(error),
                    }
                }
            }
        }
        outcome.map(|()| erased)
    }

    /// Tells this vault which records an erasure of some is about.
    ///
    /// # Errors
    ///
    /// The first that applies: [`VaultError::UnknownErasure`]; [`VaultError::ScopeMismatch`], it opens
    /// another commitment, or a record is not the patient's, or not here; [`VaultError::Storage`],
    /// [`VaultError::Ledger`].
    pub async fn open_erasure(&self, erasure: ErasureId, opening: &ErasureOpening) -> Result<()> {
        let found = self.ledger.erasure(erasure).await.doing(ASKING)?;
        let found = found.ok_or(VaultError::UnknownErasure)?;
        let sorted = opening.records.is_sorted_by(|one, next| one < next);
        if found.holder != self.organisation
            || found.scope != ErasureScope::Records(opening.commitment())
            || !sorted
            || opening.records.is_empty()
        {
            return Err(VaultError::ScopeMismatch);
        }
        for record in &opening.records {
            let there = self.ledger.whereabouts(*record).await.doing(ASKING)?;
            let theirs =
                |one: Whereabouts| one.patient == found.patient && one.holder == self.organisation;
            if !there.is_some_and(theirs) {
                return Err(VaultError::ScopeMismatch);
            }
        }
        let sealed = self.keys.seal_small(&opening_context(erasure), &encode(opening));
        self.index.put_erasure_opening(erasure, Hash([0; 32]), &sealed).await
    }

    /// What this organisation says that it destroyed, once an erasure is carried out here.
    ///
    /// # Errors
    ///
    /// [`VaultError::Storage`], [`VaultError::Integrity`]: the index could not be read.
    pub async fn erasure_report(&self, erasure: ErasureId) -> Result<Option<SignedErasureReport>> {
        let stored = self.index.erasure(erasure).await?;
        let done = stored.filter(|stored| stored.stage == Stage::Done);
        done.and_then(|stored| stored.report).map(|bytes| decode_report(&bytes)).transpose()
    }

    /// Notes that the law wants a patient's records to be kept until a time, and why: an erasure that is
    /// asked for before is refused with this reason. In place of what was said before.
    ///
    /// # Errors
    ///
    /// The first that applies: [`VaultError::UnknownPatient`]; [`VaultError::Storage`].
    pub async fn retain(
        &self,
        patient: AccountId,
        reason: RetentionReason,
        until: BlockTime,
    ) -> Result<()> {
        if !self.index.has_patient(patient).await? {
            return Err(VaultError::UnknownPatient);
        }
        self.index.put_retention(patient, reason, until).await
    }

    /// Why there is no such record: it was never here, or it is erased.
    pub(crate) async fn missing(&self, record: RecordId) -> VaultError {
        let found = match self.ledger.whereabouts(record).await {
            Ok(Some(found)) if found.holder == self.organisation => found,
            Ok(_) | Err(_) => return VaultError::UnknownRecord,
        };
        let subject = self.subject(found.patient, found.holder);
        let erasing = self.index.is_erasing(subject).await.unwrap_or(false);
        if found.erased || erasing { VaultError::Erased } else { VaultError::UnknownRecord }
    }

    /// Refuses what is about a patient of whom everything here is erased, or is being erased.
    pub(crate) async fn check_not_erased(&self, patient: AccountId) -> Result<()> {
        self.check_not_erased_at(patient, self.organisation).await
    }

    /// The same of another holder.
    pub(crate) async fn check_not_erased_at(
        &self,
        patient: AccountId,
        holder: AccountId,
    ) -> Result<()> {
        let erased = self.index.is_erasing(self.subject(patient, holder)).await?
            || self.ledger.is_erased(patient, holder).await.doing(ASKING)?;
        if erased { Err(VaultError::Erased) } else { Ok(()) }
    }

    fn subject(&self, patient: AccountId, holder: AccountId) -> Hash {
        self.keys.blind(SUBJECT_DOMAIN, &[&patient.0, &holder.0])
    }
}

fn opening_context(erasure: ErasureId) -> Vec<u8> {
    [OPENING_CONTEXT, erasure.as_bytes()].concat()
}

fn decode_report(bytes: &[u8]) -> Result<SignedErasureReport> {
    decode("erasure report", bytes)
        .map_err(|_| VaultError::Integrity { what: "the report of an erasure" })
}
