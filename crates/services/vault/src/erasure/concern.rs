//! Whether an erasure concerns this vault, and what of here it is about.

use super::{ASKING, ATTESTING, ErasureOpening, ErasureOutcome, opening_context};
use crate::{
    Result, Vault, VaultError,
    error::Doing as _,
    index::{erasing::Target, erasures::StoredErasure},
};
use salus_consent::{
    Basis, ErasureId, ErasureScope, KeyHolder, RecordId, RetentionReason, state::Erasure,
    tx::RefuseErasure,
};
use salus_types::{AccountId, Height, decode};

impl Vault {
    /// The reason for which the holder has to keep the records, which it says on the ledger.
    pub(super) async fn retained(
        &self,
        erasure: ErasureId,
        found: &Erasure,
        role: KeyHolder,
    ) -> Result<Option<RetentionReason>> {
        if role != KeyHolder::Holder || found.done_at.is_some() {
            return Ok(None);
        }
        let Some((reason, until)) = self.index.retention(found.patient).await? else {
            return Ok(None);
        };
        if self.ledger.tip().await.doing(ASKING)?.time >= until {
            return Ok(None);
        }
        self.ledger.refuse_erasure(RefuseErasure { erasure, reason }).await.doing(ATTESTING)?;
        self.index.drop_erasure(erasure).await?;
        Ok(Some(reason))
    }

    /// What is to be destroyed here.
    pub(super) async fn target(
        &self,
        erasure: ErasureId,
        found: &Erasure,
        role: KeyHolder,
        stored: Option<&StoredErasure>,
    ) -> Result<Result<Target, ErasureOutcome>> {
        let bases = self.bases_at(found).await?;
        Ok(match (found.scope, role) {
            (ErasureScope::All, KeyHolder::Holder) => Ok(Target::Holder { bases }),
            (ErasureScope::All, KeyHolder::Custodian(_) | KeyHolder::Grantee(_)) => {
                Ok(Target::Elsewhere { bases })
            }
            (ErasureScope::Records(_), KeyHolder::Holder) => {
                match stored.and_then(|stored| stored.opening.as_deref()) {
                    // The ledger knows them by now.
                    _ if found.done_at.is_some() => {
                        Ok(Target::Records(self.erased_records(found.patient).await?))
                    }
                    Some(sealed) => {
                        let plain = self.keys.open_small(&opening_context(erasure), sealed)?;
                        let opening: ErasureOpening = decode("erased records", &plain)
                            .map_err(|_| VaultError::Integrity { what: "an erasure" })?;
                        Ok(Target::Records(opening.records.into_inner()))
                    }
                    None => Err(ErasureOutcome::Untold),
                }
            }
            // Keys of a category open other records too, which stay.
            (ErasureScope::Records(_), KeyHolder::Custodian(_) | KeyHolder::Grantee(_)) => {
                Err(ErasureOutcome::NotHere)
            }
        })
    }

    /// The records of a patient here that are erased on the ledger, each by itself.
    pub(super) async fn erased_records(&self, patient: AccountId) -> Result<Vec<RecordId>> {
        let mut erased = Vec::new();
        for record in self.index.records_of(patient).await? {
            let there = self.ledger.whereabouts(record).await.doing(ASKING)?;
            if there.is_some_and(|one| one.erased) {
                erased.push(record);
            }
        }
        Ok(erased)
    }

    /// Whether something is here of what an erasure is about.
    pub(super) async fn has_something_of(&self, found: &Erasure) -> Result<bool> {
        if found.holder == self.organisation {
            return self.index.has_patient(found.patient).await;
        }
        if self.index.has_of_holder(found.patient, found.holder).await? {
            return Ok(true);
        }
        Ok(!self.bases_at(found).await?.is_empty())
    }

    /// What gives access at the holder, and of which the opening is kept here. At the holder itself that
    /// is also what holds wherever the patient has records.
    pub(super) async fn bases_at(&self, found: &Erasure) -> Result<Vec<Basis>> {
        let mut bases = Vec::new();
        for basis in self.index.bases_of(found.patient).await? {
            let standing = self.ledger.standing(basis, Height(0)).await.doing(ASKING)?.value;
            let meant = match standing.map(|standing| standing.holder) {
                Some(Some(holder)) => holder == found.holder,
                Some(None) | None => found.holder == self.organisation,
            };
            if meant {
                bases.push(basis);
            }
        }
        Ok(bases)
    }
}
