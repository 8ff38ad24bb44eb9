//! Tests of keys, known reads and overlays.

use crate::{KeyPath, Overlay, ReadSet, StateRead, StateWrite, read_until_known};
use bytes::Bytes;

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
