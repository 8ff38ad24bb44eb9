//! What is accepted, and what is refused with which code.

use super::*;
use crate::Standing;

#[test]
fn a_good_transaction_is_accepted_and_waits() {
    let mempool = mempool();
    let bytes = build(wish(1));

    let answer = submit(&mempool, &bytes);

    assert_eq!(answer, Ok(Admission::Accepted(hash_of(&bytes))));
    assert_eq!(mempool.len(), 1);
    assert_eq!(mempool.standing(&hash_of(&bytes)), Some(Standing::Pending));
    assert_eq!(mempool.stats().admitted_local, 1);
}

#[test]
fn each_defect_is_refused_with_its_code() {
    let mempool = mempool();
    pass_to(&mempool, 10);

    let trailing = Bytes::from([build(wish(1)).as_ref(), b"x"].concat());
    let elsewhere = build(Wish { network: NetworkId([8; 32]), ..wish(2) });
    let cases = [
        (Bytes::new(), "transaction.malformed"),
        (Bytes::from_static(b"nonsense"), "transaction.malformed"),
        (Bytes::from(vec![0; 1024 * 1024]), "transaction.malformed"),
        (trailing, "transaction.malformed"),
        (elsewhere, "transaction.wrong_network"),
        (build(Wish { valid_until: 10, ..wish(3) }), "transaction.expired"),
        (build(Wish { valid_until: 111, ..wish(4) }), "transaction.too_far"),
        (build_badly_signed(wish(5)), "transaction.bad_signature"),
    ];

    for (bytes, expected) in cases {
        assert_eq!(code(submit(&mempool, &bytes)), expected);
    }
    assert!(mempool.is_empty());
    assert_eq!(mempool.stats().refused.values().sum::<u64>(), 8);
}

#[test]
fn the_first_and_the_last_possible_end_of_validity_are_accepted() {
    let mempool = mempool();
    pass_to(&mempool, 10);

    let first = submit(&mempool, &build(Wish { valid_until: 11, ..wish(1) }));
    let last = submit(&mempool, &build(Wish { valid_until: 110, ..wish(2) }));

    assert!(first.is_ok());
    assert!(last.is_ok());
}

#[test]
fn a_peer_that_is_ahead_may_pass_on_what_is_too_far_for_our_clients() {
    let mempool = mempool();
    let ahead = build(Wish { valid_until: VALIDITY + 3, ..wish(1) });

    assert_eq!(code(submit(&mempool, &ahead)), "transaction.too_far");
    assert!(receive(&mempool, &ahead).is_ok());

    assert!(mempool.select(ALL, Height(1), &none).is_empty());
    assert_eq!(mempool.select(ALL, Height(3), &none).len(), 1);
}

#[test]
fn a_waiting_transaction_is_answered_as_pending_and_kept_once() {
    let mempool = mempool();
    let bytes = build(wish(1));
    submit(&mempool, &bytes).unwrap();

    assert_eq!(submit(&mempool, &bytes), Ok(Admission::Pending(hash_of(&bytes))));
    assert_eq!(receive(&mempool, &bytes), Ok(Admission::Pending(hash_of(&bytes))));
    assert_eq!(mempool.len(), 1);
}

#[test]
fn a_transaction_in_a_block_is_answered_as_final() {
    let mempool = mempool();
    let bytes = build(wish(1));
    submit(&mempool, &bytes).unwrap();
    mempool.committed(Height(1), &[checked(&bytes)]);

    assert_eq!(submit(&mempool, &bytes), Ok(Admission::Final(hash_of(&bytes))));
    assert_eq!(mempool.standing(&hash_of(&bytes)), Some(Standing::Final(Height(1))));
    assert!(mempool.is_empty());
}

#[test]
fn one_batch_answers_each_in_order_and_repeats_as_pending() {
    let mempool = mempool();
    let (one, two) = (build(wish(1)), build(wish(2)));
    let bad = build_badly_signed(wish(3));
    let batch = vec![one.clone(), bad.clone(), one.clone(), two.clone(), bad];

    let answers = mempool.admit(OWN, Origin::Local, batch);

    assert_eq!(answers[0], Ok(Admission::Accepted(hash_of(&one))));
    assert_eq!(code(answers[1].clone()), "transaction.bad_signature");
    assert_eq!(answers[2], Ok(Admission::Pending(hash_of(&one))));
    assert_eq!(answers[3], Ok(Admission::Accepted(hash_of(&two))));
    assert_eq!(code(answers[4].clone()), "transaction.bad_signature");
    assert_eq!(mempool.stats().signatures_verified, 3);
}

#[test]
fn a_bad_copy_of_a_waiting_transaction_changes_nothing() {
    let mempool = mempool();
    let good = build(wish(1));
    submit(&mempool, &good).unwrap();

    let answer = receive(&mempool, &build_badly_signed(wish(1)));

    assert_eq!(answer, Ok(Admission::Pending(hash_of(&good))));
    assert_eq!(mempool.select(ALL, Height(1), &none)[0].bytes, good);
}

#[test]
fn a_bad_signature_in_a_large_batch_is_found_among_the_good_ones() {
    let mempool = mempool();
    let mut batch: Vec<_> = (0..300).map(|number| build(wish(number))).collect();
    batch[217] = build_badly_signed(wish(217));

    let answers = mempool.admit(OWN, Origin::Local, batch);

    let refused: Vec<_> = (0..300).filter(|index| answers[*index].is_err()).collect();
    assert_eq!(refused, vec![217]);
}

#[test]
fn a_full_lane_says_when_to_try_again() {
    let mempool = Mempool::new(Config { count_max: 21, ..config() }, None);
    mempool.set_lanes([(OWN, 10), (PEER, 10)]);
    let batch = (0..12).map(|number| build(wish(number))).collect();

    let answers = mempool.admit(OWN, Origin::Local, batch);

    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 10);
    let refusal = answers[11].clone().unwrap_err();
    assert_eq!(refusal.code(), "mempool.full");
    assert!(refusal.retry_after().unwrap().as_millis() >= 200);
    // What has no room is refused before its signature is looked at.
    assert_eq!(mempool.stats().signatures_verified, 10);
}

#[test]
fn what_clients_submit_is_passed_on_once_and_again_when_no_block_takes_it() {
    let mempool = mempool();
    let (own, others) = (build(wish(1)), build(wish(2)));
    submit(&mempool, &own).unwrap();
    receive(&mempool, &others).unwrap();

    assert_eq!(mempool.take_outgoing(1_000_000), vec![own.clone()]);
    assert!(mempool.take_outgoing(1_000_000).is_empty());

    pass_to(&mempool, 8);
    assert_eq!(mempool.take_outgoing(1_000_000), vec![own.clone()]);
    mempool.committed(Height(9), &[checked(&own)]);
    pass_to(&mempool, 20);
    assert!(mempool.take_outgoing(1_000_000).is_empty());
}

#[test]
fn passing_on_stays_within_the_bytes_of_a_message() {
    let mempool = mempool();
    let batch: Vec<_> = (0..10).map(|number| build(wish(number))).collect();
    let size = batch[0].len() + 4;
    mempool.admit(OWN, Origin::Local, batch);

    let sizes: Vec<_> =
        std::iter::repeat_with(|| mempool.take_outgoing(4 * size).len()).take(4).collect();

    assert_eq!(sizes, vec![4, 4, 2, 0]);
}

#[test]
fn the_signals_change_when_work_comes() {
    let mempool = mempool();
    let (mut added, mut outgoing) = (mempool.subscribe_added(), mempool.subscribe_outgoing());

    receive(&mempool, &build(wish(1))).unwrap();
    assert!(added.has_changed().unwrap());
    assert!(!outgoing.has_changed().unwrap());
    assert_eq!(*added.borrow_and_update(), 1);

    submit(&mempool, &build(wish(2))).unwrap();
    assert!(added.has_changed().unwrap());
    assert!(outgoing.has_changed().unwrap());
    outgoing.mark_unchanged();
}

#[test]
fn callers_at_the_same_time_each_get_their_own_answers() {
    let mempool = mempool();

    std::thread::scope(|scope| {
        for caller in 0..8_u64 {
            let mempool = &mempool;
            scope.spawn(move || {
                for turn in 0..20 {
                    let (good, bad) =
                        (wish(caller * 1000 + turn), wish(caller * 1000 + 500 + turn));
                    let batch = vec![build(good), build_badly_signed(bad)];
                    let answers = mempool.admit(OWN, Origin::Local, batch);
                    assert!(answers[0].is_ok());
                    assert_eq!(code(answers[1].clone()), "transaction.bad_signature");
                }
            });
        }
    });

    assert_eq!(mempool.len(), 160);
    assert_eq!(mempool.stats().signatures_verified, 320);
}
