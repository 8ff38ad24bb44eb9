//! The check of blocks, the window of recent ones, and expiry.

use super::*;
use crate::{BlockRefusal, Standing};

fn check(
    mempool: &Mempool,
    height: u64,
    bodies: &[Bytes],
) -> Result<Vec<Arc<CheckedTransaction>>, BlockRefusal> {
    mempool.check_block(NETWORK, Height(height), VALIDITY, bodies)
}

#[test]
fn a_block_of_known_transactions_costs_no_signature_checks() {
    let mempool = mempool();
    let bodies: Vec<_> = (0..20).map(|number| build(wish(number))).collect();
    mempool.admit(OWN, Origin::Local, bodies.clone());
    let before = mempool.stats().signatures_verified;

    let transactions = check(&mempool, 1, &bodies).unwrap();

    assert_eq!(transactions.len(), 20);
    assert_eq!(mempool.stats().signatures_verified, before);
    assert_eq!(mempool.stats().block_known, 20);
}

#[test]
fn an_unseen_transaction_is_checked_once_for_all_blocks_and_submissions() {
    let mempool = mempool();
    let bytes = build(wish(1));

    check(&mempool, 1, std::slice::from_ref(&bytes)).unwrap();
    check(&mempool, 1, std::slice::from_ref(&bytes)).unwrap();
    receive(&mempool, &bytes).unwrap();
    check(&mempool, 2, std::slice::from_ref(&bytes)).unwrap();

    assert_eq!(mempool.stats().signatures_verified, 1);
}

#[test]
fn each_defect_of_a_block_is_refused_with_its_code() {
    let mempool = mempool();
    let good = build(wish(1));
    let final_one = build(wish(2));
    mempool.committed(Height(1), &[checked(&final_one)]);
    let elsewhere = build(Wish { network: NetworkId([8; 32]), ..wish(3) });

    let cases = [
        (vec![good.clone(), Bytes::from_static(b"x")], "block.transaction_malformed"),
        (vec![good.clone(), good.clone()], "block.transaction_twice"),
        (vec![good.clone(), final_one], "block.transaction_replayed"),
        (vec![good.clone(), elsewhere], "block.transaction_wrong_network"),
        (
            vec![good.clone(), build(Wish { valid_until: 4, ..wish(4) })],
            "block.transaction_expired",
        ),
        (
            vec![good.clone(), build(Wish { valid_until: 106, ..wish(5) })],
            "block.transaction_too_far",
        ),
        (vec![good.clone(), build_badly_signed(wish(6))], "block.transaction_bad_signature"),
    ];

    for (bodies, expected) in cases {
        assert_eq!(check(&mempool, 5, &bodies).unwrap_err().code(), expected);
    }
    assert!(check(&mempool, 5, &[good]).is_ok());
}

#[test]
fn a_transaction_under_other_signatures_stands_twice() {
    let mempool = mempool();
    let good = build(wish(1));
    let other = build_badly_signed(wish(1));

    let refusal = check(&mempool, 1, &[good, other]).unwrap_err();

    assert_eq!(refusal.code(), "block.transaction_twice");
}

#[test]
fn bad_signatures_of_a_block_are_not_taken_for_good_later() {
    let mempool = mempool();
    let bad = build_badly_signed(wish(1));

    for _ in 0..2 {
        let refusal = check(&mempool, 1, std::slice::from_ref(&bad)).unwrap_err();
        assert_eq!(refusal, BlockRefusal::BadSignature { index: 0, signature: 0 });
    }
    assert_eq!(code(submit(&mempool, &bad)), "transaction.bad_signature");
}

#[test]
fn the_window_ignores_the_block_that_is_being_checked_again() {
    let mempool = mempool();
    let bytes = build(wish(1));
    let hash = hash_of(&bytes);
    mempool.committed(Height(5), &[checked(&bytes)]);

    assert!(!mempool.window_contains(&hash, Height(5)));
    assert!(mempool.window_contains(&hash, Height(6)));
    assert!(check(&mempool, 5, std::slice::from_ref(&bytes)).is_ok());
    assert_eq!(check(&mempool, 6, &[bytes]).unwrap_err().code(), "block.transaction_replayed");
}

#[test]
fn the_window_forgets_what_could_not_come_again() {
    let mempool = mempool();
    let bytes = build(Wish { valid_until: 20, ..wish(1) });
    mempool.committed(Height(1), &[checked(&bytes)]);

    pass_to(&mempool, 19);
    assert_eq!(mempool.stats().window, 1);
    pass_to(&mempool, 20);
    assert_eq!(mempool.stats().window, 0);
    assert_eq!(code(submit(&mempool, &bytes)), "transaction.expired");
}

#[test]
fn a_loaded_window_refuses_as_if_the_node_had_never_stopped() {
    let mempool = mempool();
    let (recent, old) = (build(wish(1)), build(Wish { valid_until: 12, ..wish(2) }));

    let blocks =
        [(Height(11), vec![checked(&old)]), (Height(12), vec![checked(&recent)])].into_iter();
    mempool.load_window(Height(12), blocks);

    assert_eq!(submit(&mempool, &recent), Ok(Admission::Final(hash_of(&recent))));
    assert_eq!(code(submit(&mempool, &old)), "transaction.expired");
    assert_eq!(mempool.stats().window, 1);
}

#[test]
fn an_accepted_transaction_that_expires_is_reported() {
    let mempool = mempool();
    let mut reports = mempool.subscribe_expired();
    let own = build(Wish { valid_until: 5, ..wish(1) });
    let others = build(Wish { valid_until: 5, ..wish(2) });
    submit(&mempool, &own).unwrap();
    receive(&mempool, &others).unwrap();

    pass_to(&mempool, 4);
    assert!(reports.try_recv().is_err());
    pass_to(&mempool, 5);

    let report = reports.try_recv().unwrap();
    assert_eq!((report.height, report.hashes.as_slice()), (Height(5), &[hash_of(&own)][..]));
    assert_eq!(mempool.standing(&hash_of(&own)), Some(Standing::Expired(Height(5))));
    assert!(mempool.is_empty());
    assert_eq!((mempool.stats().expired, mempool.stats().expired_local), (2, 1));
}

#[test]
fn a_transaction_that_a_client_submits_after_a_peer_is_reported_too() {
    let mempool = mempool();
    let mut reports = mempool.subscribe_expired();
    let bytes = build(Wish { valid_until: 5, ..wish(1) });
    receive(&mempool, &bytes).unwrap();
    submit(&mempool, &bytes).unwrap();

    pass_to(&mempool, 5);

    assert_eq!(reports.try_recv().unwrap().hashes, vec![hash_of(&bytes)]);
}

#[test]
fn a_transaction_in_the_block_of_its_last_height_is_not_reported() {
    let mempool = mempool();
    let mut reports = mempool.subscribe_expired();
    let bytes = build(Wish { valid_until: 5, ..wish(1) });
    submit(&mempool, &bytes).unwrap();
    pass_to(&mempool, 4);

    mempool.committed(Height(5), &[checked(&bytes)]);

    assert!(reports.try_recv().is_err());
    assert_eq!(mempool.stats().committed, 1);
}

#[test]
fn committing_a_block_twice_does_no_harm() {
    let mempool = mempool();
    let bytes = build(wish(1));
    submit(&mempool, &bytes).unwrap();

    mempool.committed(Height(1), &[checked(&bytes)]);
    mempool.committed(Height(1), &[checked(&bytes)]);

    assert_eq!(mempool.stats().committed, 1);
    assert_eq!(mempool.standing(&hash_of(&bytes)), Some(Standing::Final(Height(1))));
}
