//! Leaves of access accounts. They are written before their account is sent, so that whatever
//! becomes final on the ledger can be shown.

use super::{Index, READING, WRITING, bytes, damaged, signed};
use crate::{Result, error::Doing as _, port::Tip};
use salus_consent::AccessLeaf;
use salus_types::{AccountId, Hash, decode, encode};
use sqlx::Row as _;

/// A leaf with its audit event, sealed.
pub(crate) struct KeptLeaf {
    pub(crate) leaf: AccessLeaf,
    pub(crate) event: Vec<u8>,
}

impl Index {
    /// Keeps leaves of an account that is about to be sent.
    pub(crate) async fn put_leaves(&self, root: Hash, leaves: &[KeptLeaf]) -> Result<()> {
        let mut tx = self.writes.begin().await.doing(WRITING)?;
        for KeptLeaf { leaf, event } in leaves {
            sqlx::query(
                "INSERT INTO accesses (patient, sequence, root, leaf, event, state)
                 VALUES (?, ?, ?, ?, ?, 0)",
            )
            .bind(&leaf.patient.0[..])
            .bind(signed(leaf.sequence))
            .bind(&root.0[..])
            .bind(encode(leaf))
            .bind(event)
            .execute(&mut *tx)
            .await
            .doing(WRITING)?;
        }
        tx.commit().await.doing(WRITING)
    }

    /// Notes that the account with this root is final, and drops leaves of other accounts that
    /// wanted the same numbers.
    pub(crate) async fn settle_leaves(
        &self,
        patient: AccountId,
        root: Hash,
        first: u64,
        count: u32,
        tip: Tip,
    ) -> Result<()> {
        let end = first.saturating_add(u64::from(count));
        let mut tx = self.writes.begin().await.doing(WRITING)?;
        sqlx::query(
            "UPDATE accesses SET state = 1, height = ?
             WHERE patient = ? AND root = ? AND sequence >= ? AND sequence < ?",
        )
        .bind(signed(tip.height.0))
        .bind(&patient.0[..])
        .bind(&root.0[..])
        .bind(signed(first))
        .bind(signed(end))
        .execute(&mut *tx)
        .await
        .doing(WRITING)?;
        sqlx::query(
            "DELETE FROM accesses
             WHERE patient = ? AND root <> ? AND sequence >= ? AND sequence < ? AND state = 0",
        )
        .bind(&patient.0[..])
        .bind(&root.0[..])
        .bind(signed(first))
        .bind(signed(end))
        .execute(&mut *tx)
        .await
        .doing(WRITING)?;
        tx.commit().await.doing(WRITING)
    }

    /// Drops leaves of an account that never became final and never will.
    pub(crate) async fn drop_leaves(&self, patient: AccountId, root: Hash) -> Result<()> {
        sqlx::query("DELETE FROM accesses WHERE patient = ? AND root = ? AND state = 0")
            .bind(&patient.0[..])
            .bind(&root.0[..])
            .execute(&self.writes)
            .await
            .doing(WRITING)?;
        Ok(())
    }

    /// Patient, first number and root of each account that was sent and whose fate is not known.
    pub(crate) async fn unsettled(
        &self,
        patient: Option<AccountId>,
    ) -> Result<Vec<(AccountId, u64, Hash)>> {
        let rows = sqlx::query(
            "SELECT patient, root, MIN(sequence) AS first FROM accesses
             WHERE state = 0 AND (?1 IS NULL OR patient = ?1) GROUP BY patient, root",
        )
        .bind(patient.map(|account| account.0.to_vec()))
        .fetch_all(&self.reads)
        .await
        .doing(READING)?;
        rows.iter()
            .map(|row| {
                let first: i64 = row.try_get("first").doing(READING)?;
                let first = u64::try_from(first).map_err(|_| damaged())?;
                Ok((AccountId(bytes(row, "patient")?), first, Hash(bytes(row, "root")?)))
            })
            .collect()
    }

    /// The leaves under one root, in order, with their events.
    pub(crate) async fn leaves(&self, patient: AccountId, root: Hash) -> Result<Vec<KeptLeaf>> {
        let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
            "SELECT leaf, event FROM accesses WHERE patient = ? AND root = ? ORDER BY sequence",
        )
        .bind(&patient.0[..])
        .bind(&root.0[..])
        .fetch_all(&self.reads)
        .await
        .doing(READING)?;
        rows.into_iter()
            .map(|(leaf, event)| {
                let leaf = decode("access leaf", &leaf).map_err(|_| damaged())?;
                Ok(KeptLeaf { leaf, event })
            })
            .collect()
    }
}
