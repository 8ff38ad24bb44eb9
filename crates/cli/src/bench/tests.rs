//! Tests of what is measured: percentiles, processes, folders.

use super::{
    machine,
    stats::{Percentiles, Samples},
};

#[test]
fn percentiles_count_every_transaction_of_a_batch() {
    let mut samples = Samples::default();
    samples.add(10.0, 98);
    samples.add(500.0, 2);
    samples.add(1.0, 0);

    let found = samples.percentiles();

    assert_eq!(found, Percentiles { p50: 10.0, p99: 500.0 });
    assert_eq!(samples.count(), 100);
}

#[test]
fn nothing_measured_is_zero() {
    assert_eq!(Samples::default().percentiles(), Percentiles::default());
}

#[test]
fn the_own_process_has_used_memory_and_a_strange_one_is_unknown() {
    let own = std::process::id();

    assert!(machine::resident_bytes(own).is_some_and(|bytes| bytes > 100_000));
    assert!(machine::cpu_time(own).is_some());
    assert!(machine::cpu_time(u32::MAX).is_none());
}

#[test]
fn a_folder_takes_what_its_files_take() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("below")).unwrap();
    std::fs::write(folder.path().join("below").join("file"), vec![7; 100_000]).unwrap();

    let bytes = machine::disk_bytes(folder.path()).unwrap();

    assert!((100_000..200_000).contains(&bytes), "{bytes}");
}
