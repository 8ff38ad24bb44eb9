//! Records as FHIR resources: read, searched and written by the ids that they have here.
//!
//! The logical id of a resource is the id of its record, 64 hexadecimal digits. What is sealed and
//! anchored stays as it came; what is shown has the ids of here in its own `id` and in its references,
//! and `meta` says version and time of the anchor.
//!
//! There is no index of contents on disk. A search opens the records that it may read, in memory, and
//! remembers the values of their search parameters there. What it may not read it does not open: it is
//! not counted, not sorted and not timed. What it shows is accounted for like any other read.

mod everything;
pub(crate) mod names;
mod pages;
mod search;
mod show;
mod write;

use pages::Pages;
use salus_consent::RecordId;
use salus_fhir::search::Values;
use salus_types::Hash;
use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// Records whose search values are kept in memory; above it all are dropped and taken again.
const VALUES_MAX: usize = 100_000;

/// What is kept in memory for the REST interface; nothing of it is on disk.
#[derive(Default)]
pub(crate) struct FhirMemory {
    values: Mutex<HashMap<Version, Arc<Known>>>,
    pages: Pages,
}

/// A version with the labels that were set for it.
pub(super) type Version = (RecordId, u32, Option<Hash>);

/// What a search needs of a version.
pub(crate) struct Known {
    values: Values,
    /// When it was anchored, in milliseconds since 1970.
    anchored_ms: u64,
}

impl fmt::Debug for FhirMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FhirMemory([redacted])")
    }
}

impl FhirMemory {
    fn known(&self, version: &Version) -> Option<Arc<Known>> {
        let values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        values.get(version).cloned()
    }

    fn remember(&self, version: Version, known: &Arc<Known>) {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        if values.len() >= VALUES_MAX {
            values.clear();
        }
        values.insert(version, Arc::clone(known));
    }

    /// Forgets everything about these records, lists that name them included.
    pub(crate) fn forget(&self, records: &HashSet<RecordId>) {
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        values.retain(|(record, ..), _| !records.contains(record));
        drop(values);
        self.pages.forget(records);
    }
}
