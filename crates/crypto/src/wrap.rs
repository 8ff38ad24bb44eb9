//! Wrapping: a small secret, such as a category key, for one receiver.
//!
//! HPKE in base mode with X-Wing (ML-KEM-768 and X25519 together), HKDF-SHA256 and
//! ChaCha20-Poly1305: the suite for which another implementation publishes known answers.
//! Whoever records a wrap today learns nothing from it when quantum computers come, and nothing
//! should ML-KEM turn out to be weak.
//!
//! ```text
//! wrapped = 0x01 || encapsulated key of 1,120 bytes || ciphertext || tag of 16 bytes
//! info    = "salus/wrap/1" || 0x01 || the caller's
//! ```
//!
//! Sources: RFC 9180 (HPKE); draft-connolly-cfrg-xwing-kem; draft-ietf-hpke-pq (KEM 0x647a).

use crate::random;
use hpke::{
    Deserializable as _, Kem, OpModeR, OpModeS, Serializable as _, aead::ChaCha20Poly1305,
    kdf::HkdfSha256, kem::XWing, single_shot_open, single_shot_seal_with_rng,
};
use rand_core::CryptoRng;
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Bytes of a sealing secret.
pub const SECRET_BYTES: usize = 32;
/// Bytes of a sealing public key.
pub const PUBLIC_BYTES: usize = 1216;
/// How many bytes longer a wrap is than what it holds.
pub const OVERHEAD_BYTES: usize = 1 + ENCAPSULATED_BYTES + 16;

const ENCAPSULATED_BYTES: usize = 1120;
/// HPKE with X-Wing, HKDF-SHA256, ChaCha20-Poly1305.
const ALGORITHM: u8 = 1;
const DOMAIN: &[u8] = b"salus/wrap/1";

/// Why a key is refused or a wrap does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrapError {
    /// The bytes are no X-Wing public key. Code: `crypto.bad_sealing_key`.
    #[error("{len} bytes are not an X-Wing public key of {PUBLIC_BYTES} bytes")]
    BadPublicKey {
        /// How many bytes were given.
        len: usize,
    },
    /// The bytes are no X-Wing secret. Code: `crypto.bad_sealing_secret`.
    #[error("{len} bytes are not an X-Wing secret of {SECRET_BYTES} bytes")]
    BadSecret {
        /// How many bytes were given.
        len: usize,
    },
    /// The first byte names no algorithm that this version knows. Code: `crypto.wrap_algorithm`.
    #[error("wrapped with algorithm {found}, which is not known here")]
    UnknownAlgorithm {
        /// The byte found; 0 when there was none.
        found: u8,
    },
    /// Shorter than any wrap. Code: `crypto.wrap_length`.
    #[error("{len} bytes are too few for a wrap")]
    BadLength {
        /// The length found.
        len: usize,
    },
    /// For another receiver, in another context, or changed. Code: `crypto.wrap_open`.
    #[error("does not open: for another receiver, in another context, or changed bytes")]
    NotAuthentic,
}

impl WrapError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadPublicKey { .. } => "crypto.bad_sealing_key",
            Self::BadSecret { .. } => "crypto.bad_sealing_secret",
            Self::UnknownAlgorithm { .. } => "crypto.wrap_algorithm",
            Self::BadLength { .. } => "crypto.wrap_length",
            Self::NotAuthentic => "crypto.wrap_open",
        }
    }
}

/// The secret of a receiver: the seed of an X-Wing key pair; wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SealingSecret([u8; SECRET_BYTES]);

impl SealingSecret {
    /// A new random secret.
    pub fn generate() -> Self {
        Self(random())
    }

    /// The secret with these bytes.
    ///
    /// # Errors
    ///
    /// [`WrapError::BadSecret`]: not 32 bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WrapError> {
        Ok(Self(bytes.try_into().map_err(|_| WrapError::BadSecret { len: bytes.len() })?))
    }

    /// The secret bytes, for a keyring.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.to_vec())
    }

    /// The public key.
    pub fn public(&self) -> SealingPublic {
        SealingPublic(XWing::sk_to_pk(&self.private_key()).to_bytes().to_vec())
    }

    fn private_key(&self) -> <XWing as Kem>::PrivateKey {
        <XWing as Kem>::PrivateKey::from_bytes(&self.0)
            .expect("a seed of 32 bytes is an X-Wing secret")
    }
}

impl fmt::Debug for SealingSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingSecret([redacted])")
    }
}

/// The public key of a receiver, 1,216 bytes; public, on the ledger.
#[derive(Clone, PartialEq, Eq)]
pub struct SealingPublic(Vec<u8>);

impl SealingPublic {
    /// Takes the bytes of a public key.
    ///
    /// # Errors
    ///
    /// [`WrapError::BadPublicKey`]: not 1,216 bytes, or not a key of ML-KEM-768.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WrapError> {
        <XWing as Kem>::PublicKey::from_bytes(bytes)
            .map_err(|_| WrapError::BadPublicKey { len: bytes.len() })?;
        Ok(Self(bytes.to_vec()))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SealingPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingPublic({}…)", hex::encode(&self.0[..8]))
    }
}

/// Wraps `plain` for one receiver. `info` says what for, `aad` in which context; both are needed
/// to open it again, and neither is secret or included. `info` is shorter than 64,000 bytes.
///
/// # Panics
///
/// The operating system cannot give randomness, or `info` is too long.
pub fn wrap(to: &SealingPublic, info: &[u8], aad: &[u8], plain: &[u8]) -> Vec<u8> {
    let rng = &mut rand_core::UnwrapErr(getrandom::SysRng);
    let mut wrapped = vec![ALGORITHM];
    wrapped.extend(seal_with(to, &context(info), aad, plain, rng));
    wrapped
}

/// Opens what [`wrap`] wrapped for this receiver with the same `info` and `aad`.
///
/// # Errors
///
/// The first that applies: [`WrapError::UnknownAlgorithm`], [`WrapError::BadLength`],
/// [`WrapError::NotAuthentic`].
pub fn unwrap(
    secret: &SealingSecret,
    info: &[u8],
    aad: &[u8],
    wrapped: &[u8],
) -> Result<Zeroizing<Vec<u8>>, WrapError> {
    let rest = match wrapped.split_first() {
        Some((&ALGORITHM, rest)) => rest,
        Some((&found, _)) => return Err(WrapError::UnknownAlgorithm { found }),
        None => return Err(WrapError::UnknownAlgorithm { found: 0 }),
    };
    if wrapped.len() < OVERHEAD_BYTES {
        return Err(WrapError::BadLength { len: wrapped.len() });
    }
    open_with(secret, &context(info), aad, rest)
}

/// HPKE's single-shot seal, the encapsulated key first.
pub(crate) fn seal_with(
    to: &SealingPublic,
    info: &[u8],
    aad: &[u8],
    plain: &[u8],
    rng: &mut impl CryptoRng,
) -> Vec<u8> {
    let to = <XWing as Kem>::PublicKey::from_bytes(&to.0)
        .expect("a sealing key was checked when it was made");
    let (encapsulated, ciphertext) =
        single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, XWing>(
            &OpModeS::Base,
            &to,
            info,
            plain,
            aad,
            rng,
        )
        .expect("a small text can be sealed for a checked key");
    [encapsulated.to_bytes().as_slice(), &ciphertext].concat()
}

/// HPKE's single-shot open of at least an encapsulated key and a tag.
pub(crate) fn open_with(
    secret: &SealingSecret,
    info: &[u8],
    aad: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, WrapError> {
    let (encapsulated, ciphertext) = sealed.split_at(ENCAPSULATED_BYTES);
    let encapsulated = <XWing as Kem>::EncappedKey::from_bytes(encapsulated)
        .map_err(|_| WrapError::NotAuthentic)?;
    single_shot_open::<ChaCha20Poly1305, HkdfSha256, XWing>(
        &OpModeR::Base,
        &secret.private_key(),
        &encapsulated,
        info,
        ciphertext,
        aad,
    )
    .map(Zeroizing::new)
    .map_err(|_| WrapError::NotAuthentic)
}

fn context(info: &[u8]) -> Vec<u8> {
    [DOMAIN, &[ALGORITHM], info].concat()
}
