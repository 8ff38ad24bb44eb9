//! Organisations: founders, admission, suspension, expulsion.

use super::{ACT, HOSPITAL, PAYER, code, ledger, ledger_with_person, may, run};
use crate::{
    IdentityTx, genesis,
    organisations::{
        Admission, admit_organisation, expel_organisation, resume_organisation,
        suspend_organisation,
    },
    query,
    state::AccountStatus,
    tx,
};
use salus_framework::{
    Authority,
    testing::{account, key, key_of, network},
};
use salus_types::{BytesMax, KeyPurpose, OrganisationFunction, OrganisationRole, TextMax, VecMax};

#[test]
fn founders_are_active_organisations_that_vote() {
    let ledger = ledger();

    let page = query::organisations(&ledger.state, 0, 10);

    assert_eq!(page.total, 2);
    assert_eq!(page.items[0].account, account(HOSPITAL));
    assert_eq!(page.items[0].role, OrganisationRole::Founder);
    assert_eq!(query::voters(&ledger.state), 2);
    assert!(query::is_voter(&ledger.state, account(PAYER)));
    assert!(query::key_may(
        &ledger.state,
        account(PAYER),
        &key_of(account(PAYER)),
        KeyPurpose::Vote
    ));
}

#[test]
fn a_network_file_that_names_a_founder_twice_is_refused() {
    let mut network = network(&[HOSPITAL]);
    let member = network.members[0].clone();
    network.members = VecMax::new(vec![member.clone(), member]).unwrap();

    assert_eq!(code(genesis::validate(&network)), "identity.account_exists");
}

#[test]
fn a_founder_without_name_with_a_function_twice_or_a_short_sealing_key_is_refused() {
    let good = network(&[HOSPITAL]);
    let with = |change: &dyn Fn(&mut salus_types::GenesisMember)| {
        let mut network = good.clone();
        let mut member = network.members[0].clone();
        change(&mut member);
        network.members = VecMax::new(vec![member]).unwrap();
        code(genesis::validate(&network))
    };

    assert_eq!(with(&|one| one.name = TextMax::new("  ").unwrap()), "identity.organisation_name");
    assert_eq!(
        with(&|one| one.functions = VecMax::new(vec![OrganisationFunction::Payer; 2]).unwrap()),
        "identity.functions"
    );
    assert_eq!(
        with(&|one| one.sealing_key = BytesMax::new(vec![0; 32]).unwrap()),
        "identity.sealing_key_length"
    );
}

#[test]
fn an_organisation_that_suspended_itself_does_not_count_as_a_voter() {
    let mut ledger = ledger();
    let payer = account(PAYER);

    run(&mut ledger, payer, IdentityTx::SuspendAccount(tx::SuspendAccount {})).unwrap();
    assert_eq!(query::voters(&ledger.state), 1);

    run(&mut ledger, payer, IdentityTx::ResumeAccount(tx::ResumeAccount {})).unwrap();
    assert_eq!(query::voters(&ledger.state), 2);
}

#[test]
fn an_organisation_is_suspended_resumed_and_expelled_from_outside() {
    let mut ledger = ledger();
    let payer = account(PAYER);
    let authority = Authority::KeyEvenSuspended(KeyPurpose::Manage);

    ledger.with_block(|ctx| suspend_organisation(ctx, payer)).unwrap();
    assert_eq!(may(&ledger, payer, key_of(payer), authority), Err("identity.suspended"));
    assert_eq!(query::voters(&ledger.state), 1);

    ledger.with_block(|ctx| resume_organisation(ctx, payer)).unwrap();
    assert_eq!(may(&ledger, payer, key_of(payer), ACT), Ok(()));
    assert_eq!(query::voters(&ledger.state), 2);

    ledger.with_block(|ctx| expel_organisation(ctx, payer)).unwrap();
    assert_eq!(may(&ledger, payer, key_of(payer), authority), Err("identity.expelled"));
    assert_eq!(query::voters(&ledger.state), 1);
    let again = ledger.with_block(|ctx| resume_organisation(ctx, payer));
    assert_eq!(code(again), "identity.organisation_status");
}

#[test]
fn a_suspension_by_itself_is_not_ended_by_vote() {
    let mut ledger = ledger();
    let payer = account(PAYER);
    run(&mut ledger, payer, IdentityTx::SuspendAccount(tx::SuspendAccount {})).unwrap();

    let result = ledger.with_block(|ctx| resume_organisation(ctx, payer));

    assert_eq!(code(result), "identity.organisation_status");
}

#[test]
fn a_person_is_not_suspended_by_vote() {
    let (mut ledger, person) = ledger_with_person(key(50));

    let result = ledger.with_block(|ctx| suspend_organisation(ctx, person));

    assert_eq!(code(result), "identity.not_an_organisation");
}

#[test]
fn an_admitted_observer_acts_and_does_not_vote() {
    let mut ledger = ledger();
    let admission = Admission {
        account: account(7),
        name: &TextMax::new("Regulator").unwrap(),
        role: OrganisationRole::Observer,
        functions: &VecMax::new(vec![OrganisationFunction::Regulator]).unwrap(),
        key: key(7),
        sealing_key: &BytesMax::default(),
    };

    ledger.with_block(|ctx| admit_organisation(ctx, &admission)).unwrap();

    assert!(query::is_active_organisation(&ledger.state, account(7)));
    assert!(!query::is_voter(&ledger.state, account(7)));
    assert_eq!(query::voters(&ledger.state), 2);
    assert_eq!(query::organisations(&ledger.state, 2, 10).items[0].name.as_str(), "Regulator");
    let again = ledger.with_block(|ctx| admit_organisation(ctx, &admission));
    assert_eq!(code(again), "identity.account_exists");
}

#[test]
fn an_account_that_was_expelled_is_not_active() {
    let mut ledger = ledger();
    ledger.with_block(|ctx| expel_organisation(ctx, account(PAYER))).unwrap();

    let found = query::account(&ledger.state, account(PAYER)).unwrap();

    assert_eq!(found.status, AccountStatus::Expelled);
    assert!(!query::is_active(&ledger.state, account(PAYER)));
}
