//! What becomes of a batch of entries: which are new, and how they are sealed, stored and staged.

use super::{
    ImportReport,
    patients::{EpochKey, Patients},
};
use crate::{
    Result, Vault,
    error::Doing as _,
    index::staging::{ImportId, KnownRecord, NewVersion},
    keys::{new_record_id, version_context},
    packs::{Packs, Place},
    rules,
    sealed::seal_version,
};
use salus_consent::RecordId;
use salus_crypto::seal::wrap_key;
use salus_fhir::{Category, Entry, PatientEntry};
use salus_types::{AccountId, Hash, encode};
use std::collections::HashMap;

pub(crate) const RECORD_SOURCE_DOMAIN: &str = "salus/vault-record-source/1";
pub(crate) const FINGERPRINT_DOMAIN: &str = "salus/vault-fingerprint/1";

/// An entry that is to become a version of a record.
pub(crate) struct Planned {
    pub(crate) record: RecordId,
    pub(crate) version: u32,
    pub(crate) patient: AccountId,
    pub(crate) source: Hash,
    pub(crate) fingerprint: Hash,
    pub(crate) category_key: EpochKey,
    pub(crate) entry: Entry,
}

/// An entry with the names that the index knows it by.
struct Named {
    patient: AccountId,
    looked_up: bool,
    source: Hash,
    fingerprint: Hash,
    entry: Entry,
}

impl Vault {
    /// Finds out which entries of a batch are new or changed.
    pub(crate) async fn plan(
        &self,
        batch: Vec<PatientEntry>,
        patients: &mut Patients<'_, '_>,
        report: &mut ImportReport,
    ) -> Result<Vec<Planned>> {
        let mut named = Vec::with_capacity(batch.len());
        for entry in batch {
            let patient = patients.of(&entry).await?;
            let (account, entry) = (patient.account, entry.entry);
            let source = entry.source();
            named.push(Named {
                patient: account,
                looked_up: !patient.new,
                source: self.keys.blind(RECORD_SOURCE_DOMAIN, &[&account.0, source.as_bytes()]),
                fingerprint: self.keys.blind(FINGERPRINT_DOMAIN, &[&account.0, &entry.bytes]),
                entry,
            });
        }
        let sources: Vec<Hash> =
            named.iter().filter(|one| one.looked_up).map(|one| one.source).collect();
        let known: HashMap<Hash, KnownRecord> =
            self.index.known_records(&sources).await?.into_iter().collect();
        let changed = |one: &&Named| {
            known.get(&one.source).is_none_or(|known| known.fingerprint != one.fingerprint)
        };
        let wanted: Vec<(AccountId, Category)> = named
            .iter()
            .filter(changed)
            .map(|one| (one.patient, one.entry.view.resource_type.category()))
            .collect();
        patients.open_keys(&wanted).await?;
        let mut plan = Vec::with_capacity(named.len());
        for one in named {
            let (record, version) = match known.get(&one.source) {
                Some(known) if known.fingerprint == one.fingerprint => {
                    report.unchanged += 1;
                    continue;
                }
                Some(known) => {
                    report.new_versions += 1;
                    (known.record, known.version + 1)
                }
                None => {
                    report.new_records += 1;
                    (new_record_id(), 1)
                }
            };
            let category = one.entry.view.resource_type.category();
            plan.push(Planned {
                record,
                version,
                patient: one.patient,
                source: one.source,
                fingerprint: one.fingerprint,
                category_key: patients.key(one.patient, category)?,
                entry: one.entry,
            });
        }
        Ok(plan)
    }

    /// Seals entries into one pack, writes it, and stages their rows. The pack is durable before any
    /// row names it.
    pub(crate) async fn seal_and_stage(
        &self,
        import: ImportId,
        number: u32,
        plan: Vec<Planned>,
    ) -> Result<()> {
        let name = Packs::name(&import, number);
        let pack = name.clone();
        let (bytes, mut rows) = tokio::task::spawn_blocking(move || seal_pack(plan, &pack))
            .await
            .doing("sealing records")?;
        for row in &mut rows {
            let (record, version) = (row.anchor.record, row.anchor.version);
            row.facts = self.keys.seal_small(&rules::facts_context(record, version), &row.facts);
            if let Some(text) = row.consent.take() {
                let context = rules::consent_context(record, version);
                row.consent = Some(self.keys.seal_small(&context, &text));
            }
        }
        self.packs.write(&name, bytes).await?;
        self.index.stage(import, rows).await
    }
}

/// Seals what is planned. What is known of each for decisions is still to be sealed by whoever calls.
fn seal_pack(plan: Vec<Planned>, pack: &str) -> (Vec<u8>, Vec<NewVersion>) {
    let mut bytes = Vec::new();
    let mut rows = Vec::with_capacity(plan.len());
    for one in plan {
        let view = &one.entry.view;
        let category = view.resource_type.category();
        let text = &one.entry.bytes;
        let version = seal_version(one.record, one.version, one.patient, category, text);
        let context = version_context(one.record, one.version);
        rows.push(NewVersion {
            source: one.source,
            fingerprint: one.fingerprint,
            resource_type: view.resource_type,
            dates: view.dates,
            plain_bytes: text.len() as u64,
            place: Place {
                pack: pack.to_owned(),
                offset: bytes.len() as u64,
                length: version.ciphertext.len() as u64,
            },
            epoch: one.category_key.epoch,
            batch: one.category_key.batch,
            key_wrap: wrap_key(&one.category_key.key, &context, &version.key),
            anchor: version.anchor,
            facts: encode(&rules::facts_of(
                &one.entry,
                one.record,
                one.category_key.batch.as_ref(),
            )),
            consent: (view.resource_type.name() == "Consent").then(|| text.clone()),
        });
        bytes.extend_from_slice(&version.ciphertext);
    }
    (bytes, rows)
}
