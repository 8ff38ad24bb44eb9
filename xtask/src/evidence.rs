//! Pages name tests as evidence: each of them is there.
//!
//! In every table of `docs/` with a column `shown by`, what stands there in backticks is a test: its
//! name, or the end of its path, as far as it is needed to tell it from another (`hostile::a_name`).

use crate::finding::Finding;
use anyhow::{Context as _, Result};
use std::{collections::BTreeMap, fs, path::Path};

const COLUMN: &str = "shown by";

/// Checks every test that a page names.
pub(crate) fn check(root: &Path, files: &[String]) -> Result<Vec<Finding>> {
    let read =
        |place: &str| fs::read_to_string(root.join(place)).with_context(|| format!("read {place}"));
    let mut known = BTreeMap::<String, Vec<String>>::new();
    for place in files.iter().filter(|place| has_ending(place, "rs")) {
        for (name, path) in tests(place, &read(place)?) {
            known.entry(name).or_default().push(path);
        }
    }
    let mut findings = Vec::new();
    for place in files.iter().filter(|one| one.starts_with("docs/") && has_ending(one, "md")) {
        for (line, named) in named(&read(place)?) {
            let name = named.rsplit("::").next().unwrap_or(&named);
            let end = format!("::{named}");
            if !known.get(name).is_some_and(|paths| paths.iter().any(|path| path.ends_with(&end))) {
                let message = format!("names {named}, no test here");
                findings.push(Finding::new(format!("{place}:{line}"), "evidence", message));
            }
        }
    }
    Ok(findings)
}

/// What rows of tables name in backticks in the column of evidence, with the numbers of their lines.
fn named(page: &str) -> Vec<(usize, String)> {
    let mut column = None;
    let mut names = Vec::new();
    for (number, line) in (1..).zip(page.lines()) {
        if !line.starts_with('|') {
            column = None;
            continue;
        }
        let mut cells = line.split('|').map(str::trim);
        if let Some(place) = cells.clone().position(|cell| cell == COLUMN) {
            column = Some(place);
        } else if let Some(cell) = column.and_then(|place| cells.nth(place)) {
            names.extend(cell.split('`').skip(1).step_by(2).map(|name| (number, name.to_owned())));
        }
    }
    names
}

/// The tests of a source file, each with its path from its crate's folder.
fn tests(place: &str, text: &str) -> Vec<(String, String)> {
    let module = place.strip_suffix(".rs").unwrap_or(place).replace('/', "::");
    let module = module.trim_end_matches("::mod");
    let mut is_test = false;
    let mut found = Vec::new();
    for line in text.lines().map(str::trim_start) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some(name) = function(line) {
            if std::mem::take(&mut is_test) {
                found.push((name.to_owned(), format!("::{module}::{name}")));
            }
        } else if !line.starts_with("#[") && !line.starts_with("//") {
            is_test = false;
        }
    }
    found
}

/// The name of the function that a line begins.
fn function(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("fn ").or_else(|| line.strip_prefix("async fn "))?;
    rest.split(['(', '<']).next()
}

fn has_ending(place: &str, ending: &str) -> bool {
    Path::new(place).extension().is_some_and(|found| found == ending)
}

#[cfg(test)]
mod tests {
    use super::{check, named, tests};
    use crate::walk::files_of;
    use std::fs;

    #[test]
    fn names_are_taken_from_the_column_of_evidence_wherever_it_stands() {
        let page = "| a | shown by | b |\n|---|---|---|\n| `x` | `one`, `m::two` | `y` |\n\n| a | b |\n| c | `no` |";

        assert_eq!(named(page), [(3, "one".to_owned()), (3, "m::two".to_owned())]);
    }

    #[test]
    fn only_functions_that_are_tests_are_evidence() {
        let text =
            "#[test]\nfn one() {}\n#[tokio::test(x)]\n/// Why.\nasync fn two() {}\nfn three() {}";

        let found = tests("crates/x/src/tests/mod.rs", text);

        let paths: Vec<_> = found.iter().map(|(_, path)| path.as_str()).collect();
        assert_eq!(paths, ["::crates::x::src::tests::one", "::crates::x::src::tests::two"]);
    }

    #[test]
    fn a_test_that_is_not_in_the_tree_is_reported_with_page_line_and_name() {
        let root = tempfile::tempdir().unwrap();
        for (place, text) in [
            ("crates/x/src/tests/reading.rs", "#[test]\nfn it_reads() {}"),
            (
                "docs/a/page.md",
                "| shown by |\n|---|\n| `it_reads`, `reading::it_reads` |\n| `writing::it_reads` `gone` |",
            ),
        ] {
            let path = root.path().join(place);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        let found = check(root.path(), &files_of(root.path()).unwrap()).unwrap();

        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "docs/a/page.md:4: evidence: names writing::it_reads, no test here",
                "docs/a/page.md:4: evidence: names gone, no test here",
            ]
        );
    }
}
