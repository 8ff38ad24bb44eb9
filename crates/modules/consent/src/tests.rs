//! Stories and properties of consent.

#![expect(clippy::arithmetic_side_effects, reason = "a test may stop on an overflow")]
#![expect(clippy::needless_pass_by_value, reason = "a call that is made in place reads better")]

use crate::{
    Consent, ConsentError, ConsentEvent, ConsentTx, GrantId, GrantStatus, PurposeOfUse, RecordId,
    access::BATCH_MAX,
    query,
    samples::leaf,
    tx::{AccountAccess, AnchorRecord, GRANT_AHEAD_MS_MAX, GrantAccess, RevokeGrant},
};
use proptest::prelude::*;
use salus_crypto::merkle;
use salus_framework::{
    Module, ModuleError, ModuleEvent,
    testing::{TestLedger, account, key, network},
};
use salus_identity::{Identity, IdentityTx, tx::RegisterAccount};
use salus_types::{AccountId, AccountKind, BlockTime, Hash, Salt};

const HOSPITAL: u8 = 1;
const CLINIC: u8 = 2;

/// A ledger with two organisations and a patient whom the hospital assists.
fn ledger() -> (TestLedger, AccountId) {
    let network = network(&[HOSPITAL, CLINIC]);
    let mut ledger = TestLedger::new(&network);
    ledger.genesis::<Identity>(&network).unwrap();
    ledger.genesis::<Consent>(&network).unwrap();
    let patient = register(&mut ledger, AccountKind::Person, 50);
    (ledger, patient)
}

fn register(ledger: &mut TestLedger, kind: AccountKind, n: u8) -> AccountId {
    let salt = Salt([0; 16]);
    let new = AccountId::derive(ledger.block.network, &key(n), salt);
    let call = RegisterAccount { account: new, kind, key: key(n), salt };
    ledger.run::<Identity>(account(HOSPITAL), &IdentityTx::RegisterAccount(call)).unwrap();
    new
}

fn run(
    ledger: &mut TestLedger,
    sender: AccountId,
    call: ConsentTx,
) -> Result<Vec<ConsentEvent>, ConsentError> {
    let events = ledger.run::<Consent>(sender, &call)?;
    Ok(events.iter().map(|event| ConsentEvent::from_event(event).unwrap()).collect())
}

fn code<T: std::fmt::Debug>(result: Result<T, ConsentError>) -> &'static str {
    result.unwrap_err().code()
}

fn record(n: u8) -> RecordId {
    RecordId::new([n; 32])
}

fn grant(n: u8) -> GrantId {
    GrantId::new([n; 32])
}

fn anchor(patient: AccountId, n: u8, version: u32) -> ConsentTx {
    let commitment = u8::try_from(version).unwrap();
    ConsentTx::AnchorRecord(AnchorRecord {
        record: record(n),
        patient,
        version,
        plain_commitment: Hash([commitment; 32]),
        cipher_hash: Hash([commitment; 32]),
        category_commitment: Hash([commitment; 32]),
    })
}

/// A grant to the clinic at the hospital, valid for one second from now on.
fn grant_call(ledger: &TestLedger, n: u8) -> GrantAccess {
    GrantAccess {
        grant: grant(n),
        grantee: account(CLINIC),
        custodian: account(HOSPITAL),
        scope_commitment: Hash([7; 32]),
        purpose: PurposeOfUse::Treatment,
        not_before: ledger.block.time,
        not_after: ledger.block.time.after_ms(1000),
    }
}

fn give(ledger: &mut TestLedger, patient: AccountId, n: u8) {
    let call = grant_call(ledger, n);
    run(ledger, patient, ConsentTx::GrantAccess(call)).unwrap();
}

fn revoke(n: u8) -> ConsentTx {
    ConsentTx::RevokeGrant(RevokeGrant { grant: grant(n) })
}

fn access(
    patient: AccountId,
    grant: Option<GrantId>,
    first_sequence: u64,
    count: u32,
) -> ConsentTx {
    let leaves_root = Hash([8; 32]);
    ConsentTx::AccountAccess(AccountAccess { patient, grant, first_sequence, leaves_root, count })
}

#[test]
fn a_record_is_anchored_in_versions_and_every_version_is_found() {
    let (mut ledger, patient) = ledger();
    let hospital = account(HOSPITAL);

    let events = run(&mut ledger, hospital, anchor(patient, 1, 1)).unwrap();
    ledger.block.time = ledger.block.time.after_ms(5);
    run(&mut ledger, hospital, anchor(patient, 1, 2)).unwrap();

    assert_eq!(
        events,
        [ConsentEvent::RecordAnchored {
            record: record(1),
            patient,
            custodian: hospital,
            version: 1
        }]
    );
    let view = query::record(&ledger.state, record(1)).unwrap();
    assert_eq!(view.stored.latest.version, 2);
    assert_eq!(view.stored.latest.anchored_at, ledger.block.time);
    let first = query::record_version(&ledger.state, record(1), 1).unwrap();
    let second = query::record_version(&ledger.state, record(1), 2).unwrap();
    assert_eq!(first.plain_commitment, Hash([1; 32]));
    assert_eq!(second.plain_commitment, Hash([2; 32]));
    assert_eq!(query::record_version(&ledger.state, record(1), 3), None);
    assert_eq!(query::records_of(&ledger.state, patient, hospital, 0, 10).total, 1);
}

#[test]
fn a_version_that_is_not_the_next_is_refused_with_the_expected_one() {
    let (mut ledger, patient) = ledger();
    let hospital = account(HOSPITAL);
    run(&mut ledger, hospital, anchor(patient, 1, 1)).unwrap();

    let again = run(&mut ledger, hospital, anchor(patient, 1, 1));
    let gap = run(&mut ledger, hospital, anchor(patient, 2, 2));

    assert_eq!(again, Err(ConsentError::WrongVersion { expected: 2, found: 1 }));
    assert_eq!(gap, Err(ConsentError::WrongVersion { expected: 1, found: 2 }));
}

#[test]
fn only_the_custodian_anchors_further_versions_and_for_the_same_patient() {
    let (mut ledger, patient) = ledger();
    let other = register(&mut ledger, AccountKind::Person, 51);
    run(&mut ledger, account(HOSPITAL), anchor(patient, 1, 1)).unwrap();

    let stranger = run(&mut ledger, account(CLINIC), anchor(patient, 1, 2));
    let moved = run(&mut ledger, account(HOSPITAL), anchor(other, 1, 2));

    assert_eq!(code(stranger), "consent.not_custodian");
    assert_eq!(code(moved), "consent.wrong_patient");
}

#[test]
fn a_person_anchors_nothing_and_nothing_is_anchored_for_a_device() {
    let (mut ledger, patient) = ledger();
    let device = register(&mut ledger, AccountKind::Device, 51);

    let by_person = run(&mut ledger, patient, anchor(patient, 1, 1));
    let for_device = run(&mut ledger, account(HOSPITAL), anchor(device, 1, 1));
    let for_nobody = run(&mut ledger, account(HOSPITAL), anchor(account(99), 1, 1));

    assert_eq!(code(by_person), "consent.not_an_organisation");
    assert_eq!(code(for_device), "consent.unknown_patient");
    assert_eq!(code(for_nobody), "consent.unknown_patient");
}

#[test]
fn a_grant_is_active_within_its_period_only() {
    let (mut ledger, patient) = ledger();
    let start = ledger.block.time;
    let mut call = grant_call(&ledger, 1);
    call.not_before = start.after_ms(10);
    call.not_after = start.after_ms(20);

    run(&mut ledger, patient, ConsentTx::GrantAccess(call)).unwrap();

    let at = |ms| query::grant_status(&ledger.state, grant(1), start.after_ms(ms));
    assert_eq!(at(9), GrantStatus::NotYetValid);
    assert_eq!(at(10), GrantStatus::Active);
    assert_eq!(at(19), GrantStatus::Active);
    assert_eq!(at(20), GrantStatus::Expired);
    assert_eq!(query::grant_status(&ledger.state, grant(2), start), GrantStatus::Unknown);
}

#[test]
fn a_revoked_grant_stays_revoked() {
    let (mut ledger, patient) = ledger();
    give(&mut ledger, patient, 1);

    let events = run(&mut ledger, patient, revoke(1)).unwrap();

    assert_eq!(
        events,
        [ConsentEvent::GrantRevoked {
            grant: grant(1),
            patient,
            grantee: account(CLINIC),
            custodian: account(HOSPITAL)
        }]
    );
    let status = query::grant_status(&ledger.state, grant(1), ledger.block.time);
    assert_eq!(status, GrantStatus::Revoked);
    assert_eq!(code(run(&mut ledger, patient, revoke(1))), "consent.already_revoked");
}

#[test]
fn only_who_granted_revokes() {
    let (mut ledger, patient) = ledger();
    let other = register(&mut ledger, AccountKind::Person, 51);
    give(&mut ledger, patient, 1);

    assert_eq!(code(run(&mut ledger, other, revoke(1))), "consent.not_grantor");
    assert_eq!(code(run(&mut ledger, account(CLINIC), revoke(1))), "consent.not_grantor");
    assert_eq!(code(run(&mut ledger, patient, revoke(2))), "consent.unknown_grant");
}

#[test]
fn an_organisation_grants_nothing() {
    let (mut ledger, _) = ledger();
    let call = ConsentTx::GrantAccess(grant_call(&ledger, 1));

    assert_eq!(code(run(&mut ledger, account(HOSPITAL), call)), "consent.not_a_patient");
}

#[test]
fn a_grant_id_is_used_once() {
    let (mut ledger, patient) = ledger();
    let other = register(&mut ledger, AccountKind::Person, 51);
    give(&mut ledger, patient, 1);
    let call = ConsentTx::GrantAccess(grant_call(&ledger, 1));

    assert_eq!(code(run(&mut ledger, other, call)), "consent.grant_exists");
}

#[test]
fn a_period_that_is_empty_over_or_too_far_ahead_is_refused() {
    let (mut ledger, patient) = ledger();
    let now = ledger.block.time;
    let mut with = |not_before: BlockTime, not_after: BlockTime| {
        let call = GrantAccess { not_before, not_after, ..grant_call(&ledger, 1) };
        run(&mut ledger, patient, ConsentTx::GrantAccess(call)).map_err(|error| error.code())
    };

    let wrong = Err("consent.wrong_period");
    assert_eq!(with(now.after_ms(5), now.after_ms(5)), wrong);
    assert_eq!(with(BlockTime::from_unix_ms(0), now), wrong);
    assert_eq!(with(now, now.after_ms(GRANT_AHEAD_MS_MAX + 1)), wrong);
    assert!(with(now, now.after_ms(GRANT_AHEAD_MS_MAX)).is_ok());
}

#[test]
fn grantee_and_custodian_are_two_active_organisations() {
    let (mut ledger, patient) = ledger();
    let mut with = |grantee, custodian| {
        let call = GrantAccess { grantee, custodian, ..grant_call(&ledger, 1) };
        code(run(&mut ledger, patient, ConsentTx::GrantAccess(call)))
    };

    assert_eq!(with(account(CLINIC), account(CLINIC)), "consent.same_organisation");
    assert_eq!(with(account(99), account(HOSPITAL)), "consent.inactive_grantee");
    assert_eq!(with(account(CLINIC), account(99)), "consent.inactive_custodian");
}

#[test]
fn grants_are_listed_in_pages() {
    let (mut ledger, patient) = ledger();
    for n in 0..5 {
        give(&mut ledger, patient, n);
    }

    let page = query::grants_of(&ledger.state, patient, 3, 10);

    assert_eq!((page.total, page.from), (5, 3));
    let ids: Vec<_> = page.items.iter().map(|view| view.grant).collect();
    assert_eq!(ids, [grant(3), grant(4)]);
    assert_eq!(query::grants_of(&ledger.state, patient, u64::MAX, u32::MAX).items, []);
}

#[test]
fn accesses_are_numbered_without_a_gap_for_each_custodian() {
    let (mut ledger, patient) = ledger();
    let (hospital, clinic) = (account(HOSPITAL), account(CLINIC));
    run(&mut ledger, hospital, anchor(patient, 1, 1)).unwrap();
    run(&mut ledger, clinic, anchor(patient, 2, 1)).unwrap();

    run(&mut ledger, hospital, access(patient, None, 1, 3)).unwrap();
    run(&mut ledger, clinic, access(patient, None, 1, 1)).unwrap();
    let gap = run(&mut ledger, hospital, access(patient, None, 5, 1));
    let again = run(&mut ledger, hospital, access(patient, None, 3, 1));
    let events = run(&mut ledger, hospital, access(patient, None, 4, 1)).unwrap();

    assert_eq!(gap, Err(ConsentError::WrongSequence { expected: 4, found: 5 }));
    assert_eq!(again, Err(ConsentError::WrongSequence { expected: 4, found: 3 }));
    assert_eq!(
        events,
        [ConsentEvent::AccessAccounted {
            patient,
            custodian: hospital,
            grant: None,
            first_sequence: 4,
            count: 1
        }]
    );
    assert_eq!(query::next_sequence(&ledger.state, patient, hospital), 5);
    assert_eq!(query::next_sequence(&ledger.state, patient, clinic), 2);
}

#[test]
fn the_batch_of_an_access_is_found_by_its_number() {
    let (mut ledger, patient) = ledger();
    let hospital = account(HOSPITAL);
    run(&mut ledger, hospital, anchor(patient, 1, 1)).unwrap();
    let mut next = 1;
    for count in [1, 5, 2, 1024, 1] {
        run(&mut ledger, hospital, access(patient, None, next, count)).unwrap();
        next += u64::from(count);
    }

    let batch = |sequence| {
        query::access_with(&ledger.state, patient, hospital, sequence).map(|view| view.batch)
    };

    assert_eq!(batch(0), None);
    assert_eq!(batch(1), Some(0));
    assert_eq!(batch(2), Some(1));
    assert_eq!(batch(6), Some(1));
    assert_eq!(batch(7), Some(2));
    assert_eq!(batch(1032), Some(3));
    assert_eq!(batch(1033), Some(4));
    assert_eq!(batch(1034), None);
}

#[test]
fn accesses_at_all_custodians_are_listed_one_custodian_after_the_other() {
    let (mut ledger, patient) = ledger();
    let (hospital, clinic) = (account(HOSPITAL), account(CLINIC));
    run(&mut ledger, hospital, anchor(patient, 1, 1)).unwrap();
    run(&mut ledger, clinic, anchor(patient, 2, 1)).unwrap();
    for sequence in 1..=3 {
        run(&mut ledger, hospital, access(patient, None, sequence, 1)).unwrap();
        run(&mut ledger, clinic, access(patient, None, sequence, 1)).unwrap();
    }

    let page = query::accesses_of_patient(&ledger.state, patient, 2, 3);

    assert_eq!(page.total, 6);
    let found: Vec<_> = page.items.iter().map(|view| (view.custodian, view.batch)).collect();
    assert_eq!(found, [(hospital, 2), (clinic, 0), (clinic, 1)]);
    assert_eq!(query::custodians_of(&ledger.state, patient, 0, 10).total, 2);
}

#[test]
fn an_access_under_a_grant_needs_it_to_be_active_and_of_both() {
    let (mut ledger, patient) = ledger();
    let other = register(&mut ledger, AccountKind::Person, 51);
    let hospital = account(HOSPITAL);
    for (n, whose) in [(1, patient), (2, other)] {
        run(&mut ledger, hospital, anchor(whose, n, 1)).unwrap();
        give(&mut ledger, whose, n);
    }
    run(&mut ledger, account(CLINIC), anchor(patient, 3, 1)).unwrap();

    run(&mut ledger, hospital, access(patient, Some(grant(1)), 1, 1)).unwrap();
    let of_other = run(&mut ledger, hospital, access(patient, Some(grant(2)), 2, 1));
    let at_other = run(&mut ledger, account(CLINIC), access(patient, Some(grant(1)), 1, 1));
    let unknown = run(&mut ledger, hospital, access(patient, Some(grant(9)), 2, 1));
    run(&mut ledger, patient, revoke(1)).unwrap();
    let revoked = run(&mut ledger, hospital, access(patient, Some(grant(1)), 2, 1));

    assert_eq!(code(of_other), "consent.wrong_grant");
    assert_eq!(code(at_other), "consent.wrong_grant");
    assert_eq!(code(unknown), "consent.unknown_grant");
    assert_eq!(code(revoked), "consent.grant_not_active");
    run(&mut ledger, hospital, access(patient, None, 2, 1)).unwrap();
}

#[test]
fn an_access_after_the_period_is_refused() {
    let (mut ledger, patient) = ledger();
    run(&mut ledger, account(HOSPITAL), anchor(patient, 1, 1)).unwrap();
    give(&mut ledger, patient, 1);
    ledger.block.time = ledger.block.time.after_ms(1000);

    let result = run(&mut ledger, account(HOSPITAL), access(patient, Some(grant(1)), 1, 1));

    let status = GrantStatus::Expired;
    assert_eq!(result, Err(ConsentError::GrantNotActive { grant: grant(1), status }));
}

#[test]
fn a_batch_has_at_least_one_access_and_not_too_many() {
    let (mut ledger, patient) = ledger();
    let hospital = account(HOSPITAL);
    run(&mut ledger, hospital, anchor(patient, 1, 1)).unwrap();

    let none = run(&mut ledger, hospital, access(patient, None, 1, 0));
    let many = run(&mut ledger, hospital, access(patient, None, 1, BATCH_MAX + 1));

    assert_eq!(code(none), "consent.wrong_count");
    assert_eq!(code(many), "consent.wrong_count");
}

#[test]
fn who_keeps_no_record_accounts_for_no_access() {
    let (mut ledger, patient) = ledger();

    let result = run(&mut ledger, account(CLINIC), access(patient, None, 1, 1));

    assert_eq!(code(result), "consent.no_relation");
}

#[test]
fn a_leaf_is_proved_under_the_root_of_its_batch() {
    let leaves: Vec<_> =
        (1..=5).map(|sequence| crate::AccessLeaf { sequence, ..leaf() }.hash()).collect();

    let proof = merkle::prove(&leaves, 3).unwrap();

    assert!(proof.verify(&merkle::root(&leaves), &leaves[3]));
    assert!(!proof.verify(&merkle::root(&leaves), &leaves[2]));
}

#[test]
fn a_leaf_with_another_salt_has_another_hash() {
    let other = crate::AccessLeaf { salt: Hash([99; 32]), ..leaf() };

    assert_ne!(leaf().hash(), other.hash());
}

#[test]
fn purposes_are_read_by_their_codes() {
    for purpose in PurposeOfUse::ALL {
        assert_eq!(purpose.code().parse(), Ok(*purpose));
        let json = serde_json::to_string(purpose).unwrap();
        assert_eq!(json, format!("\"{}\"", purpose.code()));
    }
    assert!("GOSSIP".parse::<PurposeOfUse>().is_err());
}

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
