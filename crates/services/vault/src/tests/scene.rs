//! A hospital with a vault, a clinic that asks, and a patient with a few records.

use crate::{
    ImportOptions, ImportReport, RecordFilter, RecordSummary, Result, Scope, ScopeOf, ScopeOpening,
    Vault, VaultConfig,
    port::OrganisationView,
    remote::{self, OnLedger, OpenedRecord, ReadRequest, ReadResponse, SignedReadRequest},
    rules::HouseRules,
    testing::FakeLedger,
};
use salus_consent::{
    Basis, GrantId, GrantedBy, PurposeOfUse, RecordId, ReleaseMode,
    state::{AccessBatch, Grant},
};
use salus_crypto::{random, sign::SigningKey, wrap::SealingSecret};
use salus_types::{AccountId, BlockTime, Height, Salt, SignatureAlgorithm};
use std::{io::Cursor, sync::Arc};
use tempfile::TempDir;

pub(super) const HOSPITAL: AccountId = AccountId([1; 32]);
pub(super) const CLINIC: AccountId = AccountId([2; 32]);
pub(super) const STRANGER: AccountId = AccountId([3; 32]);
pub(super) const TREATMENT: PurposeOfUse = PurposeOfUse::Treatment;

pub(super) struct Scene {
    pub(super) home: TempDir,
    pub(super) ledger: FakeLedger,
    pub(super) vault: Arc<Vault>,
    pub(super) sealing: SealingSecret,
    clinic_key: SigningKey,
    clinic_sealing: SealingSecret,
}

/// A bundle of one patient: `(resource type, id, date)` beside the Patient.
pub(super) fn bundle(patient: &str, resources: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut entries = vec![format!(
        r#"{{"fullUrl": "urn:uuid:{patient}", "resource": {{"resourceType": "Patient", "id": "{patient}"}}}}"#
    )];
    for (name, id, date) in resources {
        entries.push(format!(
            r#"{{"fullUrl": "urn:uuid:{id}", "resource": {{"resourceType": "{name}", "id": "{id}", "subject": {{"reference": "urn:uuid:{patient}"}}, "effectiveDateTime": "{date}"}}}}"#
        ));
    }
    let entries = entries.join(",\n");
    format!(r#"{{"resourceType": "Bundle", "type": "transaction", "entry": [{entries}]}}"#)
        .into_bytes()
}

impl Scene {
    pub(super) async fn new() -> Self {
        Self::open_with(None).await
    }

    /// A hospital with rules of its own.
    pub(super) async fn with_house(house: Arc<dyn HouseRules>) -> Self {
        Self::open_with(Some(house)).await
    }

    async fn open_with(house: Option<Arc<dyn HouseRules>>) -> Self {
        let ledger = FakeLedger::new(HOSPITAL);
        let clinic_key = SigningKey::generate(SignatureAlgorithm::Ed25519);
        let clinic_sealing = SealingSecret::generate();
        for account in [CLINIC, STRANGER] {
            let view = OrganisationView {
                account,
                active: true,
                attest_keys: vec![clinic_key.public()],
                sealing_key: clinic_sealing.public().as_bytes().to_vec(),
            };
            ledger.facts().organisations.insert(account, view);
        }
        let home = tempfile::tempdir().unwrap();
        let sealing = SealingSecret::generate();
        let vault = open(&home, &sealing, &ledger, house).await.unwrap();
        ledger.advance(1);
        Self { home, ledger, vault, sealing, clinic_key, clinic_sealing }
    }

    /// Opens the same folder once more, as after a crash: nothing was closed.
    pub(super) async fn reopen(&mut self) {
        self.vault = open(&self.home, &self.sealing, &self.ledger, None).await.unwrap();
        self.ledger.advance(1);
    }

    pub(super) async fn import(&self, bundle: Vec<u8>) -> Result<ImportReport> {
        self.vault.import(Cursor::new(bundle), ImportOptions::default()).await
    }

    pub(super) async fn record(&self, resource_type: &str) -> RecordSummary {
        let resource_type = Some(resource_type.parse().unwrap());
        let filter = RecordFilter { resource_type, ..RecordFilter::default() };
        self.vault.records(&filter).await.unwrap().remove(0)
    }

    /// A grant to the clinic for ten seconds, its scope registered.
    pub(super) async fn grant(&self, patient: AccountId, scope: &Scope) -> GrantId {
        let opening = ScopeOpening::new(scope);
        let grant = self.grant_on_ledger(patient, &opening);
        self.vault.register_scope(ScopeOf::Basis(grant.into()), &opening, Height(0)).await.unwrap();
        grant
    }

    pub(super) fn grant_on_ledger(&self, patient: AccountId, opening: &ScopeOpening) -> GrantId {
        let grant = GrantId::new(random());
        let mut facts = self.ledger.facts();
        let now = facts.time_ms;
        let stored = Grant {
            patient,
            by: GrantedBy::Patient,
            grantee: CLINIC,
            custodian: HOSPITAL,
            scope_commitment: opening.commitment(),
            purpose: TREATMENT,
            mode: ReleaseMode::Wrapped,
            pseudonymised: false,
            delegable: false,
            consent_commitment: None,
            episode: None,
            not_before: BlockTime::from_unix_ms(now),
            not_after: BlockTime::from_unix_ms(now + 10_000),
            number: 0,
            granted_at: BlockTime::from_unix_ms(now),
            revoked_at: None,
        };
        facts.grants.insert(grant, stored);
        grant
    }

    pub(super) fn request(&self, record: RecordId, basis: impl Into<Basis>) -> ReadRequest {
        let (height, time_ms) = {
            let facts = self.ledger.facts();
            (facts.height, facts.time_ms)
        };
        ReadRequest {
            network: crate::port::ConsentLedger::network(&self.ledger),
            requester: CLINIC,
            custodian: HOSPITAL,
            record,
            basis: basis.into(),
            scope: None,
            purpose: TREATMENT,
            height: Height(height),
            time: BlockTime::from_unix_ms(time_ms),
            actor: None,
            nonce: Salt(random()),
        }
    }

    pub(super) fn sign(&self, request: ReadRequest) -> SignedReadRequest {
        request.sign(&self.clinic_key)
    }

    /// The clinic asks, and opens what it gets.
    pub(super) async fn ask(&self, request: ReadRequest) -> Result<OpenedRecord> {
        let response = self.vault.serve(&self.sign(request.clone())).await?;
        self.open(&response, &request)
    }

    /// The clinic opens an answer.
    pub(super) fn open(
        &self,
        response: &ReadResponse,
        request: &ReadRequest,
    ) -> Result<OpenedRecord> {
        remote::open(response, request, &self.clinic_sealing, &self.on_ledger(response))
    }

    /// What the clinic's own node says about an answer.
    pub(super) fn on_ledger(&self, response: &ReadResponse) -> OnLedger {
        let facts = self.ledger.facts();
        let versions = &facts.records[&response.record];
        let record = versions.iter().find(|one| one.version.version == response.version);
        let record = *record.unwrap();
        let mut accounts = facts.accounts.get(&record.patient).into_iter().flatten();
        let sequences =
            |one: &AccessBatch| one.first_sequence..one.first_sequence + u64::from(one.count);
        let account = accounts.find(|one| sequences(one).contains(&response.sequence)).copied();
        OnLedger { record, account }
    }

    /// The key with which the clinic opens what is wrapped to it.
    pub(super) fn clinic_sealing(&self) -> &SealingSecret {
        &self.clinic_sealing
    }

    /// The code with which the clinic's request is refused.
    pub(super) async fn refusal(&self, request: ReadRequest) -> &'static str {
        self.ask(request).await.unwrap_err().code()
    }
}

async fn open(
    home: &TempDir,
    sealing: &SealingSecret,
    ledger: &FakeLedger,
    house: Option<Arc<dyn HouseRules>>,
) -> Result<Arc<Vault>> {
    let mut config = VaultConfig::new(home.path(), HOSPITAL, sealing.clone());
    config.house = house;
    Vault::open(config, Arc::new(ledger.clone())).await
}
