//! Records as FHIR resources, in memory.

use crate::{
    fake::network,
    serving::{Served, served_all},
    vault::FakeRecords,
};
use async_trait::async_trait;
use salus_api::{
    Limits,
    fhir::{FhirRecords, ResourceOrder, TypeFilter},
    records::RecordsRefusal,
};
use salus_consent::{PurposeOfUse, RecordId};
use salus_fhir::{
    ResourceType, Rewrite,
    rest::{Effect, Found, Resource, Target, Write, Written},
    search::{Facts, Query, values},
};
use salus_types::AccountId;
use salus_vault::rules::Asking;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

pub(crate) const FHIR: &str = "application/fhir+json";
/// The id of the patient that is there from the beginning.
pub(crate) const ANNA: &str = "0000000000000000000000000000000000000000000000000000000000000001";

/// Resources in memory. Those of type Media are refused to everybody.
pub(crate) struct FakeFhir(Mutex<Vec<Resource>>);

fn refuse<T>(code: &str) -> Result<T, RecordsRefusal> {
    Err(RecordsRefusal { code: code.to_owned(), detail: format!("refused with {code}") })
}

fn kind(name: &str) -> ResourceType {
    name.parse().expect("a type")
}

impl FakeFhir {
    pub(crate) fn new() -> Self {
        let text =
            format!(r#"{{"resourceType":"Patient","id":"{ANNA}","name":[{{"family":"Anna"}}]}}"#);
        let patient = Resource {
            resource_type: ResourceType::PATIENT,
            id: ANNA.to_owned(),
            version: 1,
            last_updated_ms: 1_000,
            text,
        };
        Self(Mutex::new(vec![patient]))
    }

    fn latest(&self) -> Vec<Resource> {
        let all = self.0.lock().expect("no test panics while it holds them");
        let newest = |one: &&Resource| {
            !all.iter().any(|other| other.id == one.id && other.version > one.version)
        };
        all.iter().filter(newest).cloned().collect()
    }

    fn put(&self, write: &Write, id: String, version: u32) -> Resource {
        let last_updated_ms = u64::from(version) * 1_000;
        let rewrite = Rewrite { id: &id, version: Some((version, last_updated_ms)) };
        let text = rewrite.apply(&write.text, |_| None).expect("an object");
        let resource_type = write.resource_type;
        let resource = Resource { resource_type, id, version, last_updated_ms, text };
        self.0.lock().expect("no test panics while it holds them").push(resource.clone());
        resource
    }

    fn matches(&self, query: &Query) -> Vec<Resource> {
        let mut found = Vec::new();
        for one in self.latest() {
            let (resource_type, last_updated_ms) = (one.resource_type, one.last_updated_ms);
            let facts = Facts { resource_type, id: &one.id, last_updated_ms };
            let known = values(facts, one.text.as_bytes(), |_| None).expect("JSON");
            if one.resource_type == query.resource_type && query.matches(&known) {
                found.push(one);
            }
        }
        found
    }
}

#[async_trait]
impl FhirRecords for FakeFhir {
    async fn resource(&self, order: ResourceOrder) -> Result<Resource, RecordsRefusal> {
        if order.asking.purpose != PurposeOfUse::Treatment {
            return refuse("vault.purpose");
        }
        let all = self.0.lock().expect("no test panics while it holds them").clone();
        let version = order.version;
        let fits = |one: &&Resource| {
            one.id == order.id
                && one.resource_type == order.resource_type
                && version.is_none_or(|version| version == one.version)
        };
        let found = all.iter().rev().find(fits).cloned();
        found.map_or_else(|| refuse("vault.unknown_record"), Ok)
    }

    async fn resource_history(
        &self,
        resource_type: ResourceType,
        id: &str,
        _: &Asking,
    ) -> Result<Vec<Resource>, RecordsRefusal> {
        let all = self.0.lock().expect("no test panics while it holds them").clone();
        let fits = |one: &Resource| one.id == id && one.resource_type == resource_type;
        Ok(all.into_iter().rev().filter(fits).collect())
    }

    async fn search(
        &self,
        query: &Query,
        _: TypeFilter<'_>,
        _: &Asking,
    ) -> Result<Found, RecordsRefusal> {
        let mut matches = self.matches(query);
        let total = matches.len() as u64;
        let more = matches.len() > query.count as usize;
        matches.truncate(if query.count_only { 0 } else { query.count as usize });
        let next = more.then(|| "more.1".to_owned());
        Ok(Found { total, matches, included: Vec::new(), next })
    }

    async fn next_page(
        &self,
        asked: &str,
        cursor: &str,
        _: TypeFilter<'_>,
        _: &Asking,
    ) -> Result<Found, RecordsRefusal> {
        if cursor != "more.1" {
            return refuse("vault.search_forgotten");
        }
        let matches = self.matches(&Query::all(kind(asked)));
        let (total, matches) = (matches.len() as u64, matches[1..].to_vec());
        Ok(Found { total, matches, included: Vec::new(), next: None })
    }

    async fn everything(
        &self,
        patient: &str,
        _: Option<u64>,
        _: u32,
        types: TypeFilter<'_>,
        _: &Asking,
    ) -> Result<Found, RecordsRefusal> {
        if patient != ANNA {
            return refuse("vault.unknown_patient");
        }
        let mut matches = self.latest();
        matches.retain(|one| types(one.resource_type));
        let total = matches.len() as u64;
        Ok(Found { total, matches, included: Vec::new(), next: None })
    }

    async fn write(&self, writes: Vec<Write>, _: &Asking) -> Result<Vec<Written>, RecordsRefusal> {
        if writes.iter().any(|write| write.resource_type.name() == "Media") {
            return refuse("fhir.no_patient");
        }
        let mut done = Vec::new();
        for write in writes {
            let there = self.latest();
            let (resource, effect) = match &write.target {
                Target::Create(Some(query)) if !self.matches(query).is_empty() => {
                    (self.matches(query).remove(0), Effect::Unchanged)
                }
                Target::Create(_) => {
                    let id = format!("{:064x}", there.len() + 1);
                    (self.put(&write, id, 1), Effect::Created)
                }
                Target::Update { id, version } => {
                    let Some(now) = there.iter().find(|one| one.id == *id) else {
                        return refuse("vault.unknown_record");
                    };
                    if version.is_some_and(|version| version != now.version) {
                        return refuse("vault.version_conflict");
                    }
                    (self.put(&write, id.clone(), now.version + 1), Effect::Updated)
                }
            };
            done.push(Written { resource, effect });
        }
        Ok(done)
    }

    async fn listed(
        &self,
        patients: Option<Vec<String>>,
        _: Option<u64>,
        types: TypeFilter<'_>,
        _: &Asking,
    ) -> Result<Vec<(ResourceType, RecordId)>, RecordsRefusal> {
        if patients.is_some_and(|patients| patients != [ANNA]) {
            return refuse("vault.unknown_patient");
        }
        let record = |one: Resource| (one.resource_type, one.id.parse().expect("an id"));
        Ok(self.latest().into_iter().filter(|one| types(one.resource_type)).map(record).collect())
    }

    async fn resources(
        &self,
        records: &[RecordId],
        _: &Asking,
    ) -> Result<Vec<Resource>, RecordsRefusal> {
        let wanted: Vec<String> = records.iter().map(RecordId::to_string).collect();
        Ok(self.latest().into_iter().filter(|one| wanted.contains(&one.id)).collect())
    }

    async fn types_of(
        &self,
        _: AccountId,
    ) -> Result<HashMap<RecordId, ResourceType>, RecordsRefusal> {
        Ok(HashMap::from([(ANNA.parse().expect("an id"), ResourceType::PATIENT)]))
    }

    async fn account_of(&self, patient: &str) -> Result<Option<AccountId>, RecordsRefusal> {
        Ok((patient == ANNA).then(|| network().members[0].account))
    }

    async fn id_of(&self, patient: AccountId) -> Result<Option<String>, RecordsRefusal> {
        Ok((patient == network().members[0].account).then(|| ANNA.to_owned()))
    }
}

pub(crate) async fn with_fhir() -> Served {
    let fhir = Arc::new(FakeFhir::new());
    served_all(Limits::default(), Some(Arc::new(FakeRecords)), Some(fhir)).await
}
