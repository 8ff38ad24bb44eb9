//! Grants and revocations.

use super::{CLINIC, HOSPITAL, code, give, grant, grant_call, ledger, register, revoke, run};
use crate::{
    ConsentEvent, ConsentTx, GrantStatus, PurposeOfUse, query,
    tx::{GRANT_AHEAD_MS_MAX, GrantAccess},
};
use salus_framework::{ModuleError, testing::account};
use salus_types::{AccountKind, BlockTime};

#[test]
fn a_grant_is_active_within_its_period_only() {
    let (mut ledger, patient) = ledger();
    let start = ledger.block.time;
    let mut call = grant_call(&ledger, 1);
    call.not_before = start.after_ms(10);
    call.not_after = start.after_ms(20);

    run(&mut ledger, patient, ConsentTx::GrantAccess(call)).unwrap();

    let at = |ms| query::grant_status(&ledger.state, grant(1), start.after_ms(ms));
    assert_eq!(at(9), GrantStatus::NotYetValid);
    assert_eq!(at(10), GrantStatus::Active);
    assert_eq!(at(19), GrantStatus::Active);
    assert_eq!(at(20), GrantStatus::Expired);
    assert_eq!(query::grant_status(&ledger.state, grant(2), start), GrantStatus::Unknown);
}

#[test]
fn a_revoked_grant_stays_revoked() {
    let (mut ledger, patient) = ledger();
    give(&mut ledger, patient, 1);

    let events = run(&mut ledger, patient, revoke(1)).unwrap();

    assert_eq!(
        events,
        [ConsentEvent::GrantRevoked {
            grant: grant(1),
            patient,
            grantee: account(CLINIC),
            custodian: account(HOSPITAL)
        }]
    );
    let status = query::grant_status(&ledger.state, grant(1), ledger.block.time);
    assert_eq!(status, GrantStatus::Revoked);
    assert_eq!(code(run(&mut ledger, patient, revoke(1))), "consent.already_revoked");
}

#[test]
fn only_who_granted_revokes() {
    let (mut ledger, patient) = ledger();
    let other = register(&mut ledger, AccountKind::Person, 51);
    give(&mut ledger, patient, 1);

    assert_eq!(code(run(&mut ledger, other, revoke(1))), "consent.not_grantor");
    assert_eq!(code(run(&mut ledger, account(CLINIC), revoke(1))), "consent.not_grantor");
    assert_eq!(code(run(&mut ledger, patient, revoke(2))), "consent.unknown_grant");
}

#[test]
fn an_organisation_grants_nothing() {
    let (mut ledger, _) = ledger();
    let call = ConsentTx::GrantAccess(grant_call(&ledger, 1));

    assert_eq!(code(run(&mut ledger, account(HOSPITAL), call)), "consent.not_a_patient");
}

#[test]
fn a_grant_id_is_used_once() {
    let (mut ledger, patient) = ledger();
    let other = register(&mut ledger, AccountKind::Person, 51);
    give(&mut ledger, patient, 1);
    let call = ConsentTx::GrantAccess(grant_call(&ledger, 1));

    assert_eq!(code(run(&mut ledger, other, call)), "consent.grant_exists");
}

#[test]
fn a_period_that_is_empty_over_or_too_far_ahead_is_refused() {
    let (mut ledger, patient) = ledger();
    let now = ledger.block.time;
    let mut with = |not_before: BlockTime, not_after: BlockTime| {
        let call = GrantAccess { not_before, not_after, ..grant_call(&ledger, 1) };
        run(&mut ledger, patient, ConsentTx::GrantAccess(call)).map_err(|error| error.code())
    };

    let wrong = Err("consent.wrong_period");
    assert_eq!(with(now.after_ms(5), now.after_ms(5)), wrong);
    assert_eq!(with(BlockTime::from_unix_ms(0), now), wrong);
    assert_eq!(with(now, now.after_ms(GRANT_AHEAD_MS_MAX + 1)), wrong);
    assert!(with(now, now.after_ms(GRANT_AHEAD_MS_MAX)).is_ok());
}

#[test]
fn grantee_and_custodian_are_two_active_organisations() {
    let (mut ledger, patient) = ledger();
    let mut with = |grantee, custodian| {
        let call = GrantAccess { grantee, custodian, ..grant_call(&ledger, 1) };
        code(run(&mut ledger, patient, ConsentTx::GrantAccess(call)))
    };

    assert_eq!(with(account(CLINIC), account(CLINIC)), "consent.same_organisation");
    assert_eq!(with(account(99), account(HOSPITAL)), "consent.inactive_grantee");
    assert_eq!(with(account(CLINIC), account(99)), "consent.inactive_custodian");
}

#[test]
fn grants_are_listed_in_pages() {
    let (mut ledger, patient) = ledger();
    for n in 0..5 {
        give(&mut ledger, patient, n);
    }

    let page = query::grants_of(&ledger.state, patient, 3, 10);

    assert_eq!((page.total, page.from), (5, 3));
    let ids: Vec<_> = page.items.iter().map(|view| view.grant).collect();
    assert_eq!(ids, [grant(3), grant(4)]);
    assert_eq!(query::grants_of(&ledger.state, patient, u64::MAX, u32::MAX).items, []);
}

#[test]
fn purposes_are_read_by_their_codes() {
    for purpose in PurposeOfUse::ALL {
        assert_eq!(purpose.code().parse(), Ok(*purpose));
        let json = serde_json::to_string(purpose).unwrap();
        assert_eq!(json, format!("\"{}\"", purpose.code()));
    }
    assert!("GOSSIP".parse::<PurposeOfUse>().is_err());
}
