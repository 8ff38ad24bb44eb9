//! Keys of patients' logs of audit events.

use super::{Index, READING, WRITING};
use crate::{Result, error::Doing as _};
use salus_types::AccountId;

impl Index {
    /// The wrap to the holder of the key of a patient's log.
    pub(crate) async fn audit_key(&self, patient: AccountId) -> Result<Option<Vec<u8>>> {
        sqlx::query_scalar("SELECT holder_wrap FROM audit_keys WHERE patient = ?")
            .bind(&patient.0[..])
            .fetch_optional(&self.reads)
            .await
            .doing(READING)
    }

    /// Keeps the wraps of the key of a patient's log, unless there is one; gives the holder's wrap that
    /// is kept.
    pub(crate) async fn put_audit_key(
        &self,
        patient: AccountId,
        holder: &[u8],
        to_patient: Option<&[u8]>,
    ) -> Result<Vec<u8>> {
        sqlx::query_scalar(
            "INSERT INTO audit_keys (patient, holder_wrap, patient_wrap) VALUES (?, ?, ?)
             ON CONFLICT (patient) DO UPDATE SET holder_wrap = holder_wrap RETURNING holder_wrap",
        )
        .bind(&patient.0[..])
        .bind(holder)
        .bind(to_patient)
        .fetch_one(&self.writes)
        .await
        .doing(WRITING)
    }
}
