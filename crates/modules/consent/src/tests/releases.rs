//! Custodians of shares, and requests that they release them.

use super::{
    CLINIC, HOSPITAL, LABORATORY, anchor, arrangement, code, delegate_call, delegation,
    episode_call, grant, grant_call, ledger, register, request, revoke, run,
};
use crate::{
    ArrangementKind, Basis, ConsentEvent, ConsentTx, PurposeOfUse, ReleaseMode,
    access::BATCH_MAX,
    query, release_allowed,
    tx::{AppointCustodians, AttestRelease, GrantAccess, RequestRelease, RetireArrangement},
};
use salus_framework::testing::{TestLedger, account};
use salus_governance::AccessLimits;
use salus_types::{AccountId, AccountKind, Hash, VecMax};

/// Two of three organisations hold shares of the keys of what the hospital holds.
fn appoint(n: u8, epoch: u32) -> AppointCustodians {
    AppointCustodians {
        arrangement: arrangement(n),
        on_behalf: None,
        holder: account(HOSPITAL),
        kind: ArrangementKind::Ordinary,
        custodians: VecMax::new([HOSPITAL, CLINIC, LABORATORY].map(account).to_vec()).unwrap(),
        threshold: 2,
        commitments_root: Hash([4; 32]),
        epoch,
    }
}

fn ask(patient: AccountId, n: u8) -> RequestRelease {
    RequestRelease {
        request: request(n),
        patient,
        holder: account(HOSPITAL),
        basis: Basis::Grant(grant(1)),
        purpose: PurposeOfUse::Treatment,
        records_commitment: Hash([1; 32]),
        session_key: Hash([2; 32]),
        leaves_root: Hash([3; 32]),
        count: 2,
    }
}

/// The clinic may read at the hospital, with shares of custodians.
fn arranged() -> (TestLedger, AccountId) {
    let (mut ledger, patient) = ledger();
    run(&mut ledger, account(HOSPITAL), anchor(patient, 1, 1)).unwrap();
    run(&mut ledger, patient, ConsentTx::AppointCustodians(appoint(1, 1))).unwrap();
    let call = GrantAccess { mode: ReleaseMode::Custodial, ..grant_call(&ledger, 1) };
    run(&mut ledger, patient, ConsentTx::GrantAccess(call)).unwrap();
    (ledger, patient)
}

fn requested() -> (TestLedger, AccountId) {
    let (mut ledger, patient) = arranged();
    run(&mut ledger, account(CLINIC), ConsentTx::RequestRelease(ask(patient, 1))).unwrap();
    (ledger, patient)
}

fn attest(n: u8) -> ConsentTx {
    let share_digest = Hash([7; 32]);
    ConsentTx::AttestRelease(AttestRelease { request: request(n), share_digest })
}

fn retire(n: u8) -> ConsentTx {
    let call = RetireArrangement { arrangement: arrangement(n), on_behalf: None };
    ConsentTx::RetireArrangement(call)
}

#[test]
fn a_request_is_the_account_of_its_accesses_and_gets_its_numbers_from_the_ledger() {
    let (mut ledger, patient) = arranged();
    let clinic = account(CLINIC);

    let events = run(&mut ledger, clinic, ConsentTx::RequestRelease(ask(patient, 1))).unwrap();
    run(&mut ledger, clinic, ConsentTx::RequestRelease(ask(patient, 2))).unwrap();

    let expires_at = ledger.block.time.after_ms(AccessLimits::default().release_ms);
    assert_eq!(
        events,
        [ConsentEvent::ReleaseRequested {
            request: request(1),
            patient,
            holder: account(HOSPITAL),
            requester: clinic,
            basis: Basis::Grant(grant(1)),
            purpose: PurposeOfUse::Treatment,
            arrangement: arrangement(1),
            session_key: Hash([2; 32]),
            first_sequence: 1,
            count: 2,
            expires_at,
        }]
    );
    let page = query::releases_of(&ledger.state, patient, account(HOSPITAL), 0, 10);
    let first: Vec<_> = page.items.iter().map(|view| view.stored.first_sequence).collect();
    assert_eq!(first, [1, 3]);
    let series = query::release_series(&ledger.state, patient, account(HOSPITAL));
    assert_eq!((series.requests, series.next_sequence), (2, 5));
    // The holder's own accounts are a series beside it.
    assert_eq!(query::next_sequence(&ledger.state, patient, account(HOSPITAL)), 1);
}

#[test]
fn a_request_is_refused_unless_the_grant_allows_it_now() {
    let (mut ledger, patient) = arranged();
    let (clinic, laboratory) = (account(CLINIC), account(LABORATORY));
    let mut with = |sender, call| code(run(&mut ledger, sender, ConsentTx::RequestRelease(call)));

    let none = RequestRelease { count: 0, ..ask(patient, 1) };
    assert_eq!(with(clinic, none), "consent.wrong_count");
    let many = RequestRelease { count: BATCH_MAX + 1, ..ask(patient, 1) };
    assert_eq!(with(clinic, many), "consent.wrong_count");
    let elsewhere = RequestRelease { holder: laboratory, ..ask(patient, 1) };
    assert_eq!(with(clinic, elsewhere), "consent.no_relation");
    let unknown = RequestRelease { basis: Basis::Grant(grant(9)), ..ask(patient, 1) };
    assert_eq!(with(clinic, unknown), "consent.unknown_grant");
    assert_eq!(with(laboratory, ask(patient, 1)), "consent.wrong_accessor");
    let research = RequestRelease { purpose: PurposeOfUse::Research, ..ask(patient, 1) };
    assert_eq!(with(clinic, research), "consent.wrong_purpose");
    run(&mut ledger, patient, revoke(1)).unwrap();
    let revoked = run(&mut ledger, clinic, ConsentTx::RequestRelease(ask(patient, 1)));
    assert_eq!(code(revoked), "consent.grant_not_active");
}

#[test]
fn custodians_are_asked_only_where_keys_are_shared() {
    let (mut ledger, patient) = arranged();
    let wrapped = grant_call(&ledger, 2);
    run(&mut ledger, patient, ConsentTx::GrantAccess(wrapped)).unwrap();
    let under = RequestRelease { basis: Basis::Grant(grant(2)), ..ask(patient, 1) };
    let clinic = account(CLINIC);

    let wrapped = run(&mut ledger, clinic, ConsentTx::RequestRelease(under));
    run(&mut ledger, clinic, ConsentTx::RequestRelease(ask(patient, 1))).unwrap();
    let taken = run(&mut ledger, clinic, ConsentTx::RequestRelease(ask(patient, 1)));
    run(&mut ledger, patient, retire(1)).unwrap();
    let retired = run(&mut ledger, clinic, ConsentTx::RequestRelease(ask(patient, 2)));

    assert_eq!(code(wrapped), "consent.not_custodial");
    assert_eq!(code(taken), "consent.request_exists");
    assert_eq!(code(retired), "consent.no_arrangement");
}

#[test]
fn an_episode_with_custodial_release_is_a_basis_too() {
    let (mut ledger, patient) = arranged();
    let mut call = episode_call(&ledger, 1);
    call.mode = ReleaseMode::Custodial;
    let basis = Basis::Episode(call.episode);
    run(&mut ledger, patient, ConsentTx::OpenEpisode(call)).unwrap();
    let call = RequestRelease { basis, ..ask(patient, 1) };

    run(&mut ledger, account(CLINIC), ConsentTx::RequestRelease(call)).unwrap();

    let now = ledger.block.time;
    assert!(release_allowed(&ledger.state, request(1), now).is_ok());
}

#[test]
fn custodians_release_while_the_request_lasts_and_everything_it_rests_on() {
    let (ledger, patient) = requested();
    let now = ledger.block.time;
    let lasts = AccessLimits::default().release_ms;
    let asked = |ledger: &TestLedger, n, at| release_allowed(&ledger.state, request(n), at);

    assert_eq!(asked(&ledger, 1, now).unwrap().session_key, Hash([2; 32]));
    assert_eq!(code(asked(&ledger, 9, now)), "consent.unknown_request");
    assert_eq!(code(asked(&ledger, 1, now.after_ms(lasts))), "consent.request_expired");
    // The grant of this scene lasts for one second.
    assert_eq!(code(asked(&ledger, 1, now.after_ms(1000))), "consent.grant_not_active");
    let mut revoked = ledger.clone();
    run(&mut revoked, patient, revoke(1)).unwrap();
    assert_eq!(code(asked(&revoked, 1, now)), "consent.grant_not_active");
    let mut rotated = ledger.clone();
    run(&mut rotated, patient, ConsentTx::AppointCustodians(appoint(2, 2))).unwrap();
    assert_eq!(code(asked(&rotated, 1, now)), "consent.arrangement_retired");
}

#[test]
fn a_custodian_attests_its_share_once_and_a_stranger_none() {
    let (mut ledger, patient) = requested();
    let other = register(&mut ledger, AccountKind::Person, 51);

    run(&mut ledger, account(LABORATORY), attest(1)).unwrap();
    let again = run(&mut ledger, account(LABORATORY), attest(1));
    let stranger = run(&mut ledger, other, attest(1));
    let unknown = run(&mut ledger, account(CLINIC), attest(9));
    run(&mut ledger, patient, revoke(1)).unwrap();
    let late = run(&mut ledger, account(CLINIC), attest(1));

    assert_eq!(code(again), "consent.already_attested");
    assert_eq!(code(stranger), "consent.not_share_custodian");
    assert_eq!(code(unknown), "consent.unknown_request");
    assert_eq!(code(late), "consent.grant_not_active");
    let attested = query::attestations_of(&ledger.state, request(1));
    assert_eq!(attested.len(), 1);
    assert_eq!(attested[0].0, account(LABORATORY));
}

#[test]
fn a_higher_epoch_takes_the_place_of_the_arrangement_before() {
    let (mut ledger, patient) = arranged();

    let same = run(&mut ledger, patient, ConsentTx::AppointCustodians(appoint(2, 1)));
    run(&mut ledger, patient, ConsentTx::AppointCustodians(appoint(2, 5))).unwrap();

    assert_eq!(code(same), "consent.wrong_epoch");
    let kind = ArrangementKind::Ordinary;
    let latest = query::latest_arrangement(&ledger.state, patient, account(HOSPITAL), kind);
    assert_eq!(latest.unwrap().arrangement, arrangement(2));
    let old = query::arrangement(&ledger.state, arrangement(1)).unwrap();
    assert_eq!(old.stored.retired_at, Some(ledger.block.time));
    assert_eq!(query::arrangements_of(&ledger.state, patient, 0, 10).total, 2);
}

#[test]
fn a_retired_arrangement_stays_retired_and_its_epoch_used() {
    let (mut ledger, patient) = arranged();
    let other = register(&mut ledger, AccountKind::Person, 51);

    assert_eq!(code(run(&mut ledger, other, retire(1))), "consent.not_party");
    assert_eq!(code(run(&mut ledger, patient, retire(9))), "consent.unknown_arrangement");
    run(&mut ledger, patient, retire(1)).unwrap();
    assert_eq!(code(run(&mut ledger, patient, retire(1))), "consent.arrangement_retired");
    let again = run(&mut ledger, patient, ConsentTx::AppointCustodians(appoint(2, 1)));
    assert_eq!(code(again), "consent.wrong_epoch");
    let kind = ArrangementKind::Ordinary;
    assert_eq!(query::latest_arrangement(&ledger.state, patient, account(HOSPITAL), kind), None);
}

#[test]
fn a_guardian_with_the_power_appoints_custodians() {
    let (mut ledger, patient) = ledger();
    let guardian = register(&mut ledger, AccountKind::Person, 51);
    let call = delegate_call(&ledger, 1, guardian);
    run(&mut ledger, patient, ConsentTx::Delegate(call)).unwrap();
    let call = AppointCustodians { on_behalf: Some(delegation(1)), ..appoint(1, 1) };

    run(&mut ledger, guardian, ConsentTx::AppointCustodians(call)).unwrap();

    assert_eq!(query::arrangements_of(&ledger.state, patient, 0, 10).total, 1);
}

#[test]
fn an_arrangement_that_makes_no_sense_is_refused() {
    let (mut ledger, patient) = arranged();
    let valid = appoint(2, 2);
    let custodians = |list: &[u8]| VecMax::new(list.iter().map(|n| account(*n)).collect()).unwrap();
    let mut with =
        |sender, call| code(run(&mut ledger, sender, ConsentTx::AppointCustodians(call)));

    assert_eq!(with(account(CLINIC), valid.clone()), "consent.not_a_patient");
    for wrong in [custodians(&[]), custodians(&[2, 1]), custodians(&[2, 2])] {
        let call = AppointCustodians { custodians: wrong, ..valid.clone() };
        assert_eq!(with(patient, call), "consent.wrong_custodians");
    }
    for threshold in [0, 4] {
        let call = AppointCustodians { threshold, ..valid.clone() };
        assert_eq!(with(patient, call), "consent.wrong_threshold");
    }
    let alone = AppointCustodians { threshold: 1, ..valid.clone() };
    assert_eq!(with(patient, alone), "consent.holder_alone");
    let nobody = AppointCustodians { custodians: custodians(&[2, 3, 99]), ..valid.clone() };
    assert_eq!(with(patient, nobody), "consent.inactive_custodian");
    let nowhere = AppointCustodians { holder: account(99), ..valid.clone() };
    assert_eq!(with(patient, nowhere), "consent.inactive_custodian");
    let taken = AppointCustodians { arrangement: arrangement(1), ..valid };
    assert_eq!(with(patient, taken), "consent.arrangement_exists");
}
