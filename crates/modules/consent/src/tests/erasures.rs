//! Erasure, and what stays.

use super::{
    CLINIC, HOSPITAL, LABORATORY, access, anchor, arrangement, code, delegate_call, delegation,
    give, grant, grant_call, ledger, record, register, run,
};
use crate::{
    ArrangementKind, ConsentEvent, ConsentTx, ErasureBasis, ErasureId, ErasureScope, GrantStatus,
    KeyHolder, Power, RecordId, RetentionReason, query,
    tx::{AppointCustodians, AttestErasure, Delegate, GrantAccess, RefuseErasure, RequestErasure},
};
use salus_framework::testing::{TestLedger, account};
use salus_types::{AccountId, AccountKind, Hash, VecMax};

pub(super) fn erasure(n: u8) -> ErasureId {
    ErasureId::new([n; 32])
}

pub(super) fn ask(patient: AccountId, n: u8) -> RequestErasure {
    RequestErasure {
        erasure: erasure(n),
        on_behalf: None,
        patient,
        holder: account(HOSPITAL),
        scope: ErasureScope::All,
        basis: ErasureBasis::ConsentWithdrawn,
    }
}

pub(super) fn attest(n: u8, role: KeyHolder, records: &[RecordId]) -> ConsentTx {
    ConsentTx::AttestErasure(AttestErasure {
        erasure: erasure(n),
        role,
        report_digest: Hash([3; 32]),
        records: VecMax::new(records.to_vec()).unwrap(),
    })
}

fn refuse(n: u8) -> ConsentTx {
    let reason = RetentionReason::LegalObligation;
    ConsentTx::RefuseErasure(RefuseErasure { erasure: erasure(n), reason })
}

fn appoint() -> ConsentTx {
    ConsentTx::AppointCustodians(AppointCustodians {
        arrangement: arrangement(1),
        on_behalf: None,
        holder: account(HOSPITAL),
        kind: ArrangementKind::Ordinary,
        custodians: VecMax::new(vec![account(LABORATORY)]).unwrap(),
        threshold: 1,
        commitments_root: Hash([4; 32]),
        epoch: 1,
    })
}

/// A patient with two records at the hospital, which the clinic may read and the laboratory has a share
/// for, who asked for the erasure of everything.
fn asked() -> (TestLedger, AccountId) {
    let (mut ledger, patient) = ledger();
    for n in [1, 2] {
        run(&mut ledger, account(HOSPITAL), anchor(patient, n, 1)).unwrap();
    }
    give(&mut ledger, patient, 1);
    run(&mut ledger, patient, appoint()).unwrap();
    run(&mut ledger, patient, ConsentTx::RequestErasure(ask(patient, 1))).unwrap();
    (ledger, patient)
}

#[test]
fn everybody_who_held_keys_attests_and_the_holder_ends_it() {
    let (mut ledger, patient) = asked();

    run(&mut ledger, account(CLINIC), attest(1, KeyHolder::Grantee(grant(1)), &[])).unwrap();
    let custodian = KeyHolder::Custodian(arrangement(1));
    run(&mut ledger, account(LABORATORY), attest(1, custodian, &[])).unwrap();
    let before = query::erasure(&ledger.state, erasure(1)).unwrap().stored.done_at;
    let events = run(&mut ledger, account(HOSPITAL), attest(1, KeyHolder::Holder, &[])).unwrap();

    assert_eq!(before, None);
    assert_eq!(
        events,
        [ConsentEvent::ErasureAttested {
            erasure: erasure(1),
            patient,
            holder: account(HOSPITAL),
            organisation: account(HOSPITAL),
            role: KeyHolder::Holder,
            report_digest: Hash([3; 32]),
            done: true,
        }]
    );
    let view = query::erasure(&ledger.state, erasure(1)).unwrap();
    assert_eq!(view.stored.done_at, Some(ledger.block.time));
    assert_eq!((view.stored.attestors.len(), view.attestations.len()), (3, 3));
    assert_eq!(query::erasures_of(&ledger.state, patient, 0, 10).total, 1);
}

#[test]
fn nothing_goes_on_with_what_is_erased_and_the_anchors_stay() {
    let (mut ledger, patient) = asked();
    let hospital = account(HOSPITAL);
    let before = query::record(&ledger.state, record(1)).unwrap().stored.latest;
    run(&mut ledger, hospital, attest(1, KeyHolder::Holder, &[])).unwrap();
    let call = ConsentTx::GrantAccess(grant_call(&ledger, 9));

    assert_eq!(code(run(&mut ledger, hospital, anchor(patient, 1, 2))), "consent.erased");
    assert_eq!(code(run(&mut ledger, hospital, anchor(patient, 9, 1))), "consent.erased");
    assert_eq!(code(run(&mut ledger, hospital, access(patient, None, 1, 1))), "consent.erased");
    assert_eq!(code(run(&mut ledger, patient, call)), "consent.erased");
    assert_eq!(code(run(&mut ledger, patient, appoint())), "consent.erased");
    let again = ConsentTx::RequestErasure(ask(patient, 2));
    assert_eq!(code(run(&mut ledger, patient, again)), "consent.erased");
    let status = query::grant_status(&ledger.state, grant(1), ledger.block.time);
    assert_eq!(status, GrantStatus::Ended);
    assert_eq!(query::record(&ledger.state, record(1)).unwrap().stored.latest, before);
    let summary = query::access_summary(&ledger.state, patient, 0, 10).items[0];
    assert_eq!(summary.erased_at, Some(ledger.block.time));
    assert_eq!((summary.next_sequence, summary.releases.next_sequence), (1, 1));
}

#[test]
fn some_records_are_erased_and_the_others_stay_in_use() {
    let (mut ledger, patient) = asked();
    let hospital = account(HOSPITAL);
    let scope = ErasureScope::Records(Hash([5; 32]));
    let call = RequestErasure { scope, ..ask(patient, 2) };
    run(&mut ledger, patient, ConsentTx::RequestErasure(call)).unwrap();
    run(&mut ledger, account(CLINIC), anchor(patient, 3, 1)).unwrap();
    let named = |records: &[RecordId]| attest(2, KeyHolder::Holder, records);

    let none = run(&mut ledger, hospital, named(&[]));
    let twice = run(&mut ledger, hospital, named(&[record(1), record(1)]));
    let elsewhere = run(&mut ledger, hospital, named(&[record(3)]));
    let all_named = run(&mut ledger, hospital, attest(1, KeyHolder::Holder, &[record(1)]));
    run(&mut ledger, hospital, named(&[record(1)])).unwrap();
    let erased = run(&mut ledger, hospital, anchor(patient, 1, 2));
    run(&mut ledger, hospital, anchor(patient, 2, 2)).unwrap();

    assert_eq!(code(none), "consent.wrong_records");
    assert_eq!(code(twice), "consent.wrong_records");
    assert_eq!(code(elsewhere), "consent.unknown_record");
    assert_eq!(code(all_named), "consent.wrong_records");
    assert_eq!(code(erased), "consent.erased");
    let status = query::grant_status(&ledger.state, grant(1), ledger.block.time);
    assert_eq!(status, GrantStatus::Active);
}

#[test]
fn who_held_no_keys_has_nothing_to_attest_and_nobody_attests_twice() {
    let (mut ledger, _) = asked();
    let (clinic, laboratory) = (account(CLINIC), account(LABORATORY));
    let grantee = KeyHolder::Grantee(grant(1));

    let holder = run(&mut ledger, clinic, attest(1, KeyHolder::Holder, &[]));
    let as_grantee = run(&mut ledger, laboratory, attest(1, grantee, &[]));
    let custodian = KeyHolder::Custodian(arrangement(1));
    let as_custodian = run(&mut ledger, clinic, attest(1, custodian, &[]));
    let unknown = run(&mut ledger, clinic, attest(9, grantee, &[]));
    run(&mut ledger, clinic, attest(1, grantee, &[])).unwrap();
    let again = run(&mut ledger, clinic, attest(1, grantee, &[]));

    assert_eq!(code(holder), "consent.not_key_holder");
    assert_eq!(code(as_grantee), "consent.not_key_holder");
    assert_eq!(code(as_custodian), "consent.not_key_holder");
    assert_eq!(code(unknown), "consent.unknown_erasure");
    assert_eq!(code(again), "consent.erasure_attested");
}

#[test]
fn a_holder_that_must_keep_the_records_says_so_before_it_is_done() {
    let (mut ledger, patient) = asked();
    let hospital = account(HOSPITAL);
    run(&mut ledger, patient, ConsentTx::RequestErasure(ask(patient, 2))).unwrap();

    let stranger = run(&mut ledger, account(CLINIC), refuse(1));
    let unknown = run(&mut ledger, hospital, refuse(9));
    run(&mut ledger, hospital, refuse(1)).unwrap();
    let again = run(&mut ledger, hospital, refuse(1));
    let attested = run(&mut ledger, hospital, attest(1, KeyHolder::Holder, &[]));
    run(&mut ledger, hospital, attest(2, KeyHolder::Holder, &[])).unwrap();
    let done = run(&mut ledger, hospital, refuse(2));

    assert_eq!(code(stranger), "consent.not_party");
    assert_eq!(code(unknown), "consent.unknown_erasure");
    assert_eq!(code(again), "consent.erasure_refused");
    assert_eq!(code(attested), "consent.erasure_refused");
    assert_eq!(code(done), "consent.erasure_done");
}

#[test]
fn the_patients_side_asks_and_the_holder_only_at_the_end_of_retention() {
    let (mut ledger, patient) = asked();
    let guardian = register(&mut ledger, AccountKind::Person, 51);
    let powers = VecMax::new(vec![Power::Erase]).unwrap();
    let call = Delegate { powers, ..delegate_call(&ledger, 1, guardian) };
    run(&mut ledger, patient, ConsentTx::Delegate(call)).unwrap();
    let ended = RequestErasure { basis: ErasureBasis::RetentionEnded, ..ask(patient, 2) };
    let mut with = |sender, call| run(&mut ledger, sender, ConsentTx::RequestErasure(call));

    assert_eq!(code(with(account(HOSPITAL), ask(patient, 2))), "consent.not_party");
    assert_eq!(code(with(patient, ended.clone())), "consent.not_party");
    assert_eq!(code(with(guardian, ask(patient, 2))), "consent.not_party");
    let nowhere = RequestErasure { holder: account(CLINIC), ..ask(patient, 2) };
    assert_eq!(code(with(patient, nowhere)), "consent.no_relation");
    assert_eq!(code(with(patient, ask(patient, 1))), "consent.erasure_exists");
    with(account(HOSPITAL), ended).unwrap();
    let on_behalf = Some(delegation(1));
    with(guardian, RequestErasure { on_behalf, ..ask(patient, 3) }).unwrap();
}

#[test]
fn an_erasure_has_room_for_a_number_of_attestations_and_always_for_the_holders() {
    let founders: Vec<u8> = (1..=60).collect();
    let (mut ledger, patient) = super::ledger_of(&founders);
    run(&mut ledger, account(HOSPITAL), anchor(patient, 1, 1)).unwrap();
    run(&mut ledger, patient, ConsentTx::RequestErasure(ask(patient, 1))).unwrap();
    let mut by = |n: u8| {
        let call = GrantAccess { grantee: account(n), ..grant_call(&ledger, n) };
        run(&mut ledger, patient, ConsentTx::GrantAccess(call)).unwrap();
        run(&mut ledger, account(n), attest(1, KeyHolder::Grantee(grant(n)), &[]))
    };

    for n in 2..49 {
        by(n).unwrap();
    }
    let beyond = by(49);
    run(&mut ledger, account(HOSPITAL), attest(1, KeyHolder::Holder, &[])).unwrap();

    assert_eq!(code(beyond), "consent.too_many_attestors");
}
