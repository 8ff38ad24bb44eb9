//! Public keys and signatures, each naming its algorithm so that algorithms can be exchanged.

use crate::codec::hex_bytes;
use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

hex_bytes! {
    /// An Ed25519 public key (RFC 8032), 32 bytes.
    Ed25519Key, 32
}
hex_bytes! {
    /// A compressed P-256 point (SEC 1), 33 bytes.
    P256Key, 33
}
hex_bytes! {
    /// A signature of 64 bytes: Ed25519 (RFC 8032), or ECDSA as `r || s` (IEEE P1363).
    SignatureBytes, 64
}

/// Which signature algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureAlgorithm {
    /// Ed25519, verified by the rules of ZIP 215, under which single and batch checks agree.
    Ed25519,
    /// ECDSA over P-256 with SHA-256, low `s` only.
    P256,
}

/// A public key with its algorithm. JSON: `{"ed25519": "<hex>"}`.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum PublicKey {
    /// An Ed25519 key.
    Ed25519(Ed25519Key),
    /// A P-256 key.
    P256(P256Key),
}

impl PublicKey {
    /// The algorithm that this key is for.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        match self {
            Self::Ed25519(_) => SignatureAlgorithm::Ed25519,
            Self::P256(_) => SignatureAlgorithm::P256,
        }
    }
}

/// A signature with its algorithm. JSON: `{"ed25519": "<hex>"}`.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Signature {
    /// An Ed25519 signature.
    Ed25519(SignatureBytes),
    /// An ECDSA P-256 signature.
    P256(SignatureBytes),
}
