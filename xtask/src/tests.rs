//! Tests of the checks, each on a small tree of its own.

use crate::{
    decisions,
    finding::Finding,
    layers::{self, LAYERS},
    links, manifests, modules, texts,
    tidy::{Dependency, Package},
    walk::files_of,
};
use std::{fs, path::Path};
use tempfile::TempDir;

/// A tree with these files.
fn tree(files: &[(&str, &str)]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for (place, text) in files {
        let path = root.path().join(place);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    root
}

fn package(name: &str, dependencies: &[&str]) -> Package {
    let dependency = |name: &&str| Dependency { name: (*name).to_owned(), for_tests: false };
    Package {
        name: name.to_owned(),
        description: Some("It is for tests.".to_owned()),
        manifest: format!("crates/{name}/Cargo.toml"),
        dependencies: dependencies.iter().map(dependency).collect(),
    }
}

fn messages(findings: Vec<Finding>) -> Vec<String> {
    findings.into_iter().map(|finding| finding.message).collect()
}

fn check_texts(root: &Path) -> Vec<Finding> {
    texts::check(root, &files_of(root).unwrap()).unwrap()
}

#[test]
fn every_row_of_the_table_imports_only_rows_above() {
    for (index, (name, may_import)) in LAYERS.iter().enumerate() {
        for other in *may_import {
            let above = LAYERS[..index].iter().any(|(above, _)| above == other);
            assert!(above, "{name} imports {other}");
        }
    }
}

#[test]
fn modules_and_engine_do_not_know_each_other() {
    let findings = layers::check(&[
        package("salus-engine", &["salus-types", "salus-app"]),
        package("salus-consent", &["salus-engine"]),
        package("salus-app", &["salus-consent", "borsh"]),
    ]);

    assert_eq!(
        messages(findings),
        [
            "salus-engine may not import salus-app: imports run upwards only",
            "salus-consent may not import salus-engine: imports run upwards only",
        ]
    );
}

#[test]
fn what_only_tests_need_is_imported_by_tests_only() {
    let mut tests = package("salus-crypto", &["salus-testdata"]);
    tests.dependencies[0].for_tests = true;

    let findings = layers::check(&[tests, package("salus-vault", &["salus-testdata"])]);

    assert_eq!(
        messages(findings),
        ["salus-vault may not import salus-testdata: imports run upwards only"]
    );
}

#[test]
fn a_crate_without_a_layer_is_found() {
    let findings = layers::check(&[package("salus-custody", &[])]);

    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].place, "crates/salus-custody/Cargo.toml");
}

#[test]
fn the_library_of_the_engine_is_named_in_three_crates_only() {
    let findings = layers::check(&[
        package("salus-engine", &["commonware-p2p"]),
        package("salus-proof", &["commonware-consensus"]),
        package("salus-sim", &["commonware-runtime"]),
        package("salus-node", &["commonware-runtime"]),
    ]);

    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].place, "crates/salus-node/Cargo.toml");
}

#[test]
fn a_module_without_its_files_or_its_page_is_found() {
    let whole = ["lib", "tx/mod", "state", "event", "error", "query", "genesis", "invariants"];
    let mut files: Vec<_> =
        whole.iter().map(|name| (format!("crates/modules/good/src/{name}.rs"), "")).collect();
    files.push(("crates/modules/good/src/tests.rs".to_owned(), ""));
    files.push(("crates/modules/bad/src/lib.rs".to_owned(), ""));
    files.push(("crates/modules/framework/src/lib.rs".to_owned(), ""));
    files.push(("docs/spec/good.md".to_owned(), ""));
    let files: Vec<_> = files.iter().map(|(place, text)| (place.as_str(), *text)).collect();
    let root = tree(&files);

    let findings = modules::check(root.path()).unwrap();

    assert_eq!(findings.len(), 9);
    assert!(findings.iter().all(|finding| finding.place == "crates/modules/bad"));
    assert!(findings[0].message.starts_with("has no src/tx/mod.rs"));
    assert!(findings[8].message.starts_with("has no docs/spec/bad.md"));
}

#[test]
fn a_source_file_that_is_long_or_does_not_introduce_itself_is_found() {
    let long = format!("//! Long.\n{}", "\n".repeat(600));
    let root = tree(&[
        ("a/long.rs", &long),
        ("a/mute.rs", "fn main() {}\n"),
        ("a/good.rs", "//! Good.\n"),
    ]);

    let findings = check_texts(root.path());

    let found: Vec<_> = findings.iter().map(|one| (one.place.as_str(), one.check)).collect();
    assert_eq!(found, [("a/long.rs", "length"), ("a/mute.rs", "introduction")]);
}

#[test]
fn unfinished_work_is_found_where_it_stands() {
    let call = ["to", "do!()"].concat();
    let mark = ["FIX", "ME"].concat();
    let text =
        format!("//! One.\n\nfn one() {{ {call} }}\n// {mark}: later\n// method, mastodon, XXXL\n");
    let root = tree(&[("one.rs", &text), ("target/two.rs", &text)]);

    let found: Vec<_> = check_texts(root.path()).into_iter().map(|one| one.place).collect();

    assert_eq!(found, ["one.rs:3", "one.rs:4"]);
}

#[test]
fn paths_of_one_machine_are_found_and_others_are_not() {
    let bad = ["See /wo", "rk/notes.md.\n"].concat();
    let good = ["See https://a.example/wo", "rk/notes and $D/wo", "rk/x.\n"].concat();
    let root = tree(&[("bad.md", &bad), ("good.md", &good)]);

    let found: Vec<_> = check_texts(root.path()).into_iter().map(|one| one.place).collect();

    assert_eq!(found, ["bad.md:1"]);
}

#[test]
fn a_manifest_without_purpose_or_lints_is_found() {
    let root = tree(&[
        ("crates/good/Cargo.toml", "[lints]\nworkspace = true\n"),
        ("crates/bad/Cargo.toml", "[package]\nname = \"bad\"\n"),
    ]);
    let bad = Package { description: None, ..package("bad", &[]) };

    let findings = manifests::check(root.path(), &[package("good", &[]), bad]).unwrap();

    assert_eq!(findings.len(), 2);
    assert!(findings.iter().all(|finding| finding.place == "crates/bad/Cargo.toml"));
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let page = "[a](b.md) [c](d/e.md#x) [up](../README.md) [web](https://x.example/) [here](#y)\n\
                ```\n[code](none.md)\n```\n";
    let root = tree(&[("README.md", ""), ("docs/a.md", page), ("docs/b.md", "")]);

    let findings = links::check(root.path(), &files_of(root.path()).unwrap()).unwrap();

    assert_eq!(messages(findings), ["links to d/e.md#x, which does not exist"]);
}

#[test]
fn the_index_of_decisions_is_complete_and_without_gaps() {
    let root = tree(&[
        ("docs/adr/README.md", "[0001](0001-one.md) [0003](0003-three.md)"),
        ("docs/adr/0001-one.md", "# One\n"),
        ("docs/adr/0003-three.md", "# Three\n"),
        ("docs/adr/0004-four.md", "Four\n"),
        ("docs/adr/notes.md", "# Notes\n"),
    ]);

    let mut found = messages(decisions::check(root.path()).unwrap());
    found.sort();

    assert_eq!(
        found,
        [
            "does not begin with its title",
            "has a gap before 0003: 0002 is missing",
            "is not listed in docs/adr/README.md",
            "is not named NNNN-title.md",
        ]
    );
}

#[test]
fn two_decisions_with_one_number_are_found() {
    let root = tree(&[
        ("docs/adr/README.md", "(0001-one.md) (0001-two.md)"),
        ("docs/adr/0001-one.md", "# One\n"),
        ("docs/adr/0001-two.md", "# Two\n"),
    ]);

    assert_eq!(messages(decisions::check(root.path()).unwrap()), ["number 0001 is taken 2 times"]);
}
