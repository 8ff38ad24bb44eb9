//! Reading: decide, account, wait until the account is final, decide again, check, release.
//!
//! ```text
//! decide at the tip ─▶ account on the ledger ─▶ final at height h ─▶ decide at h or later
//!       │ refused                                                       │
//!       ▼                                                               ▼
//!   refusal, accounted for beside                 ciphertext and key against the anchor ─▶ release
//! ```

use crate::{
    Result, ScopeOpening, Vault, VaultError,
    accounted::Binding,
    accounts::{Access, AccountFailure, Accounted},
    asking::Asked,
    error::Doing as _,
    index::records::StoredVersion,
    keys::CategoryKeyId,
    port::{At, LedgerError, Tip},
    remote::{self, OpenedRecord, ReadResponse, ReleasedKey, SignedReadRequest},
    rules::{Act, Asking, Rests},
    sealed,
};
use bytes::Bytes;
use salus_consent::{AccessKind, Basis, RecordId, ReleaseMode, Terms, state::RecordVersion};
use salus_crypto::{seal::DataKey, wrap::SealingPublic};
use salus_types::{AccountId, BytesMax, Hash, Height};
use zeroize::Zeroizing;

pub(crate) const DECIDING: &str = "asking the ledger about a read";
/// How far ahead of this node whoever asks may be, in blocks; the answer waits until it is there.
const AHEAD_MAX: u64 = 64;

/// Who asks for what.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) record: RecordId,
    pub(crate) accessor: AccountId,
    /// On what it rests; nothing for the organisation's own read.
    pub(crate) basis: Option<Basis>,
    /// The opening of the scope, where it was shown.
    pub(crate) scope: Option<ScopeOpening>,
    pub(crate) asking: Asking,
    /// The height below which nothing is decided.
    pub(crate) at_least: Height,
    /// Hash of the request that asks.
    pub(crate) request: Option<Hash>,
}

/// What the ledger says to a read that is allowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowed {
    pub(crate) tip: Tip,
    /// Whether the scope is by category and keys are wrapped, so that the reader may have the
    /// category key.
    pub(crate) by_category: bool,
}

/// A version that was opened and is what was anchored.
pub(crate) struct Opened {
    pub(crate) anchor: RecordVersion,
    pub(crate) key: DataKey,
    pub(crate) ciphertext: Bytes,
    pub(crate) plain: Zeroizing<Vec<u8>>,
}

/// A record that may be released.
pub(crate) struct Released {
    pub(crate) stored: StoredVersion,
    pub(crate) opened: Opened,
    pub(crate) by_category: bool,
    pub(crate) accounted: Accounted,
}

impl Vault {
    /// The organisation's own read of a record that it keeps. Accounted for like any other.
    ///
    /// # Errors
    ///
    /// The first that applies: [`VaultError::UnknownRecord`], [`VaultError::NotAnchored`],
    /// [`VaultError::Custodial`], [`VaultError::ConsentDenied`], [`VaultError::RuleDenied`],
    /// [`VaultError::AccountNotWritten`], [`VaultError::Integrity`]; [`VaultError::Storage`] and
    /// [`VaultError::Ledger`] at any time.
    pub async fn read_own(
        &self,
        record: RecordId,
        asking: impl Into<Asking> + Send,
    ) -> Result<OpenedRecord> {
        Ok(opened_record(self.read(self.own(record, &asking.into())).await?))
    }

    /// The organisation's read of a record that it keeps itself, on a basis that names it: an
    /// emergency service that has records of its own reads them under the emergency as others do.
    ///
    /// # Errors
    ///
    /// As [`Self::read_own`], and those of the basis: see [`Self::serve`].
    pub async fn read_here(
        &self,
        record: RecordId,
        basis: Basis,
        asking: impl Into<Asking> + Send,
    ) -> Result<OpenedRecord> {
        let ask = Ask { basis: Some(basis), ..self.own(record, &asking.into()) };
        Ok(opened_record(self.read(ask).await?))
    }

    /// Answers another organisation's request to read a record under a grant, an episode or an
    /// emergency.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`VaultError::Misdirected`], [`VaultError::StaleRequest`],
    ///    [`VaultError::OrganisationInactive`], [`VaultError::BadSignature`],
    ///    [`VaultError::Replayed`]: the request itself. Nobody has authenticated, so nothing is
    ///    accounted for.
    /// 2. [`VaultError::UnknownRecord`], [`VaultError::NotAnchored`].
    /// 3. [`VaultError::NoGrant`], [`VaultError::Grantee`], [`VaultError::GrantElsewhere`],
    ///    [`VaultError::GrantRevoked`], [`VaultError::GrantNotYet`], [`VaultError::GrantExpired`],
    ///    [`VaultError::GrantEnded`], their likes of episodes and emergencies,
    ///    [`VaultError::Purpose`], [`VaultError::Pseudonymised`], [`VaultError::Scope`],
    ///    [`VaultError::ScopeMismatch`], [`VaultError::Custodial`], [`VaultError::ConsentDenied`],
    ///    [`VaultError::RuleDenied`], [`VaultError::Marked`]: refused, and accounted for as refused.
    /// 4. [`VaultError::AccountNotWritten`], then 3 again at the height of the account.
    /// 5. [`VaultError::Integrity`]: what is stored is not what was anchored.
    ///
    /// [`VaultError::Storage`] and [`VaultError::Ledger`] at any time.
    pub async fn serve(&self, signed: &SignedReadRequest) -> Result<ReadResponse> {
        let request = &signed.request;
        let asked = Asked {
            network: request.network,
            to: request.custodian,
            requester: request.requester,
            height: request.height,
            time: request.time,
            nonce: request.nonce,
        };
        let organisation = self.authentic(&asked, |keys| signed.verify(keys)).await?;
        let to = SealingPublic::from_bytes(&organisation.sealing_key)
            .map_err(|_| VaultError::OrganisationInactive)?;
        let ask = Ask {
            record: request.record,
            accessor: request.requester,
            basis: Some(request.basis),
            scope: request.scope.clone(),
            asking: Asking::for_purpose(request.purpose).by(request.actor.clone()),
            at_least: request.height,
            request: Some(request.hash()),
        };
        let released = self.read(ask).await?;
        let version = released.opened.anchor.version;
        let hash = request.hash();
        let too_large = |_| VaultError::Integrity { what: "the size of the sealed record" };
        let key = if released.by_category {
            self.release_category(request.basis, &to, &released.stored).await?
        } else {
            let wrapped =
                remote::wrap_key(&to, hash, request.record, version, &released.opened.key);
            ReleasedKey::Record(BytesMax::new(wrapped).map_err(too_large)?)
        };
        Ok(ReadResponse {
            request: hash,
            record: request.record,
            version,
            resource_type: released.stored.summary.resource_type,
            sequence: released.accounted.sequence,
            accounted: released.accounted.tip.height,
            account: released.accounted.shown.ok_or_else(unshown)?,
            key,
            ciphertext: BytesMax::new(released.opened.ciphertext.to_vec()).map_err(too_large)?,
        })
    }

    async fn read(&self, ask: Ask) -> Result<Released> {
        let stored = self.stored(ask.record).await?;
        self.read_stored(ask, stored).await
    }

    /// The latest anchored version of a record.
    pub(crate) async fn stored(&self, record: RecordId) -> Result<StoredVersion> {
        if let Some(stored) = self.index.latest(record).await? {
            return Ok(stored);
        }
        let known = self.index.patient_of(record).await?.is_some();
        Err(if known { VaultError::NotAnchored } else { self.missing(record).await })
    }

    /// Decides about a version, accounts for the access, and opens it.
    pub(crate) async fn read_stored(&self, ask: Ask, stored: StoredVersion) -> Result<Released> {
        let Allowed { tip, by_category } = match self.decide(&ask, &stored, ask.at_least).await {
            Ok(allowed) => allowed,
            Err(refusal) => return Err(self.refused(&ask, &stored, refusal).await),
        };
        let kind = ask.kind();
        let access = access(&ask, &stored, kind, tip);
        let accounted = match self.accounts.account(access).await {
            Ok(accounted) => accounted,
            Err(failure) => return Err(self.not_accounted(&ask, &stored, failure).await),
        };
        let at_least = accounted.tip.height;
        if let Err(refusal) = self.decide(&ask, &stored, at_least).await {
            return Err(self.refused(&ask, &stored, refusal).await);
        }
        let opened = self.open_stored(&stored).await?;
        Ok(Released { stored, opened, by_category, accounted })
    }

    /// Whether the read is allowed: by the ledger at a height of at least `at_least`, by the consents
    /// of the patient that are kept here, and by the rules of the organisation.
    pub(crate) async fn decide(
        &self,
        ask: &Ask,
        stored: &StoredVersion,
        at_least: Height,
    ) -> Result<Allowed> {
        let (allowed, rests) = self.on_ledger(ask, stored, at_least).await?;
        let judged = self.judge(ask.accessor, &ask.asking, stored, rests, allowed.tip).await?;
        judged.allowed()?;
        // Consents tell records of a category apart, and its key would not.
        Ok(Allowed { by_category: allowed.by_category && !judged.narrow, ..allowed })
    }

    /// Whether the ledger gives a basis for the read, and what of it rules ask for.
    pub(crate) async fn on_ledger(
        &self,
        ask: &Ask,
        stored: &StoredVersion,
        at_least: Height,
    ) -> Result<(Allowed, Rests)> {
        let Some(basis) = ask.basis else {
            // The organisation's own read of what it keeps, where the key is here.
            self.check_here(stored).await?;
            let tip = self.ledger.tip().await.doing(DECIDING)?;
            return Ok((Allowed { tip, by_category: false }, Rests::default()));
        };
        let At { tip, value } = self.terms(ask, basis, stored, at_least).await?;
        let terms = value?;
        if terms.pseudonymised && ask.asking.act != Act::Export {
            return Err(VaultError::Pseudonymised);
        }
        let (patient, shown) = (stored.summary.patient, ask.scope.as_ref());
        let opening = self.opening_of(basis, patient, terms.scope_commitment, shown).await?;
        if !opening.scope.covers(&stored.summary.facts()) {
            return Err(VaultError::Scope);
        }
        self.check_here(stored).await?;
        // Where custodians are to release keys for one request at a time, a key that is here is
        // released for one record at a time too.
        let wrapped = terms.mode == ReleaseMode::Wrapped;
        let by_category = wrapped && opening.scope.is_by_category();
        Ok((Allowed { tip, by_category }, Rests::on(basis, &terms)))
    }

    /// What the ledger says to the access, at a height of at least `at_least`.
    async fn terms(
        &self,
        ask: &Ask,
        basis: Basis,
        stored: &StoredVersion,
        at_least: Height,
    ) -> Result<At<Result<Terms>>> {
        let question = salus_consent::Ask {
            patient: stored.summary.patient,
            holder: self.organisation,
            accessor: ask.accessor,
            basis,
            purpose: ask.asking.purpose,
        };
        let At { tip, value } =
            self.ledger.access_allowed(question, at_least).await.doing(DECIDING)?;
        if tip.height < at_least {
            let detail = "this node is behind the account of the read".to_owned();
            return Err(LedgerError::Unavailable { detail }).doing(DECIDING);
        }
        Ok(At { tip, value: value.map_err(VaultError::from) })
    }

    /// Checks that the key of a version is here, and not with custodians.
    async fn check_here(&self, stored: &StoredVersion) -> Result<()> {
        let summary = &stored.summary;
        let id = CategoryKeyId {
            patient: summary.patient,
            category: summary.category,
            epoch: stored.epoch,
        };
        let custody = self.index.custody_from(id).await?;
        if custody.is_some() { Err(VaultError::Custodial) } else { Ok(()) }
    }

    /// Accounts for a refusal beside giving it: the refusal does not wait for the ledger.
    pub(crate) async fn refused(
        &self,
        ask: &Ask,
        stored: &StoredVersion,
        refusal: VaultError,
    ) -> VaultError {
        if !refusal.is_refusal() {
            return refusal;
        }
        let Ok(tip) = self.ledger.tip().await else { return refusal };
        let Ok(code) = salus_types::ErrorCode::new(refusal.code()) else { return refusal };
        let access = access(ask, stored, AccessKind::RefusedRead { code }, tip);
        let accounted = self.accounts.account_beside(access);
        if !accounted {
            tracing::warn!(code = refusal.code(), "a refused read is not accounted for");
        }
        refusal
    }

    /// Says why there is no account: what it rests on may have ended while it was written.
    async fn not_accounted(
        &self,
        ask: &Ask,
        stored: &StoredVersion,
        failure: AccountFailure,
    ) -> VaultError {
        match failure {
            AccountFailure::Storage(error) => VaultError::Storage {
                doing: "keeping the account of a read",
                source: Box::new(error),
            },
            AccountFailure::Ledger(source) => {
                if matches!(source, LedgerError::Refused { .. })
                    && let Err(refusal) = self.decide(ask, stored, Height(0)).await
                    && refusal.is_refusal()
                {
                    return self.refused(ask, stored, refusal).await;
                }
                VaultError::AccountNotWritten { source }
            }
        }
    }

    /// Opens a version and checks it against its anchor. Whoever calls has accounted for the read, or
    /// shows nothing of it.
    pub(crate) async fn open_stored(&self, stored: &StoredVersion) -> Result<Opened> {
        let summary = &stored.summary;
        let (record, version) = (summary.record, summary.version);
        let found =
            self.ledger.record_version(record, version, Height(0)).await.doing(DECIDING)?.value;
        let anchor = found
            .filter(|one| one.custodian == self.organisation && one.patient == summary.patient)
            .ok_or(VaultError::Integrity { what: "the anchor of the record" })?
            .version;
        let key = self.version_key(stored).await?;
        let ciphertext = self.packs.read(&stored.place).await?;
        let plain = sealed::open(record, &anchor, &key, summary.category, &ciphertext)?;
        Ok(Opened { anchor, key, ciphertext, plain })
    }
}

fn opened_record(released: Released) -> OpenedRecord {
    let summary = released.stored.summary;
    OpenedRecord {
        record: summary.record,
        version: summary.version,
        resource_type: summary.resource_type,
        category: summary.category,
        bytes: released.opened.plain,
        sequence: released.accounted.sequence,
        accounted: released.accounted.tip.height,
    }
}

fn unshown() -> VaultError {
    VaultError::Integrity { what: "the account of the access" }
}

fn access(ask: &Ask, stored: &StoredVersion, kind: AccessKind, tip: Tip) -> Access {
    Access {
        patient: stored.summary.patient,
        kind,
        accessor: ask.accessor,
        basis: ask.basis,
        purpose: ask.asking.purpose,
        record: ask.record,
        version: stored.summary.version,
        resource_type: stored.summary.resource_type,
        time: tip.time,
        actor: ask.asking.actor.as_deref().cloned(),
        binding: ask.request.map(Binding::new),
    }
}

/// Checks that who asks is not so far ahead that waiting for the height would be of no use.
pub(crate) fn check_ahead(height: Height, tip: Tip) -> Result<()> {
    let waits = height.0 <= tip.height.0.saturating_add(AHEAD_MAX);
    if waits { Ok(()) } else { Err(VaultError::StaleRequest) }
}
