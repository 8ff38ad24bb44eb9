//! Categories whose keys are with custodians, shares that this vault keeps for others, and the
//! requests that it made.

use super::{Index, READING, WRITING, bytes, categories::category_number, number};
use crate::{Result, error::Doing as _, keys::CategoryKeyId};
use salus_consent::{ArrangementId, RecordId, RequestId};
use salus_types::AccountId;
use sqlx::Row as _;

/// A category whose key goes to custodians.
pub(crate) struct NewCustody {
    pub(crate) id: CategoryKeyId,
    pub(crate) arrangement: ArrangementId,
    pub(crate) public: Vec<u8>,
    pub(crate) commitments: Vec<u8>,
    /// The key of the epoch before, wrapped to the public key.
    pub(crate) previous: Option<Vec<u8>>,
    pub(crate) to_patient: Option<Vec<u8>>,
    /// What decisions may still ask of each version that is here, sealed: record, version, facts.
    pub(crate) facts: Vec<(RecordId, u32, Vec<u8>)>,
}

/// An epoch whose key is with custodians.
pub(crate) struct StoredCustody {
    pub(crate) epoch: u32,
    pub(crate) arrangement: ArrangementId,
    pub(crate) public: Vec<u8>,
    pub(crate) commitments: Vec<u8>,
    pub(crate) previous: Option<Vec<u8>>,
}

/// What this vault keeps of an arrangement as one of its custodians.
pub(crate) struct KeptShares {
    pub(crate) patient: AccountId,
    pub(crate) holder: AccountId,
    pub(crate) commitments: Vec<u8>,
    pub(crate) sealed: Vec<u8>,
}

const CUSTODY: &str = "SELECT c.epoch, c.previous, k.arrangement, k.public_key, k.commitments
     FROM custody k JOIN categories c
     ON c.patient = k.patient AND c.category = k.category AND c.epoch = k.epoch";

/// What is kept of a request that this organisation made.
pub(crate) struct KeptRequest {
    pub(crate) patient: AccountId,
    pub(crate) holder: AccountId,
    /// Its leaves with their events, sealed.
    pub(crate) leaves: Vec<u8>,
}

impl Index {
    /// Begins epochs whose keys are with custodians, and forgets every older key of these categories.
    /// All or none.
    pub(crate) async fn begin_custody(&self, begun: &[NewCustody]) -> Result<()> {
        let mut tx = self.writes.begin().await.doing(WRITING)?;
        for one in begun {
            let (patient, category) = (&one.id.patient.0[..], category_number(one.id.category));
            for statement in [
                "UPDATE categories SET holder_wrap = x'' WHERE patient = ? AND category = ?",
                "DELETE FROM basis_wraps WHERE patient = ? AND category = ?",
            ] {
                let query = sqlx::query(statement).bind(patient).bind(category);
                query.execute(&mut *tx).await.doing(WRITING)?;
            }
            for (record, version, facts) in &one.facts {
                sqlx::query("UPDATE versions SET facts = ? WHERE record = ? AND version = ?")
                    .bind(facts)
                    .bind(&record.as_bytes()[..])
                    .bind(i64::from(*version))
                    .execute(&mut *tx)
                    .await
                    .doing(WRITING)?;
            }
            sqlx::query(
                "INSERT INTO categories
                 (patient, category, epoch, holder_wrap, patient_wrap, previous)
                 VALUES (?, ?, ?, x'', ?, ?)",
            )
            .bind(patient)
            .bind(category)
            .bind(i64::from(one.id.epoch))
            .bind(one.to_patient.as_deref())
            .bind(one.previous.as_deref())
            .execute(&mut *tx)
            .await
            .doing(WRITING)?;
            sqlx::query(
                "INSERT INTO custody
                 (patient, category, epoch, arrangement, public_key, commitments)
                 VALUES (?, ?, ?, ?, ?, ?)",
            )
            .bind(patient)
            .bind(category)
            .bind(i64::from(one.id.epoch))
            .bind(&one.arrangement.as_bytes()[..])
            .bind(&one.public)
            .bind(&one.commitments)
            .execute(&mut *tx)
            .await
            .doing(WRITING)?;
        }
        tx.commit().await.doing(WRITING)?;
        // The log of writes still has the pages as they were; once it is empty, nothing has.
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(&self.writes)
            .await
            .doing(WRITING)
            .map(drop)
    }

    /// The custodians of a category's key, if it is with custodians in this epoch.
    pub(crate) async fn custody(&self, id: CategoryKeyId) -> Result<Option<StoredCustody>> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!(
            "{CUSTODY} WHERE k.patient = ? AND k.category = ? AND k.epoch = ?"
        )))
        .bind(&id.patient.0[..])
        .bind(category_number(id.category))
        .bind(i64::from(id.epoch))
        .fetch_optional(&self.reads)
        .await
        .doing(READING)?;
        row.map(|row| stored(&row)).transpose()
    }

    /// The first epoch from this one on whose key is with custodians.
    pub(crate) async fn custody_from(&self, id: CategoryKeyId) -> Result<Option<StoredCustody>> {
        let row = sqlx::query(sqlx::AssertSqlSafe(format!(
            "{CUSTODY} WHERE k.patient = ? AND k.category = ? AND k.epoch >= ?
             ORDER BY k.epoch LIMIT 1"
        )))
        .bind(&id.patient.0[..])
        .bind(category_number(id.category))
        .bind(i64::from(id.epoch))
        .fetch_optional(&self.reads)
        .await
        .doing(READING)?;
        row.map(|row| stored(&row)).transpose()
    }

    /// Keeps the key of an import, wrapped to the public key of its category.
    pub(crate) async fn put_batch(
        &self,
        batch: &[u8; 16],
        id: CategoryKeyId,
        wrap: &[u8],
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO batches (batch, patient, category, epoch, wrap) VALUES (?, ?, ?, ?, ?)",
        )
        .bind(&batch[..])
        .bind(&id.patient.0[..])
        .bind(category_number(id.category))
        .bind(i64::from(id.epoch))
        .bind(wrap)
        .execute(&self.writes)
        .await
        .doing(WRITING)?;
        Ok(())
    }

    /// The wrapped key of an import.
    pub(crate) async fn batch(&self, batch: &[u8]) -> Result<Option<Vec<u8>>> {
        sqlx::query_scalar("SELECT wrap FROM batches WHERE batch = ?")
            .bind(batch)
            .fetch_optional(&self.reads)
            .await
            .doing(READING)
    }

    /// Keeps the shares of an arrangement, sealed. The same again changes nothing.
    pub(crate) async fn put_shares(
        &self,
        arrangement: ArrangementId,
        shares: &KeptShares,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO shares (arrangement, patient, holder, commitments, sealed)
             VALUES (?, ?, ?, ?, ?) ON CONFLICT (arrangement) DO NOTHING",
        )
        .bind(&arrangement.as_bytes()[..])
        .bind(&shares.patient.0[..])
        .bind(&shares.holder.0[..])
        .bind(&shares.commitments)
        .bind(&shares.sealed)
        .execute(&self.writes)
        .await
        .doing(WRITING)?;
        Ok(())
    }

    /// The shares of an arrangement that are kept here.
    pub(crate) async fn shares(&self, arrangement: ArrangementId) -> Result<Option<KeptShares>> {
        let row = sqlx::query(
            "SELECT patient, holder, commitments, sealed FROM shares WHERE arrangement = ?",
        )
        .bind(&arrangement.as_bytes()[..])
        .fetch_optional(&self.reads)
        .await
        .doing(READING)?;
        row.map(|row| {
            Ok(KeptShares {
                patient: AccountId(bytes(&row, "patient")?),
                holder: AccountId(bytes(&row, "holder")?),
                commitments: row.try_get("commitments").doing(READING)?,
                sealed: row.try_get("sealed").doing(READING)?,
            })
        })
        .transpose()
    }

    /// Keeps the leaves of a request of this organisation, sealed, before it is sent.
    pub(crate) async fn put_request(
        &self,
        request: RequestId,
        patient: AccountId,
        holder: AccountId,
        leaves: &[u8],
    ) -> Result<()> {
        sqlx::query("INSERT INTO requests (request, patient, holder, leaves) VALUES (?, ?, ?, ?)")
            .bind(&request.as_bytes()[..])
            .bind(&patient.0[..])
            .bind(&holder.0[..])
            .bind(leaves)
            .execute(&self.writes)
            .await
            .doing(WRITING)?;
        Ok(())
    }

    /// What is kept of a request that this organisation made.
    pub(crate) async fn request(&self, request: RequestId) -> Result<Option<KeptRequest>> {
        let row = sqlx::query("SELECT patient, holder, leaves FROM requests WHERE request = ?")
            .bind(&request.as_bytes()[..])
            .fetch_optional(&self.reads)
            .await
            .doing(READING)?;
        row.map(|row| {
            Ok(KeptRequest {
                patient: AccountId(bytes(&row, "patient")?),
                holder: AccountId(bytes(&row, "holder")?),
                leaves: row.try_get("leaves").doing(READING)?,
            })
        })
        .transpose()
    }
}

fn stored(row: &sqlx::sqlite::SqliteRow) -> Result<StoredCustody> {
    Ok(StoredCustody {
        epoch: number(row, "epoch")?,
        arrangement: ArrangementId::new(bytes(row, "arrangement")?),
        public: row.try_get("public_key").doing(READING)?,
        commitments: row.try_get("commitments").doing(READING)?,
        previous: row.try_get("previous").doing(READING)?,
    })
}
