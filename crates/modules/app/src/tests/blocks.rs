//! Blocks: genesis, authorisation, all or nothing, passes, the end of a block.

use super::{Chain, consent, governance, identity, outcomes};
use crate::{check_network, invariants, reads_ahead};
use salus_consent::{
    ConsentTx, GrantId, GrantedBy, PurposeOfUse, RecordId, ReleaseMode, query as consent_query,
    tx as consent_tx,
};
use salus_framework::testing::{account, key, key_of, network, node_key, signed_by};
use salus_governance::{Action, Choice, GovernanceTx, tx as governance_tx};
use salus_identity::{IdentityTx, KeyPurposes, query as identity_query, tx as identity_tx};
use salus_state::{ReadSet, StateRead};
use salus_types::{
    BytesMax, Call, Event, Hash, Height, KeyPurpose, ModuleId, NodeKey, NodeRecord, Outcome,
    TextMax,
};

fn entry(name: &str) -> Call {
    identity(&IdentityTx::SetEntry(identity_tx::SetEntry {
        name: TextMax::new(name).unwrap(),
        value: BytesMax::new(vec![7; 300]).unwrap(),
    }))
}

fn remove_entry(name: &str) -> Call {
    let name = TextMax::new(name).unwrap();
    identity(&IdentityTx::RemoveEntry(identity_tx::RemoveEntry { name }))
}

#[test]
fn the_first_block_applies_the_genesis() {
    let mut chain = Chain::new(&[1, 2]);

    let receipts = chain.block(&[]);

    let outcome = chain.last.as_ref().unwrap();
    assert_eq!(receipts, []);
    assert_eq!(outcome.validators_next, chain.network.validators);
    assert_eq!(outcome.parameters, chain.network.parameters);
    assert_eq!(outcome.observers, []);
    assert_eq!(outcome.events.len(), 2);
    assert!(identity_query::is_voter(&chain.state, account(2)));
    assert_eq!(invariants(&chain.state, &[]), Ok(()));
}

#[test]
fn a_transaction_in_the_first_block_sees_the_genesis() {
    let mut chain = Chain::new(&[1]);
    let transaction = chain.transaction(account(1), vec![entry("one")]);

    assert_eq!(outcomes(&chain.block(&[transaction])), ["ok"]);
}

#[test]
fn a_network_file_that_a_module_refuses_is_refused_with_its_code() {
    let mut wrong = network(&[1]);
    wrong.parameters.epoch_blocks = 1;

    assert_eq!(check_network(&network(&[1])), Ok(()));
    assert_eq!(check_network(&wrong).unwrap_err().code, "governance.parameter_range");
}

#[test]
fn calls_of_a_transaction_succeed_together_with_their_events_in_order() {
    let mut chain = Chain::started(&[1]);
    let transaction = chain.transaction(account(1), vec![entry("one"), entry("two")]);

    let receipts = chain.block(&[transaction]);

    let names: Vec<_> = receipts[0].events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["EntrySet", "EntrySet"]);
    assert_eq!(receipts[0].height, Height(2));
    assert!(receipts[0].work_units > 0);
    assert_eq!(identity_query::account(&chain.state, account(1)).unwrap().entry_count, 2);
}

#[test]
fn one_refused_call_undoes_the_others_and_is_named_in_the_receipt() {
    let mut chain = Chain::started(&[1]);
    let before = chain.state.clone();
    let transaction =
        chain.transaction(account(1), vec![entry("one"), remove_entry("none"), entry("two")]);

    let receipts = chain.block(&[transaction]);

    let Outcome::Refused { call, code, .. } = &receipts[0].outcome else {
        panic!("the second call is refused")
    };
    assert_eq!((*call, code.as_str()), (1, "identity.unknown_entry"));
    assert_eq!(*receipts[0].events, [] as [Event; 0]);
    assert_eq!(chain.state, before);
}

#[test]
fn later_transactions_of_a_block_see_what_earlier_ones_wrote() {
    let mut chain = Chain::started(&[1]);
    let first = chain.transaction(account(1), vec![entry("one")]);
    let second = chain.transaction(account(1), vec![remove_entry("one")]);
    let third = chain.transaction(account(1), vec![remove_entry("one")]);

    let receipts = chain.block(&[first, second, third]);

    assert_eq!(outcomes(&receipts), ["ok", "ok", "identity.unknown_entry"]);
}

#[test]
fn a_new_account_registers_itself_and_acts_in_one_transaction() {
    let mut chain = Chain::started(&[1]);
    let (person, register) = chain.register(key(50));
    let transaction =
        chain.signed(vec![signed_by(person, key(50))], vec![register, entry("service")]);

    assert_eq!(outcomes(&chain.block(&[transaction])), ["ok"]);
    assert!(identity_query::entry(&chain.state, person, "service").is_some());
}

#[test]
fn signatures_that_may_not_act_are_refused() {
    let mut chain = Chain::started(&[1]);
    let person = chain.person(50);
    let unknown = chain.transaction(account(99), vec![entry("one")]);
    let other_key = chain.signed(vec![signed_by(person, key(51))], vec![entry("one")]);
    let second = signed_by(account(1), key(77));
    let cosigned = chain.signed(vec![signed_by(person, key(50)), second], vec![entry("one")]);

    let receipts = chain.block(&[unknown, other_key, cosigned]);

    assert_eq!(
        outcomes(&receipts),
        ["identity.unknown_account", "identity.unknown_key", "identity.unknown_key"]
    );
}

#[test]
fn a_key_acts_for_its_purposes_across_modules() {
    let mut chain = Chain::started(&[1]);
    let purposes = KeyPurposes::new(&[KeyPurpose::Act]).unwrap();
    let add = identity(&IdentityTx::AddKey(identity_tx::AddKey { key: key(60), purposes }));
    let add = chain.transaction(account(1), vec![add]);
    let withdraw = governance(&GovernanceTx::Withdraw(governance_tx::Withdraw { proposal: 0 }));
    let acts = chain.signed(vec![signed_by(account(1), key(60))], vec![entry("one")]);
    let votes = chain.signed(vec![signed_by(account(1), key(60))], vec![withdraw]);

    let receipts = chain.block(&[add, acts, votes]);

    assert_eq!(outcomes(&receipts), ["ok", "ok", "identity.wrong_purpose"]);
}

#[test]
fn a_suspended_account_only_resumes() {
    let mut chain = Chain::started(&[1]);
    let suspend = identity(&IdentityTx::SuspendAccount(identity_tx::SuspendAccount {}));
    let resume = identity(&IdentityTx::ResumeAccount(identity_tx::ResumeAccount {}));
    let calls = [vec![suspend], vec![entry("one")], vec![resume], vec![entry("one")]];
    let transactions = calls.map(|calls| chain.transaction(account(1), calls));

    let receipts = chain.block(&transactions);

    assert_eq!(outcomes(&receipts), ["ok", "identity.suspended", "ok", "ok"]);
}

#[test]
fn what_no_module_understands_is_refused() {
    let mut chain = Chain::started(&[1]);
    let module = |id| Call { module: ModuleId(id), payload: BytesMax::new(vec![200]).unwrap() };
    let transactions = [900, 1, 2, 3].map(|id| chain.transaction(account(1), vec![module(id)]));

    let receipts = chain.block(&transactions);

    assert_eq!(
        outcomes(&receipts),
        ["app.unknown_module", "identity.malformed", "governance.malformed", "consent.malformed"]
    );
}

#[test]
fn a_transaction_whose_first_signature_is_not_the_senders_is_refused() {
    let mut chain = Chain::started(&[1]);
    let mut stolen = chain.transaction(account(1), vec![entry("one")]);
    stolen.body.sender = account(2);
    let mut unsigned = chain.transaction(account(1), vec![entry("one")]);
    unsigned.signatures = salus_types::VecMax::default();

    let receipts = chain.block(&[stolen, unsigned]);

    assert_eq!(outcomes(&receipts), ["app.unsigned", "app.unsigned"]);
}

#[test]
fn with_reads_ahead_entries_take_one_pass_and_without_a_few() {
    let mut chain = Chain::started(&[1]);
    let one = chain.transaction(account(1), vec![entry("one")]);
    let two = chain.transaction(account(1), vec![entry("two")]);
    let three = chain.transaction(account(1), vec![entry("three")]);

    chain.block(&[one, two]);
    assert_eq!(chain.passes, 1);

    chain.block_with(&[three], Vec::new());
    assert_eq!(chain.passes, 3);
}

#[test]
fn passes_do_not_change_the_outcome() {
    let run = |ahead: bool| {
        let mut chain = Chain::started(&[1, 2]);
        let (person, register) = chain.register(key(50));
        let transactions = vec![
            chain.signed(vec![signed_by(person, key(50))], vec![register]),
            chain.transaction(account(1), vec![entry("one")]),
            chain.transaction(account(2), vec![entry("one"), remove_entry("two")]),
            chain.signed(vec![signed_by(person, key(50))], vec![entry("one")]),
        ];
        let keys = if ahead { reads_ahead(&transactions) } else { Vec::new() };
        chain.block_with(&transactions, keys);
        (chain.last.unwrap(), chain.state)
    };

    assert_eq!(run(true), run(false));
}

#[test]
fn a_pass_with_missing_keys_still_goes_through_the_whole_block() {
    let mut chain = Chain::started(&[1, 2]);
    let transactions = [
        chain.transaction(account(1), vec![entry("one")]),
        chain.transaction(account(2), vec![entry("one")]),
    ];
    let listed: Vec<_> = transactions.iter().map(|one| (one.hash(), one)).collect();
    let input = crate::BlockInput {
        network: &chain.network,
        network_id: chain.network_id,
        height: Height(2),
        time: chain.time,
        proposer: NodeKey([0; 32]),
    };
    let mut nothing = ReadSet::new();

    crate::execute_block(&input, &listed, &nothing);

    let missing = nothing.take_missing();
    for sender in [account(1), account(2)] {
        let key = salus_identity::state::account_path(sender).key();
        assert!(missing.contains(&key));
        assert!(chain.state.get(key).is_some());
    }
}

#[test]
fn the_members_add_a_validator_and_the_next_set_changes_at_the_height() {
    let mut chain = Chain::started(&[1, 2]);
    let node = NodeRecord {
        key: node_key(9),
        organisation: account(2),
        address: TextMax::new("10.0.0.9:21000").unwrap(),
        api: TextMax::default(),
    };
    let action = Action::AddValidator { node: node.clone() };
    let propose = governance(&GovernanceTx::Propose(governance_tx::Propose { action }));
    let vote = || {
        let choice = Choice::Approve;
        governance(&GovernanceTx::Vote(governance_tx::Vote { proposal: 0, choice }))
    };
    let one = chain.transaction(account(1), vec![propose, vote()]);
    let two = chain.transaction(account(2), vec![vote()]);

    assert_eq!(outcomes(&chain.block(&[one, two])), ["ok", "ok"]);
    let lock = chain.network.parameters.time_lock_blocks;
    for _ in 1..lock {
        chain.block(&[]);
        assert_eq!(chain.last.as_ref().unwrap().validators_next.nodes().len(), 2);
    }
    chain.block(&[]);

    let outcome = chain.last.as_ref().unwrap();
    assert!(outcome.validators_next.contains(&node.key));
    let names: Vec<_> = outcome.events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["ValidatorAdded", "ProposalExecuted"]);
}

#[test]
fn a_record_is_granted_read_and_revoked() {
    let mut chain = Chain::started(&[1, 2]);
    let (hospital, clinic) = (account(1), account(2));
    let patient = chain.person(50);
    let by_patient = || vec![signed_by(patient, key(50))];
    let record = RecordId::new([3; 32]);
    let grant = GrantId::new([4; 32]);
    let anchor = consent(&ConsentTx::AnchorRecord(consent_tx::AnchorRecord {
        record,
        patient,
        version: 1,
        plain_commitment: Hash([1; 32]),
        cipher_hash: Hash([2; 32]),
        category_commitment: Hash([3; 32]),
    }));
    let give = consent(&ConsentTx::GrantAccess(consent_tx::GrantAccess {
        grant,
        by: GrantedBy::Patient,
        grantee: clinic,
        custodian: hospital,
        scope_commitment: Hash([5; 32]),
        purpose: PurposeOfUse::Treatment,
        mode: ReleaseMode::Wrapped,
        pseudonymised: false,
        delegable: false,
        consent_commitment: None,
        episode: None,
        not_before: chain.time,
        not_after: chain.time.after_ms(100_000),
    }));
    let access = |first_sequence| {
        consent(&ConsentTx::AccountAccess(consent_tx::AccountAccess {
            patient,
            basis: Some(grant.into()),
            first_sequence,
            leaves_root: Hash([6; 32]),
            count: 1,
        }))
    };
    let revoke =
        consent(&ConsentTx::RevokeGrant(consent_tx::RevokeGrant { grant, on_behalf: None }));
    let transactions = [
        chain.transaction(hospital, vec![anchor]),
        chain.signed(by_patient(), vec![give]),
        chain.transaction(hospital, vec![access(1)]),
        chain.signed(by_patient(), vec![revoke]),
        chain.transaction(hospital, vec![access(2)]),
    ];

    let receipts = chain.block(&transactions);

    assert_eq!(outcomes(&receipts), ["ok", "ok", "ok", "ok", "consent.grant_not_active"]);
    assert_eq!(consent_query::accesses_of_patient(&chain.state, patient, 0, 10).total, 1);
    assert_eq!(invariants(&chain.state, &[patient]), Ok(()));
}

#[test]
fn the_most_calls_of_one_transaction_fit_their_events() {
    let mut chain = Chain::started(&[1]);
    let calls = (0..salus_types::transaction::CALLS_MAX).map(|n| entry(&format!("entry-{n}")));
    let transaction =
        chain.signed(vec![signed_by(account(1), key_of(account(1)))], calls.collect());

    assert_eq!(outcomes(&chain.block(&[transaction])), ["ok"]);
}
