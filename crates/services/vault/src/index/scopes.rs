//! Openings of scopes, sealed: of what a read rests on, and of what patients keep for emergencies.

use super::{Index, READING, WRITING, damaged, signed};
use crate::{Result, error::Doing as _};
use salus_consent::{Basis, EpisodeId};
use salus_types::{AccountId, BlockTime, decode, encode};
use sqlx::{Row as _, sqlite::SqliteRow};

/// How long an offer is kept after its time: it may have been taken in its last moment.
const OFFER_KEPT_MS: u64 = 24 * 60 * 60 * 1000;

impl Index {
    /// Keeps the sealed opening of a basis's scope.
    pub(crate) async fn put_scope(
        &self,
        basis: Basis,
        patient: AccountId,
        not_after: BlockTime,
        opening: &[u8],
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO scopes (basis, patient, opening, not_after_ms) VALUES (?, ?, ?, ?)
             ON CONFLICT (basis) DO UPDATE SET opening = excluded.opening",
        )
        .bind(encode(&basis))
        .bind(&patient.0[..])
        .bind(opening)
        .bind(signed(not_after.unix_ms()))
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
        let query = sqlx::query("SELECT basis FROM scopes ORDER BY basis");
        bases(&query.fetch_all(&self.reads).await.doing(READING)?)
    }

    /// Those of a patient.
    pub(crate) async fn bases_of(&self, patient: AccountId) -> Result<Vec<Basis>> {
        let query = sqlx::query("SELECT basis FROM scopes WHERE patient = ? ORDER BY basis");
        bases(&query.bind(&patient.0[..]).fetch_all(&self.reads).await.doing(READING)?)
    }

    /// Those that cannot last beyond a time.
    pub(crate) async fn bases_due(&self, now: BlockTime) -> Result<Vec<Basis>> {
        let query = sqlx::query("SELECT basis FROM scopes WHERE not_after_ms <= ? ORDER BY basis");
        bases(&query.bind(signed(now.unix_ms())).fetch_all(&self.reads).await.doing(READING)?)
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

    /// Keeps the sealed opening of an episode that was offered until then.
    pub(crate) async fn put_offer(
        &self,
        episode: EpisodeId,
        until: BlockTime,
        opening: &[u8],
    ) -> Result<()> {
        sqlx::query("INSERT INTO offers (episode, until, opening) VALUES (?, ?, ?)")
            .bind(&episode.as_bytes()[..])
            .bind(signed(until.unix_ms()))
            .bind(opening)
            .execute(&self.writes)
            .await
            .doing(WRITING)?;
        Ok(())
    }

    /// The sealed opening of an episode that was offered.
    pub(crate) async fn offer(&self, episode: EpisodeId) -> Result<Option<Vec<u8>>> {
        sqlx::query_scalar("SELECT opening FROM offers WHERE episode = ?")
            .bind(&episode.as_bytes()[..])
            .fetch_optional(&self.reads)
            .await
            .doing(READING)
    }

    /// Forgets an offer that was taken, and those that ended a day ago or before.
    pub(crate) async fn drop_offers(&self, taken: EpisodeId, now: BlockTime) -> Result<()> {
        let long_ago = now.unix_ms().saturating_sub(OFFER_KEPT_MS);
        sqlx::query("DELETE FROM offers WHERE episode = ? OR until < ?")
            .bind(&taken.as_bytes()[..])
            .bind(signed(long_ago))
            .execute(&self.writes)
            .await
            .doing(WRITING)?;
        Ok(())
    }
}

fn bases(rows: &[SqliteRow]) -> Result<Vec<Basis>> {
    rows.iter()
        .map(|row| {
            let basis: &[u8] = row.try_get("basis").doing(READING)?;
            decode("basis", basis).map_err(|_| damaged())
        })
        .collect()
}
