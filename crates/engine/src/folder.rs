//! The engine's folder, and whose it is.

use crate::{EngineConfig, EngineError};
use salus_types::NetworkId;
use std::{fs, io, path::Path};

/// Shape of what the engine keeps in its folder.
const LAYOUT: u32 = 2;
const OWNER_FILE: &str = "owner";

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
            write_durably(folder, &file, &owner).map_err(unusable)
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

fn write_durably(folder: &Path, file: &Path, text: &str) -> io::Result<()> {
    let draft = folder.join("owner.draft");
    fs::write(&draft, text)?;
    fs::File::open(&draft)?.sync_all()?;
    fs::rename(&draft, file)?;
    fs::File::open(folder)?.sync_all()
}
