//! Openings of scopes, sealed: of what a read rests on, and of what patients keep for emergencies.

use super::{Index, READING, WRITING, damaged};
use crate::{Result, error::Doing as _};
use salus_consent::Basis;
use salus_types::{AccountId, decode, encode};
use sqlx::Row as _;

impl Index {
    /// Keeps the sealed opening of a basis's scope.
    pub(crate) async fn put_scope(
        &self,
        basis: Basis,
        patient: AccountId,
        opening: &[u8],
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO scopes (basis, patient, opening) VALUES (?, ?, ?)
             ON CONFLICT (basis) DO UPDATE SET opening = excluded.opening",
        )
        .bind(encode(&basis))
        .bind(&patient.0[..])
        .bind(opening)
        .execute(&self.writes)
        .await
        .doing(WRITING)?;
        Ok(())
    }

    /// The sealed opening of a basis's scope.
    pub(crate) async fn scope(&self, basis: Basis) -> Result<Option<Vec<u8>>> {
        sqlx::query_scalar("SELECT opening FROM scopes WHERE basis = ?")
            .bind(encode(&basis))
            .fetch_optional(&self.reads)
            .await
            .doing(READING)
    }

    /// Grants, episodes and emergencies of which something is kept here.
    pub(crate) async fn bases_kept(&self) -> Result<Vec<Basis>> {
        let rows = sqlx::query("SELECT basis FROM scopes ORDER BY basis")
            .fetch_all(&self.reads)
            .await
            .doing(READING)?;
        rows.iter()
            .map(|row| {
                let basis: &[u8] = row.try_get("basis").doing(READING)?;
                decode("basis", basis).map_err(|_| damaged())
            })
            .collect()
    }

    /// Keeps the sealed opening of what a patient keeps for emergencies, in place of an older one.
    pub(crate) async fn put_emergency_set(&self, patient: AccountId, opening: &[u8]) -> Result<()> {
        sqlx::query(
            "INSERT INTO emergency_sets (patient, opening) VALUES (?, ?)
             ON CONFLICT (patient) DO UPDATE SET opening = excluded.opening",
        )
        .bind(&patient.0[..])
        .bind(opening)
        .execute(&self.writes)
        .await
        .doing(WRITING)?;
        Ok(())
    }

    /// The sealed opening of what a patient keeps for emergencies.
    pub(crate) async fn emergency_set(&self, patient: AccountId) -> Result<Option<Vec<u8>>> {
        sqlx::query_scalar("SELECT opening FROM emergency_sets WHERE patient = ?")
            .bind(&patient.0[..])
            .fetch_optional(&self.reads)
            .await
            .doing(READING)
    }
}
