//! The account of accesses.

use super::{CLINIC, HOSPITAL, access, anchor, code, give, grant, ledger, register, revoke, run};
use crate::{ConsentError, ConsentEvent, GrantStatus, access::BATCH_MAX, query, samples::leaf};
use salus_crypto::merkle;
use salus_framework::testing::account;
use salus_types::{AccountKind, Hash};

#[test]
fn accesses_are_numbered_without_a_gap_for_each_custodian() {
    let (mut ledger, patient) = ledger();
    let (hospital, clinic) = (account(HOSPITAL), account(CLINIC));
    run(&mut ledger, hospital, anchor(patient, 1, 1)).unwrap();
    run(&mut ledger, clinic, anchor(patient, 2, 1)).unwrap();

    run(&mut ledger, hospital, access(patient, None, 1, 3)).unwrap();
    run(&mut ledger, clinic, access(patient, None, 1, 1)).unwrap();
    let gap = run(&mut ledger, hospital, access(patient, None, 5, 1));
    let again = run(&mut ledger, hospital, access(patient, None, 3, 1));
    let events = run(&mut ledger, hospital, access(patient, None, 4, 1)).unwrap();

    assert_eq!(gap, Err(ConsentError::WrongSequence { expected: 4, found: 5 }));
    assert_eq!(again, Err(ConsentError::WrongSequence { expected: 4, found: 3 }));
    assert_eq!(
        events,
        [ConsentEvent::AccessAccounted {
            patient,
            custodian: hospital,
            basis: None,
            first_sequence: 4,
            count: 1
        }]
    );
    assert_eq!(query::next_sequence(&ledger.state, patient, hospital), 5);
    assert_eq!(query::next_sequence(&ledger.state, patient, clinic), 2);
}

#[test]
fn the_batch_of_an_access_is_found_by_its_number() {
    let (mut ledger, patient) = ledger();
    let hospital = account(HOSPITAL);
    run(&mut ledger, hospital, anchor(patient, 1, 1)).unwrap();
    let mut next = 1;
    for count in [1, 5, 2, 1024, 1] {
        run(&mut ledger, hospital, access(patient, None, next, count)).unwrap();
        next += u64::from(count);
    }

    let batch = |sequence| {
        query::access_with(&ledger.state, patient, hospital, sequence).map(|view| view.batch)
    };

    assert_eq!(batch(0), None);
    assert_eq!(batch(1), Some(0));
    assert_eq!(batch(2), Some(1));
    assert_eq!(batch(6), Some(1));
    assert_eq!(batch(7), Some(2));
    assert_eq!(batch(1032), Some(3));
    assert_eq!(batch(1033), Some(4));
    assert_eq!(batch(1034), None);
}

#[test]
fn accesses_at_all_custodians_are_listed_one_custodian_after_the_other() {
    let (mut ledger, patient) = ledger();
    let (hospital, clinic) = (account(HOSPITAL), account(CLINIC));
    run(&mut ledger, hospital, anchor(patient, 1, 1)).unwrap();
    run(&mut ledger, clinic, anchor(patient, 2, 1)).unwrap();
    for sequence in 1..=3 {
        run(&mut ledger, hospital, access(patient, None, sequence, 1)).unwrap();
        run(&mut ledger, clinic, access(patient, None, sequence, 1)).unwrap();
    }

    let page = query::accesses_of_patient(&ledger.state, patient, 2, 3);

    assert_eq!(page.total, 6);
    let found: Vec<_> = page.items.iter().map(|view| (view.custodian, view.batch)).collect();
    assert_eq!(found, [(hospital, 2), (clinic, 0), (clinic, 1)]);
    assert_eq!(query::custodians_of(&ledger.state, patient, 0, 10).total, 2);
}

#[test]
fn an_access_under_a_grant_needs_it_to_be_active_and_of_both() {
    let (mut ledger, patient) = ledger();
    let other = register(&mut ledger, AccountKind::Person, 51);
    let hospital = account(HOSPITAL);
    for (n, whose) in [(1, patient), (2, other)] {
        run(&mut ledger, hospital, anchor(whose, n, 1)).unwrap();
        give(&mut ledger, whose, n);
    }
    run(&mut ledger, account(CLINIC), anchor(patient, 3, 1)).unwrap();

    run(&mut ledger, hospital, access(patient, Some(grant(1)), 1, 1)).unwrap();
    let of_other = run(&mut ledger, hospital, access(patient, Some(grant(2)), 2, 1));
    let at_other = run(&mut ledger, account(CLINIC), access(patient, Some(grant(1)), 1, 1));
    let unknown = run(&mut ledger, hospital, access(patient, Some(grant(9)), 2, 1));
    run(&mut ledger, patient, revoke(1)).unwrap();
    let revoked = run(&mut ledger, hospital, access(patient, Some(grant(1)), 2, 1));

    assert_eq!(code(of_other), "consent.wrong_grant");
    assert_eq!(code(at_other), "consent.wrong_grant");
    assert_eq!(code(unknown), "consent.unknown_grant");
    assert_eq!(code(revoked), "consent.grant_not_active");
    run(&mut ledger, hospital, access(patient, None, 2, 1)).unwrap();
}

#[test]
fn an_access_after_the_period_is_refused() {
    let (mut ledger, patient) = ledger();
    run(&mut ledger, account(HOSPITAL), anchor(patient, 1, 1)).unwrap();
    give(&mut ledger, patient, 1);
    ledger.block.time = ledger.block.time.after_ms(1000);

    let result = run(&mut ledger, account(HOSPITAL), access(patient, Some(grant(1)), 1, 1));

    let status = GrantStatus::Expired;
    assert_eq!(result, Err(ConsentError::GrantNotActive { grant: grant(1), status }));
}

#[test]
fn a_batch_has_at_least_one_access_and_not_too_many() {
    let (mut ledger, patient) = ledger();
    let hospital = account(HOSPITAL);
    run(&mut ledger, hospital, anchor(patient, 1, 1)).unwrap();

    let none = run(&mut ledger, hospital, access(patient, None, 1, 0));
    let many = run(&mut ledger, hospital, access(patient, None, 1, BATCH_MAX + 1));

    assert_eq!(code(none), "consent.wrong_count");
    assert_eq!(code(many), "consent.wrong_count");
}

#[test]
fn who_keeps_no_record_accounts_for_no_access() {
    let (mut ledger, patient) = ledger();

    let result = run(&mut ledger, account(CLINIC), access(patient, None, 1, 1));

    assert_eq!(code(result), "consent.no_relation");
}

#[test]
fn a_leaf_is_proved_under_the_root_of_its_batch() {
    let leaves: Vec<_> =
        (1..=5).map(|sequence| crate::AccessLeaf { sequence, ..leaf() }.hash()).collect();

    let proof = merkle::prove(&leaves, 3).unwrap();

    assert!(proof.verify(&merkle::root(&leaves), &leaves[3]));
    assert!(!proof.verify(&merkle::root(&leaves), &leaves[2]));
}

#[test]
fn a_leaf_with_another_salt_has_another_hash() {
    let other = crate::AccessLeaf { salt: Hash([99; 32]), ..leaf() };

    assert_ne!(leaf().hash(), other.hash());
}
