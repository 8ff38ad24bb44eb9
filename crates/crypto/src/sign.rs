//! Signatures: Ed25519 by the rules of ZIP 215, and ECDSA over P-256 with SHA-256.
//!
//! All nodes must agree on whether a signature is valid, whether they check it alone or with a
//! thousand others. RFC 8032 leaves that open for Ed25519; ZIP 215 closes it: the cofactored
//! equation, any encoding of a point on the curve, `s` below the group order. For ECDSA only the
//! lower of the two values of `s` is accepted, so that nobody can turn one valid signature into
//! another.
//!
//! Sources: RFC 8032; ZIP 215; FIPS 186-5; SEC 1, version 2.

use crate::{batch, random};
use ed25519_zebra as ed25519;
use p256::ecdsa::{
    self,
    signature::{Signer as _, Verifier as _},
};
use salus_types::{
    PublicKey, Signature, SignatureAlgorithm,
    key::{Ed25519Key, P256Key, SignatureBytes},
};
use std::fmt;
use zeroize::Zeroizing;

/// Bytes of a secret key, the same for both algorithms.
pub const SECRET_BYTES: usize = 32;

/// Below this many signatures a batch is not worth its set-up.
const BATCH_MIN: usize = 4;

/// Why a key or a signature is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The bytes are no secret key of this algorithm. Code: `crypto.bad_secret_key`.
    #[error("secret key of {len} bytes is not a valid {algorithm:?} key of {SECRET_BYTES} bytes")]
    BadSecretKey {
        /// The algorithm it was read for.
        algorithm: SignatureAlgorithm,
        /// How many bytes were given.
        len: usize,
    },
    /// The bytes are no point of the curve. Code: `crypto.bad_public_key`.
    #[error("public key is not a point of the {algorithm:?} curve")]
    BadPublicKey {
        /// The algorithm it says it is for.
        algorithm: SignatureAlgorithm,
    },
    /// Anyone can sign for this key: it is a point of small order. Code: `crypto.weak_public_key`.
    #[error("public key is a point of small order, for which anyone can sign")]
    WeakPublicKey,
    /// Key and signature are of different algorithms. Code: `crypto.algorithm_mismatch`.
    #[error("a {key:?} key cannot check a {signature:?} signature")]
    AlgorithmMismatch {
        /// The key's.
        key: SignatureAlgorithm,
        /// The signature's.
        signature: SignatureAlgorithm,
    },
    /// The signature is not this key's over this message. Code: `crypto.bad_signature`.
    #[error("the signature is not this key's over this message")]
    BadSignature,
}

impl SignatureError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadSecretKey { .. } => "crypto.bad_secret_key",
            Self::BadPublicKey { .. } => "crypto.bad_public_key",
            Self::WeakPublicKey => "crypto.weak_public_key",
            Self::AlgorithmMismatch { .. } => "crypto.algorithm_mismatch",
            Self::BadSignature => "crypto.bad_signature",
        }
    }
}

/// A secret signing key; wiped when dropped.
#[derive(Clone)]
pub struct SigningKey(Secret);

#[derive(Clone)]
enum Secret {
    Ed25519(Zeroizing<ed25519::SigningKey>),
    P256(ecdsa::SigningKey), // Wipes itself.
}

impl SigningKey {
    /// A new random key.
    pub fn generate(algorithm: SignatureAlgorithm) -> Self {
        loop {
            let secret = Zeroizing::new(random::<SECRET_BYTES>());
            // Once in 2^32 tries the bytes are above the order of P-256.
            if let Ok(key) = Self::from_secret_bytes(algorithm, &*secret) {
                return key;
            }
        }
    }

    /// The key with these secret bytes: an RFC 8032 seed, or a big-endian P-256 scalar.
    ///
    /// # Errors
    ///
    /// [`SignatureError::BadSecretKey`]: not 32 bytes, or not a scalar of the group.
    pub fn from_secret_bytes(
        algorithm: SignatureAlgorithm,
        bytes: &[u8],
    ) -> Result<Self, SignatureError> {
        let bad = || SignatureError::BadSecretKey { algorithm, len: bytes.len() };
        Ok(Self(match algorithm {
            SignatureAlgorithm::Ed25519 => Secret::Ed25519(Zeroizing::new(
                ed25519::SigningKey::try_from(bytes).map_err(|_| bad())?,
            )),
            SignatureAlgorithm::P256 => {
                if bytes.len() != SECRET_BYTES {
                    return Err(bad());
                }
                Secret::P256(ecdsa::SigningKey::from_slice(bytes).map_err(|_| bad())?)
            }
        }))
    }

    /// The secret bytes, for a keyring.
    pub fn to_secret_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(match &self.0 {
            Secret::Ed25519(key) => key.as_bytes().to_vec(),
            Secret::P256(key) => Zeroizing::new(key.to_bytes()).to_vec(),
        })
    }

    /// The algorithm of this key.
    pub fn algorithm(&self) -> SignatureAlgorithm {
        match &self.0 {
            Secret::Ed25519(_) => SignatureAlgorithm::Ed25519,
            Secret::P256(_) => SignatureAlgorithm::P256,
        }
    }

    /// The public key.
    ///
    /// # Panics
    ///
    /// Never: a compressed P-256 point is 33 bytes.
    pub fn public(&self) -> PublicKey {
        match &self.0 {
            Secret::Ed25519(key) => {
                PublicKey::Ed25519(Ed25519Key(ed25519::VerificationKeyBytes::from(&**key).into()))
            }
            Secret::P256(key) => {
                let point = key.verifying_key().to_sec1_point(true);
                PublicKey::P256(P256Key(
                    point.as_bytes().try_into().expect("a compressed point is 33 bytes"),
                ))
            }
        }
    }

    /// Signs a message. The same key and message always give the same signature.
    pub fn sign(&self, message: &[u8]) -> Signature {
        match &self.0 {
            Secret::Ed25519(key) => {
                Signature::Ed25519(SignatureBytes(key.sign(message).to_bytes()))
            }
            Secret::P256(key) => {
                let signature: ecdsa::Signature = key.sign(message);
                Signature::P256(SignatureBytes(signature.normalize_s().to_bytes().into()))
            }
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey([redacted])")
    }
}

/// Checks one signature.
///
/// # Errors
///
/// The first that applies: [`SignatureError::AlgorithmMismatch`], [`SignatureError::BadPublicKey`],
/// [`SignatureError::BadSignature`].
pub fn verify(
    key: &PublicKey,
    message: &[u8],
    signature: &Signature,
) -> Result<(), SignatureError> {
    let algorithm = key.algorithm();
    match (key, signature) {
        (PublicKey::Ed25519(key), Signature::Ed25519(signature)) => {
            ed25519::VerificationKey::try_from(key.0)
                .map_err(|_| SignatureError::BadPublicKey { algorithm })?
                .verify(&signature.0.into(), message)
                .map_err(|_| SignatureError::BadSignature)
        }
        (PublicKey::P256(key), Signature::P256(signature)) => {
            let key = ecdsa::VerifyingKey::from_sec1_bytes(&key.0)
                .map_err(|_| SignatureError::BadPublicKey { algorithm })?;
            let signature = ecdsa::Signature::from_slice(&signature.0)
                .map_err(|_| SignatureError::BadSignature)?;
            if signature.normalize_s() != signature {
                return Err(SignatureError::BadSignature);
            }
            key.verify(message, &signature).map_err(|_| SignatureError::BadSignature)
        }
        (PublicKey::Ed25519(_), Signature::P256(_)) => Err(SignatureError::AlgorithmMismatch {
            key: algorithm,
            signature: SignatureAlgorithm::P256,
        }),
        (PublicKey::P256(_), Signature::Ed25519(_)) => Err(SignatureError::AlgorithmMismatch {
            key: algorithm,
            signature: SignatureAlgorithm::Ed25519,
        }),
    }
}

/// Checks that a public key may be registered: a point of its curve for which not everyone can
/// sign.
///
/// # Errors
///
/// [`SignatureError::BadPublicKey`], [`SignatureError::WeakPublicKey`].
pub fn check_public_key(key: &PublicKey) -> Result<(), SignatureError> {
    let algorithm = key.algorithm();
    match key {
        PublicKey::Ed25519(bytes) => {
            let point = ed25519::VerificationKey::try_from(bytes.0)
                .map_err(|_| SignatureError::BadPublicKey { algorithm })?;
            // With R the neutral point and s zero, the equation of ZIP 215 is 8·k·A = 0: it holds
            // for every message exactly when A is of small order.
            let mut forged = [0; 64];
            forged[0] = 1;
            match point.verify(&forged.into(), b"salus/weak-key/1") {
                Ok(()) => Err(SignatureError::WeakPublicKey),
                Err(_) => Ok(()),
            }
        }
        PublicKey::P256(bytes) => ecdsa::VerifyingKey::from_sec1_bytes(&bytes.0)
            .map(|_| ())
            .map_err(|_| SignatureError::BadPublicKey { algorithm }),
    }
}

/// One signature of a batch.
#[derive(Clone, Copy, Debug)]
pub struct SignatureItem<'a> {
    /// The key.
    pub key: &'a PublicKey,
    /// The message.
    pub message: &'a [u8],
    /// The signature.
    pub signature: &'a Signature,
}

/// Checks many signatures, each with the same outcome as [`verify`], in their order.
///
/// Uses the calling thread only. Ed25519 signatures are checked together; where a batch fails it is
/// halved until the bad ones are found.
pub fn verify_batch(items: &[SignatureItem<'_>]) -> Vec<bool> {
    let mut valid = vec![false; items.len()];
    let mut together = Vec::with_capacity(items.len());
    for (position, item) in items.iter().enumerate() {
        match (item.key, item.signature) {
            (PublicKey::Ed25519(key), Signature::Ed25519(signature)) => {
                together.push(batch::Raw {
                    position,
                    key: &key.0,
                    message: item.message,
                    signature: &signature.0,
                });
            }
            (PublicKey::P256(_), _) | (_, Signature::P256(_)) => {
                valid[position] = verify(item.key, item.message, item.signature).is_ok();
            }
        }
    }
    let mut alone = |position: usize| {
        let item = &items[position];
        valid[position] = verify(item.key, item.message, item.signature).is_ok();
    };
    if together.len() < BATCH_MIN {
        for one in &together {
            alone(one.position);
        }
        return valid;
    }
    let decoded = batch::decode(&together);
    let mut unsure = Vec::new();
    let good = batch::check(&decoded, &mut unsure);
    for position in unsure {
        alone(position);
    }
    for position in good {
        valid[position] = true;
    }
    valid
}
