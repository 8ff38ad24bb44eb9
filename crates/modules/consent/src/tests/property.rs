//! Properties over random calls.

use super::{
    CLINIC, HOSPITAL, LABORATORY, access, anchor, arrangement, delegation, episode, grant, ledger,
    register, request, revoke, run,
};
use crate::{
    ArrangementKind, Basis, Consent, ConsentTx, DelegationKind, GrantedBy, Power, PurposeOfUse,
    ReleaseMode,
    tx::{
        AppointCustodians, AttestRelease, CloseEpisode, Delegate, EndDelegation, GrantAccess,
        OpenEpisode, RequestRelease, RetireArrangement, TransferEpisode,
    },
};
use proptest::prelude::*;
use salus_framework::{Module, testing::account};
use salus_types::{AccountId, AccountKind, BlockTime, Hash, VecMax};

const START: BlockTime = BlockTime::from_unix_ms(1_000_000);

fn any_grantor() -> impl Strategy<Value = GrantedBy> {
    prop_oneof![
        4 => Just(GrantedBy::Patient),
        1 => (0_u8..3).prop_map(|n| GrantedBy::Delegate(delegation(n))),
        2 => (0_u8..4).prop_map(|n| GrantedBy::Grantee(grant(n))),
    ]
}

fn any_mode() -> impl Strategy<Value = ReleaseMode> {
    prop::sample::select(vec![ReleaseMode::Wrapped, ReleaseMode::Custodial])
}

fn any_grant() -> impl Strategy<Value = ConsentTx> {
    let orgs = (1_u8..4, 1_u8..4);
    let tied = prop::option::weighted(0.2, (0_u8..3).prop_map(episode));
    (0_u8..6, any_grantor(), orgs, any_mode(), any::<bool>(), tied, 0_u64..60).prop_map(
        |(id, by, (grantee, custodian), mode, delegable, tied, ms)| {
            ConsentTx::GrantAccess(GrantAccess {
                grant: grant(id),
                by,
                grantee: account(grantee),
                custodian: account(custodian),
                scope_commitment: Hash::ZERO,
                purpose: PurposeOfUse::Treatment,
                mode,
                pseudonymised: false,
                delegable,
                consent_commitment: None,
                episode: tied,
                not_before: START,
                not_after: START.after_ms(ms),
            })
        },
    )
}

fn any_delegation() -> impl Strategy<Value = ConsentTx> {
    prop_oneof![
        2 => (0_u8..3, 1_u8..4, any::<bool>(), 0_u64..60).prop_map(|(id, delegate, all, ms)| {
            let powers = if all {
                vec![Power::Grant, Power::Revoke, Power::Appoint]
            } else {
                vec![Power::Grant]
            };
            ConsentTx::Delegate(Delegate {
                delegation: delegation(id),
                delegate: account(delegate),
                kind: DelegationKind::Proxy,
                powers: VecMax::new(powers).unwrap(),
                not_before: START,
                not_after: START.after_ms(ms),
            })
        }),
        1 => (0_u8..3)
            .prop_map(|n| ConsentTx::EndDelegation(EndDelegation { delegation: delegation(n) })),
    ]
}

fn any_episode() -> impl Strategy<Value = ConsentTx> {
    let on_behalf = || prop::option::weighted(0.2, (0_u8..3).prop_map(delegation));
    prop_oneof![
        2 => (0_u8..3, on_behalf(), 1_u8..4, any_mode(), 1_u64..60).prop_map(
            |(id, on_behalf, hospital, mode, ms)| ConsentTx::OpenEpisode(OpenEpisode {
                episode: episode(id),
                on_behalf,
                hospital: account(hospital),
                offer_commitment: Hash::ZERO,
                scope_commitment: Hash::ZERO,
                mode,
                not_after: START.after_ms(ms),
            })
        ),
        1 => (0_u8..3, on_behalf()).prop_map(|(id, on_behalf)| {
            ConsentTx::CloseEpisode(CloseEpisode { episode: episode(id), on_behalf })
        }),
        1 => (0_u8..3, 0_u8..3, 1_u8..4).prop_map(|(id, next, to)| {
            ConsentTx::TransferEpisode(TransferEpisode {
                episode: episode(id),
                on_behalf: None,
                next: episode(next),
                to: account(to),
                offer_commitment: Hash::ZERO,
            })
        }),
    ]
}

fn any_release(patients: [AccountId; 2]) -> impl Strategy<Value = ConsentTx> {
    let on_behalf = prop::option::weighted(0.2, (0_u8..3).prop_map(delegation));
    let basis = prop_oneof![
        (0_u8..6).prop_map(|n| Basis::Grant(grant(n))),
        (0_u8..3).prop_map(|n| Basis::Episode(episode(n))),
    ];
    let patient = prop::sample::select(patients.to_vec());
    prop_oneof![
        3 => (0_u8..4, on_behalf, 1_u8..4, 0_u32..4, 1_u8..3).prop_map(
            |(id, on_behalf, holder, epoch, threshold)| {
                let custodians = [CLINIC, LABORATORY].map(account).to_vec();
                ConsentTx::AppointCustodians(AppointCustodians {
                    arrangement: arrangement(id),
                    on_behalf,
                    holder: account(holder),
                    kind: ArrangementKind::Ordinary,
                    custodians: VecMax::new(custodians).unwrap(),
                    threshold,
                    commitments_root: Hash::ZERO,
                    epoch,
                })
            }
        ),
        1 => (0_u8..4).prop_map(|n| ConsentTx::RetireArrangement(RetireArrangement {
            arrangement: arrangement(n),
            on_behalf: None,
        })),
        6 => (0_u8..5, patient, 1_u8..4, basis, 1_u32..3).prop_map(
            |(id, patient, holder, basis, count)| ConsentTx::RequestRelease(RequestRelease {
                request: request(id),
                patient,
                holder: account(holder),
                basis,
                purpose: PurposeOfUse::Treatment,
                records_commitment: Hash::ZERO,
                session_key: Hash::ZERO,
                leaves_root: Hash::ZERO,
                count,
            })
        ),
        2 => (0_u8..5).prop_map(|n| ConsentTx::AttestRelease(AttestRelease {
            request: request(n),
            share_digest: Hash::ZERO,
        })),
    ]
}

/// Any call about a few records, grants, numbers and so on.
fn any_call(patients: [AccountId; 2]) -> impl Strategy<Value = ConsentTx> {
    let patient = prop::sample::select(patients.to_vec());
    prop_oneof![
        2 => (patient.clone(), 0_u8..4, 1_u32..4)
            .prop_map(|(patient, record, version)| anchor(patient, record, version)),
        3 => any_grant(),
        1 => (0_u8..6).prop_map(revoke),
        2 => (patient, prop::option::of(0_u8..6), 1_u64..8, 0_u32..3)
            .prop_map(|(patient, id, first, count)| access(patient, id.map(grant), first, count)),
        1 => any_delegation(),
        2 => any_episode(),
        4 => any_release(patients),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whoever sends whatever, lists are complete, versions follow one another, accesses have no gap,
    /// nothing that was passed on is wider than what was held, one arrangement is in force for each
    /// purpose, and a refused call has changed nothing (the test ledger checks that).
    #[test]
    fn invariants_hold_over_random_calls(picks in {
        let (mut ledger, patient) = ledger();
        let other = register(&mut ledger, AccountKind::Person, 51);
        prop::collection::vec((0_usize..5, any_call([patient, other])), 1..80)
    }) {
        let (mut ledger, patient) = ledger();
        let other = register(&mut ledger, AccountKind::Person, 51);
        let organisations = [HOSPITAL, CLINIC, LABORATORY].map(account);
        let senders =
            [patient, other, organisations[0], organisations[1], organisations[2]];
        for (sender, call) in picks {
            let _ = run(&mut ledger, senders[sender], call);
            ledger.block.time = ledger.block.time.after_ms(1);
            prop_assert_eq!(Consent::invariants(&ledger.state, &[patient, other]), Ok(()));
        }
    }
}
