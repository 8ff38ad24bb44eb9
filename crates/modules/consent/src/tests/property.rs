//! Properties over random calls.

use super::{CLINIC, HOSPITAL, access, anchor, grant, ledger, register, revoke, run};
use crate::{Consent, ConsentTx, PurposeOfUse, tx::GrantAccess};
use proptest::prelude::*;
use salus_framework::{Module, testing::account};
use salus_types::{AccountId, AccountKind, BlockTime, Hash};

/// Any call about a few records, grants and numbers.
fn any_call(patients: [AccountId; 2]) -> impl Strategy<Value = ConsentTx> {
    let patient = prop::sample::select(patients.to_vec());
    let start = BlockTime::from_unix_ms(1_000_000);
    prop_oneof![
        (patient.clone(), 0_u8..4, 1_u32..4)
            .prop_map(|(patient, record, version)| anchor(patient, record, version)),
        (0_u8..4, 1_u8..3, 0_u64..40).prop_map(move |(id, grantee, ms)| {
            ConsentTx::GrantAccess(GrantAccess {
                grant: grant(id),
                grantee: account(grantee),
                custodian: account(3 - grantee),
                scope_commitment: Hash::ZERO,
                purpose: PurposeOfUse::Treatment,
                not_before: start,
                not_after: start.after_ms(ms),
            })
        }),
        (0_u8..4).prop_map(revoke),
        (patient, prop::option::of(0_u8..4), 1_u64..8, 0_u32..3)
            .prop_map(|(patient, id, first, count)| access(patient, id.map(grant), first, count)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whoever sends whatever, lists are complete, versions follow one another, accesses have no gap,
    /// and a refused call has changed nothing (the test ledger checks that).
    #[test]
    fn invariants_hold_over_random_calls(picks in {
        let (mut ledger, patient) = ledger();
        let other = register(&mut ledger, AccountKind::Person, 51);
        prop::collection::vec((0_usize..4, any_call([patient, other])), 1..60)
    }) {
        let (mut ledger, patient) = ledger();
        let other = register(&mut ledger, AccountKind::Person, 51);
        let senders = [patient, other, account(HOSPITAL), account(CLINIC)];
        for (sender, call) in picks {
            let _ = run(&mut ledger, senders[sender], call);
            ledger.block.time = ledger.block.time.after_ms(1);
            prop_assert_eq!(Consent::invariants(&ledger.state, &[patient, other]), Ok(()));
        }
    }
}
