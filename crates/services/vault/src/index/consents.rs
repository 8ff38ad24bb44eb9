//! What decisions ask of the index: the consents of a patient, and labels that were set.

use super::{Index, READING, WRITING, bytes, number};
use crate::{Result, error::Doing as _};
use salus_consent::RecordId;
use salus_types::{AccountId, Hash};

/// The latest anchored version of a Consent.
pub(crate) struct KeptConsent {
    pub(crate) record: RecordId,
    pub(crate) version: u32,
    /// The commitment to its bytes that is on the ledger.
    pub(crate) commitment: Hash,
    pub(crate) bytes: usize,
}

impl Index {
    /// The Consents of a patient, in the order of their ids; one more than is used.
    pub(crate) async fn consents_of(&self, patient: AccountId) -> Result<Vec<KeptConsent>> {
        let limit = i64::try_from(crate::rules::CONSENTS_MAX + 1).unwrap_or(i64::MAX);
        let rows = sqlx::query(
            "SELECT r.record, v.version, v.commitment, v.plain_bytes
             FROM records r JOIN versions v ON v.record = r.record AND v.version =
             (SELECT MAX(version) FROM versions WHERE record = r.record AND state = 2)
             WHERE r.patient = ? AND r.resource_type = 'Consent' ORDER BY r.record LIMIT ?",
        )
        .bind(&patient.0[..])
        .bind(limit)
        .fetch_all(&self.reads)
        .await
        .doing(READING)?;
        let kept = rows.iter().map(|row| {
            Ok(KeptConsent {
                record: RecordId::new(bytes(row, "record")?),
                version: number(row, "version")?,
                commitment: Hash(bytes(row, "commitment")?),
                bytes: number(row, "plain_bytes")?,
            })
        });
        kept.collect()
    }

    /// The sealed text of a version of a Consent.
    pub(crate) async fn consent_text(
        &self,
        record: RecordId,
        version: u32,
    ) -> Result<Option<Vec<u8>>> {
        let found: Option<Option<Vec<u8>>> =
            sqlx::query_scalar("SELECT consent FROM versions WHERE record = ? AND version = ?")
                .bind(&record.as_bytes()[..])
                .bind(i64::from(version))
                .fetch_optional(&self.reads)
                .await
                .doing(READING)?;
        Ok(found.flatten())
    }

    /// The labels that were set for a record, sealed; none if there is no such record, or none set.
    pub(crate) async fn labels(&self, record: RecordId) -> Result<Option<Vec<u8>>> {
        let found: Option<Option<Vec<u8>>> =
            sqlx::query_scalar("SELECT labels FROM records WHERE record = ?")
                .bind(&record.as_bytes()[..])
                .fetch_optional(&self.reads)
                .await
                .doing(READING)?;
        Ok(found.flatten())
    }

    /// Keeps the labels that were set for a record.
    pub(crate) async fn set_labels(&self, record: RecordId, sealed: &[u8]) -> Result<()> {
        sqlx::query("UPDATE records SET labels = ? WHERE record = ?")
            .bind(sealed)
            .bind(&record.as_bytes()[..])
            .execute(&self.writes)
            .await
            .doing(WRITING)
            .map(drop)
    }

    /// The sealed facts of all versions of a patient's category: record, version, facts.
    pub(crate) async fn facts_of(
        &self,
        patient: AccountId,
        category: salus_fhir::Category,
    ) -> Result<Vec<(RecordId, u32, Vec<u8>)>> {
        let rows = sqlx::query(
            "SELECT v.record, v.version, v.facts FROM versions v
             JOIN records r ON r.record = v.record WHERE r.patient = ? AND r.category = ?",
        )
        .bind(&patient.0[..])
        .bind(super::categories::category_number(category))
        .fetch_all(&self.reads)
        .await
        .doing(READING)?;
        let each = rows.iter().map(|row| {
            let facts = sqlx::Row::try_get(row, "facts").doing(READING)?;
            Ok((RecordId::new(bytes(row, "record")?), number(row, "version")?, facts))
        });
        each.collect()
    }
}
