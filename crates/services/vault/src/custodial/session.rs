//! The requester: a key for one request, the question on the ledger, and opening what comes back.

use super::{
    dealing::secret_of,
    messages::{
        CustodialKey, CustodialResponse, RECORDS_MAX, RecordsOpening, ShareRequest, SharesRequest,
        session_hash,
    },
    shares::{open_share, share_context},
    told::ToldLeaf,
};
use crate::{
    Result, ScopeOpening, Vault, VaultError,
    actor::Actor,
    audit::event::{Beside, event},
    error::Doing as _,
    keys::{self, CategoryKeyId},
    port::{At, LedgerError},
    sealed,
};
use salus_consent::{
    AccessKind, AccessLeaf, Ask, Basis, PurposeOfUse, RecordId, RequestId, state::RecordVersion,
    tx::RequestRelease,
};
use salus_crypto::{
    merkle, random,
    seal::{DataKey, unwrap_key},
    share::{Share, combine},
    wrap::{SealingPublic, SealingSecret},
};
use salus_fhir::audit_id;
use salus_types::{
    AccountId, BlockTime, BytesMax, Hash, Height, NetworkId, Salt, VecMax, decode, encode,
};
use std::fmt;
use zeroize::Zeroizing;

const ASKING: &str = "asking the ledger for a release";
/// What is kept of a request, so that the patient can be shown its leaves.
const LEAVES_CONTEXT: &[u8] = b"request-leaves/";

/// One request of this organisation for release, from before it is sent until its records are open.
pub struct Session {
    secret: SealingSecret,
    public: SealingPublic,
    network: NetworkId,
    requester: AccountId,
    call: RequestRelease,
    records: RecordsOpening,
    scope: Option<ScopeOpening>,
    actor: Option<Actor>,
    leaves: Vec<AccessLeaf>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("request", &self.call.request).finish_non_exhaustive()
    }
}

/// What a request is for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Whose records.
    pub patient: AccountId,
    /// The organisation that holds them.
    pub holder: AccountId,
    /// On what the request rests.
    pub basis: Basis,
    /// Opens the commitment to its scope; without it, the holder's opening is used.
    pub scope: Option<ScopeOpening>,
    /// What for.
    pub purpose: PurposeOfUse,
    /// Which records.
    pub records: Vec<RecordId>,
    /// Which person or system of this organisation asks, where that is said; the holder is told.
    pub actor: Option<Actor>,
}

impl Vault {
    /// Prepares a request for release: its leaves are kept here, sealed, before it is sent.
    ///
    /// # Errors
    ///
    /// The first that applies: [`VaultError::Busy`], no record or too many; [`VaultError::Storage`],
    /// [`VaultError::Ledger`].
    pub async fn request_release(&self, wanted: Wanted) -> Result<Session> {
        let now = self.ledger.tip().await.doing(ASKING)?.time;
        let mut records = wanted.records;
        records.sort_unstable();
        records.dedup();
        let count = u32::try_from(records.len()).unwrap_or(u32::MAX);
        let records = VecMax::new(records)
            .ok()
            .filter(|records| !records.is_empty())
            .ok_or(VaultError::Busy { what: "a request is for 1 to 256 records" })?;
        let request = RequestId::new(random());
        let leaf = |(record, sequence): (&RecordId, u64)| AccessLeaf {
            salt: Hash(random()),
            sequence,
            kind: AccessKind::CustodialRead { request },
            patient: wanted.patient,
            custodian: wanted.holder,
            accessor: self.organisation,
            basis: Some(wanted.basis),
            purpose: wanted.purpose,
            record: *record,
            version: 0,
            time: now,
            audit_event: None,
        };
        let beside = Beside { actor: wanted.actor.as_ref(), ..Beside::default() };
        let told = records.iter().zip(1..).map(leaf).map(|leaf| {
            let id = audit_id(request.as_bytes(), leaf.sequence);
            ToldLeaf::new(leaf.clone(), event(&id, &leaf, beside))
        });
        let told: Vec<ToldLeaf> = told.collect::<Result<_>>()?;
        let hashes: Vec<Hash> = told.iter().map(|told| told.leaf.hash()).collect();
        let secret = SealingSecret::generate();
        let public = secret.public();
        let records = RecordsOpening { records, salt: Hash(random()) };
        let call = RequestRelease {
            request,
            patient: wanted.patient,
            holder: wanted.holder,
            basis: wanted.basis,
            purpose: wanted.purpose,
            records_commitment: records.commitment(),
            session_key: session_hash(&public),
            leaves_root: merkle::root(&hashes),
            count,
        };
        let context = [LEAVES_CONTEXT, request.as_bytes()].concat();
        let sealed = self.keys.seal_small(&context, &encode(&told));
        self.index.put_request(request, wanted.patient, wanted.holder, &sealed).await?;
        Ok(Session {
            secret,
            public,
            network: self.ledger.network(),
            requester: self.organisation,
            call,
            records,
            scope: wanted.scope,
            actor: wanted.actor,
            leaves: told.into_iter().map(|told| told.leaf).collect(),
        })
    }

    /// Sends a request and waits until it is final; gives the number of its first access, and the
    /// height at which it became final.
    ///
    /// # Errors
    ///
    /// The first that applies: what the request rests on gives no access any more, such as
    /// [`VaultError::GrantRevoked`], which another node may have seen before this one;
    /// [`VaultError::Custodians`], no custodians are appointed; [`VaultError::NotCustodial`], keys
    /// are wrapped under it; [`VaultError::AccountNotWritten`], the ledger did not take it.
    pub async fn send_release(&self, session: &Session) -> Result<(u64, Height)> {
        let call = &session.call;
        let tip = match self.ledger.request_release(call.clone()).await {
            Ok(tip) => tip,
            Err(source) => return Err(self.not_sent(call, source).await),
        };
        let found = self.ledger.release(call.request, tip.height).await.doing(ASKING)?;
        let (release, _) = found.value?;
        Ok((release.first_sequence, tip.height))
    }

    /// Says why the ledger refused a request. The refusal is executed here, so this node knows by now
    /// what another one knew before.
    async fn not_sent(&self, call: &RequestRelease, source: LedgerError) -> VaultError {
        let LedgerError::Refused { code, .. } = &source else {
            return VaultError::AccountNotWritten { source };
        };
        match code.as_str() {
            "consent.no_arrangement" => return VaultError::Custodians,
            "consent.not_custodial" => return VaultError::NotCustodial,
            _ => {}
        }
        let ask = Ask {
            patient: call.patient,
            holder: call.holder,
            accessor: self.organisation,
            basis: call.basis,
            purpose: call.purpose,
        };
        match self.ledger.access_allowed(ask, Height(0)).await {
            Ok(At { value: Err(error), .. }) => error.into(),
            Ok(At { value: Ok(_), .. }) | Err(_) => VaultError::AccountNotWritten { source },
        }
    }

    /// Opens what is kept of the accesses of a request.
    pub(super) fn open_leaves(
        &self,
        request: RequestId,
        sealed: &[u8],
    ) -> Result<VecMax<ToldLeaf, RECORDS_MAX>> {
        let context = [LEAVES_CONTEXT, request.as_bytes()].concat();
        let plain = self.keys.open_small(&context, sealed)?;
        decode("leaves of a request", &plain)
            .map_err(|_| VaultError::Integrity { what: "the leaves of a request" })
    }
}

impl Session {
    /// What is to be sent to the ledger, and be final before anything is asked.
    pub fn call(&self) -> &RequestRelease {
        &self.call
    }

    /// The leaves of the request.
    pub fn leaves(&self) -> &[AccessLeaf] {
        &self.leaves
    }

    /// The question to the holder for one of the records.
    pub fn fetch(&self, record: RecordId, height: Height, time: BlockTime) -> ShareRequest {
        let ask = self.ask(self.call.holder, record, self.scope.clone(), height, time);
        ShareRequest { actor: self.actor.clone(), ..ask }
    }

    /// The question to a custodian for its share of the key of a record that the holder gave.
    ///
    /// # Panics
    ///
    /// Never: a public key is as long as the field allows.
    pub fn share(
        &self,
        custodian: AccountId,
        response: &CustodialResponse,
        height: Height,
        time: BlockTime,
    ) -> SharesRequest {
        SharesRequest {
            ask: self.ask(custodian, response.record, Some(response.scope.clone()), height, time),
            arrangement: response.arrangement,
            category: response.resource_type.category(),
            session_key: BytesMax::new(self.public.as_bytes().to_vec())
                .expect("a public key is as long as the field allows"),
        }
    }

    fn ask(
        &self,
        to: AccountId,
        record: RecordId,
        scope: Option<ScopeOpening>,
        height: Height,
        time: BlockTime,
    ) -> ShareRequest {
        ShareRequest {
            network: self.network,
            requester: self.requester,
            to,
            request: self.call.request,
            record,
            records: self.records.clone(),
            scope,
            actor: None,
            height,
            time,
            nonce: Salt(random()),
        }
    }

    /// Opens a record with what custodians gave, each named with its answer. Answers that do not open
    /// or do not fit are left out.
    ///
    /// # Errors
    ///
    /// The first that applies:
    ///
    /// 1. [`VaultError::NotOpenable`]: the holder's answer is about another record, or its
    ///    commitments are not those of `root`, which the ledger has for its arrangement.
    /// 2. [`VaultError::TooFewShares`].
    /// 3. [`VaultError::NotOpenable`]: the keys do not lead to the record.
    /// 4. [`VaultError::Integrity`]: it is not what was anchored.
    pub fn open(
        &self,
        response: &CustodialResponse,
        root: Hash,
        anchor: &RecordVersion,
        answers: &[(AccountId, Vec<u8>)],
    ) -> Result<Zeroizing<Vec<u8>>> {
        let category = response.resource_type.category();
        let entry = response.commitments.of(category);
        let commitments = entry.and_then(super::CategoryCommitments::shares);
        let named = self.records.records.contains(&response.record)
            && response.patient == self.call.patient
            && response.version == anchor.version
            && response.commitments.root() == root;
        let commitments = commitments.filter(|_| named).ok_or(VaultError::NotOpenable)?;
        let mut shares: Vec<Share> = Vec::new();
        for (custodian, wrapped) in answers {
            let context =
                share_context(self.call.request, response.arrangement, category, *custodian);
            let share = open_share(&self.secret, &context, wrapped);
            let fits = |share: &Share| {
                share.verify(&commitments).is_ok()
                    && shares.iter().all(|one| one.index() != share.index())
            };
            if let Some(share) = share.filter(fits) {
                shares.push(share);
            }
        }
        let (found, needed) = (shares.len(), commitments.needed());
        let key = combine(&commitments, &shares)
            .map_err(|_| VaultError::TooFewShares { found, needed })?;
        let key = data_key(response, &secret_of(&key)?).ok_or(VaultError::NotOpenable)?;
        sealed::open(response.record, anchor, &key, category, &response.ciphertext)
    }
}

/// Follows the way from the secret half of a category's key pair to the data key of a version.
fn data_key(response: &CustodialResponse, secret: &SealingSecret) -> Option<DataKey> {
    let category = response.resource_type.category();
    let id = CategoryKeyId { patient: response.patient, category, epoch: response.epoch };
    let key = match &response.key {
        CustodialKey::Batch { wrap } => keys::open_batch(id, secret, wrap)?,
        CustodialKey::Before { wrap, links } => {
            let mut key = keys::open_from_pair(id, secret, wrap)?;
            let mut id = CategoryKeyId { epoch: id.epoch.checked_sub(1)?, ..id };
            for link in &**links {
                key = keys::follow(id, &key, link)?;
                id.epoch = id.epoch.checked_sub(1)?;
            }
            key
        }
    };
    let context = keys::version_context(response.record, response.version);
    unwrap_key(&key, &context, &response.key_wrap).ok()
}
