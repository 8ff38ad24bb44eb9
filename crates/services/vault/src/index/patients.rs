//! Patients, what their sources call them, and the wraps of their category keys.

use super::{Index, READING, WRITING, bytes};
use crate::{Result, error::Doing as _};
use salus_types::{AccountId, Hash, PublicKey, Salt, decode, encode};
use sqlx::Row as _;

/// A patient to be put into the index.
pub(crate) struct NewPatient<'a> {
    pub(crate) patient: AccountId,
    /// For assisted patients: first key, salt of the account, wrapped secret key.
    pub(crate) assisted: Option<(&'a PublicKey, Salt, Vec<u8>)>,
    /// Public sealing key of a patient who has one.
    pub(crate) sealing_key: Option<&'a [u8]>,
}

/// An assisted patient who is not yet on the ledger.
pub(crate) struct Unregistered {
    pub(crate) patient: AccountId,
    pub(crate) key: PublicKey,
    pub(crate) salt: Salt,
}

const UNREGISTERED: &str = "SELECT patient, public_key, salt FROM patients p WHERE enrolled = 0
     AND EXISTS (SELECT 1 FROM records r JOIN versions v ON v.record = r.record
     WHERE r.patient = p.patient AND v.state > 0)";

impl Index {
    /// The patient whom a source calls so.
    pub(crate) async fn patient_of_source(&self, source: Hash) -> Result<Option<AccountId>> {
        let row = sqlx::query("SELECT patient FROM patient_sources WHERE source = ?")
            .bind(&source.0[..])
            .fetch_optional(&self.reads)
            .await
            .doing(READING)?;
        row.map(|row| bytes(&row, "patient").map(AccountId)).transpose()
    }

    /// Whether the vault knows the patient.
    pub(crate) async fn has_patient(&self, patient: AccountId) -> Result<bool> {
        let found: Option<i64> = sqlx::query_scalar("SELECT 1 FROM patients WHERE patient = ?")
            .bind(&patient.0[..])
            .fetch_optional(&self.reads)
            .await
            .doing(READING)?;
        Ok(found.is_some())
    }

    /// Puts a patient into the index, under the names that sources have for them.
    pub(crate) async fn put_patient(&self, new: NewPatient<'_>, sources: &[Hash]) -> Result<()> {
        let mut tx = self.writes.begin().await.doing(WRITING)?;
        let (key, salt, wrapped) = match new.assisted {
            Some((key, salt, wrapped)) => (Some(encode(key)), Some(salt.0.to_vec()), Some(wrapped)),
            None => (None, None, None),
        };
        sqlx::query(
            "INSERT INTO patients (patient, public_key, salt, key_wrap, sealing_key, enrolled)
             VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (patient) DO NOTHING",
        )
        .bind(&new.patient.0[..])
        .bind(&key)
        .bind(salt)
        .bind(wrapped)
        .bind(new.sealing_key)
        .bind(key.is_none())
        .execute(&mut *tx)
        .await
        .doing(WRITING)?;
        for source in sources {
            sqlx::query("INSERT OR IGNORE INTO patient_sources (source, patient) VALUES (?, ?)")
                .bind(&source.0[..])
                .bind(&new.patient.0[..])
                .execute(&mut *tx)
                .await
                .doing(WRITING)?;
        }
        tx.commit().await.doing(WRITING)
    }

    /// Which of `patients` have records and are not yet on the ledger; all there are for none given.
    pub(crate) async fn unregistered(
        &self,
        patients: Option<&[AccountId]>,
    ) -> Result<Vec<Unregistered>> {
        let rows = sqlx::query(UNREGISTERED).fetch_all(&self.reads).await.doing(READING)?;
        let mut found = Vec::new();
        for row in rows {
            let patient = AccountId(bytes(&row, "patient")?);
            if patients.is_none_or(|asked| asked.contains(&patient)) {
                let key: &[u8] = row.try_get("public_key").doing(READING)?;
                let key = decode("public key", key).map_err(|_| super::damaged())?;
                found.push(Unregistered { patient, key, salt: Salt(bytes(&row, "salt")?) });
            }
        }
        Ok(found)
    }

    /// Notes that patients are on the ledger.
    pub(crate) async fn set_registered(&self, patients: &[AccountId]) -> Result<()> {
        let mut tx = self.writes.begin().await.doing(WRITING)?;
        for patient in patients {
            sqlx::query("UPDATE patients SET enrolled = 1 WHERE patient = ?")
                .bind(&patient.0[..])
                .execute(&mut *tx)
                .await
                .doing(WRITING)?;
        }
        tx.commit().await.doing(WRITING)
    }

    /// The wrapped signing key of an assisted patient.
    pub(crate) async fn patient_key(&self, patient: AccountId) -> Result<Option<Vec<u8>>> {
        let found: Option<Option<Vec<u8>>> =
            sqlx::query_scalar("SELECT key_wrap FROM patients WHERE patient = ?")
                .bind(&patient.0[..])
                .fetch_optional(&self.reads)
                .await
                .doing(READING)?;
        Ok(found.flatten())
    }

    /// The public sealing key of a patient who has one.
    pub(crate) async fn patient_sealing_key(&self, patient: AccountId) -> Result<Option<Vec<u8>>> {
        let found: Option<Option<Vec<u8>>> =
            sqlx::query_scalar("SELECT sealing_key FROM patients WHERE patient = ?")
                .bind(&patient.0[..])
                .fetch_optional(&self.reads)
                .await
                .doing(READING)?;
        Ok(found.flatten())
    }
}
