//! Properties over random calls.

use super::{HOSPITAL, ledger_with_person, may, run_with, set_entry};
use crate::{Identity, IdentityTx, query, tx};
use proptest::prelude::*;
use salus_framework::{
    Module,
    testing::{account, key},
};
use salus_types::TextMax;

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
