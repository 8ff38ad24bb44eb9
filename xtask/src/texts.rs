//! Texts: files that introduce themselves, fit in a sitting, and hold nothing unfinished.

use crate::finding::Finding;
use anyhow::{Context as _, Result};
use std::{fs, path::Path};

/// Most lines of a source file.
const LINES_MAX: usize = 600;

/// Endings of files that people write.
const WRITTEN: &[&str] = &["rs", "toml", "md", "sh", "html", "css", "js", "sql", "yml", "yaml"];

/// Words that say that something is not done. Written in two parts, so that this file may stand.
const UNFINISHED: &[&str] = &[
    concat!("to", "do!"),
    concat!("TO", "DO"),
    concat!("unimple", "mented!"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
];

/// Beginnings of paths that exist on one machine only.
const MACHINE_PATHS: &[&str] =
    &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];

/// Checks every file that people write.
pub(crate) fn check(root: &Path, files: &[String]) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for place in files.iter().filter(|place| is_written(place)) {
        let Ok(text) =
            String::from_utf8(fs::read(root.join(place)).with_context(|| format!("read {place}"))?)
        else {
            findings.push(Finding::new(place, "text", "is not UTF-8"));
            continue;
        };
        findings.extend(check_one(place, &text));
    }
    Ok(findings)
}

fn is_written(place: &str) -> bool {
    let ending = Path::new(place).extension().and_then(|ending| ending.to_str());
    place.starts_with(".ci/") || ending.is_some_and(|ending| WRITTEN.contains(&ending))
}

fn check_one(place: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if Path::new(place).extension().is_some_and(|ending| ending == "rs") {
        let lines = text.lines().count();
        if lines > LINES_MAX {
            let message = format!("has {lines} lines, more than {LINES_MAX}; split it by meaning");
            findings.push(Finding::new(place, "length", message));
        }
        if !text.trim_start().starts_with("//!") && !text.trim_start().starts_with("#![no_main]") {
            let message = "does not open with `//!`; say what a newcomer needs";
            findings.push(Finding::new(place, "introduction", message));
        }
    }
    for (number, line) in (1..).zip(text.lines()) {
        for word in UNFINISHED.iter().filter(|word| has_word(line, word)) {
            let message = format!("says {word}; finish it, or take it out");
            findings.push(Finding::new(format!("{place}:{number}"), "unfinished", message));
        }
        for path in MACHINE_PATHS.iter().filter(|path| has_path(line, path)) {
            let message = format!("names {path}, a path of one machine");
            findings.push(Finding::new(format!("{place}:{number}"), "machine", message));
        }
    }
    findings
}

/// Whether the word stands in the line as a word of its own.
fn has_word(line: &str, word: &str) -> bool {
    let part_of_word =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    line.match_indices(word).any(|(at, _)| {
        let (before, after) = (&line.as_bytes()[..at], &line.as_bytes()[at + word.len()..]);
        !part_of_word(before.last()) && (word.ends_with('!') || !part_of_word(after.first()))
    })
}

/// Whether the path stands in the line as the beginning of a path.
fn has_path(line: &str, path: &str) -> bool {
    let part_of_path = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.}>~*".contains(byte);
    line.match_indices(path).any(|(at, _)| !line.as_bytes()[..at].last().is_some_and(part_of_path))
}
