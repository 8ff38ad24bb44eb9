//! What is committed to on the ledger about a document, and what opens it.
//!
//! `NotariseDocument` shows that a file existed, unchanged, since a block; `SignDocument` who signed it.
//! The ledger gets salted hashes only: of the file, of the kind of document, of the role of each signer.
//! All salts of one version follow from one, its [`Opening::salt`]; whoever has it and the file can check
//! all of them against a proof, offline. For a document of the vault the salt follows from the secret that
//! is sealed with its bytes, so that it need not be kept anywhere else, and is gone when they are erased.

use salus_consent::{
    DocumentId,
    state::{DocumentSignature, DocumentVersion},
};
use salus_crypto::{commit::commitment, random};
use salus_types::{AccountId, Hash, hash_parts};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Domain of the commitment to the hash of a file.
pub const FILE_DOMAIN: &str = "salus/document/1";
/// Domain of the commitment to the kind of a document.
pub const KIND_DOMAIN: &str = "salus/document-kind/1";
/// Domain of the commitment to the role of a signer.
pub const ROLE_DOMAIN: &str = "salus/document-role/1";

const ID_DOMAIN: &[u8] = b"salus/document-id/1";
const SALT_DOMAIN: &[u8] = b"salus/document-salt/1";

macro_rules! roles {
    ($($(#[$doc:meta])* $variant:ident = $code:literal),* $(,)?) => {
        /// As what somebody signs. Source: FHIR value set `signature-type`, of ASTM E1762-95.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Role { $($(#[$doc])* $variant),* }

        impl Role {
            /// Every role.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
            /// The code of every role, in the same order.
            pub const CODES: &'static [&'static str] = &[$($code),*];

            /// The stable code.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }
        }
    };
}

roles! {
    /// Wrote it.
    Author = "author",
    /// Wrote it with others.
    Coauthor = "coauthor",
    /// Took part in what it is about.
    Participant = "co-participant",
    /// Wrote down what others said.
    Recorder = "recorder",
    /// Found it right.
    Verification = "verification",
    /// Found it valid.
    Validation = "validation",
    /// Consents to what it says.
    Consent = "consent",
    /// Saw it being signed.
    SignatureWitness = "signature-witness",
    /// Saw what it tells.
    EventWitness = "event-witness",
    /// Knows who signed.
    IdentityWitness = "identity-witness",
    /// Saw consent being given.
    ConsentWitness = "consent-witness",
    /// Interpreted it.
    Interpreter = "interpreter",
    /// Reviewed it.
    Review = "review",
    /// Is the source of what it says.
    Source = "source",
    /// Added to it.
    Addendum = "addendum",
    /// Changed it.
    Modification = "modification",
    /// Signs for administration.
    Administrative = "administrative",
    /// Only puts a time to it.
    Timestamp = "timestamp",
}

impl std::str::FromStr for Role {
    type Err = UnknownRole;

    fn from_str(code: &str) -> Result<Self, UnknownRole> {
        Self::ALL.iter().copied().find(|role| role.code() == code).ok_or(UnknownRole)
    }
}

/// The word is no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a role of a signer, such as author")]
pub struct UnknownRole;

/// The document on the ledger of an owner for a document of the vault, the same for all its versions.
pub fn document_of(secret: &[u8; 32], owner: AccountId) -> DocumentId {
    DocumentId(hash_parts(&[ID_DOMAIN, secret, &owner.0]))
}

/// What opens the commitments about one version of a document, to whoever has its file.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// The salt; none for a file whose plain hash is on the ledger, for everybody who has it to find.
    pub salt: Option<Hash>,
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opening([redacted])")
    }
}

impl Opening {
    /// With the plain hash on the ledger.
    pub fn public() -> Self {
        Self { salt: None }
    }

    /// With a fresh salt.
    pub fn fresh() -> Self {
        Self { salt: Some(Hash(random())) }
    }

    /// Of a document of the vault with this secret, for this owner on the ledger. `file` is the SHA-256
    /// of its bytes: what opens one version says nothing of another.
    pub fn of(secret: &[u8; 32], owner: AccountId, file: Hash) -> Self {
        Self { salt: Some(hash_parts(&[SALT_DOMAIN, secret, &owner.0, &file.0])) }
    }

    /// What of a file with this SHA-256 is on the ledger.
    pub fn commitment(&self, file: Hash) -> Hash {
        self.salt.map_or(file, |salt| commitment(FILE_DOMAIN, &salt.0, &file.0))
    }

    /// What of its kind is on the ledger; none is a kind too.
    pub fn kind_commitment(&self, file: Hash, kind: Option<&str>) -> Hash {
        commitment(KIND_DOMAIN, &self.inner(file).0, kind.unwrap_or_default().as_bytes())
    }

    /// What of a signer's role is on the ledger.
    pub fn role_commitment(&self, file: Hash, signer: AccountId, role: Role) -> Hash {
        let text = [&signer.0, role.code().as_bytes()].concat();
        commitment(ROLE_DOMAIN, &self.inner(file).0, &text)
    }

    /// Whether a version on the ledger is of the file with this SHA-256.
    pub fn opens(&self, file: Hash, version: &DocumentVersion) -> bool {
        self.commitment(file) == version.commitment
    }

    /// The role of a signer; none where it is in no role that is known here.
    pub fn role_of(&self, file: Hash, signature: &DocumentSignature) -> Option<Role> {
        let is = |role: &Role| {
            self.role_commitment(file, signature.signer, *role) == signature.role_commitment
        };
        Role::ALL.iter().copied().find(is)
    }

    /// The salt of what only who has the file is told.
    fn inner(&self, file: Hash) -> Hash {
        self.salt.unwrap_or(file)
    }
}
