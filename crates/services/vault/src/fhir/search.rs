//! Searching: what may be read is opened in memory, what matches is listed, a page of it is read.

use super::{
    Known,
    names::named,
    pages::{Listing, cursor, question},
};
use crate::{
    Result, Vault, VaultError,
    index::records::{RecordFilter, StoredVersion},
    rules::Asking,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use salus_consent::RecordId;
use salus_fhir::{
    ResourceType,
    rest::{Found, Resource},
    search::Query,
};
use salus_types::AccountId;
use std::{collections::HashSet, sync::Arc};

/// Most records that one search looks at, of those that it may read.
const CANDIDATES_MAX: usize = 20_000;
/// Records opened at the same time.
const OPENS_AT_A_TIME: usize = 16;

impl Vault {
    /// Searches, and reads the first page of what was found. What is shown is accounted for; what may
    /// not be read is in no count. `types` bounds what may come along with the matches.
    ///
    /// # Errors
    ///
    /// [`VaultError::SearchTooBroad`]: it would look at too many records; [`VaultError::Erased`]: it names
    /// a patient who is erased here; and as [`Self::resource`].
    pub async fn search(
        &self,
        query: &Query,
        types: &(dyn Fn(ResourceType) -> bool + Sync),
        asking: &Asking,
    ) -> Result<Found> {
        let records = self.matches(query, asking).await?;
        if query.count_only {
            let total = records.len() as u64;
            return Ok(Found { total, matches: Vec::new(), included: Vec::new(), next: None });
        }
        let listing = Listing {
            asked: question(query.resource_type.name(), asking),
            records,
            includes: query.includes.clone(),
            count: query.count as usize,
        };
        self.first_page(listing, types, asking).await
    }

    /// Reads a further page of what was found: `asked` is the resource type that was searched.
    ///
    /// # Errors
    ///
    /// [`VaultError::SearchForgotten`]: the search is not remembered; and as [`Self::search`].
    pub async fn next_page(
        &self,
        asked: &str,
        at: &str,
        types: &(dyn Fn(ResourceType) -> bool + Sync),
        asking: &Asking,
    ) -> Result<Found> {
        let (listing, name, position) = self.fhir.pages.find(&question(asked, asking), at)?;
        self.page(&listing, Some(name), position, types, asking).await
    }

    /// The records that match and may be read, in order.
    pub(super) async fn matches(&self, query: &Query, asking: &Asking) -> Result<Vec<RecordId>> {
        let patients = match query.patients() {
            None => None,
            Some(ids) => {
                let mut accounts = Vec::new();
                for id in ids {
                    let account = self.account_of(id).await?;
                    if account.is_none()
                        && let erased @ VaultError::Erased = self.no_patient(id).await
                    {
                        return Err(erased);
                    }
                    accounts.extend(account.filter(|account| !accounts.contains(account)));
                }
                Some(accounts)
            }
        };
        let candidates = self
            .readable(patients.as_deref(), Some(query.resource_type), CANDIDATES_MAX, asking)
            .await?;
        let mut found: Vec<(RecordId, Arc<Known>)> = stream::iter(candidates)
            .map(|stored| async move {
                let known = self.known(&stored).await?;
                let matches = query.matches(&known.values);
                Ok::<_, VaultError>(matches.then_some((stored.summary.record, known)))
            })
            .buffered(OPENS_AT_A_TIME)
            .try_filter_map(|found| std::future::ready(Ok(found)))
            .try_collect()
            .await?;
        found.sort_by(|one, other| {
            query.compare(&one.1.values, &other.1.values).then_with(|| one.0.cmp(&other.0))
        });
        Ok(found.into_iter().map(|(record, _)| record).collect())
    }

    /// Records of these patients, or of all, that may be read now; at most `max`.
    pub(super) async fn readable(
        &self,
        patients: Option<&[AccountId]>,
        resource_type: Option<ResourceType>,
        max: usize,
        asking: &Asking,
    ) -> Result<Vec<StoredVersion>> {
        let each: Vec<Option<AccountId>> = match patients {
            None => vec![None],
            Some(patients) => patients.iter().copied().map(Some).collect(),
        };
        let mut found = Vec::new();
        for patient in each {
            let mut filter = RecordFilter { patient, resource_type, ..RecordFilter::default() };
            loop {
                let page = self.index.stored(&filter).await?;
                let Some(last) = page.last() else { break };
                filter.after = Some(last.summary.record);
                for stored in page {
                    if self.may_read(&stored, asking).await? {
                        if found.len() >= max {
                            return Err(VaultError::SearchTooBroad { max });
                        }
                        found.push(stored);
                    }
                }
            }
        }
        Ok(found)
    }

    /// Reads the first page of a list, and remembers the list if there are more.
    pub(super) async fn first_page(
        &self,
        listing: Listing,
        types: &(dyn Fn(ResourceType) -> bool + Sync),
        asking: &Asking,
    ) -> Result<Found> {
        let listing = Arc::new(listing);
        let more = listing.records.len() > listing.count;
        let name = more.then(|| self.fhir.pages.keep(&listing));
        self.page(&listing, name, 0, types, asking).await
    }

    async fn page(
        &self,
        listing: &Listing,
        name: Option<[u8; 16]>,
        position: usize,
        types: &(dyn Fn(ResourceType) -> bool + Sync),
        asking: &Asking,
    ) -> Result<Found> {
        let end = position.saturating_add(listing.count).min(listing.records.len());
        let records = listing.records.get(position..end).unwrap_or_default();
        let matches = self.show_all(records, asking).await?;
        let included = self.included(listing, &matches, types, asking).await?;
        let next = name.filter(|_| end < listing.records.len()).map(|name| cursor(name, end));
        Ok(Found { total: listing.records.len() as u64, matches, included, next })
    }

    /// What the matches refer to, as far as it was asked for and may be read.
    async fn included(
        &self,
        listing: &Listing,
        matches: &[Resource],
        types: &(dyn Fn(ResourceType) -> bool + Sync),
        asking: &Asking,
    ) -> Result<Vec<Resource>> {
        if listing.includes.is_empty() {
            return Ok(Vec::new());
        }
        let mut seen: HashSet<String> = matches.iter().map(|one| one.id.clone()).collect();
        let mut wanted = Vec::new();
        for shown in matches {
            let Ok(record) = super::names::record_of(&shown.id) else { continue };
            let Some(stored) = self.index.latest(record).await? else { continue };
            let known = self.known(&stored).await?;
            for include in &listing.includes {
                for reference in known.values.references(include.parameter) {
                    let Some((resource_type, record)) = named(reference) else { continue };
                    let meant = include.target.is_none_or(|target| target == resource_type);
                    if meant && types(resource_type) && seen.insert(record.to_string()) {
                        wanted.push(record);
                    }
                }
            }
        }
        self.show_all(&wanted, asking).await
    }
}
