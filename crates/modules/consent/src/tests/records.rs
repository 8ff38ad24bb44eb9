//! Anchors of records.

use super::{CLINIC, HOSPITAL, anchor, code, ledger, record, register, run};
use crate::{ConsentError, ConsentEvent, query};
use salus_framework::testing::account;
use salus_types::{AccountKind, Hash};

#[test]
fn a_record_is_anchored_in_versions_and_every_version_is_found() {
    let (mut ledger, patient) = ledger();
    let hospital = account(HOSPITAL);

    let events = run(&mut ledger, hospital, anchor(patient, 1, 1)).unwrap();
    ledger.block.time = ledger.block.time.after_ms(5);
    run(&mut ledger, hospital, anchor(patient, 1, 2)).unwrap();

    assert_eq!(
        events,
        [ConsentEvent::RecordAnchored {
            record: record(1),
            patient,
            custodian: hospital,
            version: 1
        }]
    );
    let view = query::record(&ledger.state, record(1)).unwrap();
    assert_eq!(view.stored.latest.version, 2);
    assert_eq!(view.stored.latest.anchored_at, ledger.block.time);
    let first = query::record_version(&ledger.state, record(1), 1).unwrap();
    let second = query::record_version(&ledger.state, record(1), 2).unwrap();
    assert_eq!(first.plain_commitment, Hash([1; 32]));
    assert_eq!(second.plain_commitment, Hash([2; 32]));
    assert_eq!(query::record_version(&ledger.state, record(1), 3), None);
    assert_eq!(query::records_of(&ledger.state, patient, hospital, 0, 10).total, 1);
}

#[test]
fn a_version_that_is_not_the_next_is_refused_with_the_expected_one() {
    let (mut ledger, patient) = ledger();
    let hospital = account(HOSPITAL);
    run(&mut ledger, hospital, anchor(patient, 1, 1)).unwrap();

    let again = run(&mut ledger, hospital, anchor(patient, 1, 1));
    let gap = run(&mut ledger, hospital, anchor(patient, 2, 2));

    assert_eq!(again, Err(ConsentError::WrongVersion { expected: 2, found: 1 }));
    assert_eq!(gap, Err(ConsentError::WrongVersion { expected: 1, found: 2 }));
}

#[test]
fn only_the_custodian_anchors_further_versions_and_for_the_same_patient() {
    let (mut ledger, patient) = ledger();
    let other = register(&mut ledger, AccountKind::Person, 51);
    run(&mut ledger, account(HOSPITAL), anchor(patient, 1, 1)).unwrap();

    let stranger = run(&mut ledger, account(CLINIC), anchor(patient, 1, 2));
    let moved = run(&mut ledger, account(HOSPITAL), anchor(other, 1, 2));

    assert_eq!(code(stranger), "consent.not_custodian");
    assert_eq!(code(moved), "consent.wrong_patient");
}

#[test]
fn a_person_anchors_nothing_and_nothing_is_anchored_for_a_device() {
    let (mut ledger, patient) = ledger();
    let device = register(&mut ledger, AccountKind::Device, 51);

    let by_person = run(&mut ledger, patient, anchor(patient, 1, 1));
    let for_device = run(&mut ledger, account(HOSPITAL), anchor(device, 1, 1));
    let for_nobody = run(&mut ledger, account(HOSPITAL), anchor(account(99), 1, 1));

    assert_eq!(code(by_person), "consent.not_an_organisation");
    assert_eq!(code(for_device), "consent.unknown_patient");
    assert_eq!(code(for_nobody), "consent.unknown_patient");
}
