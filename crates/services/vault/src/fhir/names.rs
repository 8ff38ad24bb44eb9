//! What references of a record are called here.

use crate::{Result, Vault, VaultError, import::sealing::RECORD_SOURCE_DOMAIN};
use salus_consent::RecordId;
use salus_fhir::{ResourceType, ResourceView};
use salus_types::{AccountId, Hash};
use std::collections::HashMap;

/// Types that a `urn:` may mean: it does not say, and the index knows resources by type and id.
const TYPES: [&str; 30] = [
    "Patient",
    "Encounter",
    "Practitioner",
    "Organization",
    "Location",
    "Observation",
    "Condition",
    "Procedure",
    "MedicationRequest",
    "Medication",
    "CarePlan",
    "CareTeam",
    "Claim",
    "DiagnosticReport",
    "Immunization",
    "Device",
    "DocumentReference",
    "ServiceRequest",
    "Coverage",
    "ImagingStudy",
    "Specimen",
    "PractitionerRole",
    "RelatedPerson",
    "Goal",
    "AllergyIntolerance",
    "Consent",
    "ExplanationOfBenefit",
    "Media",
    "MedicationAdministration",
    "Composition",
];

/// Names of references of one patient's records, as far as they are records here.
pub(crate) type Names = HashMap<String, String>;

/// The record of a logical id; an id of another form names nothing here.
pub(super) fn record_of(id: &str) -> Result<RecordId> {
    id.parse().map_err(|_| VaultError::UnknownRecord)
}

/// The record that `Type/id` names, with its type.
pub(crate) fn named(reference: &str) -> Option<(ResourceType, RecordId)> {
    let (resource_type, id) = reference.split_once('/')?;
    Some((resource_type.parse().ok()?, id.parse().ok()?))
}

/// What a reference may be called in the source of its record.
fn candidates(reference: &str) -> Vec<String> {
    if reference.starts_with('#') || reference.contains('?') {
        return Vec::new();
    }
    let mut found = Vec::new();
    if reference.starts_with("urn:") {
        found.push(reference.to_owned());
        if let Some((_, id)) = reference.rsplit_once(':') {
            found.extend(TYPES.iter().map(|name| format!("{name}/{id}")));
        }
        return found;
    }
    let reference = reference.split("/_history/").next().unwrap_or(reference);
    if reference.contains("://") {
        found.push(reference.to_owned());
    }
    let mut parts = reference.rsplit('/');
    if let (Some(id), Some(name)) = (parts.next(), parts.next()) {
        found.push(format!("{name}/{id}"));
    }
    found
}

impl Vault {
    /// What the references of a resource are called here; those that are called so already, and those
    /// that are no records here, are left out. Also whether a `urn:` is among the latter.
    pub(crate) async fn names(&self, patient: AccountId, text: &str) -> Result<(Names, bool)> {
        let references = ResourceView::references(text).map_err(|_| damaged())?;
        self.names_of(patient, references).await
    }

    /// The same of references that are known.
    pub(crate) async fn names_of(
        &self,
        patient: AccountId,
        references: Vec<String>,
    ) -> Result<(Names, bool)> {
        let mut asked: HashMap<Hash, String> = HashMap::new();
        let mut urns = 0;
        for reference in references {
            if named(&reference).is_some() {
                continue;
            }
            urns += usize::from(reference.starts_with("urn:"));
            for name in candidates(&reference) {
                let source = self.keys.blind(RECORD_SOURCE_DOMAIN, &[&patient.0, name.as_bytes()]);
                asked.insert(source, reference.clone());
            }
        }
        if asked.is_empty() {
            return Ok((Names::new(), false));
        }
        let sources: Vec<Hash> = asked.keys().copied().collect();
        let mut names = Names::new();
        for (source, record, resource_type) in self.index.of_sources(&sources).await? {
            if let Some(reference) = asked.remove(&source) {
                urns -= usize::from(reference.starts_with("urn:"));
                names.insert(reference, format!("{resource_type}/{record}"));
            }
        }
        Ok((names, urns > 0))
    }
}

pub(super) fn damaged() -> VaultError {
    VaultError::Integrity { what: "the text of the record" }
}
