//! Openings of the scopes of grants, sealed.

use super::{Index, READING, WRITING};
use crate::{Result, error::Doing as _};
use salus_consent::GrantId;
use salus_types::AccountId;

impl Index {
    /// Keeps the sealed opening of a grant's scope.
    pub(crate) async fn put_grant(
        &self,
        grant: GrantId,
        patient: AccountId,
        opening: &[u8],
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO grants (grant_id, patient, opening) VALUES (?, ?, ?)
             ON CONFLICT (grant_id) DO UPDATE SET opening = excluded.opening",
        )
        .bind(&grant.as_bytes()[..])
        .bind(&patient.0[..])
        .bind(opening)
        .execute(&self.writes)
        .await
        .doing(WRITING)?;
        Ok(())
    }

    /// The sealed opening of a grant's scope.
    pub(crate) async fn grant_opening(&self, grant: GrantId) -> Result<Option<Vec<u8>>> {
        sqlx::query_scalar("SELECT opening FROM grants WHERE grant_id = ?")
            .bind(&grant.as_bytes()[..])
            .fetch_optional(&self.reads)
            .await
            .doing(READING)
    }
}
