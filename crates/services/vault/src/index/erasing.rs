//! What an erasure destroys in the index: every table, in one list, and how its rows are found.
//!
//! All rows go in one transaction, so that a patient is there or is not, never half. Then the file is
//! written anew and the log of writes is emptied: SQLite keeps copies of what was deleted in both.

use super::{Index, READING, WRITING, bytes, signed};
use crate::{Result, VaultError, error::Doing as _, packs::Place};
use salus_consent::{Basis, ErasureId, RecordId};
use salus_types::{AccountId, Hash, decode, encode};
use sqlx::{Row as _, Sqlite, Transaction};
use std::collections::BTreeMap;

/// Which rows of a table an erasure of everything destroys. In statements, `?1` is the patient, `?2` the
/// holder.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rows {
    /// At the holder, those of the patient.
    AtHolder(&'static str),
    /// At everybody who has some, those of the patient that are about this holder.
    Everywhere(&'static str),
    /// At everybody, those of what gives access at this holder; `?1` is the basis.
    OfBases(&'static str),
    /// None: nothing in it says whom it is about.
    None,
}

/// A table, and what an erasure destroys in it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// Of an erasure of everything.
    pub(crate) all: Rows,
    /// Of an erasure of some records, at the holder; `?1` is one of them.
    pub(crate) of_record: Option<&'static str>,
}

const fn table(name: &'static str, all: Rows) -> Table {
    Table { name, all, of_record: None }
}

/// Every table of the index, those first whose rows name rows of others.
pub(crate) const TABLES: &[Table] = &[
    Table {
        name: "versions",
        all: Rows::AtHolder(
            "DELETE FROM versions WHERE record IN (SELECT record FROM records WHERE patient = ?1)",
        ),
        of_record: Some("DELETE FROM versions WHERE record = ?1"),
    },
    Table {
        name: "records",
        all: Rows::AtHolder("DELETE FROM records WHERE patient = ?1"),
        of_record: Some("DELETE FROM records WHERE record = ?1"),
    },
    table("batches", Rows::AtHolder("DELETE FROM batches WHERE patient = ?1")),
    table("custody", Rows::AtHolder("DELETE FROM custody WHERE patient = ?1")),
    table("categories", Rows::AtHolder("DELETE FROM categories WHERE patient = ?1")),
    table("basis_wraps", Rows::AtHolder("DELETE FROM basis_wraps WHERE patient = ?1")),
    table("emergency_sets", Rows::AtHolder("DELETE FROM emergency_sets WHERE patient = ?1")),
    table("accesses", Rows::AtHolder("DELETE FROM accesses WHERE patient = ?1")),
    table("audit_keys", Rows::AtHolder("DELETE FROM audit_keys WHERE patient = ?1")),
    table("retentions", Rows::AtHolder("DELETE FROM retentions WHERE patient = ?1")),
    table("patient_sources", Rows::AtHolder("DELETE FROM patient_sources WHERE patient = ?1")),
    table("patients", Rows::AtHolder("DELETE FROM patients WHERE patient = ?1")),
    table("scopes", Rows::OfBases("DELETE FROM scopes WHERE basis = ?1")),
    table("shares", Rows::Everywhere("DELETE FROM shares WHERE patient = ?1 AND holder = ?2")),
    table("requests", Rows::Everywhere("DELETE FROM requests WHERE patient = ?1 AND holder = ?2")),
    // The vault's own: its root key, its organisation.
    table("meta", Rows::None),
    // Episodes that were offered and that nobody has taken: they name no patient.
    table("offers", Rows::None),
    // Random names of imports under way.
    table("imports", Rows::None),
    // Erasures themselves: the patient is blinded.
    table("erasures", Rows::None),
    // Ranges of packs that are being written over.
    table("wiping", Rows::None),
];

/// What an erasure is about.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// At the holder: everything of the patient.
    Holder {
        /// What gives access here.
        bases: Vec<Basis>,
    },
    /// At the holder: these records.
    Records(Vec<RecordId>),
    /// At somebody else: what it has for reading at the holder.
    Elsewhere {
        /// What gives access there.
        bases: Vec<Basis>,
    },
}

/// An erasure that is to be carried out here.
#[derive(Clone, Debug)]
pub(crate) struct Erasing {
    pub(crate) erasure: ErasureId,
    pub(crate) subject: Hash,
    pub(crate) patient: AccountId,
    pub(crate) holder: AccountId,
    pub(crate) target: Target,
}

/// How many rows were destroyed, by table.
pub(crate) type Destroyed = BTreeMap<String, u64>;

/// What the ranges of packs are counted as.
const SEALED_BYTES: &str = "sealed_bytes";

impl Index {
    /// The records that an erasure is about and that are here.
    pub(crate) async fn records_to_erase(&self, erasing: &Erasing) -> Result<Vec<RecordId>> {
        match &erasing.target {
            Target::Records(records) => Ok(records.clone()),
            Target::Elsewhere { .. } => Ok(Vec::new()),
            Target::Holder { .. } => self.records_of(erasing.patient).await,
        }
    }

    /// All records of a patient, anchored or not.
    pub(crate) async fn records_of(&self, patient: AccountId) -> Result<Vec<RecordId>> {
        let rows = sqlx::query("SELECT record FROM records WHERE patient = ?")
            .bind(&patient.0[..])
            .fetch_all(&self.reads)
            .await
            .doing(READING)?;
        rows.iter().map(|row| bytes(row, "record").map(RecordId::new)).collect()
    }

    /// Destroys every row that the erasure is about, and notes where its sealed records lie, which are
    /// to be written over. All or none. Gives how many rows there were: none if it is done again, and then
    /// an erasure that was done stays done.
    pub(crate) async fn destroy(&self, erasing: &Erasing) -> Result<u64> {
        let mut tx = self.writes.begin().await.doing(WRITING)?;
        let mut destroyed = Destroyed::new();
        for statement in NOTE_RANGES {
            for id in ids(erasing, statement.of_record) {
                let noted = run(&mut tx, statement.text, &id, erasing.holder).await?;
                tracing::debug!(noted, "sealed records are to be written over");
            }
        }
        for table in TABLES {
            let Some((text, ids)) = statements(table, erasing) else { continue };
            for id in ids {
                let rows = run(&mut tx, text, &id, erasing.holder).await?;
                *destroyed.entry(table.name.to_owned()).or_default() += rows;
            }
        }
        destroyed.retain(|_, rows| *rows > 0);
        let now: u64 = destroyed.values().sum();
        count(&mut tx, erasing.erasure, &mut destroyed).await?;
        sqlx::query(
            "INSERT INTO erasures (erasure, subject, stage, destroyed) VALUES (?1, ?2, 1, ?3)
             ON CONFLICT (erasure) DO UPDATE SET destroyed = ?3,
             stage = CASE WHEN ?4 > 0 THEN 1 ELSE MAX(stage, 1) END",
        )
        .bind(&erasing.erasure.as_bytes()[..])
        .bind(&erasing.subject.0[..])
        .bind(encode(&destroyed))
        .bind(signed(now))
        .execute(&mut *tx)
        .await
        .doing(WRITING)?;
        tx.commit().await.doing(WRITING)?;
        Ok(now)
    }

    /// The ranges that are still to be written over, by pack.
    pub(crate) async fn ranges_to_wipe(&self) -> Result<BTreeMap<String, Vec<Place>>> {
        let rows = sqlx::query("SELECT pack, pack_offset, pack_length FROM wiping")
            .fetch_all(&self.reads)
            .await
            .doing(READING)?;
        let mut packs: BTreeMap<String, Vec<Place>> = BTreeMap::new();
        for row in rows {
            let pack: String = row.try_get("pack").doing(READING)?;
            let place = Place {
                pack: pack.clone(),
                offset: super::number(&row, "pack_offset")?,
                length: super::number(&row, "pack_length")?,
            };
            packs.entry(pack).or_default().push(place);
        }
        Ok(packs)
    }

    /// Of the packs that are to be written over, those that hold something else as well.
    pub(crate) async fn packs_in_use(&self) -> Result<Vec<String>> {
        sqlx::query_scalar(
            "SELECT DISTINCT pack FROM versions WHERE pack IN (SELECT pack FROM wiping)",
        )
        .fetch_all(&self.reads)
        .await
        .doing(READING)
    }

    /// Notes that a pack's ranges are written over.
    pub(crate) async fn wiped(
        &self,
        erasure: ErasureId,
        pack: &str,
        ranges: &[Place],
    ) -> Result<()> {
        let mut tx = self.writes.begin().await.doing(WRITING)?;
        let sealed = ranges.iter().map(|range| range.length).sum();
        let mut destroyed = Destroyed::from([(SEALED_BYTES.to_owned(), sealed)]);
        count(&mut tx, erasure, &mut destroyed).await?;
        sqlx::query("UPDATE erasures SET destroyed = ? WHERE erasure = ?")
            .bind(encode(&destroyed))
            .bind(&erasure.as_bytes()[..])
            .execute(&mut *tx)
            .await
            .doing(WRITING)?;
        for range in ranges {
            sqlx::query("DELETE FROM wiping WHERE pack = ? AND pack_offset = ?")
                .bind(pack)
                .bind(signed(range.offset))
                .execute(&mut *tx)
                .await
                .doing(WRITING)?;
        }
        tx.commit().await.doing(WRITING)
    }

    /// Writes the file anew, without what was deleted, and empties the log of writes.
    ///
    /// # Errors
    ///
    /// [`VaultError::Busy`]: somebody reads the file as it was before, such as a back-up.
    pub(crate) async fn compact(&self) -> Result<()> {
        // What is deleted is overwritten where it lay, but a row that had moved within the file may
        // have left a copy behind: only writing all of it anew leaves none.
        sqlx::query("VACUUM").execute(&self.writes).await.doing(WRITING)?;
        let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(&self.writes)
            .await
            .doing(WRITING)?;
        let busy: i64 = row.try_get(0).doing(WRITING)?;
        if busy == 0 {
            Ok(())
        } else {
            Err(VaultError::Busy { what: "the index is being read as it was before an erasure" })
        }
    }
}

struct NoteRanges {
    text: &'static str,
    of_record: bool,
}

/// Where the sealed records lie that an erasure is about.
const NOTE_RANGES: &[NoteRanges] = &[
    NoteRanges {
        text: "INSERT OR IGNORE INTO wiping (pack, pack_offset, pack_length)
               SELECT v.pack, v.pack_offset, v.pack_length FROM versions v
               JOIN records r ON r.record = v.record WHERE r.patient = ?1",
        of_record: false,
    },
    NoteRanges {
        text: "INSERT OR IGNORE INTO wiping (pack, pack_offset, pack_length)
               SELECT pack, pack_offset, pack_length FROM versions WHERE record = ?1",
        of_record: true,
    },
];

/// What a statement is run for: the patient, or each record.
fn ids(erasing: &Erasing, of_record: bool) -> Vec<Vec<u8>> {
    match (&erasing.target, of_record) {
        (Target::Holder { .. }, false) => vec![erasing.patient.0.to_vec()],
        (Target::Records(records), true) => {
            records.iter().map(|record| record.as_bytes().to_vec()).collect()
        }
        (Target::Holder { .. } | Target::Elsewhere { .. }, _) | (Target::Records(_), false) => {
            Vec::new()
        }
    }
}

/// The statement for a table, and what it is run for.
fn statements(table: &Table, erasing: &Erasing) -> Option<(&'static str, Vec<Vec<u8>>)> {
    let patient = || vec![erasing.patient.0.to_vec()];
    let of_bases = |bases: &[Basis]| bases.iter().map(encode).collect();
    match (&erasing.target, table.all) {
        (Target::Records(_), _) => table.of_record.map(|text| (text, ids(erasing, true))),
        (Target::Holder { .. }, Rows::AtHolder(text) | Rows::Everywhere(text))
        | (Target::Elsewhere { .. }, Rows::Everywhere(text)) => Some((text, patient())),
        (Target::Holder { bases } | Target::Elsewhere { bases }, Rows::OfBases(text)) => {
            Some((text, of_bases(bases)))
        }
        (Target::Elsewhere { .. }, Rows::AtHolder(_)) | (_, Rows::None) => None,
    }
}

/// Runs a statement, which may name the holder as well.
async fn run(
    tx: &mut Transaction<'_, Sqlite>,
    text: &'static str,
    id: &[u8],
    holder: AccountId,
) -> Result<u64> {
    let query = sqlx::query(text).bind(id).bind(&holder.0[..]);
    Ok(query.execute(&mut **tx).await.doing(WRITING)?.rows_affected())
}

/// Adds what an erasure has destroyed before.
async fn count(
    tx: &mut Transaction<'_, Sqlite>,
    erasure: ErasureId,
    destroyed: &mut Destroyed,
) -> Result<()> {
    let found: Option<Option<Vec<u8>>> =
        sqlx::query_scalar("SELECT destroyed FROM erasures WHERE erasure = ?")
            .bind(&erasure.as_bytes()[..])
            .fetch_optional(&mut **tx)
            .await
            .doing(READING)?;
    let Some(before) = found.flatten() else { return Ok(()) };
    let before: Destroyed = decode("what was destroyed", &before).map_err(|_| super::damaged())?;
    for (name, rows) in before {
        *destroyed.entry(name).or_default() += rows;
    }
    Ok(())
}
