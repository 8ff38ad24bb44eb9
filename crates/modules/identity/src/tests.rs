//! Stories and properties of identity.

#![expect(clippy::needless_pass_by_value, reason = "a call that is made in place reads better")]

use crate::{
    Identity, IdentityError, IdentityEvent, IdentityTx, KeyPurposes, authorise, genesis,
    organisations::{
        Admission, admit_organisation, expel_organisation, resume_organisation,
        suspend_organisation,
    },
    query,
    state::{AccountStatus, KEYS_MAX, SEALING_KEY_BYTES},
    tx,
};
use proptest::prelude::*;
use salus_framework::{
    Authority, Module, ModuleError, ModuleEvent,
    testing::{TestLedger, account, key, key_of, network, signed_by},
};
use salus_types::{
    AccountId, AccountKind, BytesMax, KeyPurpose, OrganisationFunction, OrganisationRole,
    PublicKey, Salt, TextMax, VecMax,
};

const HOSPITAL: u8 = 1;
const PAYER: u8 = 2;

/// A ledger with two founders.
fn ledger() -> TestLedger {
    let network = network(&[HOSPITAL, PAYER]);
    let mut ledger = TestLedger::new(&network);
    ledger.genesis::<Identity>(&network).unwrap();
    ledger
}

/// A ledger, and a person on it with this first key.
fn ledger_with_person(first: PublicKey) -> (TestLedger, AccountId) {
    let mut ledger = ledger();
    let call = register(&ledger, first, 0);
    let person = call.account;
    run_with(&mut ledger, person, first, IdentityTx::RegisterAccount(call)).unwrap();
    (ledger, person)
}

fn register(ledger: &TestLedger, first: PublicKey, salt: u8) -> tx::RegisterAccount {
    let salt = Salt([salt; 16]);
    let account = AccountId::derive(ledger.block.network, &first, salt);
    tx::RegisterAccount { account, kind: AccountKind::Person, key: first, salt }
}

fn run(
    ledger: &mut TestLedger,
    sender: AccountId,
    call: IdentityTx,
) -> Result<Vec<IdentityEvent>, IdentityError> {
    run_with(ledger, sender, key_of(sender), call)
}

fn run_with(
    ledger: &mut TestLedger,
    sender: AccountId,
    key: PublicKey,
    call: IdentityTx,
) -> Result<Vec<IdentityEvent>, IdentityError> {
    let events = ledger.run_signed::<Identity>(sender, key, &call)?;
    Ok(events.iter().map(|event| IdentityEvent::from_event(event).unwrap()).collect())
}

fn code<T: std::fmt::Debug>(result: Result<T, IdentityError>) -> &'static str {
    result.unwrap_err().code()
}

fn may(
    ledger: &TestLedger,
    account: AccountId,
    key: PublicKey,
    authority: Authority,
) -> Result<(), &'static str> {
    authorise(&ledger.state, &signed_by(account, key), &[], authority).map_err(|error| error.code)
}

fn set_entry(name: &str, value: &[u8]) -> IdentityTx {
    IdentityTx::SetEntry(tx::SetEntry {
        name: TextMax::new(name).unwrap(),
        value: BytesMax::new(value).unwrap(),
    })
}

fn add_key(key: PublicKey, purpose: KeyPurpose) -> IdentityTx {
    let purposes = KeyPurposes::new(&[purpose]).unwrap();
    IdentityTx::AddKey(tx::AddKey { key, purposes })
}

const ACT: Authority = Authority::Key(KeyPurpose::Act);

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
fn an_account_that_key_and_salt_do_not_derive_is_refused() {
    let mut ledger = ledger();
    let mut call = register(&ledger, key(50), 0);
    call.salt = Salt([9; 16]);

    let result = run(&mut ledger, account(HOSPITAL), IdentityTx::RegisterAccount(call));

    assert_eq!(code(result), "identity.account_mismatch");
}

#[test]
fn a_new_account_signed_by_another_key_is_refused() {
    let mut ledger = ledger();
    let call = register(&ledger, key(50), 0);
    let sender = call.account;

    let result = run_with(&mut ledger, sender, key(51), IdentityTx::RegisterAccount(call));

    assert_eq!(code(result), "identity.wrong_first_key");
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
fn a_key_acts_only_for_its_purposes() {
    let (mut ledger, person) = ledger_with_person(key(50));
    run(&mut ledger, person, add_key(key(51), KeyPurpose::Act)).unwrap();

    assert_eq!(may(&ledger, person, key(51), ACT), Ok(()));
    assert_eq!(
        may(&ledger, person, key(51), Authority::Key(KeyPurpose::Manage)),
        Err("identity.wrong_purpose")
    );
    assert_eq!(may(&ledger, person, key(52), ACT), Err("identity.unknown_key"));
    assert_eq!(may(&ledger, account(99), key(50), ACT), Err("identity.unknown_account"));
}

#[test]
fn a_person_has_nothing_to_vote_on() {
    let (ledger, person) = ledger_with_person(key(50));

    let result = may(&ledger, person, key(50), Authority::Key(KeyPurpose::Vote));

    assert_eq!(result, Err("identity.wrong_purpose"));
}

#[test]
fn a_cosigner_whose_key_may_not_act_is_refused() {
    let (ledger, person) = ledger_with_person(key(50));
    let sender = signed_by(account(HOSPITAL), key_of(account(HOSPITAL)));
    let right = signed_by(person, key(50));
    let wrong = signed_by(person, key(51));

    let with = |cosigner| authorise(&ledger.state, &sender, &[cosigner], ACT);

    assert_eq!(with(right), Ok(()));
    assert_eq!(with(wrong).unwrap_err().code, "identity.unknown_key");
}

#[test]
fn a_key_is_added_once_and_only_up_to_the_maximum() {
    let (mut ledger, person) = ledger_with_person(key(50));
    for n in 1..KEYS_MAX {
        let new = key(50 + u8::try_from(n).unwrap());
        run(&mut ledger, person, add_key(new, KeyPurpose::Act)).unwrap();
    }

    let again = run(&mut ledger, person, add_key(key(50), KeyPurpose::Act));
    let more = run(&mut ledger, person, add_key(key(99), KeyPurpose::Act));

    assert_eq!(code(again), "identity.key_exists");
    assert_eq!(code(more), "identity.too_many_keys");
}

#[test]
fn a_revoked_key_acts_no_longer() {
    let (mut ledger, person) = ledger_with_person(key(50));
    run(&mut ledger, person, add_key(key(51), KeyPurpose::Act)).unwrap();

    let events =
        run(&mut ledger, person, IdentityTx::RevokeKey(tx::RevokeKey { key: key(51) })).unwrap();

    assert_eq!(events, [IdentityEvent::KeyRevoked { account: person, key: key(51) }]);
    assert_eq!(may(&ledger, person, key(51), ACT), Err("identity.unknown_key"));
}

#[test]
fn the_last_key_that_manages_is_not_revoked() {
    let (mut ledger, person) = ledger_with_person(key(50));
    run(&mut ledger, person, add_key(key(51), KeyPurpose::Act)).unwrap();

    let last = run(&mut ledger, person, IdentityTx::RevokeKey(tx::RevokeKey { key: key(50) }));
    let none = run(&mut ledger, person, IdentityTx::RevokeKey(tx::RevokeKey { key: key(52) }));

    assert_eq!(code(last), "identity.last_manage_key");
    assert_eq!(code(none), "identity.unknown_key");
}

#[test]
fn a_rotated_key_gives_its_purposes_to_the_new_one() {
    let (mut ledger, person) = ledger_with_person(key(50));
    let rotate = |old, new| IdentityTx::RotateKey(tx::RotateKey { old, new });

    run(&mut ledger, person, rotate(key(50), key(51))).unwrap();

    assert_eq!(may(&ledger, person, key(50), ACT), Err("identity.unknown_key"));
    assert_eq!(may(&ledger, person, key(51), Authority::Key(KeyPurpose::Manage)), Ok(()));
    assert_eq!(code(run(&mut ledger, person, rotate(key(50), key(52)))), "identity.unknown_key");
    assert_eq!(code(run(&mut ledger, person, rotate(key(51), key(51)))), "identity.key_exists");
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
fn an_entry_is_set_changed_and_removed() {
    let (mut ledger, person) = ledger_with_person(key(50));
    let name = TextMax::new("did#service").unwrap();

    let events = run(&mut ledger, person, set_entry("did#service", b"one")).unwrap();
    assert_eq!(events, [IdentityEvent::EntrySet { account: person, name: name.clone() }]);
    run(&mut ledger, person, set_entry("did#service", b"two")).unwrap();

    let value = query::entry(&ledger.state, person, "did#service").unwrap();
    assert_eq!(&*value, b"two");
    assert_eq!(query::account(&ledger.state, person).unwrap().entry_count, 1);

    let remove = IdentityTx::RemoveEntry(tx::RemoveEntry { name });
    run(&mut ledger, person, remove.clone()).unwrap();
    assert_eq!(query::entry(&ledger.state, person, "did#service"), None);
    assert_eq!(query::account(&ledger.state, person).unwrap().entry_count, 0);
    assert_eq!(code(run(&mut ledger, person, remove)), "identity.unknown_entry");
}

#[test]
fn a_new_entry_writes_the_account_and_the_entry_only() {
    let (mut ledger, person) = ledger_with_person(key(50));
    let before = ledger.state.len();

    run(&mut ledger, person, set_entry("one", &[0; 300])).unwrap();

    assert_eq!(ledger.state.len(), before + 1);
}

#[test]
fn an_entry_without_name_or_with_a_space_in_it_is_refused() {
    let (mut ledger, person) = ledger_with_person(key(50));

    assert_eq!(code(run(&mut ledger, person, set_entry("", b""))), "identity.entry_name");
    assert_eq!(code(run(&mut ledger, person, set_entry("a b", b""))), "identity.entry_name");
    assert_eq!(code(run(&mut ledger, person, set_entry("é", b""))), "identity.entry_name");
}

#[test]
fn an_account_has_only_so_many_entries_but_may_change_them() {
    let (mut ledger, person) = ledger_with_person(key(50));
    ledger.block.parameters.entries_per_account_max = 1;
    run(&mut ledger, person, set_entry("one", b"1")).unwrap();

    let more = run(&mut ledger, person, set_entry("two", b"2"));

    assert_eq!(code(more), "identity.too_many_entries");
    run(&mut ledger, person, set_entry("one", b"3")).unwrap();
}

#[test]
fn a_sealing_key_has_the_length_of_x_wing() {
    let (mut ledger, person) = ledger_with_person(key(50));
    let set = |len| {
        let key = BytesMax::new(vec![7; len]).unwrap();
        IdentityTx::SetSealingKey(tx::SetSealingKey { key })
    };

    let short = run(&mut ledger, person, set(SEALING_KEY_BYTES - 1));
    run(&mut ledger, person, set(SEALING_KEY_BYTES)).unwrap();

    assert_eq!(code(short), "identity.sealing_key_length");
    assert_eq!(query::sealing_key(&ledger.state, person).unwrap().len(), SEALING_KEY_BYTES);
}

#[test]
fn purposes_that_are_none_or_unknown_do_not_decode() {
    assert!(salus_types::decode::<KeyPurposes>("purposes", &[0]).is_err());
    assert!(salus_types::decode::<KeyPurposes>("purposes", &[16]).is_err());
    assert!(serde_json::from_str::<KeyPurposes>("[]").is_err());
    assert_eq!(
        serde_json::from_str::<KeyPurposes>(r#"["act","vote"]"#).unwrap(),
        KeyPurposes::new(&[KeyPurpose::Vote, KeyPurpose::Act]).unwrap()
    );
}

/// Any call, by one of a few accounts, about a few keys and names.
fn any_call() -> impl Strategy<Value = IdentityTx> {
    let any_key = (50_u8..56).prop_map(key);
    let purposes = (1_u8..16).prop_map(|bits| salus_types::decode("purposes", &[bits]).unwrap());
    prop_oneof![
        (any_key.clone(), purposes)
            .prop_map(|(key, purposes)| IdentityTx::AddKey(tx::AddKey { key, purposes })),
        any_key.clone().prop_map(|key| IdentityTx::RevokeKey(tx::RevokeKey { key })),
        (any_key.clone(), any_key)
            .prop_map(|(old, new)| IdentityTx::RotateKey(tx::RotateKey { old, new })),
        Just(IdentityTx::SuspendAccount(tx::SuspendAccount {})),
        Just(IdentityTx::ResumeAccount(tx::ResumeAccount {})),
        "[a-c]".prop_map(|name| set_entry(&name, b"value")),
        "[a-c]".prop_map(|name| {
            IdentityTx::RemoveEntry(tx::RemoveEntry { name: TextMax::new(name).unwrap() })
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is sent, by a person and by an organisation, each account can be managed, counts are
    /// right, and a refused call has changed nothing (the test ledger checks that).
    #[test]
    fn invariants_hold_over_random_calls(
        calls in proptest::collection::vec((any::<bool>(), any_call()), 1..40)
    ) {
        let (mut ledger, person) = ledger_with_person(key(50));
        for (by_person, call) in calls {
            let sender = if by_person { person } else { account(HOSPITAL) };
            let signed = query::account(&ledger.state, sender).unwrap().keys[0].key;
            let authority = Identity::authority(&call, sender);
            if may(&ledger, sender, signed, authority).is_ok() {
                let _ = run_with(&mut ledger, sender, signed, call);
            }
            prop_assert_eq!(Identity::invariants(&ledger.state, &[person]), Ok(()));
        }
        let entries = ["a", "b", "c"]
            .iter()
            .filter(|name| query::entry(&ledger.state, person, name).is_some())
            .count();
        let count = query::account(&ledger.state, person).unwrap().entry_count;
        prop_assert_eq!(usize::try_from(count).unwrap(), entries);
    }
}

#[test]
fn an_account_that_was_expelled_is_not_active() {
    let mut ledger = ledger();
    ledger.with_block(|ctx| expel_organisation(ctx, account(PAYER))).unwrap();

    let found = query::account(&ledger.state, account(PAYER)).unwrap();

    assert_eq!(found.status, AccountStatus::Expelled);
    assert!(!query::is_active(&ledger.state, account(PAYER)));
}
