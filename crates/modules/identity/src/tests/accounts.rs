//! Registering and suspending accounts.

use super::{ACT, HOSPITAL, code, ledger, ledger_with_person, may, register, run, run_with};
use crate::{Identity, IdentityEvent, IdentityTx, query, tx};
use salus_framework::{
    Module,
    testing::{account, key},
};
use salus_types::AccountKind;

#[test]
fn a_person_registers_itself_with_its_first_key() {
    let mut ledger = ledger();
    let call = register(&ledger, key(50), 0);
    let person = call.account;

    let events = run_with(&mut ledger, person, key(50), IdentityTx::RegisterAccount(call)).unwrap();

    assert_eq!(
        events,
        [IdentityEvent::AccountRegistered {
            account: person,
            kind: AccountKind::Person,
            assisted_by: None
        }]
    );
    assert!(query::is_active(&ledger.state, person));
    assert_eq!(query::account(&ledger.state, person).unwrap().assisted_by, None);
}

#[test]
fn an_organisation_registers_an_assisted_account() {
    let mut ledger = ledger();
    let call = register(&ledger, key(50), 0);
    let person = call.account;

    run(&mut ledger, account(HOSPITAL), IdentityTx::RegisterAccount(call)).unwrap();

    let view = query::account_view(&ledger.state, person).unwrap();
    assert_eq!(view.assisted_by, Some(account(HOSPITAL)));
    assert_eq!(view.keys[0].key, key(50));
}

#[test]
fn an_organisation_does_not_register_itself() {
    let mut ledger = ledger();
    let mut call = register(&ledger, key(50), 0);
    call.kind = AccountKind::Organisation;
    let sender = call.account;

    let result = run_with(&mut ledger, sender, key(50), IdentityTx::RegisterAccount(call));

    assert_eq!(code(result), "identity.organisation_by_vote");
}

#[test]
fn a_person_does_not_register_another() {
    let (mut ledger, person) = ledger_with_person(key(50));
    let call = register(&ledger, key(51), 0);

    let result = run(&mut ledger, person, IdentityTx::RegisterAccount(call));

    assert_eq!(code(result), "identity.not_an_organisation");
}

#[test]
fn an_account_is_registered_once() {
    let (mut ledger, person) = ledger_with_person(key(50));
    let call = register(&ledger, key(50), 0);

    let result = run_with(&mut ledger, person, key(50), IdentityTx::RegisterAccount(call));

    assert_eq!(code(result), "identity.account_exists");
}

#[test]
fn an_account_that_suspended_itself_can_only_resume() {
    let (mut ledger, person) = ledger_with_person(key(50));
    let resume = IdentityTx::ResumeAccount(tx::ResumeAccount {});

    run(&mut ledger, person, IdentityTx::SuspendAccount(tx::SuspendAccount {})).unwrap();

    assert_eq!(may(&ledger, person, key(50), ACT), Err("identity.suspended"));
    let authority = Identity::authority(&resume, person);
    assert_eq!(may(&ledger, person, key(50), authority), Ok(()));
    run(&mut ledger, person, resume.clone()).unwrap();
    assert_eq!(may(&ledger, person, key(50), ACT), Ok(()));
    assert_eq!(code(run(&mut ledger, person, resume)), "identity.not_suspended");
}
