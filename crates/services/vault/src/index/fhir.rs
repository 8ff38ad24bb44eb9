//! What the REST interface asks of the index.

use super::{
    Index, READING, bytes, number,
    records::{RecordFilter, SUMMARY, StoredVersion, stored_of},
};
use crate::{LIST_MAX, Result, error::Doing as _};
use salus_consent::RecordId;
use salus_fhir::ResourceType;
use salus_types::{AccountId, Hash};
use sqlx::{QueryBuilder, Row as _, Sqlite};
use std::collections::HashMap;

/// Names of sources in one question.
const SOURCES_PER_QUESTION: usize = 500;

const ONE_VERSION: &str = "SELECT r.record, r.patient, r.resource_type, r.category, v.first_day,
     v.last_day, v.version, v.plain_bytes, v.height, v.epoch, v.batch, v.key_wrap, v.pack, v.pack_offset,
     v.pack_length, v.facts, r.labels
     FROM records r JOIN versions v ON v.record = r.record AND v.state = 2
     WHERE r.record = ? AND v.version = ?";

impl Index {
    /// Records with an anchored version and where they lie, in the order of their ids, a page.
    pub(crate) async fn stored(&self, filter: &RecordFilter) -> Result<Vec<StoredVersion>> {
        let mut query = QueryBuilder::<Sqlite>::new(SUMMARY);
        if let Some(patient) = filter.patient {
            query.push(" AND r.patient = ").push_bind(patient.0.to_vec());
        }
        if let Some(resource_type) = filter.resource_type {
            query.push(" AND r.resource_type = ").push_bind(resource_type.name());
        }
        if let Some(after) = filter.after {
            query.push(" AND r.record > ").push_bind(after.as_bytes().to_vec());
        }
        query.push(" ORDER BY r.record LIMIT ").push_bind(i64::from(LIST_MAX));
        let rows = query.build().fetch_all(&self.reads).await.doing(READING)?;
        rows.iter().map(stored_of).collect()
    }

    /// One anchored version of a record.
    pub(crate) async fn stored_version(
        &self,
        record: RecordId,
        version: u32,
    ) -> Result<Option<StoredVersion>> {
        let row = sqlx::query(ONE_VERSION)
            .bind(&record.as_bytes()[..])
            .bind(i64::from(version))
            .fetch_optional(&self.reads)
            .await
            .doing(READING)?;
        row.map(|row| stored_of(&row)).transpose()
    }

    /// The latest version of a record, anchored or not: its number, its source, its fingerprint.
    pub(crate) async fn newest(&self, record: RecordId) -> Result<Option<(u32, Hash, Hash)>> {
        let row = sqlx::query(
            "SELECT v.version, r.source, v.fingerprint FROM records r
             JOIN versions v ON v.record = r.record WHERE r.record = ?
             ORDER BY v.version DESC LIMIT 1",
        )
        .bind(&record.as_bytes()[..])
        .fetch_optional(&self.reads)
        .await
        .doing(READING)?;
        let found = |row| {
            let (source, fingerprint) = (bytes(&row, "source")?, bytes(&row, "fingerprint")?);
            Ok((number(&row, "version")?, Hash(source), Hash(fingerprint)))
        };
        row.map(found).transpose()
    }

    /// The records that their sources call so.
    pub(crate) async fn of_sources(
        &self,
        sources: &[Hash],
    ) -> Result<Vec<(Hash, RecordId, ResourceType)>> {
        let mut found = Vec::new();
        for sources in sources.chunks(SOURCES_PER_QUESTION) {
            let mut query = QueryBuilder::<Sqlite>::new(
                "SELECT source, record, resource_type FROM records WHERE source IN (",
            );
            let mut list = query.separated(", ");
            for source in sources {
                list.push_bind(source.0.to_vec());
            }
            query.push(")");
            for row in query.build().fetch_all(&self.reads).await.doing(READING)? {
                let resource_type: &str = row.try_get("resource_type").doing(READING)?;
                let resource_type = resource_type.parse().map_err(|_| super::damaged())?;
                let record = RecordId::new(bytes(&row, "record")?);
                found.push((Hash(bytes(&row, "source")?), record, resource_type));
            }
        }
        Ok(found)
    }

    /// The types of all records of a patient.
    pub(crate) async fn types_of(
        &self,
        patient: AccountId,
    ) -> Result<HashMap<RecordId, ResourceType>> {
        let rows = sqlx::query("SELECT record, resource_type FROM records WHERE patient = ?")
            .bind(&patient.0[..])
            .fetch_all(&self.reads)
            .await
            .doing(READING)?;
        let each = rows.iter().map(|row| {
            let resource_type: &str = row.try_get("resource_type").doing(READING)?;
            let resource_type = resource_type.parse().map_err(|_| super::damaged())?;
            Ok((RecordId::new(bytes(row, "record")?), resource_type))
        });
        each.collect()
    }

    /// The patient whose Patient resource a record is; none for any other record.
    pub(crate) async fn account_of(&self, record: RecordId) -> Result<Option<AccountId>> {
        let row = sqlx::query(
            "SELECT patient FROM records WHERE record = ? AND resource_type = 'Patient'",
        )
        .bind(&record.as_bytes()[..])
        .fetch_optional(&self.reads)
        .await
        .doing(READING)?;
        row.map(|row| bytes(&row, "patient").map(AccountId)).transpose()
    }

    /// The first Patient resource of a patient.
    pub(crate) async fn patient_record(&self, patient: AccountId) -> Result<Option<RecordId>> {
        let row = sqlx::query(
            "SELECT record FROM records WHERE patient = ? AND resource_type = 'Patient'
             ORDER BY record LIMIT 1",
        )
        .bind(&patient.0[..])
        .fetch_optional(&self.reads)
        .await
        .doing(READING)?;
        row.map(|row| bytes(&row, "record").map(RecordId::new)).transpose()
    }
}
