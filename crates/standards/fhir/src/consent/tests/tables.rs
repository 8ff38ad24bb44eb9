//! The decision tables: each directory holds cases, each case says where it comes from.

use crate::consent::case::{CaseFile, Verdict};
use std::{fs, path::Path};

/// Runs all files of a directory; the test data is that of `records/`.
fn run(directory: &str, data: &str) {
    if salus_testdata::folder(data).is_none() {
        return;
    }
    let root = salus_testdata::folder("records").unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(directory);
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let mut wrong = Vec::new();
    for path in &files {
        let file = CaseFile::from_json(&fs::read(path).unwrap()).unwrap();
        let resolve = |name: &str| {
            let name = name.strip_prefix("records/").unwrap_or(name);
            Ok(salus_testdata::read(&root, name))
        };
        for (case, verdict) in file.cases.iter().zip(file.run(&resolve)) {
            if verdict != Verdict::Passed {
                wrong.push(format!("{}: {}: {verdict:?}", path.display(), case.name));
            }
        }
    }
    assert!(!files.is_empty());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_decisions_of_the_ihe_guide_are_ours() {
    run("pcf", "records/ihe-pcf");
}

#[test]
fn each_example_of_hl7_has_its_exact_outcome() {
    run("hl7", "records/hl7-fhir-examples");
}
