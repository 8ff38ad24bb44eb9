//! The keys that the vault keeps: one root key, category keys, keys of assisted patients.
//!
//! Everything here is wrapped to the organisation's own sealing key (X-Wing) before it touches the
//! disk. The root key blinds what the index compares (sources and fingerprints) and wraps small
//! secrets of the vault's own, such as scopes of grants.

use crate::{Result, VaultError};
use salus_consent::{Basis, RecordId};
use salus_crypto::{
    commit::commitment,
    random,
    seal::{self, DataKey, WRAPPED_KEY_BYTES},
    sign::SigningKey,
    wrap::{self, SealingPublic, SealingSecret},
};
use salus_fhir::Category;
use salus_types::{AccountId, Hash, SignatureAlgorithm, encode};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};
use zeroize::Zeroizing;

const ROOT_INFO: &[u8] = b"salus/vault-root/1";
const CATEGORY_INFO: &[u8] = b"salus/category-key/1";
const BASIS_INFO: &[u8] = b"salus/basis-wrap/1";
const LINK_DOMAIN: &[u8] = b"salus/category-link/1";
const PAIR_INFO: &[u8] = b"salus/category-pair/1";
const SHARES_INFO: &[u8] = b"salus/shares/1";
const BATCH_INFO: &[u8] = b"salus/batch-key/1";
const PATIENT_INFO: &[u8] = b"salus/patient-key/1";
const AUDIT_INFO: &[u8] = b"salus/audit-key/1";
const SMALL_DOMAIN: &[u8] = b"salus/vault-small/1";

/// Category keys kept open at a time; above it all are dropped and opened again when needed.
const OPEN_KEYS_MAX: usize = 16_384;

/// Which category key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CategoryKeyId {
    pub(crate) patient: AccountId,
    pub(crate) category: Category,
    pub(crate) epoch: u32,
}

impl CategoryKeyId {
    fn context(&self) -> Vec<u8> {
        [&self.patient.0, self.category.code().as_bytes(), b"/", &self.epoch.to_be_bytes()].concat()
    }
}

/// The keys of one vault.
pub(crate) struct KeyRing {
    secret: SealingSecret,
    public: SealingPublic,
    root: DataKey,
    open: Mutex<HashMap<CategoryKeyId, Arc<DataKey>>>,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyRing([redacted])")
    }
}

impl KeyRing {
    /// A new root key, wrapped in the context `owner`.
    pub(crate) fn new_root(secret: &SealingSecret, owner: &[u8]) -> Vec<u8> {
        let root = DataKey::generate();
        wrap::wrap(&secret.public(), ROOT_INFO, owner, root.as_bytes())
    }

    /// Opens the ring with its wrapped root key.
    pub(crate) fn open(secret: SealingSecret, owner: &[u8], root: &[u8]) -> Result<Self> {
        let root = wrap::unwrap(&secret, ROOT_INFO, owner, root)
            .map_err(|_| VaultError::Home { what: "sealing key" })?;
        Ok(Self {
            public: secret.public(),
            secret,
            root: DataKey::from_bytes(array(&root, "the root key")?),
            open: Mutex::default(),
        })
    }

    /// A hash of `parts` that only this vault can make or test.
    pub(crate) fn blind(&self, domain: &'static str, parts: &[&[u8]]) -> Hash {
        commitment(domain, self.root.as_bytes(), &parts.concat())
    }

    /// Makes a category key; gives it and its wraps to the holder and to the patient.
    pub(crate) fn new_category(
        &self,
        id: CategoryKeyId,
        patient: Option<&SealingPublic>,
    ) -> (Arc<DataKey>, Vec<u8>, Option<Vec<u8>>) {
        let key = Arc::new(DataKey::generate());
        let wrapped = |to| wrap::wrap(to, CATEGORY_INFO, &id.context(), key.as_bytes());
        let wraps = (wrapped(&self.public), patient.map(wrapped));
        (key, wraps.0, wraps.1)
    }

    /// Wraps a category key to who may read on a basis.
    pub(crate) fn wrap_to_reader(
        basis: Basis,
        id: CategoryKeyId,
        to: &SealingPublic,
        key: &DataKey,
    ) -> Vec<u8> {
        wrap::wrap(to, BASIS_INFO, &basis_context(basis, id), key.as_bytes())
    }

    /// Keeps an open key at hand.
    pub(crate) fn remember(&self, id: CategoryKeyId, key: &Arc<DataKey>) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= OPEN_KEYS_MAX {
            open.clear();
        }
        open.insert(id, Arc::clone(key));
    }

    /// The category key if it is open already.
    pub(crate) fn opened(&self, id: CategoryKeyId) -> Option<Arc<DataKey>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// Drops every open key of a patient.
    pub(crate) fn forget(&self, patient: AccountId) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|id, _| id.patient != patient);
    }

    /// Opens shares that were wrapped to this organisation.
    pub(crate) fn open_shares(
        &self,
        root: Hash,
        custodian: AccountId,
        wrapped: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        wrap::unwrap(&self.secret, SHARES_INFO, &[root.0, custodian.0].concat(), wrapped).ok()
    }

    /// Opens a category key from its wrap to the holder.
    pub(crate) fn open_category(&self, id: CategoryKeyId, wrapped: &[u8]) -> Result<Arc<DataKey>> {
        let what = "the category key";
        let key = wrap::unwrap(&self.secret, CATEGORY_INFO, &id.context(), wrapped)
            .map_err(|_| VaultError::Integrity { what })?;
        let key = Arc::new(DataKey::from_bytes(array(&key, what)?));
        self.remember(id, &key);
        Ok(key)
    }

    /// Wraps the signing key of an assisted patient.
    pub(crate) fn wrap_patient_key(&self, patient: AccountId, key: &SigningKey) -> Vec<u8> {
        wrap::wrap(&self.public, PATIENT_INFO, &patient.0, &key.to_secret_bytes())
    }

    /// Opens the signing key of an assisted patient.
    pub(crate) fn open_patient_key(
        &self,
        patient: AccountId,
        wrapped: &[u8],
    ) -> Result<SigningKey> {
        let bad = |_| VaultError::Integrity { what: "the patient's key" };
        let secret = wrap::unwrap(&self.secret, PATIENT_INFO, &patient.0, wrapped).map_err(bad)?;
        SigningKey::from_secret_bytes(SignatureAlgorithm::Ed25519, &secret)
            .map_err(|_| VaultError::Integrity { what: "the patient's key" })
    }

    /// Makes the key of a patient's log of audit events; gives its wraps to the holder and to the
    /// patient.
    pub(crate) fn new_audit(
        &self,
        patient: AccountId,
        to: Option<&SealingPublic>,
    ) -> (Vec<u8>, Option<Vec<u8>>) {
        let key = DataKey::generate();
        let holder = seal::wrap_key(&self.root, &audit_context(patient), &key);
        (holder, to.map(|to| wrap::wrap(to, AUDIT_INFO, &patient.0, key.as_bytes())))
    }

    /// Opens the key of a patient's log from its wrap to the holder.
    pub(crate) fn open_audit(&self, patient: AccountId, wrapped: &[u8]) -> Result<DataKey> {
        seal::unwrap_key(&self.root, &audit_context(patient), wrapped)
            .map_err(|_| VaultError::Integrity { what: "the key of a patient's log" })
    }

    /// Seals a small text of the vault's own, under a fresh key wrapped by the root key.
    pub(crate) fn seal_small(&self, context: &[u8], plain: &[u8]) -> Vec<u8> {
        let context = [SMALL_DOMAIN, context].concat();
        let key = DataKey::generate();
        let mut sealed = seal::wrap_key(&self.root, &context, &key);
        sealed.extend(seal::seal(&key, &context, plain));
        sealed
    }

    /// Opens what [`Self::seal_small`] sealed.
    pub(crate) fn open_small(&self, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let bad = VaultError::Integrity { what: "an entry of the index" };
        let context = [SMALL_DOMAIN, context].concat();
        let Some((key, text)) = sealed.split_at_checked(WRAPPED_KEY_BYTES) else {
            return Err(bad);
        };
        let Ok(key) = seal::unwrap_key(&self.root, &context, key) else { return Err(bad) };
        seal::open(&key, &context, text)
            .map_err(|_| VaultError::Integrity { what: "an entry of the index" })
    }
}

fn audit_context(patient: AccountId) -> Vec<u8> {
    [AUDIT_INFO, &patient.0].concat()
}

fn basis_context(basis: Basis, id: CategoryKeyId) -> Vec<u8> {
    [encode(&basis), id.context()].concat()
}

/// Opens a category key at the side of who may read.
pub(crate) fn open_basis_wrap(
    basis: Basis,
    id: CategoryKeyId,
    secret: &SealingSecret,
    wrapped: &[u8],
) -> Option<DataKey> {
    let key = wrap::unwrap(secret, BASIS_INFO, &basis_context(basis, id), wrapped).ok()?;
    Some(DataKey::from_bytes(key.as_slice().try_into().ok()?))
}

/// The context in which the key of the epoch before `id` is wrapped under that of `id`.
fn link_context(id: CategoryKeyId) -> Vec<u8> {
    [LINK_DOMAIN, &id.context()].concat()
}

/// The key of the epoch before, under the key of `id`: who has the newer key has the older ones.
pub(crate) fn link(id: CategoryKeyId, key: &DataKey, previous: &DataKey) -> Vec<u8> {
    seal::wrap_key(key, &link_context(id), previous)
}

/// Follows a link from the key of `id` to that of the epoch before.
pub(crate) fn follow(id: CategoryKeyId, key: &DataKey, link: &[u8]) -> Option<DataKey> {
    seal::unwrap_key(key, &link_context(id), link).ok()
}

/// Wraps the secret of a category's key pair to the patient.
pub(crate) fn wrap_pair(
    patient: AccountId,
    category: Category,
    to: &SealingPublic,
    secret: &DataKey,
) -> Vec<u8> {
    let context = [&patient.0[..], category.code().as_bytes()].concat();
    wrap::wrap(to, PAIR_INFO, &context, secret.as_bytes())
}

/// Wraps the shares of an arrangement to one of its custodians.
pub(crate) fn wrap_shares(
    root: Hash,
    custodian: AccountId,
    to: &SealingPublic,
    shares: &[u8],
) -> Vec<u8> {
    wrap::wrap(to, SHARES_INFO, &[root.0, custodian.0].concat(), shares)
}

/// Wraps the key of an earlier epoch to the public half of a category's key pair.
pub(crate) fn wrap_to_pair(id: CategoryKeyId, to: &SealingPublic, key: &DataKey) -> Vec<u8> {
    wrap::wrap(to, CATEGORY_INFO, &id.context(), key.as_bytes())
}

/// Opens what [`wrap_to_pair`] wrapped.
pub(crate) fn open_from_pair(
    id: CategoryKeyId,
    secret: &SealingSecret,
    wrapped: &[u8],
) -> Option<DataKey> {
    let key = wrap::unwrap(secret, CATEGORY_INFO, &id.context(), wrapped).ok()?;
    Some(DataKey::from_bytes(key.as_slice().try_into().ok()?))
}

/// Wraps the key of an import to the public half of a category's key pair.
pub(crate) fn wrap_batch(id: CategoryKeyId, to: &SealingPublic, key: &DataKey) -> Vec<u8> {
    wrap::wrap(to, BATCH_INFO, &id.context(), key.as_bytes())
}

/// Opens what [`wrap_batch`] wrapped.
pub(crate) fn open_batch(
    id: CategoryKeyId,
    secret: &SealingSecret,
    wrapped: &[u8],
) -> Option<DataKey> {
    let key = wrap::unwrap(secret, BATCH_INFO, &id.context(), wrapped).ok()?;
    Some(DataKey::from_bytes(key.as_slice().try_into().ok()?))
}

/// The context in which the key of a version is wrapped under its category key.
pub(crate) fn version_context(record: RecordId, version: u32) -> Vec<u8> {
    [record.as_bytes().as_slice(), &version.to_be_bytes()].concat()
}

fn array(bytes: &[u8], what: &'static str) -> Result<[u8; 32]> {
    bytes.try_into().map_err(|_| VaultError::Integrity { what })
}

/// A fresh id for a record.
pub(crate) fn new_record_id() -> RecordId {
    RecordId::new(random::<32>())
}
