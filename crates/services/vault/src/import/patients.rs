//! The patients of one import: their accounts, found or made.

use super::{ImportOptions, claims::Claimed};
use crate::{Result, Vault, VaultError, index::patients::NewPatient, keys::CategoryKeyId};
use salus_crypto::{random, seal::DataKey, sign::SigningKey};
use salus_fhir::{Category, Entry, PatientEntry};
use salus_types::{AccountId, Hash, Salt, SignatureAlgorithm};
use std::{collections::HashMap, sync::Arc};

/// The first epoch of a category's keys.
pub(crate) const FIRST_EPOCH: u32 = 0;

const SOURCE_DOMAIN: &str = "salus/vault-patient-source/1";

/// A patient of the import.
#[derive(Clone, Copy)]
pub(crate) struct ImportPatient {
    pub(crate) account: AccountId,
    /// Whether nothing of the patient was here before, so that nothing needs to be looked up.
    pub(crate) new: bool,
}

/// The patients of one import, by their position in the bundle.
pub(crate) struct Patients<'a, 'c> {
    vault: &'a Vault,
    options: &'a ImportOptions,
    claimed: &'a mut Claimed<'c>,
    found: Vec<ImportPatient>,
    keys: HashMap<(AccountId, Category), EpochKey>,
}

/// A category key with its epoch.
#[derive(Clone)]
pub(crate) struct EpochKey {
    pub(crate) epoch: u32,
    /// Where the key is with custodians: this import, under whose own key data keys are.
    pub(crate) batch: Option<[u8; 16]>,
    pub(crate) key: Arc<DataKey>,
}

impl<'a, 'c> Patients<'a, 'c> {
    pub(crate) fn new(
        vault: &'a Vault,
        options: &'a ImportOptions,
        claimed: &'a mut Claimed<'c>,
    ) -> Self {
        Self { vault, options, claimed, found: Vec::new(), keys: HashMap::new() }
    }

    /// The accounts, in the order of the bundle.
    pub(crate) fn accounts(&self) -> Vec<AccountId> {
        let mut accounts = Vec::with_capacity(self.found.len());
        for patient in &self.found {
            if !accounts.contains(&patient.account) {
                accounts.push(patient.account);
            }
        }
        accounts
    }

    /// Whose an entry is. The first entry of a patient of the bundle is the Patient resource itself.
    pub(crate) async fn of(&mut self, entry: &PatientEntry) -> Result<ImportPatient> {
        if let Some(patient) = self.found.get(entry.patient) {
            return Ok(*patient);
        }
        let patient = match &self.options.patient {
            Some(known) => {
                let account = known.account;
                self.claimed.claim(Hash(account.0)).await?;
                self.vault.check_not_erased(account).await?;
                let new = !self.vault.index.has_patient(account).await?;
                let sealing_key = known.sealing_key.as_deref();
                self.vault
                    .index
                    .put_patient(NewPatient { patient: account, assisted: None, sealing_key }, &[])
                    .await?;
                ImportPatient { account, new }
            }
            None => self.of_bundle(&entry.entry).await?,
        };
        self.found.push(patient);
        Ok(patient)
    }

    /// Finds the account of a Patient of the bundle by its source, or opens an assisted one.
    async fn of_bundle(&mut self, entry: &Entry) -> Result<ImportPatient> {
        let keys = &self.vault.keys;
        let system = self.options.source_system.as_bytes();
        let source = keys.blind(SOURCE_DOMAIN, &[system, b"\n", entry.source().as_bytes()]);
        self.claimed.claim(source).await?;
        if let Some(account) = self.vault.index.patient_of_source(source).await? {
            return Ok(ImportPatient { account, new: false });
        }
        let key = SigningKey::generate(SignatureAlgorithm::Ed25519);
        let (public, salt) = (key.public(), Salt(random()));
        let account = AccountId::derive(self.vault.ledger.network(), &public, salt);
        let wrapped = keys.wrap_patient_key(account, &key);
        let new = NewPatient {
            patient: account,
            assisted: Some((&public, salt, wrapped)),
            sealing_key: None,
        };
        self.vault.index.put_patient(new, &[source]).await?;
        Ok(ImportPatient { account, new: true })
    }

    /// Opens the keys of these categories; makes those that are missing and stores them together.
    pub(crate) async fn open_keys(&mut self, wanted: &[(AccountId, Category)]) -> Result<()> {
        let vault = self.vault;
        let mut made = Vec::new();
        for (patient, category) in wanted {
            if self.keys.contains_key(&(*patient, *category)) {
                continue;
            }
            let newest = vault.index.newest_epoch(*patient, *category).await?;
            let epoch = newest.unwrap_or(FIRST_EPOCH);
            let id = CategoryKeyId { patient: *patient, category: *category, epoch };
            let key = if let Some(custody) = vault.index.custody(id).await? {
                vault.new_batch(id, &custody).await?
            } else if newest.is_some() {
                EpochKey { epoch, batch: None, key: vault.open_category_key(id).await? }
            } else {
                let (key, new) = vault.new_category_key(id, None).await?;
                made.push(new);
                EpochKey { epoch, batch: None, key }
            };
            self.keys.insert((*patient, *category), key);
        }
        vault.index.put_category_keys(&made).await
    }

    /// The newest key of a patient's category, opened before.
    pub(crate) fn key(&self, patient: AccountId, category: Category) -> Result<EpochKey> {
        let key = self.keys.get(&(patient, category)).cloned();
        key.ok_or(VaultError::Integrity { what: "the category key" })
    }
}
