//! Sealing: records at rest, and data keys under other keys, with AES-256-GCM-SIV.
//!
//! A record is sealed in segments of 64 KiB. Each version of a record has a data key of its own, so
//! the nonce of a segment is its position and whether it is the last: segments cannot be swapped,
//! left out, added or cut off. What a seal belongs to (`aad`) is bound to every segment. Sealing two
//! texts with one key by mistake reveals only which segments are equal.
//!
//! ```text
//! sealed   = 0x01 || segment 0 || ... || segment n
//! segment  = ciphertext of at most 65,536 bytes || tag of 16 bytes
//! nonce    = 0x00 0x00 0x00 || position, 8 bytes big-endian || 0x01 if last, else 0x00
//! aad      = "salus/seal/1" || 0x01 || the caller's
//! ```
//!
//! Sources: RFC 8452 (AES-GCM-SIV); Hoang, Reyhanitabar, Rogaway and Vizár, "Online
//! Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance" (STREAM).

use crate::random;
use aes_gcm_siv::{
    Aes256GcmSiv, KeyInit as _, Nonce,
    aead::{AeadInOut as _, inout::InOutBuf},
};
use std::fmt;
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Bytes of plain text in a segment; the last may have fewer.
pub const SEGMENT_BYTES: usize = 64 * 1024;
/// Bytes of a data key.
pub const KEY_BYTES: usize = 32;
/// Bytes of a key that was wrapped with [`wrap_key`].
pub const WRAPPED_KEY_BYTES: usize = 1 + NONCE_BYTES + KEY_BYTES + TAG_BYTES;

const TAG_BYTES: usize = 16;
const NONCE_BYTES: usize = 12;
/// AES-256-GCM-SIV, in segments of [`SEGMENT_BYTES`].
const ALGORITHM: u8 = 1;
const SEAL_DOMAIN: &[u8] = b"salus/seal/1";
const KEY_DOMAIN: &[u8] = b"salus/wrap-key/1";

/// Why something sealed does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The first byte names no algorithm that this version knows. Code: `crypto.seal_algorithm`.
    #[error("sealed with algorithm {found}, which is not known here")]
    UnknownAlgorithm {
        /// The byte found; 0 when there was none.
        found: u8,
    },
    /// Shorter than anything sealed, or of an impossible length. Code: `crypto.seal_length`.
    #[error("{len} bytes is not a possible length of something sealed")]
    BadLength {
        /// The length found.
        len: usize,
    },
    /// Another key, another context, or changed bytes. Code: `crypto.seal_open`.
    #[error("does not open: another key, another context, or changed bytes")]
    NotAuthentic,
}

impl SealError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownAlgorithm { .. } => "crypto.seal_algorithm",
            Self::BadLength { .. } => "crypto.seal_length",
            Self::NotAuthentic => "crypto.seal_open",
        }
    }
}

/// A secret key for sealing; wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DataKey([u8; KEY_BYTES]);

impl PartialEq for DataKey {
    /// Takes the same time wherever the keys differ.
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for DataKey {}

impl DataKey {
    /// A new random key.
    pub fn generate() -> Self {
        Self(random())
    }

    /// The key with these bytes.
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// The secret bytes.
    pub fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    fn cipher(&self) -> Aes256GcmSiv {
        Aes256GcmSiv::new((&self.0).into())
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey([redacted])")
    }
}

/// How many bytes `plain` bytes take when sealed.
pub const fn sealed_len(plain: usize) -> usize {
    let segments = if plain == 0 { 1 } else { plain.div_ceil(SEGMENT_BYTES) };
    1 + plain + segments * TAG_BYTES
}

/// Seals `plain` in the context `aad`. The key is for this one text only.
///
/// # Panics
///
/// Never: a segment is far below the limit of the cipher.
pub fn seal(key: &DataKey, aad: &[u8], plain: &[u8]) -> Vec<u8> {
    let (cipher, aad) = (key.cipher(), context(SEAL_DOMAIN, aad));
    let mut sealed = Vec::with_capacity(sealed_len(plain.len()));
    sealed.push(ALGORITHM);
    let mut rest = plain;
    for position in 0.. {
        let (segment, next) = rest.split_at(rest.len().min(SEGMENT_BYTES));
        let start = sealed.len();
        sealed.extend_from_slice(segment);
        let tag = cipher
            .encrypt_inout_detached(
                &segment_nonce(position, next.is_empty()),
                &aad,
                InOutBuf::from(&mut sealed[start..]),
            )
            .expect("a segment is below the limit of the cipher");
        sealed.extend_from_slice(&tag);
        if next.is_empty() {
            break;
        }
        rest = next;
    }
    sealed
}

/// Opens what [`seal`] sealed with this key in this context.
///
/// # Errors
///
/// The first that applies: [`SealError::UnknownAlgorithm`], [`SealError::BadLength`],
/// [`SealError::NotAuthentic`]. Nothing of the plain text is returned unless all of it is authentic.
pub fn open(key: &DataKey, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let mut rest = split_algorithm(sealed)?;
    let bad_length = SealError::BadLength { len: sealed.len() };
    if rest.len() < TAG_BYTES {
        return Err(bad_length);
    }
    let (cipher, aad) = (key.cipher(), context(SEAL_DOMAIN, aad));
    let mut plain = Zeroizing::new(Vec::with_capacity(rest.len()));
    for position in 0.. {
        let (segment, next) = rest.split_at(rest.len().min(SEGMENT_BYTES + TAG_BYTES));
        // Only an empty text has an empty segment.
        let text_len = segment.len().checked_sub(TAG_BYTES).ok_or(bad_length)?;
        if text_len == 0 && position > 0 {
            return Err(bad_length);
        }
        let (text, tag) = segment.split_at(text_len);
        let start = plain.len();
        plain.extend_from_slice(text);
        cipher
            .decrypt_inout_detached(
                &segment_nonce(position, next.is_empty()),
                &aad,
                InOutBuf::from(&mut plain[start..]),
                tag.try_into().map_err(|_| bad_length)?,
            )
            .map_err(|_| SealError::NotAuthentic)?;
        if next.is_empty() {
            break;
        }
        rest = next;
    }
    Ok(plain)
}

/// Wraps a key under another, in the context `aad`: 61 bytes. One key may wrap many.
///
/// `0x01 || random nonce of 12 bytes || AES-256-GCM-SIV of the key`.
///
/// # Panics
///
/// Never: a key is below the limit of the cipher.
pub fn wrap_key(with: &DataKey, aad: &[u8], key: &DataKey) -> Vec<u8> {
    let nonce = random::<NONCE_BYTES>();
    let mut wrapped = Vec::with_capacity(WRAPPED_KEY_BYTES);
    wrapped.push(ALGORITHM);
    wrapped.extend_from_slice(&nonce);
    let mut text = Zeroizing::new(*key.as_bytes());
    let tag = with
        .cipher()
        .encrypt_inout_detached(
            &nonce.into(),
            &context(KEY_DOMAIN, aad),
            InOutBuf::from(&mut text[..]),
        )
        .expect("a key is below the limit of the cipher");
    wrapped.extend_from_slice(&*text);
    wrapped.extend_from_slice(&tag);
    wrapped
}

/// Opens what [`wrap_key`] wrapped with this key in this context.
///
/// # Errors
///
/// The first that applies: [`SealError::UnknownAlgorithm`], [`SealError::BadLength`],
/// [`SealError::NotAuthentic`].
pub fn unwrap_key(with: &DataKey, aad: &[u8], wrapped: &[u8]) -> Result<DataKey, SealError> {
    let rest = split_algorithm(wrapped)?;
    let bad_length = SealError::BadLength { len: wrapped.len() };
    let (nonce, rest) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(bad_length)?;
    let (text, tag) = rest.split_first_chunk::<KEY_BYTES>().ok_or(bad_length)?;
    let tag: &[u8; TAG_BYTES] = tag.try_into().map_err(|_| bad_length)?;
    let mut key = DataKey(*text);
    with.cipher()
        .decrypt_inout_detached(
            nonce.into(),
            &context(KEY_DOMAIN, aad),
            InOutBuf::from(&mut key.0[..]),
            tag.into(),
        )
        .map_err(|_| SealError::NotAuthentic)?;
    Ok(key)
}

fn split_algorithm(bytes: &[u8]) -> Result<&[u8], SealError> {
    match bytes.split_first() {
        Some((&ALGORITHM, rest)) => Ok(rest),
        Some((&found, _)) => Err(SealError::UnknownAlgorithm { found }),
        None => Err(SealError::UnknownAlgorithm { found: 0 }),
    }
}

fn context(domain: &[u8], aad: &[u8]) -> Vec<u8> {
    [domain, &[ALGORITHM], aad].concat()
}

fn segment_nonce(position: u64, last: bool) -> Nonce {
    let mut nonce = [0; NONCE_BYTES];
    nonce[3..11].copy_from_slice(&position.to_be_bytes());
    nonce[11] = u8::from(last);
    nonce.into()
}
