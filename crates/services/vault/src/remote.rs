//! Reading from another organisation's vault: the request, the answer, and opening it.
//!
//! A request is signed by the requesting organisation with a key that the ledger lists for `Attest`.
//! It names block time, so that it is fresh, and a nonce, so that it is answered once. The answer is
//! ciphertext and a key wrapped to the requester's sealing key: whoever carries it learns nothing. It
//! names a height as well, below which the custodian does not decide.

use crate::{
    AnchoredVersion, Result, ScopeOpening, VaultError,
    accounted::{self, AccountPath},
    actor::Actor,
    keys::{self, CategoryKeyId},
    sealed,
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_consent::{Basis, PurposeOfUse, RecordId, state::AccessBatch};
use salus_crypto::{
    seal::DataKey,
    sign::{self, SigningKey},
    wrap::{self, SealingPublic, SealingSecret},
};
use salus_fhir::{Category, ResourceType};
use salus_types::{
    AccountId, BlockTime, BytesMax, Hash, Height, NetworkId, PublicKey, Salt, Signature, VecMax,
    encode, hash_parts,
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

const SIGN_DOMAIN: &[u8] = b"salus/sign-read-request/1";
const WRAP_INFO: &[u8] = b"salus/read-response/1";

/// Most bytes of one record's ciphertext.
pub const CIPHERTEXT_BYTES_MAX: usize = 17 * 1024 * 1024;

/// A request to read one record on a basis: a grant, an episode, an emergency.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadRequest {
    /// The network whose ledger decides.
    pub network: NetworkId,
    /// The organisation that asks.
    pub requester: AccountId,
    /// The organisation that is asked.
    pub custodian: AccountId,
    /// The record.
    pub record: RecordId,
    /// On what it rests.
    pub basis: Basis,
    /// Opens the commitment to its scope, for a custodian that was not given the opening.
    pub scope: Option<ScopeOpening>,
    /// What for.
    pub purpose: PurposeOfUse,
    /// Who in the organisation asks, where it says so.
    pub actor: Option<Actor>,
    /// The latest block that the requester has executed: the custodian decides there or later, so
    /// that it does not miss what the requester has seen.
    pub height: Height,
    /// Time of that block.
    pub time: BlockTime,
    /// Random; the request is answered once.
    pub nonce: Salt,
}

/// A request with its signature.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedReadRequest {
    /// What is asked.
    pub request: ReadRequest,
    /// The key that signed.
    pub key: PublicKey,
    /// The signature over [`ReadRequest::signed_bytes`].
    pub signature: Signature,
}

/// Most epochs between the newest key of a category and that of a record in it.
pub const LINKS_MAX: usize = 4096;

/// What opens a released record.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub enum ReleasedKey {
    /// The data key of this version, wrapped to the requester and bound to its request: where the
    /// scope is narrower than categories, or keys are to be released for one request at a time.
    Record(BytesMax<4096>),
    /// The newest key of the record's category, wrapped to the requester: for scopes by category.
    Category(CategoryRelease),
}

/// The way from a category key that the requester holds to the data key of one version.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryRelease {
    /// Whose category.
    pub patient: AccountId,
    /// The epoch of the wrapped key.
    pub epoch: u32,
    /// The category key, wrapped to the requester and bound to the basis.
    pub wrap: BytesMax<4096>,
    /// Keys of earlier epochs, each under the one after it, down to that of the version.
    pub links: VecMax<BytesMax<128>, LINKS_MAX>,
    /// The data key under the last of them.
    pub key_wrap: BytesMax<128>,
}

/// What a custodian releases.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ReadResponse {
    /// The request that it answers: [`ReadRequest::hash`].
    pub request: Hash,
    /// The record.
    pub record: RecordId,
    /// The version released: the latest anchored one.
    pub version: u32,
    /// Its resource type.
    pub resource_type: ResourceType,
    /// The number of this access among all accesses of the patient.
    pub sequence: u64,
    /// The height at which the access was accounted for.
    pub accounted: Height,
    /// What shows that it was.
    pub account: AccountPath,
    /// What opens it.
    pub key: ReleasedKey,
    /// The sealed record.
    pub ciphertext: BytesMax<CIPHERTEXT_BYTES_MAX>,
}

impl ReadRequest {
    /// What identifies the request.
    pub fn hash(&self) -> Hash {
        hash_parts(&[b"salus/read-request/1", &encode(self)])
    }

    /// What its signature signs.
    pub fn signed_bytes(&self) -> Vec<u8> {
        [SIGN_DOMAIN, &self.hash().0].concat()
    }

    /// Signs it with a key that the ledger lists for the requester with purpose `Attest`.
    pub fn sign(self, key: &SigningKey) -> SignedReadRequest {
        let signature = key.sign(&self.signed_bytes());
        SignedReadRequest { request: self, key: key.public(), signature }
    }
}

impl SignedReadRequest {
    /// Checks the signature, and that its key is one of `keys`.
    ///
    /// # Errors
    ///
    /// [`VaultError::BadSignature`]: either does not hold.
    pub fn verify(&self, keys: &[PublicKey]) -> Result<()> {
        if !keys.contains(&self.key) {
            return Err(VaultError::BadSignature);
        }
        sign::verify(&self.key, &self.request.signed_bytes(), &self.signature)
            .map_err(|_| VaultError::BadSignature)
    }
}

/// A record that was opened and found to be what its anchor says.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenedRecord {
    /// The record.
    pub record: RecordId,
    /// Its version.
    pub version: u32,
    /// Its resource type.
    pub resource_type: ResourceType,
    /// Its category.
    pub category: Category,
    /// The exact bytes that were imported.
    pub bytes: Zeroizing<Vec<u8>>,
    /// The number of this access among all accesses of the patient.
    pub sequence: u64,
    /// The height at which the access was accounted for.
    pub accounted: Height,
}

impl std::fmt::Debug for OpenedRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenedRecord")
            .field("record", &self.record)
            .field("version", &self.version)
            .field("bytes", &"[redacted]")
            .finish_non_exhaustive()
    }
}

fn wrap_aad(request: Hash, record: RecordId, version: u32) -> Vec<u8> {
    [request.0.as_slice(), record.as_bytes(), &version.to_be_bytes()].concat()
}

/// Wraps the key of a version to whoever asked.
pub(crate) fn wrap_key(
    to: &SealingPublic,
    request: Hash,
    record: RecordId,
    version: u32,
    key: &DataKey,
) -> Vec<u8> {
    wrap::wrap(to, WRAP_INFO, &wrap_aad(request, record, version), key.as_bytes())
}

/// What the ledger of the reader's own node says about an answer, at the height that it names or later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnLedger {
    /// The version of the record that the answer names, with whose it is.
    pub record: AnchoredVersion,
    /// The account that holds the access with the number of the answer.
    pub account: Option<AccessBatch>,
}

/// Opens an answer at the requester's side, and checks it against the account of the access and the
/// record's anchor, which the caller reads from its own node.
///
/// # Errors
///
/// The first that applies:
///
/// 1. [`VaultError::NotOpenable`]: it answers another request, or is of another record or version.
/// 2. [`VaultError::Unaccounted`]: the ledger has no account of this access.
/// 3. [`VaultError::NotOpenable`]: it does not open with this secret.
/// 4. [`VaultError::Integrity`]: it is not what was anchored.
pub fn open(
    response: &ReadResponse,
    request: &ReadRequest,
    secret: &SealingSecret,
    on_ledger: &OnLedger,
) -> Result<OpenedRecord> {
    let OnLedger { record: AnchoredVersion { patient, custodian, version: anchor }, account } =
        on_ledger;
    let version = response.version;
    if response.request != request.hash()
        || response.record != request.record
        || *custodian != request.custodian
        || anchor.version != version
    {
        return Err(VaultError::NotOpenable);
    }
    accounted::check(response, request, *patient, account.as_ref())?;
    let category = response.resource_type.category();
    let key = open_key(response, request, secret).ok_or(VaultError::NotOpenable)?;
    let bytes = sealed::open(response.record, anchor, &key, category, &response.ciphertext)?;
    Ok(OpenedRecord {
        record: response.record,
        version,
        resource_type: response.resource_type,
        category,
        bytes,
        sequence: response.sequence,
        accounted: response.accounted,
    })
}

/// The data key of the version that an answer is about, if it leads there.
pub(crate) fn open_key(
    response: &ReadResponse,
    request: &ReadRequest,
    secret: &SealingSecret,
) -> Option<DataKey> {
    let category = response.resource_type.category();
    match &response.key {
        ReleasedKey::Record(wrapped) => open_record_key(response, secret, wrapped),
        ReleasedKey::Category(release) => release.open(request, category, response.version, secret),
    }
}

fn open_record_key(
    response: &ReadResponse,
    secret: &SealingSecret,
    wrapped: &[u8],
) -> Option<DataKey> {
    let aad = wrap_aad(response.request, response.record, response.version);
    let key = wrap::unwrap(secret, WRAP_INFO, &aad, wrapped).ok()?;
    Some(DataKey::from_bytes(key.as_slice().try_into().ok()?))
}

impl CategoryRelease {
    /// Follows the way to the data key; none if it does not lead there.
    fn open(
        &self,
        request: &ReadRequest,
        category: Category,
        version: u32,
        secret: &SealingSecret,
    ) -> Option<DataKey> {
        let mut id = CategoryKeyId { patient: self.patient, category, epoch: self.epoch };
        let mut key = keys::open_basis_wrap(request.basis, id, secret, &self.wrap)?;
        for link in &*self.links {
            key = keys::follow(id, &key, link)?;
            id.epoch = id.epoch.checked_sub(1)?;
        }
        let context = keys::version_context(request.record, version);
        salus_crypto::seal::unwrap_key(&key, &context, &self.key_wrap).ok()
    }
}
