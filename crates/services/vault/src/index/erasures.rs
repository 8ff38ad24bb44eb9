//! Erasures that this vault has a part in, and what has to be kept.

use super::{Index, READING, WRITING, bytes, damaged, erasing::Destroyed, number, signed};
use crate::{Result, error::Doing as _};
use salus_consent::{ErasureId, RetentionReason};
use salus_types::{AccountId, BlockTime, Hash, decode, encode};
use sqlx::Row as _;

/// How far an erasure is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// It waits to be carried out; the vault was told which records are meant.
    Told,
    /// It was begun.
    Begun,
    /// Everything is destroyed and attested.
    Done,
}

/// An erasure as the index knows it.
pub(crate) struct StoredErasure {
    pub(crate) stage: Stage,
    pub(crate) opening: Option<Vec<u8>>,
    pub(crate) destroyed: Destroyed,
    pub(crate) report: Option<Vec<u8>>,
}

impl Index {
    /// An erasure.
    pub(crate) async fn erasure(&self, erasure: ErasureId) -> Result<Option<StoredErasure>> {
        let row =
            sqlx::query("SELECT stage, opening, destroyed, report FROM erasures WHERE erasure = ?")
                .bind(&erasure.as_bytes()[..])
                .fetch_optional(&self.reads)
                .await
                .doing(READING)?;
        row.map(|row| {
            let destroyed: Option<Vec<u8>> = row.try_get("destroyed").doing(READING)?;
            Ok(StoredErasure {
                stage: match number::<u8>(&row, "stage")? {
                    0 => Stage::Told,
                    1 => Stage::Begun,
                    2 => Stage::Done,
                    _ => return Err(damaged()),
                },
                opening: row.try_get("opening").doing(READING)?,
                destroyed: match destroyed {
                    Some(bytes) => decode("what was destroyed", &bytes).map_err(|_| damaged())?,
                    None => Destroyed::new(),
                },
                report: row.try_get("report").doing(READING)?,
            })
        })
        .transpose()
    }

    /// Erasures that are not done here.
    pub(crate) async fn erasures_open(&self) -> Result<Vec<ErasureId>> {
        let rows = sqlx::query("SELECT erasure FROM erasures WHERE stage < 2")
            .fetch_all(&self.reads)
            .await
            .doing(READING)?;
        rows.iter().map(|row| bytes(row, "erasure").map(ErasureId::new)).collect()
    }

    /// Whether something about this subject is being destroyed, or was.
    pub(crate) async fn is_erasing(&self, subject: Hash) -> Result<bool> {
        let found: Option<i64> =
            sqlx::query_scalar("SELECT 1 FROM erasures WHERE subject = ? AND stage > 0 LIMIT 1")
                .bind(&subject.0[..])
                .fetch_optional(&self.reads)
                .await
                .doing(READING)?;
        Ok(found.is_some())
    }

    /// Keeps which records an erasure is about, sealed.
    pub(crate) async fn put_erasure_opening(
        &self,
        erasure: ErasureId,
        subject: Hash,
        opening: &[u8],
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO erasures (erasure, subject, stage, opening) VALUES (?, ?, 0, ?)
             ON CONFLICT (erasure) DO NOTHING",
        )
        .bind(&erasure.as_bytes()[..])
        .bind(&subject.0[..])
        .bind(opening)
        .execute(&self.writes)
        .await
        .doing(WRITING)?;
        Ok(())
    }

    /// Keeps the signed report, before it is attested.
    pub(crate) async fn put_report(&self, erasure: ErasureId, report: &[u8]) -> Result<()> {
        sqlx::query("UPDATE erasures SET report = ? WHERE erasure = ?")
            .bind(report)
            .bind(&erasure.as_bytes()[..])
            .execute(&self.writes)
            .await
            .doing(WRITING)?;
        Ok(())
    }

    /// Notes that an erasure is done and attested.
    pub(crate) async fn end_erasure(&self, erasure: ErasureId) -> Result<()> {
        sqlx::query("UPDATE erasures SET stage = 2, opening = NULL WHERE erasure = ?")
            .bind(&erasure.as_bytes()[..])
            .execute(&self.writes)
            .await
            .doing(WRITING)?;
        Ok(())
    }

    /// Forgets an erasure that the holder refused or that nobody asks for.
    pub(crate) async fn drop_erasure(&self, erasure: ErasureId) -> Result<()> {
        sqlx::query("DELETE FROM erasures WHERE erasure = ? AND stage = 0")
            .bind(&erasure.as_bytes()[..])
            .execute(&self.writes)
            .await
            .doing(WRITING)?;
        Ok(())
    }

    /// Everybody of whom something is here, after `after`, a page of them.
    pub(crate) async fn subjects(
        &self,
        after: Option<AccountId>,
        limit: u32,
    ) -> Result<Vec<AccountId>> {
        let after = after.map_or(Vec::new(), |account| account.0.to_vec());
        let rows = sqlx::query(
            "SELECT patient FROM (SELECT patient FROM patients UNION SELECT patient FROM scopes
             UNION SELECT patient FROM shares UNION SELECT patient FROM requests)
             WHERE patient > ?1 ORDER BY patient LIMIT ?2",
        )
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(&self.reads)
        .await
        .doing(READING)?;
        rows.iter().map(|row| bytes(row, "patient").map(AccountId)).collect()
    }

    /// Whether shares or requests for reading at a holder are kept here.
    pub(crate) async fn has_of_holder(
        &self,
        patient: AccountId,
        holder: AccountId,
    ) -> Result<bool> {
        let found: i64 = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM shares WHERE patient = ?1 AND holder = ?2)
             OR EXISTS (SELECT 1 FROM requests WHERE patient = ?1 AND holder = ?2)",
        )
        .bind(&patient.0[..])
        .bind(&holder.0[..])
        .fetch_one(&self.reads)
        .await
        .doing(READING)?;
        Ok(found != 0)
    }

    /// The names under which imports claim a patient.
    pub(crate) async fn claim_names(&self, patient: AccountId) -> Result<Vec<Hash>> {
        let rows = sqlx::query("SELECT source FROM patient_sources WHERE patient = ?")
            .bind(&patient.0[..])
            .fetch_all(&self.reads)
            .await
            .doing(READING)?;
        let mut names = vec![Hash(patient.0)];
        for row in &rows {
            names.push(Hash(bytes(row, "source")?));
        }
        Ok(names)
    }

    /// Keeps that a patient's records must be kept, in place of what was said before.
    pub(crate) async fn put_retention(
        &self,
        patient: AccountId,
        reason: RetentionReason,
        until: BlockTime,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO retentions (patient, reason, until_ms) VALUES (?, ?, ?)
             ON CONFLICT (patient) DO UPDATE SET reason = excluded.reason,
             until_ms = excluded.until_ms",
        )
        .bind(&patient.0[..])
        .bind(encode(&reason))
        .bind(signed(until.unix_ms()))
        .execute(&self.writes)
        .await
        .doing(WRITING)?;
        Ok(())
    }

    /// Until when a patient's records must be kept, and why.
    pub(crate) async fn retention(
        &self,
        patient: AccountId,
    ) -> Result<Option<(RetentionReason, BlockTime)>> {
        let row = sqlx::query("SELECT reason, until_ms FROM retentions WHERE patient = ?")
            .bind(&patient.0[..])
            .fetch_optional(&self.reads)
            .await
            .doing(READING)?;
        row.map(|row| {
            let reason: &[u8] = row.try_get("reason").doing(READING)?;
            let reason = decode("reason", reason).map_err(|_| damaged())?;
            Ok((reason, BlockTime::from_unix_ms(number(&row, "until_ms")?)))
        })
        .transpose()
    }
}
