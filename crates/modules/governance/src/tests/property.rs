//! Properties over random sequences.

use super::{admit, expel, id, ledger, node_of, run, suspend};
use crate::{AccessLimits, Action, Choice, Governance, GovernanceTx, query, tx};
use proptest::prelude::*;
use salus_framework::{Module, testing::node_key};
use salus_identity as identity;
use salus_types::{BlockTime, LedgerParameters};

fn any_action() -> impl Strategy<Value = Action> {
    prop_oneof![
        (5_u8..8).prop_map(admit),
        (1_u8..8).prop_map(suspend),
        (1_u8..8).prop_map(|n| Action::ResumeOrganisation { account: id(n) }),
        (1_u8..8).prop_map(expel),
        (1_u8..8, 1_u8..12).prop_map(|(n, key)| Action::AddValidator { node: node_of(n, key) }),
        (1_u8..12).prop_map(|key| Action::RemoveValidator { key: node_key(key) }),
        (1_u8..8, 0_u64..3).prop_map(|(n, ms)| Action::AccreditEmergencyService {
            account: id(n),
            until: BlockTime::from_unix_ms(1_000_000).after_ms(ms),
        }),
        (1_u8..8).prop_map(|n| Action::WithdrawEmergencyService { account: id(n) }),
        (0_u64..2).prop_map(|n| Action::SetAccessLimits {
            limits: AccessLimits { release_ms: n * 60_000, ..AccessLimits::default() },
        }),
        (10_u64..20).prop_map(|voting_blocks| Action::SetParameters {
            parameters: LedgerParameters { voting_blocks, ..LedgerParameters::default() },
        }),
    ]
}

fn any_call() -> impl Strategy<Value = GovernanceTx> {
    let node = node_of(1, 1);
    let (address, api) = (node.address, node.api);
    let (moved, moved_api) = (address.clone(), api.clone());
    prop_oneof![
        2 => any_action().prop_map(|action| GovernanceTx::Propose(tx::Propose { action })),
        6 => (0_u64..8, prop::bool::weighted(0.8)).prop_map(|(proposal, approve)| {
            let choice = if approve { Choice::Approve } else { Choice::Reject };
            GovernanceTx::Vote(tx::Vote { proposal, choice })
        }),
        1 => (0_u64..8).prop_map(|proposal| GovernanceTx::Withdraw(tx::Withdraw { proposal })),
        1 => (1_u8..12).prop_map(move |key| GovernanceTx::AnnounceNode(tx::AnnounceNode {
            key: node_key(key),
            address: address.clone(),
            api: api.clone(),
        })),
        1 => (1_u8..12).prop_map(move |key| GovernanceTx::UpdateNode(tx::UpdateNode {
            key: node_key(key),
            address: moved.clone(),
            api: moved_api.clone(),
        })),
        1 => (1_u8..12).prop_map(|key| {
            GovernanceTx::WithdrawNode(tx::WithdrawNode { key: node_key(key) })
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever organisations propose and vote, there is a validator, nodes and proposals are in order,
    /// votes are counted right, and a refused call has changed nothing (the test ledger checks that).
    #[test]
    fn invariants_hold_over_random_calls(
        founders in 1_u8..5,
        calls in prop::collection::vec((1_u8..8, any_call(), any::<bool>()), 1..80)
    ) {
        let founders: Vec<u8> = (1..=founders).collect();
        let mut ledger = ledger(&founders);
        ledger.block.parameters.time_lock_blocks = 1;
        ledger.block.parameters.voting_blocks = 20;
        for (sender, call, end_block) in calls {
            if identity::is_active(&ledger.state, id(sender)) {
                let _ = run(&mut ledger, sender, call);
            }
            if end_block {
                ledger.end_of_block::<Governance>();
                ledger.block.height = ledger.block.height.next();
            }
            prop_assert_eq!(identity::Identity::invariants(&ledger.state, &[]), Ok(()));
            prop_assert_eq!(Governance::invariants(&ledger.state, &[]), Ok(()));
        }
    }

    /// A single organisation, whatever it does, suspends, expels or takes a validator from nobody else.
    #[test]
    fn nobody_alone_does_anything_to_another(
        calls in prop::collection::vec((any_call(), any::<bool>()), 1..60)
    ) {
        let mut ledger = ledger(&[1, 2]);
        ledger.block.parameters.time_lock_blocks = 0;
        ledger.block.parameters.voting_blocks = 10;
        for (call, end_block) in calls {
            let _ = run(&mut ledger, 1, call);
            if end_block {
                ledger.end_of_block::<Governance>();
                ledger.block.height = ledger.block.height.next();
            }
        }
        prop_assert!(identity::is_active(&ledger.state, id(2)));
        let set = query::validators_next(&ledger.state);
        prop_assert!(set.contains(&node_key(2)));
        prop_assert_eq!(identity::voters(&ledger.state), 2);
    }
}
