//! Admitting, suspending and expelling organisations.

use super::{
    approve, code, expel, id, ledger, observers, of_identity, own, pass_time_lock, propose, run,
    status, suspend, validators, vote,
};
use crate::{
    Action, Choice, GovernanceEvent, GovernanceTx, ProposalStatus,
    tests::{admit, node_of},
    tx,
};
use salus_identity::{self as identity, IdentityEvent};

#[test]
fn an_admitted_member_votes() {
    let mut ledger = ledger(&[1, 2]);
    let proposal = propose(&mut ledger, 1, admit(5)).unwrap();
    approve(&mut ledger, 1, proposal);
    approve(&mut ledger, 2, proposal);

    let events = of_identity(&pass_time_lock(&mut ledger));

    assert!(matches!(&events[..], [IdentityEvent::OrganisationAdmitted { account, .. }]
        if *account == id(5)));
    assert_eq!(identity::voters(&ledger.state), 3);
    propose(&mut ledger, 5, admit(6)).unwrap();
}

#[test]
fn the_accused_does_not_vote_and_the_others_suspend_it() {
    let mut ledger = ledger(&[1, 2, 3]);
    let proposal = propose(&mut ledger, 1, suspend(3)).unwrap();

    let accused = vote(&mut ledger, 3, proposal, Choice::Reject);
    approve(&mut ledger, 1, proposal);
    approve(&mut ledger, 2, proposal);
    pass_time_lock(&mut ledger);

    assert_eq!(code(accused), "governance.own_cause");
    assert!(!identity::is_active(&ledger.state, id(3)));
    assert_eq!(validators(&ledger), [1, 2, 3]);
    assert_eq!(code(propose(&mut ledger, 3, admit(5))), "governance.no_vote");
}

#[test]
fn a_suspended_organisation_is_resumed_by_the_others() {
    let mut ledger = ledger(&[1, 2, 3]);
    for action in [suspend(3), Action::ResumeOrganisation { account: id(3) }] {
        let proposal = propose(&mut ledger, 1, action).unwrap();
        approve(&mut ledger, 1, proposal);
        approve(&mut ledger, 2, proposal);
        pass_time_lock(&mut ledger);
    }

    assert!(identity::is_voter(&ledger.state, id(3)));
    assert_eq!(identity::voters(&ledger.state), 3);
}

#[test]
fn in_a_network_of_two_neither_suspends_or_expels_the_other() {
    let mut ledger = ledger(&[1, 2]);
    for action in [suspend(2), expel(2)] {
        let proposal = propose(&mut ledger, 1, action).unwrap();

        let events = vote(&mut ledger, 1, proposal, Choice::Approve).unwrap();

        // One vote is all there is, and two are needed.
        assert_eq!(events.last(), Some(&GovernanceEvent::ProposalRejected { proposal }));
    }
}

#[test]
fn a_single_voter_whose_fellow_is_suspended_does_not_remove_its_validator() {
    let mut ledger = ledger(&[1, 2]);
    ledger.with_block(|ctx| identity::suspend_organisation(ctx, id(2))).unwrap();
    let action = Action::RemoveValidator { key: node_of(2, 2).key };
    let proposal = propose(&mut ledger, 1, action).unwrap();

    vote(&mut ledger, 1, proposal, Choice::Approve).unwrap();

    assert!(matches!(status(&ledger, proposal), ProposalStatus::Rejected { .. }));
}

#[test]
fn an_expelled_organisation_loses_all_its_nodes() {
    let mut ledger = ledger(&[1, 2, 3]);
    let observer = node_of(3, 30);
    let announce =
        tx::AnnounceNode { key: observer.key, address: observer.address, api: observer.api };
    run(&mut ledger, 3, GovernanceTx::AnnounceNode(announce)).unwrap();
    let proposal = propose(&mut ledger, 1, expel(3)).unwrap();
    approve(&mut ledger, 1, proposal);
    approve(&mut ledger, 2, proposal);

    let events = own(&pass_time_lock(&mut ledger));

    assert_eq!(
        events,
        [
            GovernanceEvent::ValidatorRemoved { key: node_of(3, 3).key },
            GovernanceEvent::ProposalExecuted { proposal },
        ]
    );
    assert_eq!(validators(&ledger), [1, 2]);
    assert!(observers(&ledger).is_empty());
}

#[test]
fn who_runs_the_only_validators_is_not_expelled() {
    let mut ledger = ledger(&[1]);
    for n in [5, 6] {
        let proposal = propose(&mut ledger, 1, admit(n)).unwrap();
        approve(&mut ledger, 1, proposal);
        if n == 6 {
            approve(&mut ledger, 5, proposal);
        }
        pass_time_lock(&mut ledger);
    }

    assert_eq!(code(propose(&mut ledger, 5, expel(1))), "governance.last_validator");
}
