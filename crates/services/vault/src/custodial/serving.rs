//! The holder once more: sealing what it cannot open, and giving sealed records for final requests.

use super::messages::{Commitments, CustodialKey, CustodialResponse, FETCH, ShareRequest, Signed};
use crate::{
    Result, Vault, VaultError,
    error::Doing as _,
    import::patients::EpochKey,
    index::{custody::StoredCustody, records::StoredVersion},
    keys::{self, CategoryKeyId},
    read::Ask,
    rules::{Asking, Rests},
};
use salus_consent::{Terms, state::Release};
use salus_crypto::{random, seal::DataKey, wrap::SealingPublic};
use salus_types::{BytesMax, Height, VecMax, decode, hash};
use std::sync::Arc;

const SERVING: &str = "asking the ledger about a record";

impl Vault {
    /// A key for what one import seals in a category whose own key is with custodians.
    pub(crate) async fn new_batch(
        &self,
        id: CategoryKeyId,
        custody: &StoredCustody,
    ) -> Result<EpochKey> {
        let public = SealingPublic::from_bytes(&custody.public)
            .map_err(|_| VaultError::Integrity { what: "the public key of a category" })?;
        let (batch, key) = (random::<16>(), DataKey::generate());
        self.index.put_batch(&batch, id, &keys::wrap_batch(id, &public, &key)).await?;
        Ok(EpochKey { epoch: id.epoch, batch: Some(batch), key: Arc::new(key) })
    }

    /// Gives a sealed record for a final request. Custodians have the shares of its key.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`VaultError::Misdirected`], [`VaultError::StaleRequest`],
    ///    [`VaultError::OrganisationInactive`], [`VaultError::BadSignature`],
    ///    [`VaultError::Replayed`]: the question itself.
    /// 2. [`VaultError::UnknownRecord`], [`VaultError::NotAnchored`].
    /// 3. What the request rests on gives no access any more, such as [`VaultError::GrantRevoked`];
    ///    [`VaultError::NoRequest`]: no request is final that allows it now.
    /// 4. [`VaultError::ScopeMismatch`], [`VaultError::Scope`]: the record is not covered.
    /// 5. [`VaultError::ConsentDenied`], [`VaultError::RuleDenied`], [`VaultError::Marked`]: refused,
    ///    and accounted for as refused.
    /// 6. [`VaultError::NotCustodial`]: its key is not with custodians.
    /// 7. [`VaultError::Integrity`]: what is stored is not what was anchored.
    ///
    /// [`VaultError::Storage`] and [`VaultError::Ledger`] at any time.
    pub async fn serve_custodial(
        &self,
        signed: &Signed<ShareRequest>,
    ) -> Result<CustodialResponse> {
        let ask = &signed.body;
        self.check_signed(FETCH, &ask.question(), signed).await?;
        let stored = self.stored(ask.record).await?;
        let summary = &stored.summary;
        let (release, terms, opening) = self.allowed(ask, summary.category).await?;
        if release.patient != summary.patient || release.holder != self.organisation {
            return Err(VaultError::NoRequest);
        }
        if !opening.scope.covers(&summary.facts()) {
            return Err(VaultError::Scope);
        }
        self.judge_release(ask, &release, &terms, &stored).await?;
        let (custody, key) = self.custodial_key(&stored).await?;
        let found = self.ledger.record_version(summary.record, summary.version, Height(0)).await;
        let anchor = found.doing(SERVING)?.value;
        let ciphertext = self.packs.read(&stored.place).await?;
        if anchor.is_none_or(|anchor| anchor.version.cipher_hash != hash(&ciphertext)) {
            return Err(VaultError::Integrity { what: "the sealed record" });
        }
        let commitments: Commitments = decode("commitments", &custody.commitments)
            .map_err(|_| VaultError::Integrity { what: "commitments to shares" })?;
        Ok(CustodialResponse {
            record: summary.record,
            version: summary.version,
            patient: summary.patient,
            resource_type: summary.resource_type,
            arrangement: custody.arrangement,
            commitments,
            epoch: custody.epoch,
            height: self.ledger.tip().await.doing(SERVING)?.height,
            scope: opening,
            key,
            key_wrap: BytesMax::new(stored.key_wrap.clone()).map_err(too_large)?,
            ciphertext: BytesMax::new(ciphertext.to_vec()).map_err(too_large)?,
        })
    }

    /// Asks the consents of the patient, the rules of the organisation and, in an emergency, the labels.
    /// The request is on the ledger; that it was refused is accounted for here.
    async fn judge_release(
        &self,
        ask: &ShareRequest,
        release: &Release,
        terms: &Terms,
        stored: &StoredVersion,
    ) -> Result<()> {
        let basis = release.basis;
        let asking = Asking::for_purpose(release.purpose).by(ask.actor.clone());
        let tip = self.ledger.tip().await.doing(SERVING)?;
        let rests = Rests::on(basis, terms);
        let judged = self.judge(release.requester, &asking, stored, rests, tip).await?;
        let Err(refusal) = judged.allowed() else { return Ok(()) };
        let asked = Ask {
            record: ask.record,
            accessor: release.requester,
            basis: Some(basis),
            scope: None,
            asking,
            at_least: Height(0),
            request: None,
        };
        Err(self.refused(&asked, stored, refusal).await)
    }

    /// How the key of a version lies under that of a key pair.
    async fn custodial_key(&self, stored: &StoredVersion) -> Result<(StoredCustody, CustodialKey)> {
        let id = CategoryKeyId {
            patient: stored.summary.patient,
            category: stored.summary.category,
            epoch: stored.epoch,
        };
        let custody = self.index.custody_from(id).await?.ok_or(VaultError::NotCustodial)?;
        let missing = VaultError::Integrity { what: "the key of a category" };
        if let Some(batch) = &stored.batch {
            let wrap = self.index.batch(batch).await?.ok_or(missing)?;
            let wrap = BytesMax::new(wrap).map_err(too_large)?;
            return Ok((custody, CustodialKey::Batch { wrap }));
        }
        let wrap = custody.previous.clone().ok_or(missing)?;
        let newest = CategoryKeyId { epoch: custody.epoch.saturating_sub(1), ..id };
        let links = self.index.links(newest, id.epoch).await?.into_iter();
        let links = links.map(|link| BytesMax::new(link).map_err(too_large));
        let links: Vec<_> = links.collect::<Result<_>>()?;
        let key = CustodialKey::Before {
            wrap: BytesMax::new(wrap).map_err(too_large)?,
            links: VecMax::new(links).map_err(too_large)?,
        };
        Ok((custody, key))
    }
}

fn too_large<T>(_: T) -> VaultError {
    VaultError::Integrity { what: "the size of something sealed" }
}
