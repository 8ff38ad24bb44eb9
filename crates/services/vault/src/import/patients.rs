//! The patients of one import: their accounts, found or made.

use super::{ImportOptions, claims::Claimed};
use crate::{Result, Vault, index::patients::NewPatient, keys::CategoryKeyId};
use salus_consent::RecordId;
use salus_crypto::{random, seal::DataKey, sign::SigningKey, wrap::SealingPublic};
use salus_fhir::{Category, Entry, PatientEntry};
use salus_types::{AccountId, Hash, Salt, SignatureAlgorithm};
use std::{collections::HashMap, sync::Arc};

/// Key epoch of newly sealed versions.
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
    keys: HashMap<(AccountId, Category), Arc<DataKey>>,
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

    /// The key of a patient's category, opened, or made and stored.
    pub(crate) async fn key(
        &mut self,
        patient: AccountId,
        category: Category,
    ) -> Result<Arc<DataKey>> {
        if let Some(key) = self.keys.get(&(patient, category)) {
            return Ok(Arc::clone(key));
        }
        let id = CategoryKeyId { patient, category, epoch: FIRST_EPOCH };
        let key = self.vault.category_key_or_new(id).await?;
        self.keys.insert((patient, category), Arc::clone(&key));
        Ok(key)
    }
}

impl Vault {
    /// Opens a category key, or makes and stores it.
    async fn category_key_or_new(&self, id: CategoryKeyId) -> Result<Arc<DataKey>> {
        let _making = self.making_keys.lock().await;
        if let Some(wrapped) = self.index.category_key(id).await? {
            return self.keys.open_category(id, &wrapped);
        }
        let public = match self.index.patient_sealing_key(id.patient).await? {
            Some(bytes) => SealingPublic::from_bytes(&bytes).ok(),
            None => None,
        };
        let (key, holder, patient) = self.keys.new_category(id, public.as_ref());
        self.index.put_category_key(id, &holder, patient.as_deref()).await?;
        self.keys.remember(id, &key);
        Ok(key)
    }

    /// Opens the category key of a version that is here.
    pub(crate) async fn category_key(
        &self,
        id: CategoryKeyId,
        record: RecordId,
    ) -> Result<Arc<DataKey>> {
        if let Some(key) = self.keys.opened(id) {
            return Ok(key);
        }
        match self.index.category_key(id).await? {
            Some(wrapped) => self.keys.open_category(id, &wrapped),
            None => {
                tracing::error!(%record, "the category key of a record is missing");
                Err(crate::VaultError::Integrity { what: "the category key" })
            }
        }
    }
}
