//! What is in a back-up, and whether it still is what was put there.

use super::{BackupError, LEDGER, MANIFEST, error::file};
use salus_types::{BlockTime, Hash, Height, NetworkId, NodeKey, hash};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fs, path::Path};

/// The form of a back-up that this program writes and reads.
const FORMAT: u32 = 1;

/// What is in a back-up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The form of the back-up.
    pub format: u32,
    /// The network.
    pub network: NetworkId,
    /// The node whose home it is of.
    pub node: NodeKey,
    /// When it was begun, by the machine's clock.
    pub taken: BlockTime,
    /// The highest block in it; without blocks, the node's newest when it was begun.
    pub height: Height,
    /// The hash of that block.
    pub block: Hash,
    /// The root of the state after that block.
    pub state_root: Hash,
    /// Every other file, by its path in the back-up.
    pub files: BTreeMap<String, FileEntry>,
}

/// A file of a back-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its content.
    pub sha256: Hash,
}

impl Manifest {
    pub(super) const FORMAT: u32 = FORMAT;

    /// Reads the manifest of a back-up.
    ///
    /// # Errors
    ///
    /// The first that applies: [`BackupError::File`], [`BackupError::Manifest`].
    pub fn read(backup: &Path) -> Result<Self, BackupError> {
        let path = backup.join(MANIFEST);
        let text = fs::read_to_string(&path).map_err(file(&path, "read"))?;
        let refuse = |reason: String| BackupError::Manifest { path: path.clone(), reason };
        let manifest: Self =
            serde_json::from_str(&text).map_err(|error| refuse(error.to_string()))?;
        if manifest.format != FORMAT {
            return Err(refuse(format!("its form is {}, expected {FORMAT}", manifest.format)));
        }
        Ok(manifest)
    }

    /// Whether the blocks are in it; not in that of a node that did not keep all.
    pub fn has_ledger(&self) -> bool {
        self.files.contains_key(LEDGER)
    }

    /// The text of the file.
    pub(super) fn to_json(&self) -> String {
        let text = serde_json::to_string_pretty(self).expect("a manifest is plain JSON");
        format!("{text}\n")
    }

    /// Checks that every file is there as it was put there, and no other.
    ///
    /// # Errors
    ///
    /// The first that applies: [`BackupError::File`]; [`BackupError::Changed`] with the file.
    pub fn check(&self, backup: &Path) -> Result<(), BackupError> {
        let found = entries(backup)?;
        let names = found.keys().chain(self.files.keys());
        match names.into_iter().find(|name| found.get(*name) != self.files.get(*name)) {
            None => Ok(()),
            Some(name) => Err(BackupError::Changed { path: backup.join(name) }),
        }
    }
}

/// Every file of a back-up but the manifest.
pub(super) fn entries(backup: &Path) -> Result<BTreeMap<String, FileEntry>, BackupError> {
    let mut entries = BTreeMap::new();
    let mut folders = vec![backup.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(file(&folder, "read"))? {
            let path = entry.map_err(file(&folder, "read"))?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(backup).unwrap_or(&path).display().to_string();
            if name != MANIFEST {
                entries.insert(name, entry_of(&path)?);
            }
        }
    }
    Ok(entries)
}

fn entry_of(path: &Path) -> Result<FileEntry, BackupError> {
    let bytes = fs::read(path).map_err(file(path, "read"))?;
    Ok(FileEntry { bytes: bytes.len() as u64, sha256: hash(&bytes) })
}
