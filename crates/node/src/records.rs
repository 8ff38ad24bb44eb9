//! The organisation's records as the API offers them: the vault, and other organisations' gateways.

use crate::{house::House, keys, ledger::LocalLedger};
use async_trait::async_trait;
use borsh::{BorshDeserialize, BorshSerialize};
use bytes::Bytes;
use parking_lot::Mutex;
use salus_api::{
    client::Client,
    port::Ledger as _,
    records::{
        AccessItem, AccessesAnswer, AdmissionAnswer, AdmissionOrder, DocumentAnswer,
        DocumentChange, DocumentOrder, ExportOrder, HistoryAnswer, ImportAnswer, ImportOrder,
        PatientItem, PatientsAnswer, ReadOrder, ReadRecord, RecordFilter, RecordItem, Records,
        RecordsAnswer, RecordsRefusal, ScopeRegistration, VersionItem,
    },
};
use salus_app::{consent, governance, identity};
use salus_consent::{Basis, ScopeOf};
use salus_crypto::{
    sign::{self, SigningKey},
    signer::Signer,
    wrap::SealingSecret,
};
use salus_types::{
    AccountId, Height, KeyPurpose, NetworkId, PublicKey, Signature, decode, encode, hash_parts,
};
use salus_vault::{
    ImportOptions, RecordId, ScopeOpening, Vault, VaultError, custodial,
    remote::{OpenedRecord, SignedReadRequest},
    rules::Asking,
};
use std::{fmt::Display, io::Read, str::FromStr, sync::Arc};

/// The organisation's records, here and elsewhere.
pub(crate) struct Gateway {
    pub(crate) vault: Arc<Vault>,
    pub(crate) ledger: LocalLedger,
    pub(crate) organisation: AccountId,
    pub(crate) signer: Arc<dyn Signer>,
    pub(crate) sealing: SealingSecret,
    /// Keys that were dealt, and wait for a patient's signature.
    pub(crate) offers: Mutex<Vec<custodial::Custody>>,
    /// The organisation's own rules, where it has any.
    pub(crate) house: Option<Arc<House>>,
}

/// The opening of a scope, signed by the organisation that passes it on.
#[derive(BorshSerialize, BorshDeserialize)]
struct SignedOpening {
    network: NetworkId,
    from: AccountId,
    /// The latest block that the sender has executed.
    height: Height,
    of: ScopeOf,
    opening: ScopeOpening,
    key: PublicKey,
    signature: Signature,
}

impl SignedOpening {
    fn signed_bytes(
        network: NetworkId,
        from: AccountId,
        height: Height,
        of: ScopeOf,
        opening: &ScopeOpening,
    ) -> Vec<u8> {
        let text = encode(&(network, from, height, of, opening));
        let hash = hash_parts(&[b"salus/scope-opening/1", &text]);
        [b"salus/sign-scope-opening/1".as_slice(), &hash.0].concat()
    }
}

pub(crate) fn refusal(code: impl Into<String>, detail: impl Display) -> RecordsRefusal {
    RecordsRefusal { code: code.into(), detail: detail.to_string() }
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
pub(crate) fn from_vault(error: VaultError) -> RecordsRefusal {
    // What lies beneath a failure may name files; it is for the log, the code is for the caller.
    if !error.is_refusal() {
        tracing::debug!(code = error.code(), "the vault refuses");
    }
    refusal(error.code(), &error)
}

pub(crate) fn malformed(detail: impl Display) -> RecordsRefusal {
    refusal("api.malformed", detail)
}

pub(crate) fn named<T: FromStr>(name: &str, what: &str) -> Result<T, RecordsRefusal> {
    name.parse().map_err(|_| malformed(format!("`{name}` is not {what}")))
}

/// The API of an organisation's node, if the ledger names one.
pub(crate) fn api_in(state: &salus_state::ReadSet, organisation: AccountId) -> Option<String> {
    let validators = governance::validators_next(state);
    let observers = governance::observers(state);
    let mut nodes = validators.nodes().iter().chain(&observers);
    let node = nodes.find(|node| node.organisation == organisation && !node.api.is_empty());
    node.map(|node| node.api.to_string())
}

impl Gateway {
    /// Where the gateway of an organisation is, by the ledger.
    pub(crate) async fn api_of_organisation(
        &self,
        organisation: AccountId,
    ) -> Result<Option<String>, RecordsRefusal> {
        let found = self.ledger.ask(None, |state| api_in(state, organisation)).await;
        found.map(|(_, api)| api).map_err(|refused| refusal(refused.code, refused.detail))
    }

    /// When a version of a record was anchored, in milliseconds since 1970.
    pub(crate) async fn anchored_ms(
        &self,
        record: RecordId,
        version: u32,
    ) -> Result<Option<u64>, RecordsRefusal> {
        let question = |state: &salus_state::ReadSet| {
            consent::query::record_version(state, record, version)
                .map(|version| version.anchored_at.unix_ms())
        };
        let answer = self.ledger.ask(None, question).await;
        answer.map(|(_, found)| found).map_err(|refused| refusal(refused.code, refused.detail))
    }

    /// Whether an active organisation lists this key for attesting.
    async fn attests(
        &self,
        organisation: AccountId,
        key: &PublicKey,
    ) -> Result<bool, RecordsRefusal> {
        let question = |state: &salus_state::ReadSet| {
            identity::query::is_active_organisation(state, organisation)
                && identity::query::key_may(state, organisation, key, KeyPurpose::Attest)
        };
        let answer = self.ledger.ask(None, question).await;
        answer.map(|(_, yes)| yes).map_err(|refused| refusal(refused.code, refused.detail))
    }
}

/// What for and by whom a record is asked for.
pub(crate) fn asking_of(order: &ReadOrder) -> Asking {
    Asking::for_purpose(order.purpose).by(order.actor.clone())
}

fn read_record(opened: &OpenedRecord) -> ReadRecord {
    ReadRecord {
        record: opened.record,
        version: opened.version,
        resource_type: opened.resource_type.to_string(),
        sequence: opened.sequence,
        accounted: opened.accounted,
        bytes: Bytes::copy_from_slice(&opened.bytes),
    }
}

#[async_trait]
impl Records for Gateway {
    async fn import(
        &self,
        order: ImportOrder,
        bundle: Box<dyn Read + Send>,
    ) -> Result<ImportAnswer, RecordsRefusal> {
        let patient = match order.patient {
            None => None,
            Some(account) => {
                let asked = self
                    .ledger
                    .ask(None, |state| identity::query::sealing_key(state, account))
                    .await;
                let (_, sealing_key) =
                    asked.map_err(|refused| refusal(refused.code, refused.detail))?;
                Some(salus_vault::KnownPatient { account, sealing_key })
            }
        };
        let options = ImportOptions { patient, source_system: order.source };
        let report = self.vault.import(bundle, options).await.map_err(from_vault)?;
        Ok(ImportAnswer {
            entries: report.entries,
            new_records: report.new_records,
            new_versions: report.new_versions,
            unchanged: report.unchanged,
            bytes: report.bytes,
            patients: report.patients,
            height: report.height,
        })
    }

    async fn patients(&self, after: Option<AccountId>) -> Result<PatientsAnswer, RecordsRefusal> {
        let patients = self.vault.patients(after).await.map_err(from_vault)?;
        let item = |found: salus_vault::PatientSummary| PatientItem {
            patient: found.patient,
            assisted: found.assisted,
            records: found.records,
        };
        Ok(PatientsAnswer { patients: patients.into_iter().map(item).collect() })
    }

    async fn records(&self, filter: RecordFilter) -> Result<RecordsAnswer, RecordsRefusal> {
        let resource_type =
            filter.resource_type.as_deref().map(|name| named(name, "a FHIR resource type"));
        let category = filter.category.as_deref().map(|name| named(name, "a category"));
        let filter = salus_vault::RecordFilter {
            patient: filter.patient,
            resource_type: resource_type.transpose()?,
            category: category.transpose()?,
            after: filter.after,
            limit: filter.limit.unwrap_or(0),
        };
        let records = self.vault.records(&filter).await.map_err(from_vault)?;
        let item = |found: salus_vault::RecordSummary| RecordItem {
            record: found.record,
            patient: found.patient,
            resource_type: found.resource_type.to_string(),
            category: found.category.to_string(),
            version: found.version,
            bytes: found.bytes,
            height: found.height,
        };
        Ok(RecordsAnswer { records: records.into_iter().map(item).collect() })
    }

    async fn history(&self, record: RecordId) -> Result<HistoryAnswer, RecordsRefusal> {
        let versions = self.vault.history(record).await.map_err(from_vault)?;
        let item = |found: salus_vault::VersionSummary| VersionItem {
            version: found.version,
            bytes: found.bytes,
            height: found.height,
        };
        Ok(HistoryAnswer { versions: versions.into_iter().map(item).collect() })
    }

    async fn read(&self, order: ReadOrder) -> Result<ReadRecord, RecordsRefusal> {
        self.read_order(&order).await.map(|opened| read_record(&opened))
    }

    async fn add_document(&self, order: DocumentOrder) -> Result<DocumentAnswer, RecordsRefusal> {
        self.add(order).await
    }

    async fn update_document(
        &self,
        record: RecordId,
        change: DocumentChange,
    ) -> Result<DocumentAnswer, RecordsRefusal> {
        self.update(record, change).await
    }

    async fn register_scope(&self, opening: ScopeRegistration) -> Result<(), RecordsRefusal> {
        let scope: ScopeOpening = serde_json::from_value(opening.opening).map_err(malformed)?;
        let Some(api) = opening.to else {
            let kept = self.vault.register_scope(opening.of, &scope, Height(0)).await;
            return kept.map_err(from_vault);
        };
        let network = self.ledger.network_id;
        let (from, of) = (self.organisation, opening.of);
        let height = self.ledger.engine.status().await.applied;
        let bytes = SignedOpening::signed_bytes(network, from, height, of, &scope);
        let signature = keys::sign(&self.signer, bytes).await;
        let signature = signature.map_err(|error| refusal(error.code(), &error))?;
        let signed = SignedOpening {
            network,
            from,
            height,
            of,
            opening: scope,
            key: self.signer.public(),
            signature,
        };
        let client = Client::new(&api).map_err(|error| refusal(error.code(), &error))?;
        let sent = client.gateway_scope(encode(&signed)).await;
        sent.map_err(|error| refusal(error.code(), &error))
    }

    async fn scope(&self, basis: Basis) -> Result<serde_json::Value, RecordsRefusal> {
        let opening = self.opening_of(basis).await?;
        let opening = opening.ok_or_else(|| from_vault(VaultError::Scope))?;
        serde_json::to_value(&opening).map_err(malformed)
    }

    async fn accesses(&self, patient: AccountId) -> Result<AccessesAnswer, RecordsRefusal> {
        let log = self.vault.accesses(patient).await.map_err(from_vault)?;
        let (releases, next_release_sequence) = self.releases(patient).await?;
        let item = |entry: salus_vault::AccessEntry| AccessItem {
            leaf: entry.leaf,
            event: entry.event,
            accounted_at: entry.accounted_at,
        };
        Ok(AccessesAnswer {
            patient: log.patient,
            custodian: self.organisation,
            accesses: log.entries.into_iter().map(item).collect(),
            next_sequence: log.next_sequence,
            releases,
            next_release_sequence,
        })
    }

    async fn patient_key(&self, patient: AccountId) -> Result<Option<SigningKey>, RecordsRefusal> {
        self.vault.patient_key(patient).await.map_err(from_vault)
    }

    async fn release(&self, request: Bytes) -> Result<Bytes, RecordsRefusal> {
        let signed: SignedReadRequest = decode("read request", &request).map_err(malformed)?;
        let response = self.vault.serve(&signed).await.map_err(from_vault)?;
        Ok(encode(&response).into())
    }

    async fn admit(&self, order: AdmissionOrder) -> Result<AdmissionAnswer, RecordsRefusal> {
        self.offer_admission(order).await
    }

    async fn export(&self, order: ExportOrder) -> Result<Bytes, RecordsRefusal> {
        self.export_elsewhere(&order).await
    }

    async fn release_export(&self, request: Bytes) -> Result<Bytes, RecordsRefusal> {
        self.export_page(&request).await
    }

    async fn receive_scope(&self, opening: Bytes) -> Result<(), RecordsRefusal> {
        let signed: SignedOpening = decode("scope opening", &opening).map_err(malformed)?;
        let SignedOpening { network, from, height, of, ref opening, .. } = signed;
        let bytes = SignedOpening::signed_bytes(network, from, height, of, opening);
        let authentic = signed.network == self.ledger.network().id()
            && sign::verify(&signed.key, &bytes, &signed.signature).is_ok()
            && self.attests(signed.from, &signed.key).await?;
        if !authentic {
            return Err(from_vault(VaultError::BadSignature));
        }
        self.vault.register_scope(of, opening, height).await.map_err(from_vault)
    }
}
