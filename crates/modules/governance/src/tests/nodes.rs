//! Nodes and validators.

use super::{
    approve, code, id, ledger, node_of, observers, own, pass_time_lock, propose, run, status,
    validators,
};
use crate::{
    Action, GovernanceError, GovernanceEvent, GovernanceTx, ProposalStatus, execute, genesis,
    query, state::OBSERVERS_OF_ONE_MAX, tx,
};
use salus_framework::testing::{TestLedger, network, node_key};
use salus_types::{NodeKey, TextMax, ValidatorSet};

/// No point of the curve has this encoding.
const NOT_A_POINT: [u8; 32] = [2; 32];

fn announce(
    ledger: &mut TestLedger,
    sender: u8,
    key: u8,
    address: &str,
    api: &str,
) -> Result<Vec<GovernanceEvent>, GovernanceError> {
    let call = tx::AnnounceNode {
        key: node_key(key),
        address: TextMax::new(address).unwrap(),
        api: TextMax::new(api).unwrap(),
    };
    run(ledger, sender, GovernanceTx::AnnounceNode(call))
}

fn update(
    ledger: &mut TestLedger,
    sender: u8,
    key: u8,
    address: &str,
) -> Result<Vec<GovernanceEvent>, GovernanceError> {
    let call = tx::UpdateNode {
        key: node_key(key),
        address: TextMax::new(address).unwrap(),
        api: TextMax::default(),
    };
    run(ledger, sender, GovernanceTx::UpdateNode(call))
}

fn withdraw(
    ledger: &mut TestLedger,
    sender: u8,
    key: u8,
) -> Result<Vec<GovernanceEvent>, GovernanceError> {
    let call = tx::WithdrawNode { key: node_key(key) };
    run(ledger, sender, GovernanceTx::WithdrawNode(call))
}

#[test]
fn an_announced_node_is_an_observer_and_may_move_and_go() {
    let mut ledger = ledger(&[1]);

    announce(&mut ledger, 1, 9, "node.example:21000", "https://node.example").unwrap();
    assert_eq!(observers(&ledger), [9]);

    update(&mut ledger, 1, 9, "[::1]:21001").unwrap();
    assert_eq!(query::observers(&ledger.state)[0].address.as_str(), "[::1]:21001");

    let events = withdraw(&mut ledger, 1, 9).unwrap();
    assert_eq!(events, [GovernanceEvent::NodeWithdrawn { key: node_key(9) }]);
    assert!(observers(&ledger).is_empty());
}

#[test]
fn an_address_that_cannot_be_one_is_refused() {
    let mut ledger = ledger(&[1]);
    let mut with = |address: &str, api: &str| code(announce(&mut ledger, 1, 9, address, api));

    let wrong = "governance.node_address";
    assert_eq!(with("node.example", ""), wrong);
    assert_eq!(with(":21000", ""), wrong);
    assert_eq!(with("node.example:99999", ""), wrong);
    assert_eq!(with("a b:21000", ""), wrong);
    assert_eq!(with("node.example:21000", "node.example"), wrong);
    assert_eq!(with(&format!("{}:21000", "a".repeat(130)), ""), wrong);
}

#[test]
fn a_node_is_announced_once_and_only_by_an_organisation() {
    let mut ledger = ledger(&[1, 2]);
    announce(&mut ledger, 1, 9, "a:1", "").unwrap();

    assert_eq!(code(announce(&mut ledger, 2, 9, "a:1", "")), "governance.node_exists");
    assert_eq!(code(announce(&mut ledger, 2, 1, "a:1", "")), "governance.node_exists");
    assert_eq!(code(announce(&mut ledger, 7, 8, "a:1", "")), "governance.not_an_organisation");
}

#[test]
fn an_organisation_announces_only_so_many_nodes() {
    let mut ledger = ledger(&[1]);
    for n in 0..OBSERVERS_OF_ONE_MAX {
        announce(&mut ledger, 1, 20 + u8::try_from(n).unwrap(), "a:1", "").unwrap();
    }

    assert_eq!(code(announce(&mut ledger, 1, 99, "a:1", "")), "governance.too_many_nodes");
}

#[test]
fn only_who_runs_a_node_moves_or_withdraws_it() {
    let mut ledger = ledger(&[1, 2]);
    announce(&mut ledger, 1, 9, "a:1", "").unwrap();

    assert_eq!(code(update(&mut ledger, 2, 9, "b:1")), "governance.node_of_another");
    assert_eq!(code(withdraw(&mut ledger, 2, 9)), "governance.node_of_another");
    assert_eq!(code(update(&mut ledger, 1, 8, "b:1")), "governance.unknown_node");
    assert_eq!(code(withdraw(&mut ledger, 1, 8)), "governance.unknown_node");
    assert_eq!(code(withdraw(&mut ledger, 1, 1)), "governance.unknown_node");
}

#[test]
fn a_validator_moves_without_a_vote_and_the_set_keeps_its_hash() {
    let mut ledger = ledger(&[1, 2]);
    let before = query::validators_next(&ledger.state).hash();

    update(&mut ledger, 2, 2, "moved.example:21000").unwrap();

    let set = query::validators_next(&ledger.state);
    let moved = set.nodes().iter().find(|node| node.key == node_key(2)).unwrap();
    assert_eq!(moved.address.as_str(), "moved.example:21000");
    assert_eq!(set.hash(), before);
}

#[test]
fn an_observer_becomes_a_validator_by_vote_and_goes_back() {
    let mut ledger = ledger(&[1, 2]);
    announce(&mut ledger, 2, 9, "10.0.0.9:21000", "").unwrap();
    let node = node_of(2, 9);

    let proposal = propose(&mut ledger, 1, Action::AddValidator { node: node.clone() }).unwrap();
    approve(&mut ledger, 1, proposal);
    approve(&mut ledger, 2, proposal);
    let events = own(&pass_time_lock(&mut ledger));

    assert_eq!(events[0], GovernanceEvent::ValidatorAdded { node: node.clone() });
    assert_eq!(validators(&ledger), [1, 2, 9]);
    assert!(observers(&ledger).is_empty());

    let again = propose(&mut ledger, 1, Action::AddValidator { node: node.clone() });
    assert_eq!(code(again), "governance.already_validator");
    let proposal = propose(&mut ledger, 1, Action::RemoveValidator { key: node.key }).unwrap();
    approve(&mut ledger, 1, proposal);
    approve(&mut ledger, 2, proposal);
    pass_time_lock(&mut ledger);

    assert_eq!(validators(&ledger), [1, 2]);
    assert_eq!(observers(&ledger), [9]);
}

#[test]
fn a_vote_settles_whose_node_it_is() {
    let mut ledger = ledger(&[1, 2]);
    announce(&mut ledger, 1, 9, "squatter:1", "").unwrap();

    let proposal = propose(&mut ledger, 2, Action::AddValidator { node: node_of(2, 9) }).unwrap();
    approve(&mut ledger, 1, proposal);
    approve(&mut ledger, 2, proposal);
    pass_time_lock(&mut ledger);

    assert!(observers(&ledger).is_empty());
    let set = query::validators_next(&ledger.state);
    let node = set.nodes().iter().find(|node| node.key == node_key(9)).unwrap();
    assert_eq!(node.organisation, id(2));
}

#[test]
fn the_last_validator_stays_and_what_is_none_is_not_removed() {
    let mut ledger = ledger(&[1]);
    let remove = |key: u8| Action::RemoveValidator { key: node_key(key) };

    assert_eq!(code(propose(&mut ledger, 1, remove(1))), "governance.last_validator");
    assert_eq!(code(propose(&mut ledger, 1, remove(9))), "governance.not_a_validator");
}

/// Two removals may each be proposed while two validators are left; only one is carried out.
#[test]
fn decisions_that_together_would_leave_no_validator_fail_at_their_execution() {
    let mut ledger = ledger(&[1, 2]);
    let mut remove = |n: u8| {
        let action = Action::RemoveValidator { key: node_key(n) };
        let proposal = propose(&mut ledger, 1, action).unwrap();
        approve(&mut ledger, 1, proposal);
        approve(&mut ledger, 2, proposal);
        proposal
    };
    let (first, second) = (remove(1), remove(2));

    pass_time_lock(&mut ledger);

    assert_eq!(validators(&ledger), [2]);
    assert!(matches!(status(&ledger, first), ProposalStatus::Executed { .. }));
    assert!(matches!(status(&ledger, second), ProposalStatus::Failed { code, .. }
        if code.as_str() == "governance.last_validator"));
}

#[test]
fn a_node_key_that_is_no_key_or_a_weak_one_is_neither_proposed_nor_announced() {
    let mut ledger = ledger(&[1]);
    let mut neutral = [0; 32];
    neutral[0] = 1;

    for bad in [NOT_A_POINT, neutral] {
        let mut node = node_of(1, 9);
        node.key = NodeKey(bad);
        let proposed = propose(&mut ledger, 1, Action::AddValidator { node: node.clone() });
        let call = tx::AnnounceNode { key: node.key, address: node.address, api: node.api };
        let announced = run(&mut ledger, 1, GovernanceTx::AnnounceNode(call));
        let mut file = network(&[1]);
        let mut nodes = Vec::from(file.validators);
        nodes[0].key = NodeKey(bad);
        file.validators = ValidatorSet::new(nodes).unwrap();

        assert_eq!(code(proposed), "governance.node_key");
        assert_eq!(code(announced), "governance.node_key");
        assert_eq!(code(genesis::validate(&file)), "governance.node_key");
    }
}

/// Such a proposal may be on the ledger from a time before the rule.
#[test]
fn a_proposal_of_a_bad_node_key_fails_at_its_execution() {
    let mut ledger = ledger(&[1]);
    let mut node = node_of(1, 9);
    node.key = NodeKey(NOT_A_POINT);

    let result = ledger.with_block(|ctx| execute::execute(&Action::AddValidator { node }, ctx));

    assert_eq!(code(result), "governance.node_key");
    assert_eq!(validators(&ledger), [1]);
}

#[test]
fn a_validator_belongs_to_an_active_organisation() {
    let mut ledger = ledger(&[1]);

    let result = propose(&mut ledger, 1, Action::AddValidator { node: node_of(7, 9) });

    assert_eq!(code(result), "governance.not_an_organisation");
}

#[test]
fn a_registry_that_does_not_fit_one_value_is_refused() {
    let mut good = network(&[1]);
    let long = |n: u8| {
        let mut node = node_of(1, n);
        node.address = TextMax::new(format!("{}:21000", "a".repeat(120))).unwrap();
        node.api = TextMax::new(format!("https://{}", "a".repeat(120))).unwrap();
        node
    };

    good.validators = ValidatorSet::new((1..=40).map(long).collect()).unwrap();
    assert_eq!(genesis::validate(&good), Ok(()));
    good.validators = ValidatorSet::new((1..=64).map(long).collect()).unwrap();
    assert_eq!(code(genesis::validate(&good)), "governance.registry_full");
}

#[test]
fn a_network_file_that_makes_no_network_is_refused() {
    let good = network(&[1]);
    let with = |change: &dyn Fn(&mut salus_types::NetworkFile)| {
        let mut network = good.clone();
        change(&mut network);
        code(genesis::validate(&network))
    };

    assert_eq!(genesis::validate(&good), Ok(()));
    assert_eq!(with(&|file| file.version = 2), "governance.network_version");
    assert_eq!(with(&|file| file.parameters.epoch_blocks = 9), "governance.parameter_range");
    assert_eq!(
        with(&|file| file.validators = ValidatorSet::default()),
        "governance.last_validator"
    );
    let stranger = ValidatorSet::new(vec![node_of(9, 9)]).unwrap();
    assert_eq!(with(&|file| file.validators = stranger.clone()), "governance.unknown_founder");
    let mut nowhere = node_of(1, 1);
    nowhere.address = TextMax::default();
    let nowhere = ValidatorSet::new(vec![nowhere]).unwrap();
    assert_eq!(with(&|file| file.validators = nowhere.clone()), "governance.node_address");
}
