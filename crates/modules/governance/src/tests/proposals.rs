//! The life of a proposal.

use super::{advance_to, approve, code, ledger, own, pass_time_lock, propose, run, status, vote};
use crate::{
    Action, ActionClass, Choice, GovernanceEvent, GovernanceTx, ProposalStatus, query,
    state::{PROPOSALS_DUE_MAX, PROPOSALS_OF_ONE_MAX},
    tests::{admit, id, suspend},
    tx,
};
use salus_types::{Height, LedgerParameters};

fn parameters(change: impl Fn(&mut LedgerParameters)) -> Action {
    let mut parameters = LedgerParameters::default();
    change(&mut parameters);
    Action::SetParameters { parameters }
}

#[test]
fn a_validity_that_is_lowered_is_remembered_while_what_it_let_in_is_valid() {
    let mut ledger = ledger(&[1, 2, 3]);
    let mut lowered_at = Vec::new();
    for blocks in [700, 300, 100] {
        let action = parameters(|one| one.validity_blocks = blocks);
        let proposal = propose(&mut ledger, 1, action).unwrap();
        approve(&mut ledger, 1, proposal);
        approve(&mut ledger, 2, proposal);
        pass_time_lock(&mut ledger);
        lowered_at.push(match status(&ledger, proposal) {
            ProposalStatus::Executed { at } => at,
            other => panic!("{other:?}"),
        });
        if blocks == 700 {
            assert_eq!(query::longer_validity(&ledger.state), None, "raised");
        }
    }

    let longer = query::longer_validity(&ledger.state).unwrap();

    assert_eq!(longer.blocks, 700, "the highest while it counts");
    assert_eq!(longer.until, lowered_at[1].after(700).max(lowered_at[2].after(300)));
}

#[test]
fn a_proposal_is_accepted_by_votes_and_executed_after_the_time_lock() {
    let mut ledger = ledger(&[1, 2, 3]);
    let lock = ledger.block.parameters.time_lock_blocks;
    let proposal = propose(&mut ledger, 1, parameters(|one| one.validity_blocks = 700)).unwrap();

    vote(&mut ledger, 1, proposal, Choice::Approve).unwrap();
    let events = vote(&mut ledger, 3, proposal, Choice::Approve).unwrap();

    let execute_at = Height(1 + lock);
    assert_eq!(
        events,
        [
            GovernanceEvent::VoteCast { proposal, organisation: id(3), choice: Choice::Approve },
            GovernanceEvent::ProposalAccepted { proposal, execute_at },
        ]
    );
    assert_eq!(own(&advance_to(&mut ledger, execute_at.0)), []);
    assert_eq!(query::parameters(&ledger.state).validity_blocks, 600);

    let events = own(&advance_to(&mut ledger, execute_at.0 + 1));

    assert_eq!(events.last(), Some(&GovernanceEvent::ProposalExecuted { proposal }));
    assert_eq!(query::parameters(&ledger.state).validity_blocks, 700);
    assert_eq!(status(&ledger, proposal), ProposalStatus::Executed { at: execute_at });
}

#[test]
fn the_single_vote_of_a_network_of_one_is_enough() {
    let mut ledger = ledger(&[1]);
    let proposal = propose(&mut ledger, 1, admit(5)).unwrap();

    approve(&mut ledger, 1, proposal);
    pass_time_lock(&mut ledger);

    assert!(salus_identity::is_voter(&ledger.state, id(5)));
}

#[test]
fn a_proposal_is_rejected_as_soon_as_it_cannot_be_accepted() {
    let mut ledger = ledger(&[1, 2, 3]);
    let proposal = propose(&mut ledger, 1, admit(5)).unwrap();

    vote(&mut ledger, 1, proposal, Choice::Reject).unwrap();
    let events = vote(&mut ledger, 2, proposal, Choice::Reject).unwrap();

    assert_eq!(events.last(), Some(&GovernanceEvent::ProposalRejected { proposal }));
    let late = vote(&mut ledger, 3, proposal, Choice::Approve);
    assert_eq!(code(late), "governance.not_open");
}

#[test]
fn at_the_end_of_the_period_the_votes_cast_decide() {
    let mut ledger = ledger(&[1, 2, 3, 4]);
    ledger.block.parameters.voting_blocks = 10;
    let found = propose(&mut ledger, 1, admit(5)).unwrap();
    let missed = propose(&mut ledger, 1, admit(6)).unwrap();
    approve(&mut ledger, 1, found);
    approve(&mut ledger, 2, found);
    vote(&mut ledger, 3, found, Choice::Reject).unwrap();
    approve(&mut ledger, 1, missed);

    let events = own(&advance_to(&mut ledger, 12));

    let execute_at = Height(11 + ledger.block.parameters.time_lock_blocks);
    assert_eq!(
        events,
        [
            GovernanceEvent::ProposalAccepted { proposal: found, execute_at },
            GovernanceEvent::ProposalExpired { proposal: missed },
        ]
    );
    assert_eq!(status(&ledger, missed), ProposalStatus::Expired { at: Height(11) });
}

#[test]
fn a_proposal_is_withdrawn_by_its_proposer_while_it_is_open() {
    let mut ledger = ledger(&[1, 2]);
    let proposal = propose(&mut ledger, 1, admit(5)).unwrap();
    let withdraw = || GovernanceTx::Withdraw(tx::Withdraw { proposal });

    let by_other = run(&mut ledger, 2, withdraw());
    let events = run(&mut ledger, 1, withdraw()).unwrap();
    let again = run(&mut ledger, 1, withdraw());

    assert_eq!(code(by_other), "governance.not_proposer");
    assert_eq!(events, [GovernanceEvent::ProposalWithdrawn { proposal }]);
    assert_eq!(code(again), "governance.not_open");
}

#[test]
fn an_organisation_votes_once() {
    let mut ledger = ledger(&[1, 2, 3]);
    let proposal = propose(&mut ledger, 1, admit(5)).unwrap();
    approve(&mut ledger, 1, proposal);

    let again = vote(&mut ledger, 1, proposal, Choice::Reject);

    assert_eq!(code(again), "governance.already_voted");
}

#[test]
fn who_has_no_vote_neither_proposes_nor_votes() {
    let mut ledger = ledger(&[1]);
    let proposal = propose(&mut ledger, 1, admit(5)).unwrap();

    assert_eq!(code(propose(&mut ledger, 5, admit(6))), "governance.no_vote");
    assert_eq!(code(vote(&mut ledger, 5, proposal, Choice::Approve)), "governance.no_vote");
    assert_eq!(code(vote(&mut ledger, 1, 77, Choice::Approve)), "governance.unknown_proposal");
}

#[test]
fn what_cannot_be_executed_now_is_not_proposed() {
    let mut ledger = ledger(&[1, 2]);
    let mut founder = admit(5);
    if let Action::AdmitOrganisation(admit) = &mut founder {
        admit.role = salus_types::OrganisationRole::Founder;
    }

    assert_eq!(code(propose(&mut ledger, 1, founder)), "governance.wrong_role");
    assert_eq!(code(propose(&mut ledger, 1, admit(2))), "identity.account_exists");
    assert_eq!(code(propose(&mut ledger, 1, suspend(9))), "identity.not_an_organisation");
    let range = parameters(|one| one.validity_blocks = 9);
    assert_eq!(code(propose(&mut ledger, 1, range)), "governance.parameter_range");
    let fixed = parameters(|one| one.epoch_blocks = 50);
    assert_eq!(code(propose(&mut ledger, 1, fixed)), "governance.parameter_fixed");
}

#[test]
fn an_organisation_has_only_so_many_proposals_at_a_time_and_so_have_all() {
    let founders: Vec<u8> = (1..=9).collect();
    let mut ledger = ledger(&founders);
    for founder in 1..=8 {
        for n in 0..PROPOSALS_OF_ONE_MAX {
            propose(&mut ledger, founder, admit(100 + u8::try_from(n).unwrap())).unwrap();
        }
    }

    assert_eq!(8 * PROPOSALS_OF_ONE_MAX, PROPOSALS_DUE_MAX);
    assert_eq!(code(propose(&mut ledger, 9, admit(200))), "governance.too_many_open");
    run(&mut ledger, 1, GovernanceTx::Withdraw(tx::Withdraw { proposal: 0 })).unwrap();
    assert_eq!(code(propose(&mut ledger, 2, admit(200))), "governance.too_many_open");
    propose(&mut ledger, 9, admit(200)).unwrap();
}

#[test]
fn what_cannot_be_executed_any_more_is_recorded_with_its_code() {
    let mut ledger = ledger(&[1]);
    let first = propose(&mut ledger, 1, admit(5)).unwrap();
    let second = propose(&mut ledger, 1, admit(5)).unwrap();
    approve(&mut ledger, 1, first);
    approve(&mut ledger, 1, second);

    let events = own(&pass_time_lock(&mut ledger));

    assert_eq!(events[0], GovernanceEvent::ProposalExecuted { proposal: first });
    let GovernanceEvent::ProposalFailed { proposal, code } = &events[1] else {
        panic!("the second admission fails")
    };
    assert_eq!((*proposal, code.as_str()), (second, "identity.account_exists"));
    assert!(matches!(status(&ledger, second), ProposalStatus::Failed { .. }));
}

#[test]
fn without_a_time_lock_a_proposal_is_executed_with_the_next_block() {
    let mut ledger = ledger(&[1]);
    ledger.block.parameters.time_lock_blocks = 0;
    let proposal = propose(&mut ledger, 1, admit(5)).unwrap();
    approve(&mut ledger, 1, proposal);

    advance_to(&mut ledger, 2);
    assert_eq!(status(&ledger, proposal), ProposalStatus::Accepted { execute_at: Height(2) });
    advance_to(&mut ledger, 3);
    assert_eq!(status(&ledger, proposal), ProposalStatus::Executed { at: Height(2) });
}

#[test]
fn a_vote_of_an_organisation_that_was_suspended_since_does_not_count() {
    let mut ledger = ledger(&[1, 2, 3, 4]);
    let proposal = propose(&mut ledger, 1, admit(5)).unwrap();
    approve(&mut ledger, 1, proposal);
    ledger.with_block(|ctx| salus_identity::suspend_organisation(ctx, id(1))).unwrap();

    let view = query::proposal(&ledger.state, proposal).unwrap();

    assert_eq!((view.electorate, view.approve), (3, 0));
    assert_eq!(view.class, ActionClass::Membership);
}

#[test]
fn proposals_are_listed_in_pages() {
    let mut ledger = ledger(&[1]);
    for n in 5..9 {
        propose(&mut ledger, 1, admit(n)).unwrap();
    }

    let page = query::proposals(&ledger.state, 3, 10);

    assert_eq!((page.total, page.from, page.items.len()), (4, 3, 1));
    assert_eq!(page.items[0].proposal, 3);
    assert_eq!(query::proposals(&ledger.state, 9, 10).items, []);
}
