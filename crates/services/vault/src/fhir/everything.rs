//! All records of a patient, or of the vault: for `$everything` and for export.

use super::pages::{Listing, question};
use crate::{Result, Vault, VaultError, rules::Asking};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use salus_consent::RecordId;
use salus_fhir::{
    ResourceType,
    rest::{Found, Resource},
};
use salus_types::AccountId;

/// Most records of one export.
const RECORDS_MAX: usize = 1_000_000;
/// Records whose anchors are looked up at the same time.
const LOOKUPS_AT_A_TIME: usize = 16;

impl Vault {
    /// All records of a patient that may be read, in pages. `types` bounds them, `since_ms` leaves out
    /// what was anchored before.
    ///
    /// # Errors
    ///
    /// [`VaultError::UnknownPatient`]: no such Patient is here; [`VaultError::Erased`]: no longer; and as
    /// [`Self::search`].
    pub async fn everything(
        &self,
        patient: &str,
        since_ms: Option<u64>,
        count: u32,
        types: &(dyn Fn(ResourceType) -> bool + Sync),
        asking: &Asking,
    ) -> Result<Found> {
        let Some(account) = self.account_of(patient).await? else {
            return Err(self.no_patient(patient).await);
        };
        let listed = self.listed(Some(&[account]), since_ms, types, asking).await?;
        let mut records: Vec<RecordId> = listed.into_iter().map(|(_, record)| record).collect();
        // The patient comes first, as readers expect.
        records.sort_by_key(|record| record.to_string() != patient);
        let listing = Listing {
            asked: question(&format!("{patient}/$everything"), asking),
            records,
            includes: Vec::new(),
            count: count as usize,
        };
        self.first_page(listing, types, asking).await
    }

    /// The records of these patients, or of all, that may be read now, by type. Nothing of their
    /// content is shown, so nothing is accounted for yet.
    ///
    /// # Errors
    ///
    /// As [`Self::search`].
    pub async fn listed(
        &self,
        patients: Option<&[AccountId]>,
        since_ms: Option<u64>,
        types: &(dyn Fn(ResourceType) -> bool + Sync),
        asking: &Asking,
    ) -> Result<Vec<(ResourceType, RecordId)>> {
        let mut found = self.readable(patients, None, RECORDS_MAX, asking).await?;
        found.retain(|stored| types(stored.summary.resource_type));
        if let Some(since_ms) = since_ms {
            found = stream::iter(found)
                .map(|stored| async move {
                    let late = self.known(&stored).await?.anchored_ms >= since_ms;
                    Ok::<_, VaultError>(late.then_some(stored))
                })
                .buffered(LOOKUPS_AT_A_TIME)
                .try_filter_map(|stored| std::future::ready(Ok(stored)))
                .try_collect()
                .await?;
        }
        Ok(found.iter().map(|one| (one.summary.resource_type, one.summary.record)).collect())
    }

    /// Reads records together, as the asking says. Each is accounted for, as exported where that is what
    /// is asked; what may no longer be read is left out.
    ///
    /// # Errors
    ///
    /// As [`Self::resource`].
    pub async fn resources(&self, records: &[RecordId], asking: &Asking) -> Result<Vec<Resource>> {
        self.show_all(records, asking).await
    }
}
