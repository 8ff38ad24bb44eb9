//! Links between the tree's own pages lead somewhere.

use crate::finding::Finding;
use anyhow::{Context as _, Result};
use std::{fs, path::Path};

/// Checks every link of every page that leads to a file.
pub(crate) fn check(root: &Path, files: &[String]) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for place in files.iter().filter(|place| is_page(place)) {
        let text = fs::read_to_string(root.join(place)).with_context(|| format!("read {place}"))?;
        let folder = Path::new(place).parent().unwrap_or(Path::new(""));
        for target in targets(&text) {
            let path = target.split('#').next().unwrap_or(target);
            if !path.is_empty() && !root.join(folder).join(path).exists() {
                let message = format!("links to {target}, which does not exist");
                findings.push(Finding::new(place, "link", message));
            }
        }
    }
    Ok(findings)
}

/// Where the links of a page lead, without those that leave the tree; code blocks have none.
fn targets(text: &str) -> Vec<&str> {
    let mut in_code = false;
    let mut targets = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for (at, open) in line.match_indices("](") {
            let rest = &line[at + open.len()..];
            let Some(end) = rest.find(')') else { continue };
            let target = rest[..end].split(' ').next().unwrap_or("");
            if !target.contains("://") && !target.starts_with("mailto:") {
                targets.push(target);
            }
        }
    }
    targets
}

fn is_page(place: &str) -> bool {
    Path::new(place).extension().is_some_and(|ending| ending == "md")
}
