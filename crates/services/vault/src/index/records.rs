//! What is asked of the index: records of a patient, versions of a record, where one lies.

use super::{Index, READING, bytes, categories::category_of, damaged, number};
use crate::{RecordFacts, Result, error::Doing as _, packs::Place};
use salus_consent::RecordId;
use salus_fhir::{Category, Day, DaySpan, ResourceType};
use salus_types::{AccountId, Height};
use serde::Serialize;
use sqlx::{QueryBuilder, Row as _, Sqlite, sqlite::SqliteRow};

/// Most items of a list that is asked for.
pub const LIST_MAX: u32 = 1000;

/// Which records to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct RecordFilter {
    /// Of this patient only.
    pub patient: Option<AccountId>,
    /// Of this resource type only.
    pub resource_type: Option<ResourceType>,
    /// Of this category only.
    pub category: Option<Category>,
    /// After this record: the last one of the page before.
    pub after: Option<RecordId>,
    /// At most so many; 0 and more than [`LIST_MAX`] mean [`LIST_MAX`].
    pub limit: u32,
}

/// A record, with its latest anchored version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordSummary {
    /// The record.
    pub record: RecordId,
    /// Whose it is.
    pub patient: AccountId,
    /// Its resource type.
    pub resource_type: ResourceType,
    /// Its category.
    pub category: Category,
    /// The days it speaks of, where it names any.
    pub dates: Option<DaySpan>,
    /// Its latest anchored version.
    pub version: u32,
    /// Length of that version's plain bytes.
    pub bytes: u64,
    /// The height at which it was found to be anchored.
    pub height: Height,
}

impl RecordSummary {
    /// What of it decides whether a scope covers it.
    pub fn facts(&self) -> RecordFacts {
        RecordFacts {
            record: self.record,
            resource_type: self.resource_type,
            category: self.category,
            dates: self.dates,
        }
    }
}

/// A version of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VersionSummary {
    /// The version, from 1.
    pub version: u32,
    /// Length of its plain bytes.
    pub bytes: u64,
    /// The days it speaks of, where it names any.
    pub dates: Option<DaySpan>,
    /// The height at which it was found to be anchored; none while it waits.
    pub height: Option<Height>,
}

/// A patient, with counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PatientSummary {
    /// The account, a pseudonym.
    pub patient: AccountId,
    /// Whether the organisation keeps the patient's key.
    pub assisted: bool,
    /// How many anchored records.
    pub records: u64,
}

/// All that is needed to open a version.
#[derive(Clone, Debug)]
pub(crate) struct StoredVersion {
    pub(crate) summary: RecordSummary,
    pub(crate) epoch: u32,
    pub(crate) batch: Option<Vec<u8>>,
    pub(crate) key_wrap: Vec<u8>,
    pub(crate) place: Place,
    /// What decisions ask of it, sealed.
    pub(crate) facts: Vec<u8>,
    /// Labels that people set on the record, sealed.
    pub(crate) labels: Option<Vec<u8>>,
}

pub(super) const SUMMARY: &str =
    "SELECT r.record, r.patient, r.resource_type, r.category, v.first_day,
     v.last_day, v.version, v.plain_bytes, v.height, v.epoch, v.batch, v.key_wrap, v.pack, v.pack_offset,
     v.pack_length, v.facts, r.labels
     FROM records r JOIN versions v ON v.record = r.record AND v.version =
     (SELECT MAX(version) FROM versions WHERE record = r.record AND state = 2) WHERE 1 = 1";

impl Index {
    /// Records with an anchored version, in the order of their ids.
    pub(crate) async fn records(&self, filter: &RecordFilter) -> Result<Vec<RecordSummary>> {
        let mut query = QueryBuilder::<Sqlite>::new(SUMMARY);
        if let Some(patient) = filter.patient {
            query.push(" AND r.patient = ").push_bind(patient.0.to_vec());
        }
        if let Some(resource_type) = filter.resource_type {
            query.push(" AND r.resource_type = ").push_bind(resource_type.name());
        }
        if let Some(category) = filter.category {
            query
                .push(" AND r.category = ")
                .push_bind(super::categories::category_number(category));
        }
        if let Some(after) = filter.after {
            query.push(" AND r.record > ").push_bind(after.as_bytes().to_vec());
        }
        let limit = if filter.limit == 0 { LIST_MAX } else { filter.limit.min(LIST_MAX) };
        query.push(" ORDER BY r.record LIMIT ").push_bind(i64::from(limit));
        let rows = query.build().fetch_all(&self.reads).await.doing(READING)?;
        rows.iter().map(summary_of).collect()
    }

    /// The latest anchored version of a record.
    pub(crate) async fn latest(&self, record: RecordId) -> Result<Option<StoredVersion>> {
        let mut query = QueryBuilder::<Sqlite>::new(SUMMARY);
        query.push(" AND r.record = ").push_bind(record.as_bytes().to_vec());
        let row = query.build().fetch_optional(&self.reads).await.doing(READING)?;
        row.map(|row| stored_of(&row)).transpose()
    }

    /// Whose a record is, anchored or not.
    pub(crate) async fn patient_of(&self, record: RecordId) -> Result<Option<AccountId>> {
        let row = sqlx::query("SELECT patient FROM records WHERE record = ?")
            .bind(&record.as_bytes()[..])
            .fetch_optional(&self.reads)
            .await
            .doing(READING)?;
        row.map(|row| bytes(&row, "patient").map(AccountId)).transpose()
    }

    /// The versions of a record that are anchored or wait for it.
    pub(crate) async fn versions(&self, record: RecordId) -> Result<Vec<VersionSummary>> {
        let rows = sqlx::query(
            "SELECT version, plain_bytes, first_day, last_day, height FROM versions
             WHERE record = ? AND state > 0 ORDER BY version",
        )
        .bind(&record.as_bytes()[..])
        .fetch_all(&self.reads)
        .await
        .doing(READING)?;
        rows.iter()
            .map(|row| {
                let height: Option<i64> = row.try_get("height").doing(READING)?;
                let height = height.map(u64::try_from).transpose().map_err(|_| damaged())?;
                Ok(VersionSummary {
                    version: number(row, "version")?,
                    bytes: number(row, "plain_bytes")?,
                    dates: dates_of(row)?,
                    height: height.map(Height),
                })
            })
            .collect()
    }

    /// Patients with at least one anchored record, in the order of their accounts.
    pub(crate) async fn patients(&self, after: Option<AccountId>) -> Result<Vec<PatientSummary>> {
        let after = after.map_or(Vec::new(), |account| account.0.to_vec());
        let rows = sqlx::query(
            "SELECT p.patient, p.key_wrap IS NOT NULL AS assisted, COUNT(*) AS records
             FROM patients p JOIN records r ON r.patient = p.patient
             WHERE p.patient > ?1 AND EXISTS
             (SELECT 1 FROM versions v WHERE v.record = r.record AND v.state = 2)
             GROUP BY p.patient ORDER BY p.patient LIMIT ?2",
        )
        .bind(after)
        .bind(i64::from(LIST_MAX))
        .fetch_all(&self.reads)
        .await
        .doing(READING)?;
        rows.iter()
            .map(|row| {
                Ok(PatientSummary {
                    patient: AccountId(bytes(row, "patient")?),
                    assisted: row.try_get("assisted").doing(READING)?,
                    records: number(row, "records")?,
                })
            })
            .collect()
    }
}

fn dates_of(row: &SqliteRow) -> Result<Option<DaySpan>> {
    let first: Option<i32> = row.try_get("first_day").doing(READING)?;
    let last: Option<i32> = row.try_get("last_day").doing(READING)?;
    Ok(first.zip(last).map(|(first, last)| DaySpan { first: Day(first), last: Day(last) }))
}

fn summary_of(row: &SqliteRow) -> Result<RecordSummary> {
    let resource_type: &str = row.try_get("resource_type").doing(READING)?;
    Ok(RecordSummary {
        record: RecordId::new(bytes(row, "record")?),
        patient: AccountId(bytes(row, "patient")?),
        resource_type: resource_type.parse().map_err(|_| damaged())?,
        category: category_of(row.try_get("category").doing(READING)?)?,
        dates: dates_of(row)?,
        version: number(row, "version")?,
        bytes: number(row, "plain_bytes")?,
        height: Height(number(row, "height")?),
    })
}

pub(super) fn stored_of(row: &SqliteRow) -> Result<StoredVersion> {
    Ok(StoredVersion {
        summary: summary_of(row)?,
        epoch: number(row, "epoch")?,
        batch: row.try_get("batch").doing(READING)?,
        key_wrap: row.try_get("key_wrap").doing(READING)?,
        place: Place {
            pack: row.try_get("pack").doing(READING)?,
            offset: number(row, "pack_offset")?,
            length: number(row, "pack_length")?,
        },
        facts: row.try_get("facts").doing(READING)?,
        labels: row.try_get("labels").doing(READING)?,
    })
}
