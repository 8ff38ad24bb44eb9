//! The threat model names tests: each of them is there.

use crate::finding::Finding;
use anyhow::{Context as _, Result};
use std::{collections::BTreeSet, fs, path::Path};

const PAGE: &str = "docs/security/threat-model.md";

/// Checks every test that the page names in the last column of a table.
pub(crate) fn check(root: &Path, files: &[String]) -> Result<Vec<Finding>> {
    let page = fs::read_to_string(root.join(PAGE)).with_context(|| format!("read {PAGE}"))?;
    let mut known = BTreeSet::new();
    for place in files.iter().filter(|place| is_source(place)) {
        let text = fs::read_to_string(root.join(place)).with_context(|| format!("read {place}"))?;
        known.extend(functions(&text).map(str::to_owned));
    }
    let missing = named(&page).into_iter().filter(|name| !known.contains(*name));
    let finding = |name: &str| Finding::new(PAGE, "threats", format!("names {name}, no test here"));
    Ok(missing.map(finding).collect())
}

/// The tests that rows of tables name, in backticks in their last column.
fn named(page: &str) -> Vec<&str> {
    let mut shown_by = false;
    let mut names = Vec::new();
    for line in page.lines() {
        if !line.starts_with('|') {
            shown_by = false;
            continue;
        }
        let last = line.trim_end_matches('|').rsplit('|').next().unwrap_or("").trim();
        if last == "shown by" {
            shown_by = true;
        } else if shown_by {
            names.extend(last.split('`').skip(1).step_by(2));
        }
    }
    names
}

/// Names of the functions of a source file.
fn functions(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let line = line.trim_start();
        let rest = line.strip_prefix("fn ").or_else(|| line.strip_prefix("async fn "))?;
        rest.split(['(', '<']).next()
    })
}

fn is_source(place: &str) -> bool {
    Path::new(place).extension().is_some_and(|ending| ending == "rs")
}

#[cfg(test)]
mod tests {
    use super::{functions, named};

    #[test]
    fn names_are_taken_from_the_last_column_of_tables_that_show_tests() {
        let page = "| a | shown by |\n|---|---|\n| `x` | `one`, `two` |\n\n| a | b |\n| c | `no` |";

        assert_eq!(named(page), ["one", "two"]);
        let text = "    async fn one() {}\nfn two<T>() {}\npub fn three() {}";
        assert_eq!(functions(text).collect::<Vec<_>>(), ["one", "two"]);
    }
}
