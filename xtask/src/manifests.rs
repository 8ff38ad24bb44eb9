//! Manifests: each crate says what it is for and takes the lints of the workspace.

use crate::{finding::Finding, tidy::Package};
use anyhow::{Context as _, Result};
use std::{fs, path::Path};

/// Checks the manifest of every crate.
pub(crate) fn check(root: &Path, packages: &[Package]) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for package in packages {
        let place = &package.manifest;
        if package.description.as_ref().is_none_or(|text| text.trim().is_empty()) {
            let message = "has no description; say in one line what the crate is for";
            findings.push(Finding::new(place, "manifest", message));
        }
        let text = fs::read_to_string(root.join(place)).with_context(|| format!("read {place}"))?;
        let table: toml::Table = text.parse().with_context(|| format!("parse {place}"))?;
        let lints = table.get("lints").and_then(|lints| lints.get("workspace"));
        if lints.and_then(toml::Value::as_bool) != Some(true) {
            let message = "does not take the workspace's lints; add `[lints] workspace = true`";
            findings.push(Finding::new(place, "manifest", message));
        }
    }
    Ok(findings)
}
