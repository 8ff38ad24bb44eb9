//! Tests of the search for identifiers: nothing escapes it, and chance does not trigger it.

use super::search::{Identifiers, Search};
use std::path::Path;

fn search(words: &[&str]) -> Search {
    let mut identifiers = Identifiers::default();
    for word in words {
        identifiers.add("name", word);
    }
    Search::new(&identifiers, None).unwrap()
}

fn found(search: &Search, text: &[u8]) -> usize {
    search.text("a text", text).found.len()
}

#[test]
fn a_birth_date_is_found_anywhere_plain_or_as_hexadecimal() {
    let search = search(&["1970-04-21"]);
    let hexadecimal = hex::encode("born 1970-04-21");

    assert_eq!(found(&search, b"\x00\x91\xfe1970-04-21\x07"), 1);
    assert_eq!(found(&search, hexadecimal.to_uppercase().as_bytes()), 1);
    assert_eq!(found(&search, b"1970-04-2 1"), 0);
}

#[test]
fn a_short_name_is_found_as_a_word_in_any_case() {
    let search = search(&["Cole"]);

    assert_eq!(found(&search, b"the name is cole, as they say"), 1);
    assert_eq!(found(&search, b"{\"family\":\"COLE\",\"given\":\"x\"}"), 1);
    assert_eq!(found(&search, b"the chocolesale is not a name"), 0);
}

#[test]
fn a_short_name_among_random_bytes_is_chance_unless_its_length_stands_before_it() {
    let search = search(&["Von"]);

    assert_eq!(found(&search, b"\x92\x07\xffVon\x00\x01\x88\xf0\x11\xd2\x03\x91"), 0);
    assert_eq!(found(&search, b"\x92\x07\xff\x03\x00\x00\x00Von\x00\x01\x88\xf0"), 1);
}

#[test]
fn a_long_name_is_found_among_random_bytes() {
    let search = search(&["Schamberger"]);

    assert_eq!(found(&search, b"\x92\x07\x0bSchamberger\x00\x88\xf0\x11\xd2\x03\x91"), 1);
}

#[test]
fn a_postal_code_is_found_between_quotes_and_not_within_a_number() {
    let search = search(&["01440"]);

    assert_eq!(found(&search, b"{\"postalCode\":\"01440\"}"), 1);
    assert_eq!(found(&search, b"bytes_total 1014403 and 0.01440"), 0);
}

#[test]
fn a_word_of_the_program_counts_only_as_the_patient_spells_it() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("program");
    std::fs::write(&program, b"\x00 stopped reading the next block \x00").unwrap();
    let mut identifiers = Identifiers::default();
    identifiers.add("city", "Reading");
    let search = Search::new(&identifiers, Some(&program)).unwrap();

    assert_eq!(found(&search, b"the node is reading the next block"), 0);
    assert_eq!(found(&search, b"a patient of the town of Reading"), 1);
}

#[test]
fn files_are_searched_across_the_borders_of_windows_and_vaults_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, vault) = (folder.path().join("ledger"), folder.path().join("vault"));
    std::fs::create_dir(&ledger).unwrap();
    std::fs::create_dir(&vault).unwrap();
    let mut bytes = vec![0; 3 * 4 * 1024 * 1024 + 100];
    let places = [0, 4 * 1024 * 1024 - 5, 4 * 1024 * 1024 + 600, 8 * 1024 * 1024, bytes.len() - 12];
    for place in places {
        bytes[place..place + 12].copy_from_slice(b"555-123-4567");
    }
    std::fs::write(ledger.join("store"), bytes).unwrap();
    std::fs::write(vault.join("blob"), b"555-123-4567").unwrap();
    let search = search(&["555-123-4567"]);

    let findings = search.folder(folder.path(), &[Path::new(&vault)]).unwrap();

    let mut offsets: Vec<u64> = findings.found.iter().map(|finding| finding.offset).collect();
    offsets.sort_unstable();
    assert_eq!(offsets, places.map(|place| place as u64));
    assert_eq!(findings.places, 1);
}

#[test]
fn a_file_of_exactly_one_window_is_searched_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = vec![0; 4 * 1024 * 1024];
    let end = bytes.len() - 12;
    bytes[end..].copy_from_slice(b"555-123-4567");
    std::fs::write(folder.path().join("store"), bytes).unwrap();

    let findings = search(&["555-123-4567"]).folder(folder.path(), &[]).unwrap();

    assert_eq!(findings.found.len(), 1);
}

#[test]
fn the_name_of_a_file_is_searched_too() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("Vito_Schamberger.log"), b"").unwrap();

    let findings = search(&["Schamberger"]).folder(folder.path(), &[]).unwrap();

    assert_eq!(findings.found.len(), 1);
}
