//! Category keys: one for each patient, category and epoch, wrapped; and their wraps to who may read.

use super::{Index, READING, WRITING, bytes, number};
use crate::{Result, error::Doing as _, keys::CategoryKeyId};
use salus_consent::Basis;
use salus_fhir::Category;
use salus_types::{AccountId, encode};
use sqlx::Row as _;

/// A new category key, wrapped.
pub(crate) struct NewCategoryKey {
    pub(crate) id: CategoryKeyId,
    /// To the organisation that holds the records.
    pub(crate) holder: Vec<u8>,
    /// To the patient, who has a sealing key.
    pub(crate) patient: Option<Vec<u8>>,
    /// The key of the epoch before, under this one.
    pub(crate) previous: Option<Vec<u8>>,
}

/// A category key, wrapped to who may read.
pub(crate) struct BasisWrap {
    pub(crate) epoch: u32,
    pub(crate) wrap: Vec<u8>,
}

impl Index {
    /// A category key, wrapped to the holder.
    pub(crate) async fn category_key(&self, id: CategoryKeyId) -> Result<Option<Vec<u8>>> {
        sqlx::query_scalar(
            "SELECT holder_wrap FROM categories
             WHERE patient = ? AND category = ? AND epoch = ?",
        )
        .bind(&id.patient.0[..])
        .bind(category_number(id.category))
        .bind(i64::from(id.epoch))
        .fetch_optional(&self.reads)
        .await
        .doing(READING)
    }

    /// The newest epoch of a patient's category.
    pub(crate) async fn newest_epoch(
        &self,
        patient: AccountId,
        category: Category,
    ) -> Result<Option<u32>> {
        let row = sqlx::query(
            "SELECT epoch FROM categories WHERE patient = ? AND category = ?
             ORDER BY epoch DESC LIMIT 1",
        )
        .bind(&patient.0[..])
        .bind(category_number(category))
        .fetch_optional(&self.reads)
        .await
        .doing(READING)?;
        row.map(|row| number(&row, "epoch")).transpose()
    }

    /// The links from one epoch's key down to the key of an earlier one: each is the key before,
    /// under the key after. Empty when both are the same.
    pub(crate) async fn links(&self, from: CategoryKeyId, to: u32) -> Result<Vec<Vec<u8>>> {
        let rows = sqlx::query(
            "SELECT previous FROM categories WHERE patient = ? AND category = ?
             AND epoch <= ? AND epoch > ? ORDER BY epoch DESC",
        )
        .bind(&from.patient.0[..])
        .bind(category_number(from.category))
        .bind(i64::from(from.epoch))
        .bind(i64::from(to))
        .fetch_all(&self.reads)
        .await
        .doing(READING)?;
        let link = |row: &sqlx::sqlite::SqliteRow| {
            let link: Option<Vec<u8>> = row.try_get("previous").doing(READING)?;
            link.ok_or_else(super::damaged)
        };
        rows.iter().map(link).collect()
    }

    /// Keeps the wraps of new category keys: all or none.
    pub(crate) async fn put_category_keys(&self, keys: &[NewCategoryKey]) -> Result<()> {
        if keys.is_empty() {
            return Ok(());
        }
        let mut tx = self.writes.begin().await.doing(WRITING)?;
        for key in keys {
            insert(&mut tx, key).await?;
        }
        tx.commit().await.doing(WRITING)
    }

    /// Begins new epochs, and drops what was wrapped under the ones before: the wraps of a basis that
    /// has ended, and those of these categories to every grantee. All or none.
    pub(crate) async fn rotate(&self, ended: Basis, keys: &[NewCategoryKey]) -> Result<()> {
        let mut tx = self.writes.begin().await.doing(WRITING)?;
        for key in keys {
            insert(&mut tx, key).await?;
            sqlx::query("DELETE FROM basis_wraps WHERE patient = ? AND category = ?")
                .bind(&key.id.patient.0[..])
                .bind(category_number(key.id.category))
                .execute(&mut *tx)
                .await
                .doing(WRITING)?;
        }
        for statement in
            ["DELETE FROM basis_wraps WHERE basis = ?", "DELETE FROM scopes WHERE basis = ?"]
        {
            sqlx::query(statement).bind(encode(&ended)).execute(&mut *tx).await.doing(WRITING)?;
        }
        tx.commit().await.doing(WRITING)
    }

    /// The wrap of a category key to who may read on a basis.
    pub(crate) async fn basis_wrap(
        &self,
        basis: Basis,
        category: Category,
    ) -> Result<Option<BasisWrap>> {
        let row =
            sqlx::query("SELECT epoch, wrap FROM basis_wraps WHERE basis = ? AND category = ?")
                .bind(encode(&basis))
                .bind(category_number(category))
                .fetch_optional(&self.reads)
                .await
                .doing(READING)?;
        row.map(|row| {
            let wrap = row.try_get("wrap").doing(READING)?;
            Ok(BasisWrap { epoch: number(&row, "epoch")?, wrap })
        })
        .transpose()
    }

    /// Keeps the wrap of a category key to who may read on a basis, in place of an older one.
    pub(crate) async fn put_basis_wrap(
        &self,
        basis: Basis,
        id: CategoryKeyId,
        wrap: &[u8],
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO basis_wraps (basis, category, patient, epoch, wrap)
             VALUES (?, ?, ?, ?, ?) ON CONFLICT (basis, category) DO UPDATE SET
             epoch = excluded.epoch, wrap = excluded.wrap WHERE excluded.epoch >= epoch",
        )
        .bind(encode(&basis))
        .bind(category_number(id.category))
        .bind(&id.patient.0[..])
        .bind(i64::from(id.epoch))
        .bind(wrap)
        .execute(&self.writes)
        .await
        .doing(WRITING)?;
        Ok(())
    }

    /// The categories whose key was given on a basis, with the patient.
    pub(crate) async fn wrapped_categories(
        &self,
        basis: Basis,
    ) -> Result<Vec<(AccountId, Category)>> {
        let rows = sqlx::query("SELECT patient, category FROM basis_wraps WHERE basis = ?")
            .bind(encode(&basis))
            .fetch_all(&self.reads)
            .await
            .doing(READING)?;
        rows.iter()
            .map(|row| {
                let category = category_of(row.try_get("category").doing(READING)?)?;
                Ok((AccountId(bytes(row, "patient")?), category))
            })
            .collect()
    }
}

async fn insert(tx: &mut sqlx::Transaction<'_, sqlx::Sqlite>, key: &NewCategoryKey) -> Result<()> {
    sqlx::query(
        "INSERT INTO categories (patient, category, epoch, holder_wrap, patient_wrap, previous)
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(&key.id.patient.0[..])
    .bind(category_number(key.id.category))
    .bind(i64::from(key.id.epoch))
    .bind(&key.holder)
    .bind(key.patient.as_deref())
    .bind(key.previous.as_deref())
    .execute(&mut **tx)
    .await
    .doing(WRITING)?;
    Ok(())
}

/// The category as the index has it: its position in [`Category::ALL`].
pub(crate) fn category_number(category: Category) -> i64 {
    Category::ALL
        .iter()
        .position(|one| *one == category)
        .and_then(|position| i64::try_from(position).ok())
        .unwrap_or(i64::MAX)
}

/// The category with this number.
pub(crate) fn category_of(number: i64) -> Result<Category> {
    usize::try_from(number)
        .ok()
        .and_then(|position| Category::ALL.get(position).copied())
        .ok_or_else(super::damaged)
}
