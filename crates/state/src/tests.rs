//! Tests of keys, known reads and overlays.

use crate::{Entry, KeyPath, Overlay, ReadSet, StateRead, StateWrite, read_until_known, stood_at};
use bytes::Bytes;
use salus_types::{Hash, Height};

#[test]
fn a_key_that_is_not_known_reads_as_absent_and_is_missing() {
    let mut state = ReadSet::new();
    let key = KeyPath::new("test/one").number(7).key();

    assert_eq!(state.get(key), None);

    assert_eq!(state.take_missing(), vec![key]);
    state.insert(key, Some(Bytes::from_static(b"seven")));
    assert_eq!(state.get(key), Some(Bytes::from_static(b"seven")));
    assert!(!state.is_missing());
}

#[test]
fn a_key_known_to_be_absent_is_not_missing() {
    let mut state = ReadSet::new();
    let key = KeyPath::new("test/none").key();
    state.insert(key, None);

    assert_eq!(state.get(key), None);

    assert!(!state.is_missing());
}

#[test]
fn an_overlay_hides_what_it_writes_and_removes() {
    let (kept, removed) = (KeyPath::new("a").key(), KeyPath::new("b").key());
    let mut base = ReadSet::new();
    base.insert(kept, Some(Bytes::from_static(b"old")));
    base.insert(removed, Some(Bytes::from_static(b"old")));
    let mut overlay = Overlay::new(&base);

    overlay.put(kept, b"new".to_vec());
    overlay.delete(removed);

    assert_eq!(overlay.get(kept), Some(Bytes::from_static(b"new")));
    assert_eq!(overlay.get(removed), None);
    assert_eq!(base.get(kept), Some(Bytes::from_static(b"old")));
}

#[test]
fn number_and_text_parts_do_not_run_into_each_other() {
    let one = KeyPath::new("m").number(1).text("2");
    let other = KeyPath::new("m").number(12);

    assert_ne!(one.key(), other.key());
}

#[test]
fn a_question_that_follows_pointers_is_asked_until_all_is_known() {
    let first = KeyPath::new("first").key();
    let second = KeyPath::new("second").key();
    let load = |keys: Vec<crate::StateKey>| {
        let values = keys
            .into_iter()
            .map(|key| (key == first || key == second).then(|| Bytes::from_static(b"x")))
            .collect();
        std::future::ready(Ok::<_, ()>(values))
    };
    let question = |state: &ReadSet| state.get(first).and_then(|_| state.get(second));

    let mut answer = std::pin::pin!(read_until_known(8, load, question));
    let waker = std::task::Waker::noop();
    let answer = answer.as_mut().poll(&mut std::task::Context::from_waker(waker));

    assert_eq!(answer, std::task::Poll::Ready(Ok(Some(Some(Bytes::from_static(b"x"))))));
}

/// Entries written at these heights, one replacing the other, newest first.
fn entries(since: &[(u64, Option<&'static str>)]) -> Vec<Bytes> {
    let mut entries: Vec<Bytes> = Vec::new();
    for (since, value) in since {
        let before = entries.first().map(|bytes| &bytes[..]);
        let entry = Entry::replacing(before, Height(*since), value.map(Bytes::from));
        entries.insert(0, entry.encode().into());
    }
    entries
}

#[expect(clippy::option_option, reason = "shown to be nothing, and not shown, are two answers")]
fn value_at(height: u64, entries: &[Bytes]) -> Option<Option<Bytes>> {
    stood_at(Height(height), entries).map(|entry| entry.and_then(|entry| entry.value))
}

#[test]
fn replaced_entries_show_what_stood_at_an_earlier_height() {
    let all = entries(&[(12, Some("A")), (40, None), (90, Some("C"))]);

    assert_eq!(value_at(95, &all[..1]), Some(Some(Bytes::from("C"))));
    assert_eq!(value_at(89, &all[..2]), Some(None), "removed at 40");
    assert_eq!(value_at(39, &all), Some(Some(Bytes::from("A"))));
    assert_eq!(value_at(11, &all), Some(None), "written at 12 for the first time");
    assert_eq!(value_at(11, &[]), Some(None), "never written");
}

#[test]
fn entries_that_are_missing_exchanged_or_too_many_show_nothing() {
    let all = entries(&[(12, Some("A")), (40, Some("B")), (90, Some("C"))]);
    let other = entries(&[(12, Some("X"))]);

    assert_eq!(value_at(50, &all[..1]), None, "the entry of 40 is missing");
    assert_eq!(value_at(11, &all[..2]), None, "so is that of 12");
    assert_eq!(value_at(95, &all), None, "two too many");
    assert_eq!(value_at(20, &[all[0].clone(), all[2].clone()]), None, "one left out");
    assert_eq!(value_at(20, &[all[0].clone(), all[1].clone(), other[0].clone()]), None);
}

#[test]
fn an_entry_is_read_back_and_nothing_else_is_an_entry() {
    let entry =
        Entry { since: Height(7), previous: Hash([3; 32]), value: Some(Bytes::from("value")) };
    let removed = Entry { value: None, ..entry.clone() };

    for entry in [entry, removed] {
        let encoded = Bytes::from(entry.encode());
        assert_eq!(Entry::decode(&encoded), Some(entry));
        assert_eq!(Entry::decode(&encoded.slice(..40)), None, "cut short");
    }
    let mut tag = vec![0; 41];
    tag[40] = 2;
    assert_eq!(Entry::decode(&tag.into()), None, "an unknown tag");
    assert_eq!(Entry::decode(&vec![0; 42].into()), None, "a value after a removal");
}
