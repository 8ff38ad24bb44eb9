//! What an import writes: staged versions, which become records when the import is accepted as a
//! whole, and are removed if it is not.

use super::{Index, READING, WRITING, bytes, categories::category_number, number, signed};
use crate::{Result, error::Doing as _, packs::Place, port::Tip};
use salus_consent::{RecordId, tx::AnchorRecord};
use salus_fhir::{DaySpan, ResourceType};
use salus_types::{AccountId, Hash};
use sqlx::{QueryBuilder, Sqlite, sqlite::SqliteRow};

/// Rows in one statement: SQLite takes 32,766 values at most.
const ROWS_PER_STATEMENT: usize = 256;

/// A random name of an import.
pub(crate) type ImportId = [u8; 16];

/// A sealed version as it goes into the index.
pub(crate) struct NewVersion {
    pub(crate) source: Hash,
    pub(crate) fingerprint: Hash,
    pub(crate) resource_type: ResourceType,
    pub(crate) dates: Option<DaySpan>,
    pub(crate) plain_bytes: u64,
    pub(crate) place: Place,
    pub(crate) epoch: u32,
    /// The import whose key the data key is under, if the category's key is with custodians.
    pub(crate) batch: Option<[u8; 16]>,
    pub(crate) key_wrap: Vec<u8>,
    pub(crate) anchor: AnchorRecord,
    /// What decisions ask of it, sealed.
    pub(crate) facts: Vec<u8>,
    /// The text of a Consent, sealed.
    pub(crate) consent: Option<Vec<u8>>,
}

/// What the index knows of a resource that was imported before.
#[derive(Clone, Copy)]
pub(crate) struct KnownRecord {
    pub(crate) record: RecordId,
    pub(crate) version: u32,
    pub(crate) fingerprint: Hash,
}

impl Index {
    /// Notes that an import begins: whatever it stages is removed if it is never accepted.
    pub(crate) async fn begin_import(&self, import: &ImportId) -> Result<()> {
        sqlx::query("INSERT INTO imports (import) VALUES (?)")
            .bind(&import[..])
            .execute(&self.writes)
            .await
            .doing(WRITING)?;
        Ok(())
    }

    /// What is known of these resources: source and latest version.
    pub(crate) async fn known_records(&self, sources: &[Hash]) -> Result<Vec<(Hash, KnownRecord)>> {
        let mut known = Vec::new();
        for sources in sources.chunks(ROWS_PER_STATEMENT) {
            let mut query = QueryBuilder::<Sqlite>::new(
                "SELECT r.source, r.record, v.version, v.fingerprint FROM records r
                 JOIN versions v ON v.record = r.record
                 WHERE v.version = (SELECT MAX(version) FROM versions WHERE record = r.record)
                 AND r.source IN (",
            );
            let mut list = query.separated(", ");
            for source in sources {
                list.push_bind(source.0.to_vec());
            }
            query.push(")");
            for row in query.build().fetch_all(&self.reads).await.doing(READING)? {
                let record = KnownRecord {
                    record: RecordId::new(bytes(&row, "record")?),
                    version: number(&row, "version")?,
                    fingerprint: Hash(bytes(&row, "fingerprint")?),
                };
                known.push((Hash(bytes(&row, "source")?), record));
            }
        }
        Ok(known)
    }

    /// Puts sealed versions into the index, to be accepted with their import.
    pub(crate) async fn stage(&self, import: ImportId, versions: Vec<NewVersion>) -> Result<()> {
        let mut tx = self.writes.begin().await.doing(WRITING)?;
        for rows in versions.chunks(ROWS_PER_STATEMENT) {
            let new: Vec<&NewVersion> = rows.iter().filter(|row| row.anchor.version == 1).collect();
            if !new.is_empty() {
                let mut query = QueryBuilder::<Sqlite>::new(
                    "INSERT INTO records (record, patient, source, resource_type, category) ",
                );
                query.push_values(new, |mut row, new| {
                    row.push_bind(new.anchor.record.as_bytes().to_vec())
                        .push_bind(new.anchor.patient.0.to_vec())
                        .push_bind(new.source.0.to_vec())
                        .push_bind(new.resource_type.name())
                        .push_bind(category_number(new.resource_type.category()));
                });
                query.build().execute(&mut *tx).await.doing(WRITING)?;
            }
            let mut query = QueryBuilder::<Sqlite>::new(
                "INSERT INTO versions (record, version, import, state, fingerprint, first_day,
                 last_day, plain_bytes, pack, pack_offset, pack_length, epoch, batch, key_wrap,
                 commitment, ciphertext, category_commitment, facts, consent) ",
            );
            query.push_values(rows, |mut row, new| {
                row.push_bind(new.anchor.record.as_bytes().to_vec())
                    .push_bind(i64::from(new.anchor.version))
                    .push_bind(import.to_vec())
                    .push("0")
                    .push_bind(new.fingerprint.0.to_vec())
                    .push_bind(new.dates.map(|span| span.first.0))
                    .push_bind(new.dates.map(|span| span.last.0))
                    .push_bind(signed(new.plain_bytes))
                    .push_bind(new.place.pack.clone())
                    .push_bind(signed(new.place.offset))
                    .push_bind(signed(new.place.length))
                    .push_bind(i64::from(new.epoch))
                    .push_bind(new.batch.map(|batch| batch.to_vec()))
                    .push_bind(new.key_wrap.clone())
                    .push_bind(new.anchor.plain_commitment.0.to_vec())
                    .push_bind(new.anchor.cipher_hash.0.to_vec())
                    .push_bind(new.anchor.category_commitment.0.to_vec())
                    .push_bind(new.facts.clone())
                    .push_bind(new.consent.clone());
            });
            query.build().execute(&mut *tx).await.doing(WRITING)?;
        }
        tx.commit().await.doing(WRITING)
    }

    /// Accepts everything that the import staged.
    pub(crate) async fn accept_import(&self, import: &ImportId) -> Result<()> {
        let mut tx = self.writes.begin().await.doing(WRITING)?;
        sqlx::query("UPDATE versions SET state = 1 WHERE import = ? AND state = 0")
            .bind(&import[..])
            .execute(&mut *tx)
            .await
            .doing(WRITING)?;
        sqlx::query("DELETE FROM imports WHERE import = ?")
            .bind(&import[..])
            .execute(&mut *tx)
            .await
            .doing(WRITING)?;
        tx.commit().await.doing(WRITING)
    }

    /// Imports that were never accepted.
    pub(crate) async fn open_imports(&self) -> Result<Vec<ImportId>> {
        let rows = sqlx::query("SELECT import FROM imports")
            .fetch_all(&self.reads)
            .await
            .doing(READING)?;
        rows.iter().map(|row| bytes(row, "import")).collect()
    }

    /// Removes what an import staged, and the records that only it knew.
    pub(crate) async fn give_up_import(&self, import: &ImportId) -> Result<()> {
        let mut tx = self.writes.begin().await.doing(WRITING)?;
        let statements = [
            "CREATE TEMP TABLE given_up AS
             SELECT record FROM versions WHERE import = ?1 AND state = 0 AND version = 1",
            "DELETE FROM versions WHERE import = ?1 AND state = 0",
            "DELETE FROM records WHERE record IN (SELECT record FROM given_up)",
            "DROP TABLE given_up",
            "DELETE FROM imports WHERE import = ?1",
        ];
        for statement in statements {
            sqlx::query(statement).bind(&import[..]).execute(&mut *tx).await.doing(WRITING)?;
        }
        tx.commit().await.doing(WRITING)
    }

    /// Sealed versions of these patients that wait for their anchors, lowest versions first.
    pub(crate) async fn to_anchor(
        &self,
        patients: Option<&[AccountId]>,
        limit: u32,
    ) -> Result<Vec<AnchorRecord>> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "SELECT v.record, r.patient, v.version, v.commitment, v.ciphertext,
             v.category_commitment
             FROM versions v INDEXED BY versions_to_anchor JOIN records r ON r.record = v.record
             WHERE v.state = 1",
        );
        if let Some(patients) = patients {
            query.push(" AND r.patient IN (");
            let mut list = query.separated(", ");
            for patient in patients {
                list.push_bind(patient.0.to_vec());
            }
            query.push(")");
        }
        query.push(" ORDER BY v.version, v.record LIMIT ").push_bind(i64::from(limit));
        let rows = query.build().fetch_all(&self.reads).await.doing(READING)?;
        rows.iter().map(anchor_of).collect()
    }

    /// Notes that versions are anchored.
    pub(crate) async fn set_anchored(&self, anchors: &[AnchorRecord], tip: Tip) -> Result<()> {
        let mut tx = self.writes.begin().await.doing(WRITING)?;
        for same in anchors.chunk_by(|one, other| one.version == other.version) {
            for anchors in same.chunks(ROWS_PER_STATEMENT) {
                let mut query =
                    QueryBuilder::<Sqlite>::new("UPDATE versions SET state = 2, height = ");
                query.push_bind(signed(tip.height.0));
                query.push(" WHERE version = ").push_bind(i64::from(same[0].version));
                query.push(" AND record IN (");
                let mut list = query.separated(", ");
                for anchor in anchors {
                    list.push_bind(anchor.record.as_bytes().to_vec());
                }
                query.push(")").build().execute(&mut *tx).await.doing(WRITING)?;
            }
        }
        tx.commit().await.doing(WRITING)
    }
}

fn anchor_of(row: &SqliteRow) -> Result<AnchorRecord> {
    Ok(AnchorRecord {
        record: RecordId::new(bytes(row, "record")?),
        patient: AccountId(bytes(row, "patient")?),
        version: number(row, "version")?,
        plain_commitment: Hash(bytes(row, "commitment")?),
        cipher_hash: Hash(bytes(row, "ciphertext")?),
        category_commitment: Hash(bytes(row, "category_commitment")?),
    })
}
