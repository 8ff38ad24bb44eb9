//! The vault itself: opening it, and what it is made of.

use crate::{
    Result, VaultError,
    accounts::Accounts,
    error::Doing as _,
    fhir::FhirMemory,
    import::claims::Claims,
    index::{
        Index,
        records::{PatientSummary, RecordFilter, RecordSummary, VersionSummary},
    },
    keys::KeyRing,
    packs::Packs,
    port::ConsentLedger,
    replay::Replay,
    rules::{ConsentCache, HouseRules},
};
use object_store::ObjectStore;
use salus_consent::RecordId;
use salus_crypto::{sign::SigningKey, wrap::SealingSecret};
use salus_fhir::Limits;
use salus_types::AccountId;
use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
};
use tokio::sync::{Mutex, Semaphore};

/// Bundles that are sealed at the same time; further ones wait.
const IMPORTS_AT_A_TIME: usize = 8;
/// Transactions with anchors that are under way at the same time.
const ANCHORINGS_AT_A_TIME: usize = 8;

/// What a vault is opened with.
pub struct VaultConfig {
    /// Folder of the index, and of the packs unless `store` is given. Made if absent.
    pub home: PathBuf,
    /// The organisation whose vault it is.
    pub organisation: AccountId,
    /// The secret of the organisation's sealing key; all keys of the vault are wrapped to it.
    pub sealing: SealingSecret,
    /// Where packs are kept instead of `home`: any store whose writes are durable when they return.
    pub store: Option<Arc<dyn ObjectStore>>,
    /// Bounds on bundles.
    pub limits: Limits,
    /// The organisation's own rules and directory, if it has any.
    pub house: Option<Arc<dyn HouseRules>>,
}

impl VaultConfig {
    /// A vault in a folder, with the usual bounds.
    pub fn new(home: impl Into<PathBuf>, organisation: AccountId, sealing: SealingSecret) -> Self {
        Self {
            home: home.into(),
            organisation,
            sealing,
            store: None,
            limits: Limits::default(),
            house: None,
        }
    }
}

impl fmt::Debug for VaultConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VaultConfig")
            .field("home", &self.home)
            .field("organisation", &self.organisation)
            .finish_non_exhaustive()
    }
}

/// An organisation's vault.
pub struct Vault {
    pub(crate) organisation: AccountId,
    pub(crate) limits: Limits,
    pub(crate) ledger: Arc<dyn ConsentLedger>,
    pub(crate) index: Index,
    pub(crate) packs: Packs,
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) accounts: Accounts,
    pub(crate) replay: Replay,
    pub(crate) claims: Claims,
    pub(crate) fhir: FhirMemory,
    pub(crate) house: Option<Arc<dyn HouseRules>>,
    pub(crate) consents: ConsentCache,
    /// Labels are set one after the other.
    pub(crate) labelling: Mutex<()>,
    pub(crate) imports: Semaphore,
    pub(crate) anchorings: Semaphore,
    /// Epochs of keys begin one after the other.
    pub(crate) rotations: Mutex<()>,
    /// Erasures are carried out one after the other.
    pub(crate) erasures: Mutex<()>,
    /// Whether everything that keys were given under is to be looked up, not only what is due.
    pub(crate) all_bases: AtomicBool,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("organisation", &self.organisation).finish_non_exhaustive()
    }
}

impl Vault {
    /// Opens a vault, or makes a new one, and removes what imports left behind that were never
    /// accepted. What waits for its anchor goes on with [`Self::resume`], once the ledger runs.
    ///
    /// # Errors
    ///
    /// - [`VaultError::Home`]: the folder is another organisation's, network's or version's, or the
    ///   sealing key is another one.
    /// - [`VaultError::Storage`], [`VaultError::Ledger`]: reading or writing failed.
    pub async fn open(config: VaultConfig, ledger: Arc<dyn ConsentLedger>) -> Result<Arc<Self>> {
        std::fs::create_dir_all(&config.home).doing("making the folder of the vault")?;
        let index = Index::open(&config.home.join("index.sqlite")).await?;
        let packs = match config.store {
            Some(store) => Packs::in_store(store),
            None => Packs::in_folder(&config.home.join("blobs"))?,
        };
        let keys = open_keys(&index, config.organisation, config.sealing, &*ledger).await?;
        let keys = Arc::new(keys);
        let tip = ledger.tip().await.doing("asking for the latest block")?;
        let vault = Arc::new(Self {
            organisation: config.organisation,
            limits: config.limits,
            accounts: Accounts::start(
                config.organisation,
                index.clone(),
                Arc::clone(&keys),
                Arc::clone(&ledger),
            ),
            ledger,
            index,
            packs,
            keys,
            replay: Replay::new(tip.time),
            claims: Claims::default(),
            fhir: FhirMemory::default(),
            house: config.house,
            consents: ConsentCache::default(),
            labelling: Mutex::new(()),
            imports: Semaphore::new(IMPORTS_AT_A_TIME),
            anchorings: Semaphore::new(ANCHORINGS_AT_A_TIME),
            rotations: Mutex::new(()),
            erasures: Mutex::new(()),
            all_bases: AtomicBool::new(true),
        });
        for import in vault.index.open_imports().await? {
            vault.give_up(&import).await?;
        }
        Ok(vault)
    }

    /// The organisation whose vault it is.
    pub fn organisation(&self) -> AccountId {
        self.organisation
    }

    /// Patients with anchored records, in the order of their accounts, a page of them after `after`.
    ///
    /// # Errors
    ///
    /// [`VaultError::Storage`]: the index could not be read.
    pub async fn patients(&self, after: Option<AccountId>) -> Result<Vec<PatientSummary>> {
        self.index.patients(after).await
    }

    /// Records with an anchored version, in the order of their ids, a page of them. Nothing of their
    /// content is read, so no access is accounted for.
    ///
    /// # Errors
    ///
    /// [`VaultError::Storage`]: the index could not be read.
    pub async fn records(&self, filter: &RecordFilter) -> Result<Vec<RecordSummary>> {
        self.index.records(filter).await
    }

    /// The versions of a record, oldest first.
    ///
    /// # Errors
    ///
    /// The first that applies: [`VaultError::Storage`]; [`VaultError::Erased`],
    /// [`VaultError::UnknownRecord`].
    pub async fn history(&self, record: RecordId) -> Result<Vec<VersionSummary>> {
        let versions = self.index.versions(record).await?;
        if versions.is_empty() { Err(self.missing(record).await) } else { Ok(versions) }
    }

    /// The signing key that the organisation keeps for an assisted patient; none for a patient who
    /// keeps their own, or who is not known here.
    ///
    /// # Errors
    ///
    /// [`VaultError::Storage`], [`VaultError::Integrity`]: the key could not be read or opened.
    pub async fn patient_key(&self, patient: AccountId) -> Result<Option<SigningKey>> {
        match self.index.patient_key(patient).await? {
            Some(wrapped) => self.keys.open_patient_key(patient, &wrapped).map(Some),
            None => Ok(None),
        }
    }

    /// Waits until every account that was begun is settled, and closes the index.
    pub async fn close(&self) {
        self.accounts.close().await;
        self.index.writes.close().await;
        self.index.reads.close().await;
    }
}

/// Opens the key ring; makes it for a new vault.
async fn open_keys(
    index: &Index,
    organisation: AccountId,
    sealing: SealingSecret,
    ledger: &dyn ConsentLedger,
) -> Result<KeyRing> {
    let network = ledger.network();
    let owner = [organisation.0, network.0].concat();
    let root = match index.meta("root").await? {
        None => {
            let root = KeyRing::new_root(&sealing, &owner);
            let entries: [(&str, &[u8]); 3] =
                [("organisation", &organisation.0), ("network", &network.0), ("root", &root)];
            index.set_meta(&entries).await?;
            root
        }
        Some(root) => {
            for (name, ours) in [("organisation", &organisation.0), ("network", &network.0)] {
                if index.meta(name).await?.as_deref() != Some(&ours[..]) {
                    return Err(VaultError::Home { what: name });
                }
            }
            root
        }
    };
    KeyRing::open(sealing, &owner, &root)
}
