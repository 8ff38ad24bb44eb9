//! Properties over random calls.

use super::{
    CLINIC, HOSPITAL, LABORATORY, access, accredit, anchor, arrangement, delegation,
    documents::document, emergency, episode, erasures::erasure, grant, ledger, record, register,
    request, revoke, run_cosigned,
};
use crate::{
    ArrangementKind, Basis, Consent, ConsentTx, DelegationKind, EmergencyReason, ErasureBasis,
    ErasureScope, GrantedBy, KeyHolder, Power, PurposeOfUse, ReleaseMode, RetentionReason,
    ReviewOutcome,
    tx::{
        AppointCustodians, AttestErasure, AttestRelease, CloseEmergency, CloseEpisode,
        CosignEmergency, Delegate, EndDelegation, GrantAccess, NotariseDocument, OpenEmergency,
        OpenEpisode, RefuseErasure, RequestErasure, RequestRelease, RetireArrangement,
        ReviewEmergency, SetEmergencyRules, SignDocument, TransferEpisode,
    },
};
use proptest::prelude::*;
use salus_framework::{
    Module,
    testing::{TestLedger, account},
};
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

fn any_emergency(people: [AccountId; 3]) -> impl Strategy<Value = ConsentTx> {
    let person = || prop::sample::select(people.to_vec());
    let id = || (0_u8..6).prop_map(emergency);
    let outcome = prop::sample::select(vec![ReviewOutcome::Justified, ReviewOutcome::Unjustified]);
    prop_oneof![
        2 => (prop::bool::weighted(0.8), person(), any::<bool>()).prop_map(
            |(override_allowed, reviewer, two_person)| {
                ConsentTx::SetEmergencyRules(SetEmergencyRules {
                    on_behalf: None,
                    override_allowed,
                    reviewer,
                    scope_commitment: Hash::ZERO,
                    two_person,
                })
            }
        ),
        4 => (id(), person(), person(), any::<bool>()).prop_map(
            |(emergency, patient, person, marked)| ConsentTx::OpenEmergency(OpenEmergency {
                emergency,
                patient,
                person,
                reason: EmergencyReason::Urgent,
                incident_commitment: Hash::ZERO,
                marked,
            })
        ),
        2 => (id(), person()).prop_map(|(emergency, person)| {
            ConsentTx::CosignEmergency(CosignEmergency { emergency, person })
        }),
        1 => id().prop_map(|emergency| {
            ConsentTx::CloseEmergency(CloseEmergency { emergency, on_behalf: None })
        }),
        3 => (id(), outcome).prop_map(|(emergency, outcome)| {
            ConsentTx::ReviewEmergency(ReviewEmergency {
                emergency,
                outcome,
                finding_commitment: Hash::ZERO,
            })
        }),
    ]
}

fn any_document() -> impl Strategy<Value = ConsentTx> {
    let id = || (0_u8..4).prop_map(document);
    prop_oneof![
        3 => (id(), 1_u32..4, 0_u8..4, prop::option::weighted(0.3, id())).prop_map(
            |(document, version, bytes, supersedes)| {
                ConsentTx::NotariseDocument(NotariseDocument {
                    document,
                    version,
                    commitment: Hash([bytes; 32]),
                    kind_commitment: Hash::ZERO,
                    supersedes,
                })
            }
        ),
        2 => (id(), 1_u32..4).prop_map(|(document, version)| {
            ConsentTx::SignDocument(SignDocument { document, version, role_commitment: Hash::ZERO })
        }),
    ]
}

fn any_erasure(patients: [AccountId; 2]) -> impl Strategy<Value = ConsentTx> {
    let id = || (0_u8..4).prop_map(erasure);
    let role = prop_oneof![
        3 => Just(KeyHolder::Holder),
        1 => (0_u8..4).prop_map(|n| KeyHolder::Custodian(arrangement(n))),
        1 => (0_u8..6).prop_map(|n| KeyHolder::Grantee(grant(n))),
    ];
    let patient = prop::sample::select(patients.to_vec());
    let basis = prop::sample::select(vec![ErasureBasis::Objection, ErasureBasis::RetentionEnded]);
    prop_oneof![
        3 => (id(), patient, 1_u8..4, any::<bool>(), basis).prop_map(
            |(erasure, patient, holder, all, basis)| {
                let scope =
                    if all { ErasureScope::All } else { ErasureScope::Records(Hash::ZERO) };
                let holder = account(holder);
                ConsentTx::RequestErasure(RequestErasure {
                    erasure,
                    on_behalf: None,
                    patient,
                    holder,
                    scope,
                    basis,
                })
            }
        ),
        2 => (id(), role, prop::option::of(0_u8..4)).prop_map(|(erasure, role, named)| {
            ConsentTx::AttestErasure(AttestErasure {
                erasure,
                role,
                report_digest: Hash::ZERO,
                records: VecMax::new(named.map(record).into_iter().collect()).unwrap(),
            })
        }),
        1 => id().prop_map(|erasure| {
            let reason = RetentionReason::Archiving;
            ConsentTx::RefuseErasure(RefuseErasure { erasure, reason })
        }),
    ]
}

/// Any call about a few records, grants, numbers and so on.
fn any_call(patients: [AccountId; 2], third: AccountId) -> impl Strategy<Value = ConsentTx> {
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
        4 => any_emergency([patients[0], patients[1], third]),
        2 => any_document(),
        1 => any_erasure(patients),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whoever sends whatever, lists are complete, versions follow one another, accesses have no gap,
    /// nothing that was passed on is wider than what was held, one arrangement is in force for each
    /// purpose, emergencies are reviewed by who did not ask for them and counted right, what is erased has a
    /// tombstone, and a refused call has changed nothing (the test ledger checks that).
    #[test]
    fn invariants_hold_over_random_calls(picks in {
        let (_, people) = people();
        let calls = any_call([people[0], people[1]], people[2]);
        prop::collection::vec((0_usize..6, calls), 1..90)
    }) {
        let (mut ledger, people) = people();
        let organisations = [HOSPITAL, CLINIC, LABORATORY].map(account);
        let accounts: Vec<_> = people.iter().chain(&organisations).copied().collect();
        let cosigners: Vec<_> = people.iter().copied().zip(50..).collect();
        for (sender, call) in picks {
            // The people of this scene sign whatever is asked of them.
            let _ = run_cosigned(&mut ledger, accounts[sender], &cosigners, call);
            ledger.block.time = ledger.block.time.after_ms(1);
            prop_assert_eq!(Consent::invariants(&ledger.state, &accounts), Ok(()));
        }
    }
}

/// A ledger on which the hospital is an emergency service, with three people.
fn people() -> (TestLedger, [AccountId; 3]) {
    let (mut ledger, patient) = ledger();
    let mut register = |n| register(&mut ledger, AccountKind::Person, n);
    let (second, third) = (register(51), register(52));
    accredit(&mut ledger, 1_000_000);
    (ledger, [patient, second, third])
}
