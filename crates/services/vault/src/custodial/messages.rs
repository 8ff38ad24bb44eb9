//! What holder, custodians and requester say to one another.

use crate::{
    Result, ScopeOpening, VaultError, actor::Actor, asking::Asked, remote::CIPHERTEXT_BYTES_MAX,
};
use borsh::{BorshDeserialize, BorshSerialize};
use salus_consent::{ArrangementId, RecordId, RequestId};
use salus_crypto::{
    commit::commitment,
    share::ShareCommitments,
    sign::{self, SigningKey},
    wrap::SealingPublic,
};
use salus_fhir::{Category, ResourceType};
use salus_types::{
    AccountId, BlockTime, BytesMax, Hash, Height, NetworkId, PublicKey, Salt, Signature, VecMax,
    encode, hash_parts,
};
use serde::{Deserialize, Serialize};

const COMMITMENTS_DOMAIN: &[u8] = b"salus/custody-commitments/1";
const RECORDS_DOMAIN: &str = "salus/release-records/1";
const SESSION_DOMAIN: &[u8] = b"salus/release-session/1";
const SIGN_DOMAIN: &[u8] = b"salus/sign-custodial/1";

/// Most records in one request for release.
pub(super) const RECORDS_MAX: usize = 256;

/// The public half of a category's key pair, and what shares of the secret half are checked against.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryCommitments {
    /// The category.
    pub category: Category,
    /// The public key, X-Wing.
    pub public: BytesMax<1216>,
    /// The commitments, as [`ShareCommitments::to_bytes`] has them.
    pub commitments: BytesMax<529>,
}

/// The commitments of all categories of an arrangement; their hash stands on the ledger.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Commitments(pub VecMax<CategoryCommitments, 16>);

impl Commitments {
    /// What stands on the ledger as `commitments_root`.
    pub fn root(&self) -> Hash {
        hash_parts(&[COMMITMENTS_DOMAIN, &encode(self)])
    }

    /// The entry of a category.
    pub fn of(&self, category: Category) -> Option<&CategoryCommitments> {
        self.0.iter().find(|one| one.category == category)
    }
}

impl CategoryCommitments {
    pub(super) fn public(&self) -> Option<SealingPublic> {
        SealingPublic::from_bytes(&self.public).ok()
    }

    pub(super) fn shares(&self) -> Option<ShareCommitments> {
        ShareCommitments::from_bytes(&self.commitments).ok()
    }
}

/// What a custodian is given to keep. It proves itself: its commitments are those on the ledger.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShareBundle {
    /// The arrangement.
    pub arrangement: ArrangementId,
    /// Who is to keep it.
    pub custodian: AccountId,
    /// What its shares are checked against.
    pub commitments: Commitments,
    /// The shares, in the order of the commitments, wrapped to the custodian's sealing key.
    pub wrapped: BytesMax<4096>,
}

/// Which records a request for release is about.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordsOpening {
    /// The records, in ascending order.
    pub records: VecMax<RecordId, RECORDS_MAX>,
    /// The salt of the commitment.
    pub salt: Hash,
}

impl RecordsOpening {
    /// What stands on the ledger as `records_commitment`.
    pub fn commitment(&self) -> Hash {
        commitment(RECORDS_DOMAIN, &self.salt.0, &encode(&self.records))
    }
}

/// What stands on the ledger as `session_key`.
pub(super) fn session_hash(public: &SealingPublic) -> Hash {
    hash_parts(&[SESSION_DOMAIN, public.as_bytes()])
}

/// Asks the holder for a sealed record, or a custodian for its share, under a final request.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShareRequest {
    /// The network whose ledger decides.
    pub network: NetworkId,
    /// The organisation that asks.
    pub requester: AccountId,
    /// The organisation that is asked.
    pub to: AccountId,
    /// The request on the ledger.
    pub request: RequestId,
    /// The record.
    pub record: RecordId,
    /// Opens the request's commitment to its records.
    pub records: RecordsOpening,
    /// Opens the commitment to the scope of what the request rests on, where who asks has it.
    pub scope: Option<ScopeOpening>,
    /// Who in the organisation asks, where it says so.
    pub actor: Option<Actor>,
    /// The latest block that the requester has executed.
    pub height: Height,
    /// Time of that block.
    pub time: BlockTime,
    /// Random; answered once.
    pub nonce: Salt,
}

impl ShareRequest {
    pub(super) fn question(&self) -> Asked {
        let Self { network, requester, to, height, time, nonce, .. } = *self;
        Asked { network, to, requester, height, time, nonce }
    }
}

/// Asks a custodian for its share of a category's key.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharesRequest {
    /// What is asked, and on what it rests.
    pub ask: ShareRequest,
    /// The arrangement whose share is asked for: that of the request, or an earlier one of the same
    /// patient and holder.
    pub arrangement: ArrangementId,
    /// The category.
    pub category: Category,
    /// The key to which the share is to be sealed: the one that the request names by its hash.
    pub session_key: BytesMax<1216>,
}

/// What an organisation asks, with its signature.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Signed<T> {
    /// What is asked.
    pub body: T,
    /// The key that signed, listed on the ledger for `Attest`.
    pub key: PublicKey,
    /// The signature over [`signed_bytes`].
    pub signature: Signature,
}

/// What a signature over a message between gateways signs.
pub fn signed_bytes<T: BorshSerialize>(kind: &'static str, body: &T) -> Vec<u8> {
    let hash = hash_parts(&[SIGN_DOMAIN, kind.as_bytes(), &encode(body)]);
    [SIGN_DOMAIN, &hash.0].concat()
}

impl<T: BorshSerialize> Signed<T> {
    /// Signs a message of this kind.
    pub fn new(kind: &'static str, body: T, key: &SigningKey) -> Self {
        let signature = key.sign(&signed_bytes(kind, &body));
        Self { body, key: key.public(), signature }
    }

    /// Checks the signature, and that its key is one of `keys`.
    ///
    /// # Errors
    ///
    /// [`VaultError::BadSignature`]: either does not hold.
    pub fn verify(&self, kind: &'static str, keys: &[PublicKey]) -> Result<()> {
        let listed = keys.contains(&self.key);
        let holds = || sign::verify(&self.key, &signed_bytes(kind, &self.body), &self.signature);
        if listed && holds().is_ok() { Ok(()) } else { Err(VaultError::BadSignature) }
    }
}

/// Kind of a signed [`ShareRequest`].
pub const FETCH: &str = "fetch";
/// Kind of a signed [`SharesRequest`].
pub const SHARE: &str = "share";

/// How the data key of a version lies under a category's key pair.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub enum CustodialKey {
    /// Sealed since the custodians were appointed: the key of its import, wrapped to the public key.
    Batch {
        /// The wrapped key.
        wrap: BytesMax<4096>,
    },
    /// Sealed before: the category key of the epoch before, wrapped to the public key, and the keys
    /// of earlier epochs, each under the one after it.
    Before {
        /// The wrapped key.
        wrap: BytesMax<4096>,
        /// The way down to the epoch of the version.
        links: VecMax<BytesMax<128>, { crate::remote::LINKS_MAX }>,
    },
}

/// What the holder gives for a final request: a sealed record that it cannot open itself.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustodialResponse {
    /// The record.
    pub record: RecordId,
    /// The version: the latest anchored one.
    pub version: u32,
    /// Whose it is.
    pub patient: AccountId,
    /// Its resource type.
    pub resource_type: ResourceType,
    /// The arrangement whose custodians hold shares of its key.
    pub arrangement: ArrangementId,
    /// What their shares are checked against.
    pub commitments: Commitments,
    /// The epoch of the key pair.
    pub epoch: u32,
    /// The latest block that the holder has executed.
    pub height: Height,
    /// Opens the commitment to the scope of what the request rests on; custodians are shown it.
    pub scope: ScopeOpening,
    /// What the secret half opens.
    pub key: CustodialKey,
    /// The data key under that.
    pub key_wrap: BytesMax<128>,
    /// The sealed record.
    pub ciphertext: BytesMax<CIPHERTEXT_BYTES_MAX>,
}
