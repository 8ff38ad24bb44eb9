//! What a look at a stopped engine's files takes for damage, and what a crash may leave.

use crate::damage::{Inspection, inspect};
use std::fs;

#[test]
fn values_whose_keys_a_crash_never_made_are_no_damage() {
    let folder = tempfile::tempdir().unwrap();
    let partition = folder.path().join("store/salus-blocks-value");
    fs::create_dir_all(&partition).unwrap();
    fs::write(partition.join("0000000000000000"), [0; 64]).unwrap();

    let found = inspect(folder.path(), false, u64::MAX).unwrap();

    assert_eq!((found.files, found.damage.len(), found.last_block), (1, 0, None));
}

#[test]
fn a_folder_without_a_store_holds_nothing() {
    let folder = tempfile::tempdir().unwrap();

    assert_eq!(inspect(folder.path(), true, u64::MAX).unwrap(), Inspection::default());
}
