//! A custodian: keeping shares of other vaults' keys, and releasing them for final requests.

use super::messages::{
    CategoryCommitments, Commitments, SHARE, ShareBundle, ShareRequest, SharesRequest, Signed,
    session_hash,
};
use crate::{
    Result, ScopeOpening, Vault, VaultError, asking::Asked, error::Doing as _,
    index::custody::KeptShares, read::check_ahead,
};
use borsh::BorshSerialize;
use salus_consent::{ArrangementId, RequestId, Terms, state::Release};
use salus_crypto::{
    share::{SHARE_BYTES, Share},
    wrap::{self, SealingPublic},
};
use salus_fhir::Category;
use salus_types::{AccountId, Height, decode, encode};

const ASKING: &str = "asking the ledger about a request for release";
const SHARE_INFO: &[u8] = b"salus/released-share/1";

/// What a released share is bound to.
pub(super) fn share_context(
    request: RequestId,
    arrangement: ArrangementId,
    category: Category,
    custodian: AccountId,
) -> Vec<u8> {
    [
        request.as_bytes().as_slice(),
        arrangement.as_bytes(),
        &custodian.0,
        category.code().as_bytes(),
    ]
    .concat()
}

/// Opens a released share; none if it is for another request or another key.
pub(super) fn open_share(
    secret: &wrap::SealingSecret,
    context: &[u8],
    wrapped: &[u8],
) -> Option<Share> {
    Share::from_bytes(&wrap::unwrap(secret, SHARE_INFO, context, wrapped).ok()?).ok()
}

impl Vault {
    /// Keeps the shares of an arrangement of which this organisation is a custodian, after checking
    /// each against the commitments on the ledger. The same again changes nothing.
    ///
    /// # Errors
    ///
    /// The first that applies: [`VaultError::StaleRequest`], `at_least` is far ahead;
    /// [`VaultError::Custodians`], the ledger has no such arrangement with these commitments and this
    /// custodian; [`VaultError::BadShare`], the shares do not open, or one
    /// does not fit; [`VaultError::Storage`], [`VaultError::Ledger`].
    pub async fn keep_shares(&self, bundle: &ShareBundle, at_least: Height) -> Result<()> {
        check_ahead(at_least, self.ledger.tip().await.doing(ASKING)?)?;
        let found = self.ledger.arrangement(bundle.arrangement, at_least).await.doing(ASKING)?;
        let root = bundle.commitments.root();
        let stored = found
            .value
            .filter(|one| one.commitments_root == root && one.retired_at.is_none())
            .filter(|one| one.custodians.contains(&self.organisation))
            .filter(|_| bundle.custodian == self.organisation)
            .ok_or(VaultError::Custodians)?;
        self.check_not_erased_at(stored.patient, stored.holder).await?;
        let plain = self.keys.open_shares(root, self.organisation, &bundle.wrapped);
        let plain = plain.ok_or(VaultError::BadShare)?;
        let entries = &bundle.commitments.0;
        let (shares, left) = plain.as_chunks::<SHARE_BYTES>();
        if !left.is_empty() || shares.len() != entries.len() {
            return Err(VaultError::BadShare);
        }
        for (entry, share) in entries.iter().zip(shares) {
            check(entry, share, stored.threshold)?;
        }
        let kept = KeptShares {
            patient: stored.patient,
            holder: stored.holder,
            commitments: encode(&bundle.commitments),
            sealed: self.keys.seal_small(bundle.arrangement.as_bytes(), &plain),
        };
        self.index.put_shares(bundle.arrangement, &kept).await
    }

    /// Releases this organisation's share of a category's key, sealed to the key that a final request
    /// on the ledger names.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`VaultError::Misdirected`], [`VaultError::StaleRequest`],
    ///    [`VaultError::OrganisationInactive`], [`VaultError::BadSignature`],
    ///    [`VaultError::Replayed`]: the question itself.
    /// 2. What the request rests on gives no access any more, such as [`VaultError::GrantRevoked`];
    ///    [`VaultError::NoRequest`]: no request is final that allows it now, or it is another's, or
    ///    for another key, or for other records.
    /// 3. [`VaultError::ScopeMismatch`], [`VaultError::Scope`]: what the request rests on does not
    ///    cover the category.
    /// 4. [`VaultError::Custodians`]: no such share is kept here.
    ///
    /// [`VaultError::Storage`], [`VaultError::Ledger`], [`VaultError::Integrity`] at any time.
    pub async fn release_share(&self, signed: &Signed<SharesRequest>) -> Result<Vec<u8>> {
        let body = &signed.body;
        self.check_signed(SHARE, &body.ask.question(), signed).await?;
        let (release, _, _) = self.allowed(&body.ask, body.category).await?;
        let session =
            SealingPublic::from_bytes(&body.session_key).map_err(|_| VaultError::NoRequest)?;
        if session_hash(&session) != release.session_key {
            return Err(VaultError::NoRequest);
        }
        let kept = self.index.shares(body.arrangement).await?;
        let kept = kept
            .filter(|kept| kept.patient == release.patient && kept.holder == release.holder)
            .ok_or(VaultError::Custodians)?;
        let commitments: Commitments = decode("commitments", &kept.commitments)
            .map_err(|_| VaultError::Integrity { what: "commitments to shares" })?;
        let place = commitments.0.iter().position(|one| one.category == body.category);
        let plain = self.keys.open_small(body.arrangement.as_bytes(), &kept.sealed)?;
        let (shares, _) = plain.as_chunks::<SHARE_BYTES>();
        let share = place.and_then(|place| shares.get(place)).ok_or(VaultError::Custodians)?;
        let context =
            share_context(body.ask.request, body.arrangement, body.category, self.organisation);
        Ok(wrap::wrap(&session, SHARE_INFO, &context, share))
    }

    /// Checks that a question is fresh, meant for this vault, and signed by who asks.
    pub(super) async fn check_signed<T: BorshSerialize + Sync>(
        &self,
        kind: &'static str,
        asked: &Asked,
        signed: &Signed<T>,
    ) -> Result<()> {
        self.authentic(asked, |keys| signed.verify(kind, keys)).await.map(drop)
    }

    /// The final request that allows a question about a category now, and the scope of what it rests
    /// on.
    pub(super) async fn allowed(
        &self,
        ask: &ShareRequest,
        category: Category,
    ) -> Result<(Release, Terms, ScopeOpening)> {
        let found = self.ledger.release(ask.request, ask.height).await.doing(ASKING)?;
        let (release, terms) = found.value?;
        let named = release.requester == ask.requester
            && release.records_commitment == ask.records.commitment()
            && ask.records.records.contains(&ask.record);
        if !named {
            return Err(VaultError::NoRequest);
        }
        if terms.pseudonymised {
            return Err(VaultError::Pseudonymised);
        }
        let (basis, shown) = (release.basis, ask.scope.as_ref());
        let opening =
            self.opening_of(basis, release.patient, terms.scope_commitment, shown).await?;
        if opening.scope.covers_category(category) {
            Ok((release, terms, opening))
        } else {
            Err(VaultError::Scope)
        }
    }
}

fn check(entry: &CategoryCommitments, share: &[u8], threshold: u8) -> Result<()> {
    let commitments = entry.shares().ok_or(VaultError::BadShare)?;
    let share = Share::from_bytes(share).map_err(|_| VaultError::BadShare)?;
    if commitments.needed() != usize::from(threshold) {
        return Err(VaultError::BadShare);
    }
    share.verify(&commitments).map_err(|_| VaultError::BadShare)
}
