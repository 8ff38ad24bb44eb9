//! The index beside the packs: which records there are, where they lie, under which keys.
//!
//! SQLite, with a write-ahead log that is synced at every commit. One connection writes, several
//! read. The index holds no names, identifiers or free text: what a resource is called in its source
//! is blinded with the vault's root key. It does hold resource types and days, which are personal
//! data at rest at the hospital that has them anyway.

pub(crate) mod accesses;
mod audit;
pub(crate) mod categories;
pub(crate) mod consents;
pub(crate) mod custody;
pub(crate) mod erasing;
pub(crate) mod erasures;
pub(crate) mod fhir;
pub(crate) mod patients;
pub(crate) mod records;
pub(crate) mod scopes;
pub(crate) mod staging;

use crate::{Result, VaultError, error::Doing as _};
use sqlx::{
    Row as _, SqlitePool,
    sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
    },
};
use std::{path::Path, time::Duration};

/// Shape of the tables.
const SCHEMA_VERSION: i64 = 4;
const SCHEMA: &str = include_str!("schema.sql");

const READERS: u32 = 4;
/// Pages of the file that a connection keeps in memory, KiB: random names touch pages anywhere in it.
const WRITER_CACHE_KIB: u32 = 32 * 1024;
const READER_CACHE_KIB: u32 = 8 * 1024;
/// How long a writer waits for the one before it, which may write the whole file anew.
const WRITER_TIMEOUT: Duration = Duration::from_mins(10);
/// How long a writer waits for another process that has the file open, such as a back-up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) const READING: &str = "reading the index";
pub(crate) const WRITING: &str = "writing the index";

/// The index of one vault.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    pub(crate) reads: SqlitePool,
    pub(crate) writes: SqlitePool,
}

impl Index {
    /// Opens the index, and makes its tables if the file is new.
    pub(crate) async fn open(file: &Path) -> Result<Self> {
        // What is deleted is overwritten: a key that is forgotten is in no free page of the file.
        let options = SqliteConnectOptions::new()
            .pragma("secure_delete", "ON")
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true);
        let pool = |connections| SqlitePoolOptions::new().max_connections(connections);
        // A negative size is one in KiB, a positive one in pages.
        let cached = |kib: u32| options.clone().pragma("cache_size", format!("-{kib}"));
        let writes = pool(1)
            .acquire_timeout(WRITER_TIMEOUT)
            .connect_with(cached(WRITER_CACHE_KIB))
            .await
            .doing("opening the index of the vault")?;
        let version: i64 =
            sqlx::query_scalar("PRAGMA user_version").fetch_one(&writes).await.doing(READING)?;
        match version {
            0 => {
                sqlx::raw_sql(SCHEMA).execute(&writes).await.doing("making the index")?;
            }
            SCHEMA_VERSION => {}
            _ => return Err(VaultError::Home { what: "version" }),
        }
        let reads = pool(READERS)
            .connect_with(cached(READER_CACHE_KIB))
            .await
            .doing("opening the index of the vault")?;
        Ok(Self { reads, writes })
    }

    /// A named value of the vault itself.
    pub(crate) async fn meta(&self, name: &str) -> Result<Option<Vec<u8>>> {
        sqlx::query_scalar("SELECT value FROM meta WHERE name = ?")
            .bind(name)
            .fetch_optional(&self.reads)
            .await
            .doing(READING)
    }

    /// Sets named values that are not there yet: all or none.
    pub(crate) async fn set_meta(&self, entries: &[(&str, &[u8])]) -> Result<()> {
        let mut tx = self.writes.begin().await.doing(WRITING)?;
        for (name, value) in entries {
            sqlx::query("INSERT INTO meta (name, value) VALUES (?, ?)")
                .bind(*name)
                .bind(*value)
                .execute(&mut *tx)
                .await
                .doing(WRITING)?;
        }
        tx.commit().await.doing(WRITING)
    }
}

/// A column of a fixed number of bytes.
pub(crate) fn bytes<const N: usize>(row: &SqliteRow, column: &str) -> Result<[u8; N]> {
    let value: &[u8] = row.try_get(column).doing(READING)?;
    value.try_into().map_err(|_| damaged())
}

/// An entry of the index is not as it was written.
pub(crate) fn damaged() -> VaultError {
    VaultError::Integrity { what: "an entry of the index" }
}

/// A column that holds a number that is never negative.
pub(crate) fn number<T: TryFrom<i64>>(row: &SqliteRow, column: &str) -> Result<T> {
    let value: i64 = row.try_get(column).doing(READING)?;
    T::try_from(value).map_err(|_| damaged())
}

/// A count, sequence number or height as SQLite has it.
pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
