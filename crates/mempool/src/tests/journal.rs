//! What a crash must not lose.

use super::*;
use crate::{Durability, FileJournal, Journal, JournalError, Replayed, Segment, Standing};
use std::{fs, path::Path};

fn open(folder: &Path) -> (Arc<FileJournal>, Vec<(Segment, Bytes)>) {
    let (journal, recovered) = FileJournal::open(folder, Durability::Process).unwrap();
    (Arc::new(journal), recovered.records)
}

fn start(folder: &Path) -> (Mempool, Vec<(Segment, Bytes)>) {
    let (journal, records) = open(folder);
    (Mempool::new(config(), Some(journal)), records)
}

fn segments(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn what_was_accepted_waits_again_after_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (build(wish(1)), build(wish(2)));
    let (mempool, _) = start(folder.path());
    submit(&mempool, &first).unwrap();
    submit(&mempool, &second).unwrap();
    receive(&mempool, &build(wish(3))).unwrap();
    drop(mempool);

    let (mempool, records) = start(folder.path());
    let replayed = mempool.replay(records, &none);

    assert_eq!(replayed, Replayed { pending: 2, ..Replayed::default() });
    assert_eq!(mempool.take_outgoing(1_000_000), vec![first, second]);
}

#[test]
fn what_is_in_a_block_or_has_expired_is_told_apart_after_a_crash() {
    let folder = tempfile::tempdir().unwrap();
    let batch: Vec<_> =
        (1..=4).map(|number| build(Wish { valid_until: 10 * number, ..wish(number) })).collect();
    let (mempool, _) = start(folder.path());
    mempool.admit(OWN, Origin::Local, batch.clone());
    drop(mempool);

    // While it was away nothing moved, but its own index knows more than the window: the first is
    // in an old block, the second expired, the third is in a recent block.
    let (mempool, records) = start(folder.path());
    mempool.load_window(Height(25), [(Height(24), vec![checked(&batch[2])])]);
    let mut reports = mempool.subscribe_expired();
    let replayed = mempool.replay(records, &|hash| *hash == hash_of(&batch[0]));

    assert_eq!(replayed, Replayed { pending: 1, settled: 2, expired: 1, damaged: 0 });
    assert_eq!(reports.try_recv().unwrap().hashes, vec![hash_of(&batch[1])]);
    assert_eq!(mempool.standing(&hash_of(&batch[3])), Some(Standing::Pending));
}

/// Found by the simulator, seed 2: a node that had lost its blocks reported it expired, and the others
/// put it into a block.
#[test]
fn a_node_that_has_to_start_from_the_first_block_again_keeps_what_it_accepted_later() {
    let folder = tempfile::tempdir().unwrap();
    let one = build(Wish { valid_until: 90 + VALIDITY, ..wish(1) });
    let (mempool, _) = start(folder.path());
    mempool.load_window(Height(100), []);
    submit(&mempool, &one).unwrap();
    drop(mempool);

    let (mempool, records) = start(folder.path());
    let replayed = mempool.replay(records, &none);

    assert_eq!(replayed, Replayed { pending: 1, ..Replayed::default() });
    assert_eq!(mempool.standing(&hash_of(&one)), Some(Standing::Pending));
}

#[test]
fn what_a_peer_brings_back_before_the_journal_does_is_still_owed_to_the_client() {
    let folder = tempfile::tempdir().unwrap();
    let one = build(wish(1));
    let (mempool, _) = start(folder.path());
    submit(&mempool, &one).unwrap();
    drop(mempool);

    let (mempool, records) = start(folder.path());
    receive(&mempool, &one).unwrap();
    let mut reports = mempool.subscribe_expired();
    let replayed = mempool.replay(records, &none);

    assert_eq!(replayed, Replayed { pending: 1, ..Replayed::default() });
    mempool.committed(Height(50), &[]);
    assert_eq!(reports.try_recv().unwrap().hashes, vec![hash_of(&one)]);
    drop(mempool);
    assert_eq!(open(folder.path()).1, []);
}

#[test]
fn a_torn_tail_costs_only_the_torn_record() {
    let folder = tempfile::tempdir().unwrap();
    let records: Vec<_> = (0..3).map(|number| build(wish(number))).collect();
    open(folder.path()).0.append(&records).unwrap();
    let file = segments(folder.path()).remove(0);
    let whole = fs::read(&file).unwrap();

    for cut in 0..whole.len() {
        fs::write(&file, &whole[..cut]).unwrap();
        let (journal, recovered) = FileJournal::open(folder.path(), Durability::Process).unwrap();
        let expected: Vec<_> = recovered.records.iter().map(|(_, bytes)| bytes.clone()).collect();
        assert_eq!(expected, records[..expected.len()]);
        let kept: usize = expected.iter().map(|bytes| bytes.len() + 12).sum();
        let head = if cut < 24 { 0 } else { 24 };
        assert_eq!(recovered.torn_bytes, (cut - head - kept) as u64);
        drop(journal);
    }
}

#[test]
fn a_changed_byte_ends_the_segment_there() {
    let folder = tempfile::tempdir().unwrap();
    let records: Vec<_> = (0..3).map(|number| build(wish(number))).collect();
    open(folder.path()).0.append(&records).unwrap();
    let file = segments(folder.path()).remove(0);
    let mut bytes = fs::read(&file).unwrap();
    let middle = 24 + 12 + records[0].len() + 30;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();

    let (_, recovered) = open(folder.path());

    assert_eq!(recovered.len(), 1);
}

#[test]
fn a_file_of_another_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("0000000000000000.journal"), b"something else entirely").unwrap();

    let error = FileJournal::open(folder.path(), Durability::Process).unwrap_err();

    assert_eq!(error.code(), "journal.foreign");
}

#[test]
fn segments_go_when_everything_in_them_is_settled() {
    let folder = tempfile::tempdir().unwrap();
    let (mempool, _) = start(folder.path());
    for round in 0..40 {
        let batch: Vec<_> = (0..16)
            .map(|number| Wish { payload_bytes: 20_000, ..wish(round * 100 + number) })
            .map(build)
            .collect();
        mempool.admit(OWN, Origin::Local, batch);
        let transactions = mempool.select(ALL, Height(round + 1), &none);
        assert_eq!(transactions.len(), 16);
        mempool.committed(Height(round + 1), &transactions);
        assert!(segments(folder.path()).len() <= 2);
    }
}

#[test]
fn calls_at_the_same_time_are_all_durable() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, recovered) = FileJournal::open(folder.path(), Durability::Power).unwrap();
    assert!(recovered.records.is_empty());

    std::thread::scope(|scope| {
        for number in 0..8 {
            let journal = &journal;
            scope.spawn(move || {
                for turn in 0..10 {
                    journal.append(&[build(wish(number * 100 + turn))]).unwrap();
                }
            });
        }
    });
    drop(journal);

    assert_eq!(open(folder.path()).1.len(), 80);
}

/// A journal on a disk that is full while `full` says so.
#[derive(Default)]
struct FullDisk {
    full: std::sync::atomic::AtomicBool,
}

impl Journal for FullDisk {
    fn append(&self, _: &[Bytes]) -> Result<Segment, JournalError> {
        if self.full.load(std::sync::atomic::Ordering::Relaxed) {
            let reason = "no space left on device".to_owned();
            return Err(JournalError::Io { action: "write", path: "journal".into(), reason });
        }
        Ok(Segment(0))
    }

    fn settle(&self, _: Segment, _: usize) {}
}

#[test]
fn what_the_journal_cannot_hold_is_not_acknowledged_and_can_be_sent_again() {
    let disk = Arc::new(FullDisk::default());
    disk.full.store(true, std::sync::atomic::Ordering::Relaxed);
    let mempool = Mempool::new(config(), Some(Arc::clone(&disk) as Arc<dyn Journal>));
    let bytes = build(wish(1));

    assert_eq!(code(submit(&mempool, &bytes)), "mempool.journal");
    disk.full.store(false, std::sync::atomic::Ordering::Relaxed);

    assert_eq!(submit(&mempool, &bytes), Ok(Admission::Pending(hash_of(&bytes))));
}

#[test]
fn a_journal_whose_folder_is_gone_recovers_when_it_is_back() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("journal");
    let (journal, _) = FileJournal::open(&folder, Durability::Process).unwrap();
    fs::remove_dir(&folder).unwrap();

    let error = journal.append(&[build(wish(1))]).unwrap_err();
    assert_eq!(error.code(), "journal.io");
    fs::create_dir(&folder).unwrap();
    journal.append(&[build(wish(2))]).unwrap();
    drop(journal);

    assert_eq!(open(&folder).1.len(), 1);
}
