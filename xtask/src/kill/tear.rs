//! What a power cut may do to a home: the ends of the files written last are not on the disk.

use super::random::Random;
use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// How old the last write to a file may be for it to be torn.
const NEW: Duration = Duration::from_secs(3);
/// Most bytes cut off one file.
const BYTES_MAX: u64 = 2048;

/// Cuts the ends of some of the newest files of a stopped home, and says of which, and how much.
pub(crate) fn newest(home: &Path, random: &mut Random) -> anyhow::Result<Vec<(String, u64)>> {
    let mut files = Vec::new();
    for part in ["engine", "index", "journal", "vault"] {
        list(&home.join(part), &mut files)?;
    }
    let newest = files.iter().map(|(_, at, _)| *at).max().unwrap_or(SystemTime::UNIX_EPOCH);
    files.retain(|(_, at, bytes)| {
        *bytes > 0 && newest.duration_since(*at).is_ok_and(|age| age <= NEW)
    });
    files.sort();
    let count = 1 + random.index(3);
    let mut torn = Vec::new();
    for index in random.some(files.len(), count) {
        let (path, _, bytes) = &files[index];
        let cut = 1 + random.below((*bytes).min(BYTES_MAX));
        fs::File::options().write(true).open(path)?.set_len(bytes - cut)?;
        let name = path.strip_prefix(home).unwrap_or(path);
        torn.push((name.display().to_string(), cut));
    }
    Ok(torn)
}

type Found = (PathBuf, SystemTime, u64);

fn list(folder: &Path, files: &mut Vec<Found>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let about = entry.metadata()?;
        if about.is_dir() {
            list(&entry.path(), files)?;
        } else {
            files.push((entry.path(), about.modified()?, about.len()));
        }
    }
    Ok(())
}
