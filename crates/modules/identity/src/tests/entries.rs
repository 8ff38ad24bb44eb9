//! Public entries.

use super::{code, ledger_with_person, run, set_entry};
use crate::{IdentityEvent, IdentityTx, query, tx};
use salus_framework::testing::key;
use salus_types::TextMax;

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
