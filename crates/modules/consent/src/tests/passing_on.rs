//! Grants that a grantee passes on, and grants for research.

use super::{CLINIC, HOSPITAL, LABORATORY, code, grant, grant_call, ledger, run};
use crate::{
    ConsentTx, GrantStatus, GrantedBy, PurposeOfUse, ReleaseMode, query,
    tx::{GrantAccess, RevokeGrant},
};
use salus_framework::testing::{TestLedger, account};
use salus_types::AccountId;

/// The clinic has grant 1, which it may pass on.
fn delegable() -> (TestLedger, AccountId) {
    let (mut ledger, patient) = ledger();
    let call = GrantAccess { delegable: true, ..grant_call(&ledger, 1) };
    run(&mut ledger, patient, ConsentTx::GrantAccess(call)).unwrap();
    (ledger, patient)
}

/// What the clinic passes on to the laboratory.
fn passed_on(ledger: &TestLedger, n: u8) -> GrantAccess {
    GrantAccess {
        by: GrantedBy::Grantee(grant(1)),
        grantee: account(LABORATORY),
        ..grant_call(ledger, n)
    }
}

fn revoke(n: u8) -> ConsentTx {
    ConsentTx::RevokeGrant(RevokeGrant { grant: grant(n), on_behalf: None })
}

#[test]
fn what_was_passed_on_ends_with_the_grant_before_it() {
    let (mut ledger, patient) = delegable();
    let call = ConsentTx::GrantAccess(passed_on(&ledger, 2));
    run(&mut ledger, account(CLINIC), call).unwrap();
    let status =
        |ledger: &TestLedger| query::grant_status(&ledger.state, grant(2), ledger.block.time);
    let before = status(&ledger);

    run(&mut ledger, patient, revoke(1)).unwrap();

    assert_eq!(before, GrantStatus::Active);
    assert_eq!(status(&ledger), GrantStatus::Ended);
    assert_eq!(query::grant(&ledger.state, grant(2)).unwrap().stored.patient, patient);
}

#[test]
fn the_patient_and_who_passed_it_on_revoke_it_and_nobody_else() {
    let (mut ledger, patient) = delegable();
    for n in [2, 3] {
        let call = ConsentTx::GrantAccess(passed_on(&ledger, n));
        run(&mut ledger, account(CLINIC), call).unwrap();
    }

    let grantee = run(&mut ledger, account(LABORATORY), revoke(2));
    run(&mut ledger, account(CLINIC), revoke(2)).unwrap();
    run(&mut ledger, patient, revoke(3)).unwrap();
    let parent = run(&mut ledger, account(CLINIC), revoke(1));

    assert_eq!(code(grantee), "consent.not_grantor");
    assert_eq!(code(parent), "consent.not_grantor");
}

#[test]
fn nothing_is_passed_on_by_who_may_not() {
    let (mut ledger, patient) = delegable();
    let plain = grant_call(&ledger, 2);
    run(&mut ledger, patient, ConsentTx::GrantAccess(plain)).unwrap();
    let call = passed_on(&ledger, 3);
    let of = |parent| {
        let by = GrantedBy::Grantee(grant(parent));
        ConsentTx::GrantAccess(GrantAccess { by, ..call.clone() })
    };

    assert_eq!(code(run(&mut ledger, account(LABORATORY), of(1))), "consent.not_grantee");
    assert_eq!(code(run(&mut ledger, account(CLINIC), of(2))), "consent.not_delegable");
    assert_eq!(code(run(&mut ledger, account(CLINIC), of(9))), "consent.unknown_grant");
    run(&mut ledger, patient, revoke(1)).unwrap();
    assert_eq!(code(run(&mut ledger, account(CLINIC), of(1))), "consent.grant_not_active");
}

#[test]
fn nothing_is_passed_on_beyond_what_is_held() {
    let (mut ledger, patient) = ledger();
    let held = GrantAccess {
        delegable: true,
        mode: ReleaseMode::Custodial,
        pseudonymised: true,
        purpose: PurposeOfUse::Research,
        ..grant_call(&ledger, 1)
    };
    run(&mut ledger, patient, ConsentTx::GrantAccess(held.clone())).unwrap();
    let within = GrantAccess {
        delegable: false,
        grant: grant(2),
        by: GrantedBy::Grantee(grant(1)),
        grantee: account(LABORATORY),
        ..held
    };

    let beyond = [
        GrantAccess { custodian: account(CLINIC), ..within.clone() },
        GrantAccess { purpose: PurposeOfUse::ClinicalTrial, ..within.clone() },
        GrantAccess { not_after: within.not_after.after_ms(1), ..within.clone() },
        GrantAccess { mode: ReleaseMode::Wrapped, ..within.clone() },
        GrantAccess { pseudonymised: false, ..within.clone() },
        GrantAccess { delegable: true, ..within.clone() },
    ];
    for call in beyond {
        let result = run(&mut ledger, account(CLINIC), ConsentTx::GrantAccess(call));
        assert_eq!(code(result), "consent.beyond_grant");
    }
    run(&mut ledger, account(CLINIC), ConsentTx::GrantAccess(within)).unwrap();
}

#[test]
fn pseudonymised_data_is_granted_for_research_only() {
    let (mut ledger, patient) = ledger();
    let treatment = GrantAccess { pseudonymised: true, ..grant_call(&ledger, 1) };
    let research = GrantAccess { purpose: PurposeOfUse::Research, ..treatment.clone() };

    let refused = run(&mut ledger, patient, ConsentTx::GrantAccess(treatment));
    run(&mut ledger, patient, ConsentTx::GrantAccess(research)).unwrap();

    assert_eq!(code(refused), "consent.not_for_research");
    let stored = query::grant(&ledger.state, grant(1)).unwrap().stored;
    assert!(stored.pseudonymised && stored.custodian == account(HOSPITAL));
}
