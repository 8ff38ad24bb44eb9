//! What is known of a version for decisions: kept beside its row, sealed, so that nothing is opened to
//! decide.

use super::consents::PatientConsents;
use crate::{
    Result, Vault, VaultError,
    fhir::names::{Names, named},
    index::{records::StoredVersion, staging::ImportId},
};
use salus_consent::RecordId;
use salus_fhir::{Entry, labels::Facts};
use salus_types::{decode, encode};

/// Most resources whose references are followed back for one decision.
const RELATED_MAX: usize = 64;

/// To what sealed facts are bound.
pub(crate) fn context(record: RecordId, version: u32) -> Vec<u8> {
    [b"facts/".as_slice(), record.as_bytes(), &version.to_be_bytes()].concat()
}

/// The facts of an entry, as they are kept. Of a category whose keys are with custodians, codes and
/// references are left out: they would tell the holder what it is not to know.
pub(crate) fn facts_of(entry: &Entry, record: RecordId, batch: Option<&ImportId>) -> Facts {
    let resource_type = entry.view.resource_type;
    let mut facts = Facts::read(&entry.bytes).unwrap_or_else(|_| Facts::unknown(resource_type));
    // The day by which grants are limited and the day by which consents are, are the same day.
    facts.dates = entry.view.dates;
    if let Some(url) = &entry.full_url {
        facts.add_name(url);
    }
    facts.add_name(&format!("{resource_type}/{record}"));
    if batch.is_some() { facts.labels_only() } else { facts }
}

impl Vault {
    /// The facts of a version with the labels that count.
    pub(crate) fn kept_facts(&self, stored: &StoredVersion) -> Result<Facts> {
        let (record, version) = (stored.summary.record, stored.summary.version);
        let plain = self.keys.open_small(&context(record, version), &stored.facts)?;
        let mut facts: Facts = decode("facts", &plain).map_err(|_| damaged())?;
        if let Some(sealed) = &stored.labels {
            facts.labels = self.label_sets(record, sealed)?.effective(&facts.labels, version);
        }
        Ok(facts)
    }

    /// The same facts sealed anew without what tells content.
    pub(crate) fn reduced(&self, record: RecordId, version: u32, sealed: &[u8]) -> Result<Vec<u8>> {
        let context = context(record, version);
        let plain = self.keys.open_small(&context, sealed)?;
        let facts: Facts = decode("facts", &plain).map_err(|_| damaged())?;
        Ok(self.keys.seal_small(&context, &encode(&facts.labels_only())))
    }

    /// The facts for a decision by these consents, which may ask what refers to what.
    pub(crate) async fn facts_for(
        &self,
        stored: &StoredVersion,
        consents: &PatientConsents,
    ) -> Result<Facts> {
        let mut facts = self.kept_facts(stored)?;
        if !consents.asks_references {
            return Ok(facts);
        }
        self.add_names_of_here(stored, &mut facts).await?;
        if consents.related.len() > RELATED_MAX {
            facts.complete = false;
        }
        for reference in consents.related.iter().take(RELATED_MAX).map(String::as_str) {
            let Some((_, record)) = named(reference) else { continue };
            let Some(other) = self.index.latest(record).await? else { continue };
            if other.summary.patient != stored.summary.patient {
                continue;
            }
            let mut refers = self.kept_facts(&other)?;
            self.add_names_of_here(&other, &mut refers).await?;
            if refers.references.iter().any(|name| facts.names.contains(name)) {
                facts.referred_by.push(reference.into());
            } else if !refers.complete {
                // What it refers to is not known: it may be this.
                facts.complete = false;
            }
        }
        Ok(facts.tidy())
    }

    /// Adds, beside what references are called in their source, what they are called here.
    async fn add_names_of_here(&self, stored: &StoredVersion, facts: &mut Facts) -> Result<()> {
        let references = facts.references.iter().map(ToString::to_string).collect();
        let (names, _): (Names, bool) = self.names_of(stored.summary.patient, references).await?;
        for list in [&mut facts.references, &mut facts.authors, &mut facts.encounters] {
            let here: Vec<Box<str>> =
                list.iter().filter_map(|name| Some(names.get(&**name)?.as_str().into())).collect();
            list.extend(here);
        }
        Ok(())
    }
}

fn damaged() -> VaultError {
    VaultError::Integrity { what: "what is known of a record" }
}
