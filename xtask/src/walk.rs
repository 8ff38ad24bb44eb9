//! The files of the tree, without what is built or fetched.

use anyhow::{Context as _, Result};
use std::{fs, path::Path};

/// Folders that are not looked into, wherever they stand.
const SKIPPED: &[&str] = &["target", ".git", "corpus", "artifacts", "node_modules"];

/// The paths of all files, seen from `root`, with `/` between parts, in order.
pub(crate) fn files_of(root: &Path) -> Result<Vec<String>> {
    let mut files = Vec::new();
    walk(root, "", &mut files)?;
    files.sort();
    Ok(files)
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let place = format!("{prefix}{name}");
        let kind = entry.file_type()?;
        if kind.is_dir() && !SKIPPED.contains(&name.as_str()) {
            walk(&entry.path(), &format!("{place}/"), files)?;
        } else if kind.is_file() {
            files.push(place);
        }
    }
    Ok(())
}
