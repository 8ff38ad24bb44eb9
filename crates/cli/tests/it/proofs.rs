//! `proof verify` on what is no proof: exit 1, and the name of the check that failed.

use super::{salus, text};
use salus_proof::ProofFile;
use salus_types::{LedgerParameters, NetworkFile};
use std::path::Path;

pub(crate) fn network() -> NetworkFile {
    NetworkFile {
        version: 1,
        name: salus_types::TextMax::new("test").unwrap(),
        genesis_time: salus_types::BlockTime::from_unix_ms(0),
        salt: salus_types::Hash::ZERO,
        members: salus_types::VecMax::default(),
        validators: salus_types::ValidatorSet::default(),
        parameters: LedgerParameters::default(),
    }
}

fn verify(folder: &Path, proof: &[u8]) -> (Option<i32>, String) {
    let network = serde_json::to_string(&network()).unwrap();
    std::fs::write(folder.join("network.json"), network).unwrap();
    std::fs::write(folder.join("a.proof"), proof).unwrap();
    let output = salus(folder, &["proof", "verify", "a.proof", "--network", "network.json"]);
    assert!(output.stdout.is_empty());
    (output.status.code(), text(&output.stderr))
}

fn empty_proof() -> Vec<u8> {
    let proof = ProofFile::new(network().id(), vec![], vec![], vec![], vec![]).unwrap();
    proof.to_file().unwrap()
}

#[test]
fn bytes_that_are_no_proof_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();

    for bytes in [&b""[..], b"SALUSPRF", &[0x5a; 4096], &vec![0; 2 * 1024 * 1024]] {
        let (code, stderr) = verify(folder.path(), bytes);

        assert_eq!(code, Some(1), "{stderr}");
        assert!(stderr.contains("[proof.file_"), "{stderr}");
    }
}

#[test]
fn any_changed_byte_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let proof = empty_proof();

    for place in (0..proof.len()).step_by(7) {
        let mut changed = proof.clone();
        changed[place] ^= 1;
        let (code, stderr) = verify(folder.path(), &changed);

        assert_eq!(code, Some(1));
        assert!(stderr.contains("[proof.file_intact]"), "{stderr}");
    }
}

#[test]
fn a_proof_of_nothing_is_refused() {
    let folder = tempfile::tempdir().unwrap();

    let (code, stderr) = verify(folder.path(), &empty_proof());

    assert_eq!(code, Some(1));
    assert!(stderr.contains("[proof.malformed]"), "{stderr}");
}

#[test]
fn a_network_file_that_is_none_fails_before_the_proof_is_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("network.json"), "{\"version\": 1, \"surplus\": 2}").unwrap();

    let words = ["proof", "verify", "a.proof", "--network", "network.json"];
    let output = salus(folder.path(), &words);

    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("[cli.network_file_invalid]"));
}
