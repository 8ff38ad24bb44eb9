//! Copies of a vault, taken while it runs, and whether one is whole.
//!
//! The index is copied first, as of one moment; then the packs that it names, which are never changed
//! once they are written. A copy holds no key in the clear: whoever has it needs the organisation's
//! sealing key as well.

use crate::{
    Result, VaultError,
    error::Doing as _,
    index::{READING, bytes, damaged, number},
};
use salus_consent::RecordId;
use salus_types::{Hash, hash};
use sqlx::{Connection as _, Row as _, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

const INDEX: &str = "index.sqlite";
const BLOBS: &str = "blobs";
const COPYING: &str = "copying the vault";

/// A version of a record as a copy holds it, whose sealed bytes are what the index says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredVersion {
    /// The record.
    pub record: RecordId,
    /// The version, from 1.
    pub version: u32,
    /// Hash of the sealed bytes.
    pub cipher_hash: Hash,
    /// Whether the index says that the ledger holds its anchor.
    pub anchored: bool,
}

/// Whether there is a vault in a folder.
pub fn exists(folder: &Path) -> bool {
    folder.join(INDEX).is_file()
}

/// Copies the vault of a folder, which may be in use, into a new folder.
///
/// # Errors
///
/// [`VaultError::Storage`]: reading or writing failed.
pub async fn copy(folder: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).doing(COPYING)?;
    let target = to.join(INDEX);
    let mut index = connect(&folder.join(INDEX)).await?;
    let name = target.to_str().ok_or(VaultError::Home { what: "kind of path" })?;
    sqlx::query("VACUUM INTO ?").bind(name).execute(&mut index).await.doing(COPYING)?;
    index.close().await.doing(COPYING)?;
    File::open(&target).and_then(|file| file.sync_all()).doing(COPYING)?;
    for pack in packs(&target).await? {
        let (from, target) = (blob(folder, &pack)?, blob(to, &pack)?);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).doing(COPYING)?;
        }
        fs::copy(&from, &target).doing(COPYING)?;
        File::open(&target).and_then(|file| file.sync_all()).doing(COPYING)?;
    }
    Ok(())
}

/// Reads every sealed record of a vault that is not in use, and compares it with the index.
///
/// # Errors
///
/// The first that applies: [`VaultError::Storage`]: reading failed; [`VaultError::Integrity`]: sealed
/// bytes are missing or changed.
pub async fn check(folder: &Path) -> Result<Vec<StoredVersion>> {
    let mut index = connect(&folder.join(INDEX)).await?;
    let rows = sqlx::query(
        "SELECT record, version, state, pack, pack_offset, pack_length, ciphertext FROM versions
         WHERE state > 0 ORDER BY pack, pack_offset",
    )
    .fetch_all(&mut index)
    .await
    .doing(READING)?;
    index.close().await.doing(READING)?;
    let mut open: Option<(String, Vec<u8>)> = None;
    let mut versions = Vec::with_capacity(rows.len());
    for row in rows {
        let name: String = row.try_get("pack").doing(READING)?;
        if open.as_ref().is_none_or(|(open, _)| *open != name) {
            let bytes = fs::read(blob(folder, &name)?).doing("reading sealed records")?;
            open = Some((name, bytes));
        }
        let pack = open.as_ref().map(|(_, bytes)| bytes.as_slice()).unwrap_or_default();
        let from: usize = number(&row, "pack_offset")?;
        let length: usize = number(&row, "pack_length")?;
        let sealed = from.checked_add(length).and_then(|to| pack.get(from..to));
        let cipher_hash = Hash(bytes(&row, "ciphertext")?);
        if sealed.map(hash) != Some(cipher_hash) {
            return Err(VaultError::Integrity { what: "the sealed record" });
        }
        versions.push(StoredVersion {
            record: RecordId::new(bytes(&row, "record")?),
            version: number(&row, "version")?,
            cipher_hash,
            anchored: number::<i64>(&row, "state")? == 2,
        });
    }
    Ok(versions)
}

/// The packs that an index names.
async fn packs(index: &Path) -> Result<Vec<String>> {
    let mut index = connect(index).await?;
    let packs = sqlx::query_scalar("SELECT DISTINCT pack FROM versions WHERE state > 0")
        .fetch_all(&mut index)
        .await
        .doing(READING)?;
    index.close().await.doing(READING)?;
    Ok(packs)
}

/// Where a pack lies; its name is one that this program gave.
fn blob(folder: &Path, pack: &str) -> Result<PathBuf> {
    if pack.split('/').any(|part| part.is_empty() || part == "..") {
        return Err(damaged());
    }
    Ok(folder.join(BLOBS).join(pack))
}

async fn connect(file: &Path) -> Result<SqliteConnection> {
    let options = SqliteConnectOptions::new().filename(file);
    SqliteConnection::connect_with(&options).await.doing("opening the index of the vault")
}
