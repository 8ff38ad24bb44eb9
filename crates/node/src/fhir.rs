//! The organisation's records as FHIR resources: the vault, and other organisations' gateways.

use crate::records::{Gateway, from_vault};
use async_trait::async_trait;
use salus_api::{
    fhir::{FhirRecords, ResourceOrder, TypeFilter},
    records::{ReadOrder, Records as _, RecordsRefusal},
};
use salus_consent::RecordId;
use salus_fhir::{
    ResourceType, Rewrite,
    rest::{Found, Resource, Write, Written},
    search::Query,
};
use salus_types::AccountId;
use salus_vault::{VaultError, rules::Asking};
use std::collections::HashMap;

impl Gateway {
    /// A record of another organisation on a basis. Its references stay as they are there.
    async fn resource_elsewhere(&self, order: ResourceOrder) -> Result<Resource, RecordsRefusal> {
        let unknown = || from_vault(VaultError::UnknownRecord);
        let record = order.id.parse().map_err(|_| unknown())?;
        let asked = ReadOrder {
            record,
            basis: order.basis,
            purpose: order.asking.purpose,
            actor: order.asking.actor.as_deref().cloned(),
            from: None,
        };
        let read = self.read(asked).await?;
        let resource_type: ResourceType = read.resource_type.parse().map_err(|_| unknown())?;
        let other_version = order.version.is_some_and(|version| version != read.version);
        if resource_type != order.resource_type || other_version {
            return Err(unknown());
        }
        let damaged = || from_vault(VaultError::Integrity { what: "the text of the record" });
        let anchored = self.anchored_ms(record, read.version).await?.ok_or_else(damaged)?;
        let text = std::str::from_utf8(&read.bytes).map_err(|_| damaged())?;
        let rewrite = Rewrite { id: &order.id, version: Some((read.version, anchored)) };
        Ok(Resource {
            resource_type,
            version: read.version,
            last_updated_ms: anchored,
            text: rewrite.apply(text, |_| None).ok_or_else(damaged)?,
            id: order.id,
        })
    }
}

#[async_trait]
impl FhirRecords for Gateway {
    async fn resource(&self, order: ResourceOrder) -> Result<Resource, RecordsRefusal> {
        if order.basis.is_some() {
            return self.resource_elsewhere(order).await;
        }
        let ResourceOrder { resource_type, id, version, asking, .. } = order;
        self.vault.resource(resource_type, &id, version, &asking).await.map_err(from_vault)
    }

    async fn resource_history(
        &self,
        resource_type: ResourceType,
        id: &str,
        asking: &Asking,
    ) -> Result<Vec<Resource>, RecordsRefusal> {
        self.vault.resource_history(resource_type, id, asking).await.map_err(from_vault)
    }

    async fn search(
        &self,
        query: &Query,
        types: TypeFilter<'_>,
        asking: &Asking,
    ) -> Result<Found, RecordsRefusal> {
        self.vault.search(query, types, asking).await.map_err(from_vault)
    }

    async fn next_page(
        &self,
        asked: &str,
        cursor: &str,
        types: TypeFilter<'_>,
        asking: &Asking,
    ) -> Result<Found, RecordsRefusal> {
        self.vault.next_page(asked, cursor, types, asking).await.map_err(from_vault)
    }

    async fn everything(
        &self,
        patient: &str,
        since_ms: Option<u64>,
        count: u32,
        types: TypeFilter<'_>,
        asking: &Asking,
    ) -> Result<Found, RecordsRefusal> {
        let found = self.vault.everything(patient, since_ms, count, types, asking).await;
        found.map_err(from_vault)
    }

    async fn write(
        &self,
        writes: Vec<Write>,
        asking: &Asking,
    ) -> Result<Vec<Written>, RecordsRefusal> {
        self.vault.write(writes, asking).await.map_err(from_vault)
    }

    async fn listed(
        &self,
        patients: Option<Vec<String>>,
        since_ms: Option<u64>,
        types: TypeFilter<'_>,
        asking: &Asking,
    ) -> Result<Vec<(ResourceType, RecordId)>, RecordsRefusal> {
        let accounts = match patients {
            None => None,
            Some(ids) => {
                let mut accounts = Vec::with_capacity(ids.len());
                for id in ids {
                    let account = self.vault.account_of(&id).await.map_err(from_vault)?;
                    let unknown = || from_vault(VaultError::UnknownPatient);
                    accounts.push(account.ok_or_else(unknown)?);
                }
                Some(accounts)
            }
        };
        let listed = self.vault.listed(accounts.as_deref(), since_ms, types, asking).await;
        listed.map_err(from_vault)
    }

    async fn resources(
        &self,
        records: &[RecordId],
        asking: &Asking,
    ) -> Result<Vec<Resource>, RecordsRefusal> {
        self.vault.resources(records, asking).await.map_err(from_vault)
    }

    async fn types_of(
        &self,
        patient: AccountId,
    ) -> Result<HashMap<RecordId, ResourceType>, RecordsRefusal> {
        self.vault.types_of(patient).await.map_err(from_vault)
    }

    async fn account_of(&self, patient: &str) -> Result<Option<AccountId>, RecordsRefusal> {
        self.vault.account_of(patient).await.map_err(from_vault)
    }

    async fn id_of(&self, patient: AccountId) -> Result<Option<String>, RecordsRefusal> {
        self.vault.id_of(patient).await.map_err(from_vault)
    }
}
