//! Checking what a home holds against its checksums, and making room for a copy from peers.
//!
//! Nothing is ever deleted: what is damaged is moved aside, into a folder of the home. The vault is not
//! touched; it has a check of its own.

use crate::{Home, NodeError, clock::now_ms, error::storage, home::HomeLock, index::Index};
use salus_engine::{
    damage::{Inspection, inspect},
    votes_lost,
};
use salus_types::{BlockTime, Height};
use serde::Serialize;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Bytes of the engine's newest files that are read at every start.
pub(crate) const START_BYTES: u64 = 256 * 1024 * 1024;
/// Where damaged files are moved to, with a number.
const ASIDE: &str = "set-aside-";

/// A part of a home that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong.
    pub what: String,
    /// Whether a start mends it by itself, as after a power cut.
    pub mends_itself: bool,
}

/// What a check of a home found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Files of the engine that were read.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// The highest block of the index.
    pub height: Option<Height>,
    /// What is wrong; empty when nothing is.
    pub findings: Vec<Finding>,
}

impl Checked {
    /// The first finding that a start does not mend.
    pub fn damage(&self) -> Option<&Finding> {
        self.findings.iter().find(|finding| !finding.mends_itself)
    }
}

/// Blocks that may reach the disk after the index notes them: the engine has them in its recent
/// blocks, and hears the rest from its peers.
const BLOCKS_LATE_MAX: u64 = 32;

/// Reads everything that a stopped node keeps of the ledger and compares it with its checksums.
///
/// # Errors
///
/// The first that applies: [`NodeError::HomeVersion`], [`NodeError::HomeInUse`]: stop the node first;
/// [`NodeError::Storage`].
pub fn check(home: &Home) -> Result<Checked, NodeError> {
    let _lock = home.lock()?;
    let engine = inspect_engine(home, u64::MAX)?;
    let (height, broken) = check_index(&home.index());
    let mut findings: Vec<Finding> = of_engine(&engine).collect();
    findings.extend(broken);
    let missing =
        height.map_or(0, |height| height.0.saturating_sub(engine.last_block.unwrap_or(0)));
    if let Some(height) = height.filter(|_| missing > 0) {
        findings.push(Finding {
            path: home.engine(),
            what: format!("blocks up to {height} were stored, and the last {missing} are missing"),
            mends_itself: missing <= BLOCKS_LATE_MAX,
        });
    }
    Ok(Checked { files: engine.files, bytes: engine.bytes, height, findings })
}

/// Refuses to start on files that are damaged, as far as the newest ones tell. The height of the
/// highest block that is stored.
///
/// # Errors
///
/// The first that applies: [`NodeError::Damaged`], [`NodeError::Storage`].
pub(crate) fn check_start(home: &Home) -> Result<Option<u64>, NodeError> {
    let engine = inspect_engine(home, START_BYTES)?;
    for finding in of_engine(&engine).filter(|finding| finding.mends_itself) {
        tracing::warn!(path = %finding.path.display(), what = finding.what, "torn by a crash");
    }
    let damage = of_engine(&engine).find(|finding| !finding.mends_itself);
    if let Some(found) = damage {
        return Err(NodeError::Damaged { path: found.path, what: found.what });
    }
    let stopped = home.stopped();
    match fs::remove_file(&stopped) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(storage(&stopped, "removed")(error))
        }
        Ok(()) | Err(_) => Ok(engine.last_block),
    }
}

/// Notes that the node of a home stopped in order, for the next check of its files.
pub(crate) fn note_stop(home: &Home) {
    // Without the note, the next check takes more for torn.
    if let Err(error) = fs::write(home.stopped(), b"") {
        tracing::warn!(%error, "the stop in order is not noted");
    }
}

fn inspect_engine(home: &Home, bytes_max: u64) -> Result<Inspection, NodeError> {
    let folder = home.engine();
    inspect(&folder, home.stopped().exists(), bytes_max).map_err(storage(&folder, "read"))
}

fn of_engine(engine: &Inspection) -> impl Iterator<Item = Finding> + '_ {
    engine.damage.iter().map(|damage| Finding {
        path: damage.file.clone(),
        what: format!("{} at byte {} does not match its checksum", damage.what, damage.offset),
        mends_itself: damage.torn,
    })
}

/// The highest block of the index, and what is wrong with it.
fn check_index(path: &Path) -> (Option<Height>, Option<Finding>) {
    let finding = |what| Finding { path: path.to_owned(), what, mends_itself: false };
    if !path.exists() {
        return (None, None);
    }
    match Index::open(path).and_then(|index| index.read_all()) {
        Ok(height) => (height, None),
        Err(error) => (None, Some(finding(error.to_string()))),
    }
}

/// What a repair did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Repaired {
    /// Where the ledger's files of this home are now; none when nothing was moved.
    pub set_aside: Option<PathBuf>,
}

/// Sets the ledger's files of a stopped node aside, so that it copies the state from its peers at its
/// next start. The vault, the keys and the accepted transactions stay.
///
/// Its votes are set aside too, so the node does not vote in epochs that have begun by now: it may have
/// voted there and does not know how.
///
/// # Errors
///
/// The first that applies: [`NodeError::HomeVersion`], [`NodeError::HomeInUse`]: stop the node first;
/// [`NodeError::DiskFull`], [`NodeError::Storage`], [`NodeError::Engine`].
pub fn repair(home: &Home) -> Result<Repaired, NodeError> {
    let lock = home.lock()?;
    let parts = [home.engine(), home.index()];
    if parts.iter().all(|part| !part.exists()) {
        return Ok(Repaired { set_aside: None });
    }
    let aside = free_folder(home, &lock)?;
    for part in parts.iter().filter(|part| part.exists()) {
        let name = part.file_name().unwrap_or_default();
        fs::rename(part, aside.join(name)).map_err(storage(part, "moved aside"))?;
    }
    // Epochs that begin later cannot hold a vote of this node.
    votes_lost(&home.engine(), BlockTime::from_unix_ms(now_ms()))?;
    Ok(Repaired { set_aside: Some(aside) })
}

/// Makes the first folder of its kind that is not there yet.
fn free_folder(home: &Home, _: &HomeLock) -> Result<PathBuf, NodeError> {
    let names = (1_u32..).map(|number| home.folder().join(format!("{ASIDE}{number}")));
    let folder = names.into_iter().find(|folder| !folder.exists()).unwrap_or_default();
    fs::create_dir(&folder).map_err(storage(&folder, "made"))?;
    Ok(folder)
}
