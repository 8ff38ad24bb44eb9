//! Sharing: who opens a key, who does not, and what is found out.

use crate::share::{Dealt, Share, ShareCommitments, ShareError, combine, deal};
use proptest::prelude::*;

#[test]
fn any_three_of_five_open_the_key_and_two_do_not() {
    let Dealt { key, commitments, shares } = deal(3, 5).unwrap();
    for first in 0..5 {
        for second in first + 1..5 {
            let two = [shares[first].clone(), shares[second].clone()];
            let refused = combine(&commitments, &two).unwrap_err();
            assert_eq!(refused, ShareError::TooFew { found: 2, needed: 3 });
            for third in &shares[second + 1..] {
                let three = [two[0].clone(), two[1].clone(), third.clone()];
                assert_eq!(combine(&commitments, &three).unwrap(), key);
            }
        }
    }
}

#[test]
fn copies_of_one_share_count_once() {
    let Dealt { commitments, shares, .. } = deal(2, 3).unwrap();
    let copies = [shares[0].clone(), shares[0].clone(), shares[0].clone()];

    assert_eq!(combine(&commitments, &copies), Err(ShareError::TooFew { found: 1, needed: 2 }));
}

#[test]
fn one_of_one_and_one_of_many_are_dealt_as_well() {
    for count in [1, 2, 16] {
        let Dealt { key, commitments, shares } = deal(1, count).unwrap();
        assert_eq!(shares.len(), usize::from(count));
        for share in shares {
            assert_eq!(combine(&commitments, &[share]).unwrap(), key);
        }
    }
}

#[test]
fn numbers_that_are_no_sharing_are_refused() {
    for (needed, count) in [(0, 3), (4, 3), (1, 17), (17, 17), (0, 0)] {
        let refused = deal(needed, count).unwrap_err();
        assert_eq!(refused.code(), "crypto.share_numbers");
    }
}

#[test]
fn a_share_of_another_key_is_found_out() {
    let ours = deal(2, 3).unwrap();
    let other = deal(2, 3).unwrap();

    let mixed = [ours.shares[0].clone(), other.shares[1].clone()];

    assert_eq!(combine(&ours.commitments, &mixed), Err(ShareError::Wrong { index: 2 }));
    assert_ne!(ours.commitments.hash(), other.commitments.hash());
}

#[test]
fn a_dealer_who_deals_a_share_off_the_line_is_found_out_by_its_custodian() {
    let Dealt { commitments, shares, .. } = deal(3, 5).unwrap();
    let mut bytes = shares[4].to_bytes();
    bytes[20] ^= 1;
    let bad = Share::from_bytes(&bytes).unwrap();

    assert_eq!(bad.verify(&commitments), Err(ShareError::Wrong { index: 5 }));
    assert!(shares.iter().all(|share| share.verify(&commitments).is_ok()));
}

#[test]
fn a_share_in_another_place_is_found_out() {
    let Dealt { commitments, shares, .. } = deal(3, 5).unwrap();
    let mut bytes = shares[0].to_bytes();
    bytes[0] = 2;

    let moved = Share::from_bytes(&bytes).unwrap();

    assert_eq!(moved.verify(&commitments), Err(ShareError::Wrong { index: 2 }));
}

#[test]
fn secrets_are_not_printed() {
    let dealt = deal(2, 3).unwrap();
    let printed = format!("{dealt:?} {:?}", dealt.shares);

    assert!(!printed.contains(&hex::encode(&dealt.shares[0].to_bytes()[1..33])));
    assert!(printed.contains("[redacted]"));
}

proptest! {
    #[test]
    fn encodings_come_back_and_noise_is_refused(noise in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(share) = Share::from_bytes(&noise) {
            prop_assert_eq!(&share.to_bytes()[..], &noise[..]);
        }
        if let Ok(commitments) = ShareCommitments::from_bytes(&noise) {
            prop_assert_eq!(commitments.to_bytes(), noise);
        }
    }
}

#[test]
fn what_was_dealt_is_encoded_and_decoded() {
    let Dealt { key, commitments, shares } = deal(3, 16).unwrap();
    let commitments = ShareCommitments::from_bytes(&commitments.to_bytes()).unwrap();
    let decoded: Vec<Share> =
        shares.iter().rev().map(|share| Share::from_bytes(&share.to_bytes()).unwrap()).collect();

    assert_eq!(commitments.needed(), 3);
    assert_eq!(combine(&commitments, &decoded[2..5]).unwrap(), key);
}
