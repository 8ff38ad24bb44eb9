//! Sealing under a passphrase, for secrets that leave their machine in a back-up.
//!
//! ```text
//! sealed = 0x01 || salt of 16 bytes || what [`crate::seal`] makes of it
//! key    = Argon2id(passphrase, salt), 64 MiB, 3 passes, 1 lane
//! ```
//!
//! Source: RFC 9106, second recommended option.

use crate::{
    random,
    seal::{self, DataKey, SealError},
};
use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

/// Argon2id with the settings above.
const ALGORITHM: u8 = 1;
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;

/// Seals bytes under a passphrase; `context` says what they are, and is needed to open them.
pub fn seal(passphrase: &str, context: &[u8], plain: &[u8]) -> Vec<u8> {
    let salt = random::<SALT_BYTES>();
    let sealed = seal::seal(&key(passphrase, &salt), context, plain);
    [&[ALGORITHM], salt.as_slice(), &sealed].concat()
}

/// Opens what [`seal()`] made.
///
/// # Errors
///
/// The first that applies: [`SealError::UnknownAlgorithm`]; [`SealError::BadLength`];
/// [`SealError::NotAuthentic`]: another passphrase or context, or changed bytes.
pub fn open(
    passphrase: &str,
    context: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let (algorithm, rest) = sealed.split_first().unwrap_or((&0, &[]));
    if *algorithm != ALGORITHM {
        return Err(SealError::UnknownAlgorithm { found: *algorithm });
    }
    let (salt, sealed) =
        rest.split_first_chunk::<SALT_BYTES>().ok_or(SealError::BadLength { len: sealed.len() })?;
    seal::open(&key(passphrase, salt), context, sealed)
}

fn key(passphrase: &str, salt: &[u8; SALT_BYTES]) -> DataKey {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(seal::KEY_BYTES))
        .expect("the settings are within the function's bounds");
    let mut bytes = Zeroizing::new([0; seal::KEY_BYTES]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, &mut *bytes)
        .expect("salt and length are within the function's bounds");
    DataKey::from_bytes(*bytes)
}
