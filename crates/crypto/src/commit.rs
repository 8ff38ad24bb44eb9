//! Salted commitments: what goes on the ledger in place of something that must not.

use salus_types::{Hash, hash_parts};

/// Bytes of a salt.
pub const SALT_BYTES: usize = 32;

/// Commits to `bytes`: without the salt nothing can be learned or tested, with it nothing but these
/// bytes fits.
///
/// `domain` says what kind of thing is committed to, so that a commitment to one kind never opens
/// as another. The salt is random, one for each commitment, and is destroyed when what it hides is
/// to be forgotten.
///
/// SHA-256 of `"salus/commitment/1/" || domain || 0x00 || salt || bytes`.
///
/// # Panics
///
/// The domain, which is fixed in the code, holds a zero byte.
pub fn commitment(domain: &'static str, salt: &[u8; SALT_BYTES], bytes: &[u8]) -> Hash {
    assert!(!domain.contains('\0'), "a zero byte ends the domain");
    hash_parts(&[b"salus/commitment/1/", domain.as_bytes(), &[0], salt, bytes])
}
