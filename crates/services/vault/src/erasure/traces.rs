//! By what a patient would be recognised in the files of a holder: taken before an erasure, looked for
//! after it. Whoever has this has the keys of the patient: it is for the one who tests, and for nobody
//! else.

use crate::{
    Result, VaultError,
    error::Doing as _,
    index::{
        Index, READING,
        erasing::{Rows, TABLES},
        records::{RecordFilter, StoredVersion},
    },
    keys::{CategoryKeyId, KeyRing, version_context},
    packs::Packs,
    sealed,
};
use salus_crypto::{seal::unwrap_key, wrap::SealingSecret};
use salus_fhir::ResourceType;
use salus_types::{AccountId, NetworkId, encode};
use serde::{Deserialize, Serialize};
use sqlx::{Column as _, Row as _, TypeInfo as _, ValueRef as _, sqlite::SqliteRow};
use std::{fmt, path::PathBuf};
use zeroize::Zeroizing;

/// Shorter values say nothing, and turn up by chance.
const VALUE_BYTES_MIN: usize = 16;
/// Bytes of a long value that are looked for, at its beginning, in its middle and at its end.
const SAMPLE_BYTES: usize = 24;

/// Where a trace may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// On the ledger, which forgets nothing: a pseudonym or a commitment that nothing ties to anybody
    /// any more. Nowhere else.
    Ledger,
    /// Nowhere.
    Nowhere,
}

/// Something by which a patient would be recognised.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trace {
    /// What it is, such as `versions.key_wrap` or `data key`.
    pub kind: String,
    /// Where it may still be after an erasure.
    pub reach: Reach,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trace").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Everything by which a patient would be recognised at a holder.
pub struct Fingerprint {
    /// Keys, salts, wraps, sealed bytes, ids, each once.
    pub traces: Vec<Trace>,
    /// The Patient resources, opened, as far as this holder can.
    pub patients: Vec<Zeroizing<Vec<u8>>>,
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fingerprint").field("traces", &self.traces.len()).finish_non_exhaustive()
    }
}

/// The vault whose files are looked at; it may be in use.
#[derive(Debug)]
pub struct Whose {
    /// Folder of the vault.
    pub folder: PathBuf,
    /// The organisation.
    pub organisation: AccountId,
    /// The network.
    pub network: NetworkId,
    /// The organisation's sealing secret.
    pub sealing: SealingSecret,
}

/// Takes the fingerprint of a patient in the vault of a folder, as an erasure at `holder` would destroy
/// it: the organisation itself, or another whose records it reads or has shares for. Openings of scopes
/// count whatever holder they are for.
///
/// # Errors
///
/// The first that applies: [`VaultError::Home`]: there is no vault, or the key is not its own;
/// [`VaultError::Storage`], [`VaultError::Integrity`]: it could not be read.
pub async fn fingerprint(
    whose: Whose,
    patient: AccountId,
    holder: AccountId,
) -> Result<Fingerprint> {
    let file = whose.folder.join("index.sqlite");
    if !file.is_file() {
        return Err(VaultError::Home { what: "kind of folder" });
    }
    let index = Index::open(&file).await?;
    let root = index.meta("root").await?.ok_or(VaultError::Home { what: "kind of folder" })?;
    let owner = [whose.organisation.0, whose.network.0].concat();
    let keys = KeyRing::open(whose.sealing, &owner, &root)?;
    let packs = Packs::in_folder(&whose.folder.join("blobs"))?;
    let mut found = Found::default();
    found.add("account", Reach::Ledger, &patient.0);
    let own = holder == whose.organisation;
    rows(&index, patient, holder, own, &mut found).await?;
    let mut patients = Vec::new();
    if own {
        if let Some(wrapped) = index.patient_key(patient).await? {
            let key = keys.open_patient_key(patient, &wrapped)?;
            found.add("signing key", Reach::Nowhere, &key.to_secret_bytes());
        }
        if let Some(wrapped) = index.audit_key(patient).await? {
            let key = keys.open_audit(patient, &wrapped)?;
            found.add("key of the log", Reach::Nowhere, key.as_bytes());
        }
        for stored in stored(&index, patient).await? {
            patients.extend(opened(&index, &keys, &packs, &stored, &mut found).await?);
        }
    }
    index.writes.close().await;
    index.reads.close().await;
    let mut traces = found.0;
    traces.sort_unstable_by(|one, other| {
        (&one.bytes, &one.reach, &one.kind).cmp(&(&other.bytes, &other.reach, &other.kind))
    });
    traces.dedup_by(|one, other| one.bytes == other.bytes);
    Ok(Fingerprint { traces, patients })
}

#[derive(Default)]
struct Found(Vec<Trace>);

impl Found {
    fn add(&mut self, kind: &str, reach: Reach, bytes: &[u8]) {
        // Zeros and the like are everywhere.
        let plain = bytes.first().is_some_and(|first| bytes.iter().all(|byte| byte == first));
        if bytes.len() >= VALUE_BYTES_MIN && !plain {
            self.0.push(Trace { kind: kind.to_owned(), reach, bytes: bytes.to_vec() });
        }
    }

    /// Parts of a long value: it may lie in several places of a file.
    fn add_parts(&mut self, kind: &str, reach: Reach, bytes: &[u8]) {
        if bytes.len() <= 2 * SAMPLE_BYTES {
            return self.add(kind, reach, bytes);
        }
        let last = bytes.len() - SAMPLE_BYTES;
        for from in [0, last / 2, last] {
            self.add(kind, reach, &bytes[from..from + SAMPLE_BYTES]);
        }
    }
}

/// What each row of the index says that an erasure would destroy.
async fn rows(
    index: &Index,
    patient: AccountId,
    holder: AccountId,
    own: bool,
    found: &mut Found,
) -> Result<()> {
    for table in TABLES {
        let (text, ids) = match table.all {
            Rows::AtHolder(_) if !own => continue,
            Rows::AtHolder(text) | Rows::Everywhere(text) => (text, vec![patient.0.to_vec()]),
            Rows::OfBases(text) => {
                (text, index.bases_of(patient).await?.iter().map(encode).collect())
            }
            Rows::None => continue,
        };
        let question = text.replacen("DELETE FROM", "SELECT * FROM", 1);
        for id in ids {
            let query = sqlx::query(sqlx::AssertSqlSafe(question.clone())).bind(id);
            let query = query.bind(&holder.0[..]);
            for row in query.fetch_all(&index.reads).await.doing(READING)? {
                columns(table.name, &row, found)?;
            }
        }
    }
    Ok(())
}

fn columns(table: &str, row: &SqliteRow, found: &mut Found) -> Result<()> {
    for column in row.columns() {
        let kind = format!("{table}.{}", column.name());
        let value = row.try_get_raw(column.ordinal()).doing(READING)?;
        if value.is_null() || value.type_info().name() != "BLOB" {
            continue;
        }
        let bytes: &[u8] = row.try_get(column.ordinal()).doing(READING)?;
        match kind.as_str() {
            // Organisations, a name of an import of many patients, and what is there already.
            "shares.holder" | "requests.holder" | "versions.import" => {}
            _ if column.name() == "patient" => {}
            // The rest of a leaf names organisations.
            "accesses.leaf" => {
                let salt = bytes.get(..32).unwrap_or_default();
                found.add("salt of an access", Reach::Nowhere, salt);
            }
            _ => found.add_parts(&kind, reach(&kind), bytes),
        }
    }
    Ok(())
}

/// Which columns repeat what is on the ledger.
fn reach(kind: &str) -> Reach {
    let (table, column) = kind.split_once('.').unwrap_or_default();
    match (table, column) {
        (_, "record" | "basis" | "arrangement" | "request")
        | ("patients", "public_key" | "salt")
        | ("versions", "commitment" | "ciphertext" | "category_commitment")
        | ("accesses", "root") => Reach::Ledger,
        _ => Reach::Nowhere,
    }
}

/// All anchored versions of a patient.
async fn stored(index: &Index, patient: AccountId) -> Result<Vec<StoredVersion>> {
    let mut filter = RecordFilter { patient: Some(patient), ..RecordFilter::default() };
    let mut found = Vec::new();
    loop {
        let page = index.stored(&filter).await?;
        let Some(last) = page.last() else { return Ok(found) };
        filter.after = Some(last.summary.record);
        for latest in page {
            let record = latest.summary.record;
            for version in 1..latest.summary.version {
                found.extend(index.stored_version(record, version).await?);
            }
            found.push(latest);
        }
    }
}

/// Adds the sealed bytes of a version, its keys and its salt; gives the text of a Patient.
async fn opened(
    index: &Index,
    keys: &KeyRing,
    packs: &Packs,
    stored: &StoredVersion,
    found: &mut Found,
) -> Result<Option<Zeroizing<Vec<u8>>>> {
    let summary = &stored.summary;
    let ciphertext = packs.read(&stored.place).await?;
    found.add_parts("sealed record", Reach::Nowhere, &ciphertext);
    let id =
        CategoryKeyId { patient: summary.patient, category: summary.category, epoch: stored.epoch };
    let wrapped = index.category_key(id).await?.filter(|wrapped| !wrapped.is_empty());
    // Of what is with custodians there is no key here.
    let Some(wrapped) = wrapped.filter(|_| stored.batch.is_none()) else { return Ok(None) };
    let category = match keys.opened(id) {
        Some(key) => key,
        None => keys.open_category(id, &wrapped)?,
    };
    found.add("category key", Reach::Nowhere, category.as_bytes());
    let context = version_context(summary.record, summary.version);
    let key = unwrap_key(&category, &context, &stored.key_wrap)
        .map_err(|_| VaultError::Integrity { what: "the key of the record" })?;
    found.add("data key", Reach::Nowhere, key.as_bytes());
    found.add("salt of a record", Reach::Nowhere, &sealed::salt(&key));
    let is_patient = summary.resource_type == ResourceType::PATIENT;
    let plain =
        is_patient.then(|| sealed::decrypt(summary.record, summary.version, &key, &ciphertext));
    plain.transpose()
}
