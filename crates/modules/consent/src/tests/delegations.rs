//! Who acts for a patient.

use super::{
    CLINIC, HOSPITAL, code, delegate_call, delegation, episode_call, grant, grant_call, ledger,
    register, revoke, run,
};
use crate::{
    ConsentEvent, ConsentTx, DelegationKind, GrantStatus, GrantedBy, Power, query,
    tx::{DELEGATION_AHEAD_MS_MAX, Delegate, EndDelegation, GrantAccess, RevokeGrant},
};
use salus_framework::testing::{TestLedger, account, key};
use salus_identity::{Identity, IdentityTx, tx::RotateKey};
use salus_types::{AccountId, AccountKind, BlockTime, VecMax};

/// A ledger with a patient, and a guardian with all powers for half a second.
fn guarded() -> (TestLedger, AccountId, AccountId) {
    let (mut ledger, patient) = ledger();
    let guardian = register(&mut ledger, AccountKind::Person, 51);
    let call = delegate_call(&ledger, 1, guardian);
    run(&mut ledger, patient, ConsentTx::Delegate(call)).unwrap();
    (ledger, patient, guardian)
}

fn by_guardian(ledger: &TestLedger, n: u8) -> GrantAccess {
    GrantAccess {
        by: GrantedBy::Delegate(delegation(1)),
        not_after: ledger.block.time.after_ms(500),
        ..grant_call(ledger, n)
    }
}

fn end(n: u8) -> ConsentTx {
    ConsentTx::EndDelegation(EndDelegation { delegation: delegation(n) })
}

#[test]
fn a_guardian_grants_and_revokes_for_the_patient() {
    let (mut ledger, patient, guardian) = guarded();
    let call = by_guardian(&ledger, 1);
    let revoke =
        ConsentTx::RevokeGrant(RevokeGrant { grant: grant(1), on_behalf: Some(delegation(1)) });

    run(&mut ledger, guardian, ConsentTx::GrantAccess(call)).unwrap();
    let given = query::grant(&ledger.state, grant(1)).unwrap().stored;
    run(&mut ledger, guardian, revoke).unwrap();

    assert_eq!((given.patient, given.by), (patient, GrantedBy::Delegate(delegation(1))));
    let status = query::grant_status(&ledger.state, grant(1), ledger.block.time);
    assert_eq!(status, GrantStatus::Revoked);
}

#[test]
fn a_grant_by_a_guardian_ends_by_the_coming_of_age_and_the_guardian_acts_no_longer() {
    let (mut ledger, _, guardian) = guarded();
    let mut beyond = by_guardian(&ledger, 1);
    beyond.not_after = beyond.not_after.after_ms(1);
    let mut stay = episode_call(&ledger, 1);
    stay.on_behalf = Some(delegation(1));

    let outlives = run(&mut ledger, guardian, ConsentTx::GrantAccess(beyond));
    let stay = run(&mut ledger, guardian, ConsentTx::OpenEpisode(stay));
    let call = by_guardian(&ledger, 1);
    ledger.block.time = ledger.block.time.after_ms(500);
    let of_age = run(&mut ledger, guardian, ConsentTx::GrantAccess(call));

    assert_eq!(code(outlives), "consent.beyond_delegation");
    assert_eq!(code(stay), "consent.beyond_delegation");
    assert_eq!(code(of_age), "consent.delegation_not_active");
}

#[test]
fn a_delegate_does_only_what_it_has_the_power_for() {
    let (mut ledger, patient) = ledger();
    let assistant = account(CLINIC);
    let now = ledger.block.time;
    let powers = VecMax::new(vec![Power::Grant]).unwrap();
    let call = Delegate { powers, ..delegate_call(&ledger, 1, assistant) };
    run(&mut ledger, patient, ConsentTx::Delegate(call)).unwrap();
    let call = by_guardian(&ledger, 1);
    run(&mut ledger, assistant, ConsentTx::GrantAccess(call)).unwrap();

    let revoke =
        ConsentTx::RevokeGrant(RevokeGrant { grant: grant(1), on_behalf: Some(delegation(1)) });
    let refused = run(&mut ledger, assistant, revoke);
    let allows =
        |power| query::delegation_allows(&ledger.state, delegation(1), assistant, power, now);

    assert_eq!(code(refused), "consent.power_missing");
    assert_eq!(allows(Power::Grant), Ok(patient));
    assert_eq!(code(allows(Power::Read)), "consent.power_missing");
}

#[test]
fn nobody_acts_under_a_delegation_that_is_anothers_unknown_or_ended() {
    let (mut ledger, patient, guardian) = guarded();
    let call = || ConsentTx::GrantAccess(by_guardian(&guarded().0, 1));
    let mut unknown = by_guardian(&ledger, 1);
    unknown.by = GrantedBy::Delegate(delegation(9));

    let stranger = run(&mut ledger, account(CLINIC), call());
    let unknown = run(&mut ledger, guardian, ConsentTx::GrantAccess(unknown));
    let events = run(&mut ledger, patient, end(1)).unwrap();
    let ended = run(&mut ledger, guardian, call());

    assert_eq!(code(stranger), "consent.not_delegate");
    assert_eq!(code(unknown), "consent.unknown_delegation");
    assert_eq!(code(ended), "consent.delegation_not_active");
    assert_eq!(
        events,
        [ConsentEvent::DelegationEnded { delegation: delegation(1), patient, delegate: guardian }]
    );
}

#[test]
fn a_delegation_is_ended_once_by_either_of_the_two() {
    let (mut ledger, patient, guardian) = guarded();

    let stranger = run(&mut ledger, account(HOSPITAL), end(1));
    let unknown = run(&mut ledger, patient, end(2));
    run(&mut ledger, guardian, end(1)).unwrap();
    let again = run(&mut ledger, patient, end(1));

    assert_eq!(code(stranger), "consent.not_party");
    assert_eq!(code(unknown), "consent.unknown_delegation");
    assert_eq!(code(again), "consent.delegation_ended");
}

#[test]
fn a_delegation_that_makes_no_sense_is_refused() {
    let (mut ledger, patient, guardian) = guarded();
    let now = ledger.block.time;
    let valid = delegate_call(&ledger, 2, guardian);
    let powers = |powers: &[Power]| VecMax::new(powers.to_vec()).unwrap();
    let mut with = |sender, call| code(run(&mut ledger, sender, ConsentTx::Delegate(call)));

    assert_eq!(with(account(HOSPITAL), valid.clone()), "consent.not_a_patient");
    let own = Delegate { delegate: patient, ..valid.clone() };
    assert_eq!(with(patient, own), "consent.self_delegation");
    for wrong in [powers(&[]), powers(&[Power::Read, Power::Grant]), powers(&[Power::Read; 2])] {
        let call = Delegate { powers: wrong, ..valid.clone() };
        assert_eq!(with(patient, call), "consent.wrong_powers");
    }
    let too_long =
        Delegate { not_after: now.after_ms(DELEGATION_AHEAD_MS_MAX + 1), ..valid.clone() };
    assert_eq!(with(patient, too_long), "consent.wrong_period");
    let over = Delegate { not_before: BlockTime::from_unix_ms(0), not_after: now, ..valid.clone() };
    assert_eq!(with(patient, over), "consent.wrong_period");
    let nobody = Delegate { delegate: account(99), ..valid.clone() };
    assert_eq!(with(patient, nobody), "consent.inactive_delegate");
    let taken = Delegate { delegation: delegation(1), ..valid };
    assert_eq!(with(patient, taken), "consent.delegation_exists");
}

#[test]
fn delegations_are_listed_with_their_kind_and_powers() {
    let (mut ledger, patient, guardian) = guarded();
    let call = Delegate {
        kind: DelegationKind::Assistant,
        ..delegate_call(&ledger, 2, account(HOSPITAL))
    };
    run(&mut ledger, patient, ConsentTx::Delegate(call)).unwrap();

    let page = query::delegations_of(&ledger.state, patient, 0, 10);

    let found: Vec<_> =
        page.items.iter().map(|view| (view.stored.delegate, view.stored.kind)).collect();
    let expected =
        [(guardian, DelegationKind::Guardian), (account(HOSPITAL), DelegationKind::Assistant)];
    assert_eq!(found, expected);
}

/// An assisted patient gets a device: the key moves, and nothing of what was granted is lost.
#[test]
fn an_assisted_account_moves_to_an_own_wallet_with_all_its_grants() {
    let (mut ledger, patient) = ledger();
    super::give(&mut ledger, patient, 1);
    let rotate = IdentityTx::RotateKey(RotateKey { old: key(50), new: key(60) });

    ledger.run_signed::<Identity>(patient, key(50), &rotate).unwrap();

    let found = salus_identity::account(&ledger.state, patient).unwrap();
    assert!(found.key(&key(50)).is_none() && found.key(&key(60)).is_some());
    let status = query::grant_status(&ledger.state, grant(1), ledger.block.time);
    assert_eq!(status, GrantStatus::Active);
    run(&mut ledger, patient, revoke(1)).unwrap();
}
