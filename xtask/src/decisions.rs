//! Decisions: each is in the index, has its number for itself, and says how it stands.

use crate::finding::Finding;
use anyhow::{Context as _, Result};
use std::{collections::BTreeMap, fs, path::Path};

const FOLDER: &str = "docs/adr";

/// Checks the decisions and their index.
pub(crate) fn check(root: &Path) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let index = format!("{FOLDER}/README.md");
    let listed = fs::read_to_string(root.join(&index)).with_context(|| format!("read {index}"))?;
    let mut numbers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in fs::read_dir(root.join(FOLDER)).with_context(|| format!("read {FOLDER}"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name == "README.md" {
            continue;
        }
        let place = format!("{FOLDER}/{name}");
        let Some(number) = number(&name) else {
            let message = "is not named NNNN-title.md";
            findings.push(Finding::new(&place, "decision", message));
            continue;
        };
        numbers.entry(number.to_owned()).or_default().push(place.clone());
        if !listed.contains(&format!("({name})")) {
            findings.push(Finding::new(&place, "decision", format!("is not listed in {index}")));
        }
        let text =
            fs::read_to_string(root.join(&place)).with_context(|| format!("read {place}"))?;
        if !text.starts_with("# ") {
            findings.push(Finding::new(&place, "decision", "does not begin with its title"));
        }
    }
    for (number, places) in &numbers {
        if places.len() > 1 {
            let message = format!("number {number} is taken {} times", places.len());
            findings.push(Finding::new(&places[0], "decision", message));
        }
    }
    for (expected, number) in (1..).zip(numbers.keys()) {
        if *number != format!("{expected:04}") {
            let message = format!("has a gap before {number}: {expected:04} is missing");
            findings.push(Finding::new(FOLDER, "decision", message));
            break;
        }
    }
    Ok(findings)
}

fn number(name: &str) -> Option<&str> {
    let (number, title) = name.strip_suffix(".md")?.split_once('-')?;
    let good = number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit());
    (good && !title.is_empty()).then_some(number)
}
