//! Category keys over time: epochs, wraps to grantees, and what happens when a grant ends.
//!
//! ```text
//! epoch 0 ◀─link─ epoch 1 ◀─link─ epoch 2      each key is kept under the next one
//!                                    │
//!                                    └─ wraps: holder, patient, one for each grant or episode
//! ```
//!
//! A grantee whose grant is by category gets the newest key once, and follows the links to older
//! ones. When its grant ends, a new epoch begins: what is sealed from then on is closed to it, and
//! the others get the new key when they read next. The cost does not depend on how much is sealed.

use crate::{
    Result, Vault, VaultError,
    error::Doing as _,
    index::{categories::NewCategoryKey, records::StoredVersion},
    keys::{self, CategoryKeyId, KeyRing, version_context},
    remote::{CategoryRelease, LINKS_MAX, ReleasedKey},
};
use salus_consent::Basis;
use salus_crypto::{
    seal::{DataKey, unwrap_key},
    wrap::SealingPublic,
};
use salus_fhir::Category;
use salus_types::{AccountId, BytesMax, Height, VecMax};
use std::sync::{Arc, atomic::Ordering};

const ENDING: &str = "asking whether a grant or an episode is over";

impl Vault {
    /// Makes a category key of a new epoch; gives it and what is to be stored of it.
    pub(crate) async fn new_category_key(
        &self,
        id: CategoryKeyId,
        previous: Option<&DataKey>,
    ) -> Result<(Arc<DataKey>, NewCategoryKey)> {
        let public = self.index.patient_sealing_key(id.patient).await?;
        let public = public.and_then(|bytes| SealingPublic::from_bytes(&bytes).ok());
        let (key, holder, patient) = self.keys.new_category(id, public.as_ref());
        let previous = previous.map(|previous| keys::link(id, &key, previous));
        Ok((key, NewCategoryKey { id, holder, patient, previous }))
    }

    /// Opens a category key.
    pub(crate) async fn open_category_key(&self, id: CategoryKeyId) -> Result<Arc<DataKey>> {
        if let Some(key) = self.keys.opened(id) {
            return Ok(key);
        }
        if let Some(wrapped) = self.index.category_key(id).await? {
            // A key that is with custodians is not here.
            return if wrapped.is_empty() {
                Err(VaultError::Custodial)
            } else {
                self.keys.open_category(id, &wrapped)
            };
        }
        tracing::error!(epoch = id.epoch, "a category key is missing");
        Err(VaultError::Integrity { what: "the category key" })
    }

    /// The key of a stored version.
    pub(crate) async fn version_key(&self, stored: &StoredVersion) -> Result<DataKey> {
        let category_key = self.open_category_key(category_of(stored)).await?;
        let summary = &stored.summary;
        let context = version_context(summary.record, summary.version);
        unwrap_key(&category_key, &context, &stored.key_wrap)
            .map_err(|_| VaultError::Integrity { what: "the key of the record" })
    }

    /// What lets who may read by category open a version: the newest category key, wrapped
    /// to it once, and the way from there to the version's own key.
    pub(crate) async fn release_category(
        &self,
        basis: Basis,
        to: &SealingPublic,
        stored: &StoredVersion,
    ) -> Result<ReleasedKey> {
        let wanted = category_of(stored);
        let newest = self.index.newest_epoch(wanted.patient, wanted.category).await?;
        let id = CategoryKeyId { epoch: newest.unwrap_or(wanted.epoch), ..wanted };
        let kept = self.index.basis_wrap(basis, id.category).await?;
        let wrap = if let Some(kept) = kept.filter(|kept| kept.epoch == id.epoch) {
            kept.wrap
        } else {
            let key = self.open_category_key(id).await?;
            let wrap = KeyRing::wrap_to_reader(basis, id, to, &key);
            self.index.put_basis_wrap(basis, id, &wrap).await?;
            wrap
        };
        let links = self.index.links(id, wanted.epoch).await?;
        let links = links.into_iter().map(|link| BytesMax::new(link).map_err(too_large));
        let links: Vec<_> = links.collect::<Result<_>>()?;
        Ok(ReleasedKey::Category(CategoryRelease {
            patient: id.patient,
            epoch: id.epoch,
            wrap: BytesMax::new(wrap).map_err(too_large)?,
            links: VecMax::new(links).map_err(|_| VaultError::Integrity {
                what: "the number of epochs between a record and now",
            })?,
            key_wrap: BytesMax::new(stored.key_wrap.clone()).map_err(too_large)?,
        }))
    }

    /// Forgets what is kept for a grant, an episode or an emergency that is over, and begins a new
    /// epoch of each category whose key was given on it. False if it stands, or nothing is kept for
    /// it.
    ///
    /// # Errors
    ///
    /// [`VaultError::Storage`], [`VaultError::Ledger`]: it could not be done; asking again goes on.
    pub async fn end_basis(&self, basis: Basis) -> Result<bool> {
        let found = self.ledger.standing(basis, Height(0)).await.doing(ENDING)?;
        let over = found.value.is_some_and(|standing| standing.over);
        if !over || self.index.scope(basis).await?.is_none() {
            return Ok(false);
        }
        let _one_at_a_time = self.rotations.lock().await;
        let mut made = Vec::new();
        for (patient, category) in self.index.wrapped_categories(basis).await? {
            // Nobody was given the key of a category since its keys are with custodians.
            made.push(self.next_epoch(patient, category).await?);
        }
        self.index.rotate(basis, &made).await?;
        tracing::debug!(%basis, categories = made.len(), "it is over; its keys are replaced");
        Ok(true)
    }

    /// The same for what depended on a grant, an episode or an emergency of a patient that has ended: a
    /// grant that was passed on, or is tied to an episode.
    ///
    /// # Errors
    ///
    /// As [`Self::end_basis`].
    pub async fn end_bases_of(&self, patient: AccountId) -> Result<u64> {
        let bases = self.index.bases_of(patient).await?;
        self.end_each(bases).await
    }

    /// The same for what is over since: the first time, and after [`Self::look_at_all_bases`], each that
    /// is kept is looked up; later only those whose time is over.
    ///
    /// # Errors
    ///
    /// As [`Self::end_basis`].
    pub async fn end_bases(&self) -> Result<u64> {
        if self.all_bases.swap(false, Ordering::AcqRel) {
            let ended = self.end_each(self.index.bases_kept().await?).await;
            if ended.is_err() {
                self.look_at_all_bases();
            }
            return ended;
        }
        let now = self.ledger.tip().await.doing(ENDING)?.time;
        self.end_each(self.index.bases_due(now).await?).await
    }

    /// To be called when events of the ledger were missed.
    pub fn look_at_all_bases(&self) {
        self.all_bases.store(true, Ordering::Release);
    }

    async fn end_each(&self, bases: Vec<Basis>) -> Result<u64> {
        let mut ended = 0;
        for basis in bases {
            ended += u64::from(self.end_basis(basis).await?);
        }
        Ok(ended)
    }

    async fn next_epoch(&self, patient: AccountId, category: Category) -> Result<NewCategoryKey> {
        let newest = self.index.newest_epoch(patient, category).await?;
        let epoch = newest.ok_or(VaultError::Integrity { what: "the category key" })?;
        let before = CategoryKeyId { patient, category, epoch };
        let previous = self.open_category_key(before).await?;
        let next = epoch.checked_add(1).ok_or(VaultError::Integrity { what: "the key epoch" })?;
        if next as usize > LINKS_MAX {
            tracing::warn!(epoch = next, "a category has had very many epochs");
        }
        let id = CategoryKeyId { epoch: next, ..before };
        let (_, new) = self.new_category_key(id, Some(&previous)).await?;
        Ok(new)
    }
}

fn category_of(stored: &StoredVersion) -> CategoryKeyId {
    CategoryKeyId {
        patient: stored.summary.patient,
        category: stored.summary.category,
        epoch: stored.epoch,
    }
}

fn too_large<T>(_: T) -> VaultError {
    VaultError::Integrity { what: "the size of a wrapped key" }
}
