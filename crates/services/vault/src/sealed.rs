//! How one version of a record is sealed and committed to.
//!
//! Each version has a data key of its own. The salt of its commitments is derived from that key, so
//! that it is stored with the key and dies with it. The plain bytes are committed to under the salt;
//! the ciphertext is hashed as it is, so that storage can be audited without keys.

use crate::{Result, VaultError};
use salus_consent::{RecordId, state::RecordVersion, tx::AnchorRecord};
use salus_crypto::{
    commit::commitment,
    seal::{self, DataKey},
};
use salus_fhir::Category;
use salus_types::{AccountId, Hash, hash, hash_parts};
use zeroize::Zeroizing;

/// Domain of the commitment to a record's exact bytes.
pub const RECORD_DOMAIN: &str = "salus/record/1";
/// Domain of the commitment to a record's category.
pub const CATEGORY_DOMAIN: &str = "salus/record-category/1";

const SALT_DOMAIN: &[u8] = b"salus/record-salt/1";
const SEAL_DOMAIN: &[u8] = b"salus/record-seal/1";

/// A version of a record, sealed and ready to be stored and anchored.
pub(crate) struct SealedVersion {
    pub(crate) anchor: AnchorRecord,
    pub(crate) key: DataKey,
    pub(crate) ciphertext: Vec<u8>,
}

/// The salt under which a version is committed to.
pub fn salt(key: &DataKey) -> [u8; 32] {
    hash_parts(&[SALT_DOMAIN, key.as_bytes()]).0
}

/// The anchored commitment to a record's exact bytes.
pub fn record_commitment(key: &DataKey, bytes: &[u8]) -> Hash {
    commitment(RECORD_DOMAIN, &salt(key), bytes)
}

/// The anchored commitment to a record's category.
pub fn category_commitment(key: &DataKey, category: Category) -> Hash {
    commitment(CATEGORY_DOMAIN, &salt(key), category.code().as_bytes())
}

/// What a version is sealed under beside its key: nothing else opens as this version.
fn context(record: RecordId, version: u32) -> Vec<u8> {
    [SEAL_DOMAIN, record.as_bytes(), &version.to_be_bytes()].concat()
}

/// Seals a version under a fresh key.
pub(crate) fn seal_version(
    record: RecordId,
    version: u32,
    patient: AccountId,
    category: Category,
    bytes: &[u8],
) -> SealedVersion {
    let key = DataKey::generate();
    let ciphertext = seal::seal(&key, &context(record, version), bytes);
    let anchor = AnchorRecord {
        record,
        patient,
        version,
        plain_commitment: record_commitment(&key, bytes),
        cipher_hash: hash(&ciphertext),
        category_commitment: category_commitment(&key, category),
    };
    SealedVersion { anchor, key, ciphertext }
}

/// Checks sealed bytes against their anchor, opens them, and checks the plain bytes as well.
///
/// # Errors
///
/// [`VaultError::Integrity`]: ciphertext, key, bytes or category are not what was anchored.
pub(crate) fn open(
    record: RecordId,
    anchor: &RecordVersion,
    key: &DataKey,
    category: Category,
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>> {
    let check =
        |holds: bool, what| if holds { Ok(()) } else { Err(VaultError::Integrity { what }) };
    check(hash(ciphertext) == anchor.cipher_hash, "the sealed record")?;
    let plain = decrypt(record, anchor.version, key, ciphertext)?;
    check(record_commitment(key, &plain) == anchor.plain_commitment, "the record")?;
    check(
        category_commitment(key, category) == anchor.category_commitment,
        "the category of the record",
    )?;
    Ok(plain)
}

/// Opens sealed bytes with their key, and compares them with nothing.
pub(crate) fn decrypt(
    record: RecordId,
    version: u32,
    key: &DataKey,
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>> {
    seal::open(key, &context(record, version), ciphertext)
        .map_err(|_| VaultError::Integrity { what: "the key of the record" })
}
