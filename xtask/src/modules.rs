//! Modules: every one has the same files, and a page that says what it does.

use crate::finding::Finding;
use anyhow::{Context as _, Result};
use std::{fs, path::Path};

/// Folders beside the modules that are no modules themselves.
const NO_MODULES: &[&str] = &["framework", "app"];

/// What a module's `src` holds.
const SHAPE: &[&str] = &[
    "lib.rs",
    "tx/mod.rs",
    "state.rs",
    "event.rs",
    "error.rs",
    "query.rs",
    "genesis.rs",
    "invariants.rs",
    "tests.rs",
];

/// Checks the shape of every module.
pub(crate) fn check(root: &Path) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let folder = root.join("crates/modules");
    for entry in fs::read_dir(&folder).with_context(|| format!("read {}", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !entry.file_type()?.is_dir() || NO_MODULES.contains(&name.as_str()) {
            continue;
        }
        let place = format!("crates/modules/{name}");
        for file in SHAPE {
            if !entry.path().join("src").join(file).is_file() {
                let message = format!("has no src/{file}; all modules have, even ten lines");
                findings.push(Finding::new(&place, "module", message));
            }
        }
        let page = format!("docs/spec/{name}.md");
        if !root.join(&page).is_file() {
            let message = format!("has no {page}; say there what it does and what it leaks");
            findings.push(Finding::new(&place, "module", message));
        }
    }
    Ok(findings)
}
