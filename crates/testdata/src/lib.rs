//! Where tests find published test vectors and sample records.
//!
//! They are too large for the repository. The folder that holds them is named by the environment
//! variable `SALUS_TEST_DATA`; without it, it is `../shared/data` beside the workspace. A test whose
//! folder is absent says that it was skipped, and why; one whose folder is there but lacks a file
//! fails.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// The environment variable that names the folder of test data.
pub const VARIABLE: &str = "SALUS_TEST_DATA";

/// The folder `name` of the test data, such as `records/synthea`; none, with a line on standard
/// error that says so, when it is absent.
pub fn folder(name: &str) -> Option<PathBuf> {
    let folder = root().join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: there is no folder {}; set {VARIABLE} to run this test", folder.display());
    None
}

/// The bytes of a file that must be there because its folder is.
///
/// # Panics
///
/// The file cannot be read; the message names it.
pub fn read(folder: &Path, name: &str) -> Vec<u8> {
    let path = folder.join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("test data {}: {error}", path.display()))
}

fn root() -> PathBuf {
    env::var_os(VARIABLE).map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    )
}

#[cfg(test)]
mod tests {
    use super::{folder, read};
    use std::path::Path;

    #[test]
    fn an_absent_folder_is_none() {
        assert_eq!(folder("no/such/folder"), None);
    }

    #[test]
    #[should_panic(expected = "no-such-file")]
    fn an_absent_file_fails() {
        read(Path::new(env!("CARGO_MANIFEST_DIR")), "no-such-file");
    }
}
