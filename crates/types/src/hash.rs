//! SHA-256, the one hash of the ledger (hardware everywhere, accepted by regulators).

use crate::codec::hex_bytes;
use sha2::{Digest as _, Sha256};

hex_bytes! {
    /// A SHA-256 digest, 32 bytes; shown as 64 lower-case hexadecimal digits.
    Hash, 32
}

impl Hash {
    /// The digest that stands for "nothing before this": 32 zero bytes.
    pub const ZERO: Self = Self([0; 32]);
}

/// Hashes one byte string.
pub fn hash(bytes: &[u8]) -> Hash {
    Hash(Sha256::digest(bytes).into())
}

/// Hashes the concatenation of `parts`.
///
/// The caller makes the parts unambiguous: a fixed domain string first, then fixed-width parts, and
/// at most one part of free length, last.
pub fn hash_parts(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    Hash(hasher.finalize().into())
}
