//! The built binary from outside: exit codes, what goes to which stream, what a message says.

#![allow(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

mod care;
mod documents;
mod network;
mod proofs;
mod streams;

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

/// Runs `salus` with these words, in a folder, with no node to talk to.
fn salus(folder: &Path, words: &[&str]) -> Output {
    command(folder, words).output().unwrap()
}

fn command(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_salus"));
    command
        .args(words)
        .current_dir(folder)
        .stdin(Stdio::null())
        // A port where nothing listens: nobody may bind it without being root.
        .env("SALUS_API", "http://127.0.0.1:1")
        .env_remove("SALUS_HOME");
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_wrong_word_fails_and_shows_how_it_is_used() {
    let folder = tempfile::tempdir().unwrap();

    let output = salus(folder.path(), &["node", "dance"]);

    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(text(&output.stderr).contains("Usage: salus node"));
}

#[test]
fn completions_are_written_for_every_shell() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let output = salus(folder.path(), &["completions", shell]);

        assert_eq!(output.status.code(), Some(0));
        assert!(text(&output.stdout).contains("verify-final"), "{shell}");
    }
}

#[test]
fn a_missing_file_fails_with_a_code_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();

    let output = salus(folder.path(), &["key", "show", "nothing.key"]);

    let expected = "salus: there is no file nothing.key, given as the key [cli.file_missing]\n  \
                    next: check the path\n";
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(2), expected));
}

#[test]
fn an_error_is_json_where_json_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();

    let output = salus(folder.path(), &["key", "show", "nothing.key", "--json"]);

    let error: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(error["error"]["code"], "cli.file_missing");
    assert!(output.stdout.is_empty());
}

#[test]
fn a_key_is_made_for_its_owner_only_and_is_never_overwritten() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();

    let first = salus(folder.path(), &["key", "new", "my.key", "--json"]);
    let second = salus(folder.path(), &["key", "new", "my.key"]);
    let read = salus(folder.path(), &["key", "show", "my.key", "--json"]);

    assert_eq!([first.status.code(), second.status.code()], [Some(0), Some(2)]);
    assert!(text(&second.stderr).contains("[cli.file_exists]"));
    let permissions = std::fs::metadata(folder.path().join("my.key")).unwrap().permissions().mode();
    assert_eq!(permissions & 0o777, 0o600);
    let [made, shown]: [serde_json::Value; 2] =
        [first, read].map(|output| serde_json::from_slice(&output.stdout).unwrap());
    assert_eq!(made["public"], shown["public"]);
}

#[test]
fn a_node_that_is_not_there_fails_and_says_how_to_start_one() {
    let folder = tempfile::tempdir().unwrap();

    let output = salus(folder.path(), &["node", "status"]);

    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr.contains("[client.unreachable]"), "{stderr}");
    assert!(stderr.contains("salus node start"), "{stderr}");
}

#[test]
fn an_address_that_is_none_fails() {
    let folder = tempfile::tempdir().unwrap();

    let output = salus(folder.path(), &["node", "status", "--api", "localhost"]);

    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("[client.url]"));
}

#[test]
fn the_vault_is_not_asked_without_a_home() {
    let folder = tempfile::tempdir().unwrap();

    let output = salus(folder.path(), &["record", "list"]);

    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("[cli.home_missing]"));
}

#[test]
fn a_transaction_file_that_is_none_fails() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tx"), b"not a transaction").unwrap();

    let output = salus(folder.path(), &["tx", "submit", "tx"]);

    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("[cli.transaction_invalid]"));
}
