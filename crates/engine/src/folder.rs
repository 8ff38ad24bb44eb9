//! The engine's folder, and whose it is.

use crate::{EngineConfig, EngineError};
use salus_types::{BlockTime, NetworkId};
use std::{fs, io, path::Path};

/// Shape of what the engine keeps in its folder.
const LAYOUT: u32 = 4;
const OWNER_FILE: &str = "owner";
/// Stands in a folder whose node lost its votes, because it was filled from a back-up or repaired:
/// until when epochs began in which the node may have voted without knowing it any more.
const RESTORED_FILE: &str = "restored";

/// Creates the folder, or checks that it was written for this network, node and layout.
///
/// # Errors
///
/// The first that applies: [`EngineError::DataFolder`], [`EngineError::ForeignData`].
pub(crate) fn claim(config: &EngineConfig, network: NetworkId) -> Result<(), EngineError> {
    let folder = &config.folder;
    let unusable = |source| EngineError::DataFolder { path: folder.clone(), source };
    fs::create_dir_all(folder).map_err(unusable)?;
    let file = folder.join(OWNER_FILE);
    let owner = format!("layout {LAYOUT}\nnetwork {network}\nnode {}\n", config.secret.public());
    match fs::read_to_string(&file) {
        Ok(found) if found == owner => Ok(()),
        Ok(found) => Err(EngineError::ForeignData {
            path: folder.clone(),
            reason: difference(&found, &owner),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            write_durably(folder, OWNER_FILE, &owner).map_err(unusable)
        }
        Err(error) => Err(unusable(error)),
    }
}

fn difference(found: &str, expected: &str) -> String {
    let lines = found.lines().zip(expected.lines());
    let names =
        ["with another layout, by another version", "for another network", "by another node"];
    let different = lines.zip(names).find(|((found, expected), _)| found != expected);
    different.map_or("by something else", |(_, name)| name).to_owned()
}

/// Notes that the folder was filled from a back-up, and in which epochs the node is to be quiet.
pub(crate) fn mark_restored(folder: &Path, quiet_until: BlockTime) -> Result<(), EngineError> {
    let text = format!("{}\n", quiet_until.unix_ms());
    write_durably(folder, RESTORED_FILE, &text)
        .map_err(|source| EngineError::DataFolder { path: folder.to_owned(), source })
}

/// Until when epochs began in which the node is quiet; none for a folder that was not restored.
pub(crate) fn restored(folder: &Path) -> Result<Option<BlockTime>, EngineError> {
    let path = folder.join(RESTORED_FILE);
    match fs::read_to_string(&path) {
        Ok(text) => {
            let invalid = |_| EngineError::ForeignData {
                path: path.clone(),
                reason: "by something else".to_owned(),
            };
            text.trim().parse().map(|ms| Some(BlockTime::from_unix_ms(ms))).map_err(invalid)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(EngineError::DataFolder { path, source }),
    }
}

/// Makes an empty folder for a node that may have voted until now and has lost its votes: it is quiet
/// in the epochs that began up to this time.
///
/// # Errors
///
/// [`EngineError::DataFolder`]: the folder cannot be made or written.
pub fn votes_lost(folder: &Path, until: BlockTime) -> Result<(), EngineError> {
    fs::create_dir_all(folder)
        .map_err(|source| EngineError::DataFolder { path: folder.to_owned(), source })?;
    mark_restored(folder, until)
}

fn write_durably(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let draft = folder.join(format!("{name}.draft"));
    fs::write(&draft, text)?;
    fs::File::open(&draft)?.sync_all()?;
    fs::rename(&draft, folder.join(name))?;
    fs::File::open(folder)?.sync_all()
}
