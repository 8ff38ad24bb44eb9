//! One record of each kind, and every key.

use super::{
    ARRANGEMENT, DELEGATION, DOCUMENT, EMERGENCY, EPISODE, ERASURE, GRANT, RECORD, REQUEST,
    custodians, hash, leaf, powers, time,
};
use crate::{
    AccessKind, AccessLeaf, ArrangementKind, Basis, DelegationKind, EmergencyReason, ErasureBasis,
    ErasureScope, GrantedBy, KeyHolder, PurposeOfUse, ReleaseMode, RetentionReason, ReviewOutcome,
    state::{
        self, AccessBatch, Arrangement, Attestation, Delegation, Document, DocumentSignature,
        DocumentVersion, Emergency, EmergencyRules, Episode, Erasure, ErasureAttestation,
        ErasureRefusal, Grant, LatestArrangement, List, Notarised, Record, RecordVersion, Relation,
        Release, ReleaseSeries, Review, ReviewCounts,
    },
};
use salus_framework::testing::{account, hex};
use salus_types::{Height, TextMax, VecMax};

type Lines = Vec<(&'static str, String)>;

pub(super) fn records() -> Lines {
    [
        records_and_grants(),
        delegations_and_episodes(),
        releases(),
        emergencies(),
        documents_and_erasures(),
    ]
    .concat()
}

fn path(path: &salus_state::KeyPath) -> String {
    hex(&path.as_bytes().to_vec())
}

/// Records, grants and accesses.
fn records_and_grants() -> Lines {
    let latest = RecordVersion {
        version: 1,
        plain_commitment: hash(4),
        cipher_hash: hash(5),
        category_commitment: hash(6),
        anchored_at: time(3),
    };
    let record =
        Record { patient: account(3), custodian: account(8), number: 4, latest, erased_at: None };
    let grant = Grant {
        patient: account(3),
        by: GrantedBy::Grantee(GRANT),
        grantee: account(7),
        custodian: account(8),
        scope_commitment: hash(9),
        purpose: PurposeOfUse::Payment,
        mode: ReleaseMode::Wrapped,
        pseudonymised: false,
        delegable: true,
        consent_commitment: None,
        episode: None,
        not_before: time(1),
        not_after: time(2),
        number: 5,
        granted_at: time(1),
        revoked_at: Some(time(2)),
    };
    let batch = AccessBatch {
        basis: None,
        first_sequence: 1,
        count: 2,
        leaves_root: hash(10),
        accounted_at: time(3),
    };
    let refused = AccessLeaf {
        kind: AccessKind::RefusedRead { code: TextMax::new("vault.no_grant").unwrap() },
        ..leaf()
    };
    let custodial = AccessLeaf { kind: AccessKind::CustodialRead { request: REQUEST }, ..leaf() };
    vec![
        ("Record", hex(&record)),
        ("RecordVersion", hex(&latest)),
        ("Grant", hex(&grant)),
        (
            "Relation",
            hex(&Relation { number: 0, records: 1, batches: 2, next_sequence: 3, erased_at: None }),
        ),
        ("AccessBatch", hex(&batch)),
        ("AccessLeaf", hex(&leaf())),
        ("AccessLeaf refused", hex(&refused)),
        ("AccessLeaf hash", hex(&leaf().hash())),
        ("AccessLeaf custodial", hex(&custodial)),
        ("record_path", path(&state::record_path(RECORD))),
        ("record_version_path", path(&state::record_version_path(RECORD, 1))),
        ("relation_path", path(&state::relation_path(account(3), account(8)))),
        ("record_at_path", path(&state::record_at_path(account(3), account(8), 1))),
        ("access_path", path(&state::access_path(account(3), account(8), 1))),
        ("custodian_count_path", path(&state::custodian_count_path(account(3)))),
        ("custodian_at_path", path(&state::custodian_at_path(account(3), 1))),
        ("grant_path", path(&state::grant_path(GRANT))),
        ("grant_count_path", path(&state::grant_count_path(account(3)))),
        ("grant_at_path", path(&state::grant_at_path(account(3), 1))),
    ]
}

/// Delegations and episodes.
fn delegations_and_episodes() -> Lines {
    let delegation = Delegation {
        patient: account(3),
        delegate: account(15),
        kind: DelegationKind::Assistant,
        powers: powers(),
        not_before: time(1),
        not_after: time(2),
        number: 0,
        delegated_at: time(1),
        ended_at: None,
    };
    let episode = Episode {
        patient: account(3),
        hospital: account(7),
        offer_commitment: hash(16),
        scope_commitment: hash(9),
        mode: ReleaseMode::Wrapped,
        opened_at: time(1),
        not_after: time(2),
        closed_at: Some(time(2)),
        continued_as: Some(EPISODE),
        number: 0,
    };
    vec![
        ("Delegation", hex(&delegation)),
        ("Episode", hex(&episode)),
        ("delegation_path", path(&state::delegation_path(DELEGATION))),
        ("delegation_count_path", path(&List::Delegations.count_path(account(3)))),
        ("delegation_at_path", path(&List::Delegations.at_path(account(3), 1))),
        ("episode_path", path(&state::episode_path(EPISODE))),
        ("episode_count_path", path(&List::Episodes.count_path(account(3)))),
        ("episode_at_path", path(&List::Episodes.at_path(account(3), 1))),
    ]
}

/// Arrangements and requests for release.
fn releases() -> Lines {
    let arrangement = Arrangement {
        patient: account(3),
        holder: account(8),
        kind: ArrangementKind::Ordinary,
        custodians: custodians(),
        threshold: 2,
        commitments_root: hash(21),
        epoch: 1,
        number: 0,
        appointed_at: time(1),
        retired_at: None,
    };
    let release = Release {
        patient: account(3),
        holder: account(8),
        requester: account(7),
        basis: Basis::Grant(GRANT),
        purpose: PurposeOfUse::Treatment,
        arrangement: ARRANGEMENT,
        records_commitment: hash(22),
        session_key: hash(23),
        leaves_root: hash(10),
        first_sequence: 1,
        count: 2,
        number: 0,
        requested_height: Height(1),
        requested_at: time(1),
        expires_at: time(2),
    };
    let latest_path =
        state::latest_arrangement_path(account(3), account(8), ArrangementKind::Emergency);
    vec![
        ("Arrangement", hex(&arrangement)),
        ("LatestArrangement", hex(&LatestArrangement { arrangement: ARRANGEMENT, epoch: 1 })),
        ("Release", hex(&release)),
        ("ReleaseSeries", hex(&ReleaseSeries::default())),
        ("Attestation", hex(&Attestation { share_digest: hash(24), attested_at: time(3) })),
        ("arrangement_path", path(&state::arrangement_path(ARRANGEMENT))),
        ("arrangement_count_path", path(&List::Arrangements.count_path(account(3)))),
        ("arrangement_at_path", path(&List::Arrangements.at_path(account(3), 1))),
        ("latest_arrangement_path", path(&latest_path)),
        ("release_path", path(&state::release_path(REQUEST))),
        ("release_series_path", path(&state::release_series_path(account(3), account(8)))),
        ("release_at_path", path(&state::release_at_path(account(3), account(8), 1))),
        ("attestation_path", path(&state::attestation_path(REQUEST, account(19)))),
    ]
}

/// Emergencies.
fn emergencies() -> Lines {
    let rules = EmergencyRules {
        override_allowed: true,
        reviewer: account(28),
        scope_commitment: hash(9),
        two_person: true,
        set_at: time(1),
    };
    let review = Review {
        outcome: ReviewOutcome::Unclear,
        finding_commitment: hash(32),
        reviewed_at: time(3),
    };
    let emergency = Emergency {
        patient: account(3),
        service: account(7),
        person: account(29),
        second: Some(account(31)),
        needs_second: true,
        reason: EmergencyReason::LifeThreatening,
        incident_commitment: hash(30),
        scope_commitment: hash(9),
        marked: false,
        reviewer: account(28),
        opened_at: time(1),
        expires_at: time(2),
        review_by: time(4),
        closed_at: None,
        review: Some(review),
        number: 0,
        service_number: 1,
    };
    let counts = ReviewCounts { justified: 1, unjustified: 2, unclear: 3 };
    let day = state::emergency_day_path(account(7), time(86_400_000));
    vec![
        ("EmergencyRules", hex(&rules)),
        ("Emergency", hex(&emergency)),
        ("ReviewCounts", hex(&counts)),
        ("emergency_rules_path", path(&state::emergency_rules_path(account(3)))),
        ("emergency_path", path(&state::emergency_path(EMERGENCY))),
        ("emergency_count_path", path(&List::Emergencies.count_path(account(3)))),
        ("emergency_at_path", path(&List::Emergencies.at_path(account(3), 1))),
        ("service_count_path", path(&List::ServiceEmergencies.count_path(account(7)))),
        ("service_at_path", path(&List::ServiceEmergencies.at_path(account(7), 1))),
        ("unreviewed_path", path(&state::unreviewed_path(account(29)))),
        ("emergency_day_path", path(&day)),
        ("review_counts_path", path(&state::review_counts_path(account(7)))),
    ]
}

/// Documents and erasures.
fn documents_and_erasures() -> Lines {
    let document = Document {
        owner: account(3),
        version: 1,
        supersedes: Some(DOCUMENT),
        superseded_by: None,
        number: 0,
    };
    let version = DocumentVersion {
        commitment: hash(35),
        kind_commitment: hash(36),
        notarised_height: Height(1),
        notarised_at: time(1),
        signatures: 2,
    };
    let signature =
        DocumentSignature { signer: account(7), role_commitment: hash(37), signed_at: time(1) };
    let refused = ErasureRefusal { reason: RetentionReason::Archiving, refused_at: time(2) };
    let erasure = Erasure {
        patient: account(3),
        holder: account(8),
        requested_by: account(15),
        scope: ErasureScope::All,
        basis: ErasureBasis::Unlawful,
        requested_at: time(1),
        done_at: None,
        refused: Some(refused),
        attestors: VecMax::new(vec![account(19)]).unwrap(),
        number: 0,
    };
    let attestation = ErasureAttestation {
        role: KeyHolder::Custodian(ARRANGEMENT),
        report_digest: hash(38),
        attested_at: time(2),
    };
    vec![
        ("Document", hex(&document)),
        ("DocumentVersion", hex(&version)),
        ("DocumentSignature", hex(&signature)),
        ("Notarised", hex(&Notarised { document: DOCUMENT, version: 1 })),
        ("Erasure", hex(&erasure)),
        ("ErasureAttestation", hex(&attestation)),
        ("document_path", path(&state::document_path(DOCUMENT))),
        ("document_version_path", path(&state::document_version_path(DOCUMENT, 1))),
        ("document_signature_path", path(&state::document_signature_path(DOCUMENT, 1, 0))),
        ("document_signer_path", path(&state::document_signer_path(DOCUMENT, 1, account(7)))),
        ("document_count_path", path(&List::Documents.count_path(account(3)))),
        ("document_at_path", path(&List::Documents.at_path(account(3), 1))),
        ("notarised_path", path(&state::notarised_path(hash(35)))),
        ("erasure_path", path(&state::erasure_path(ERASURE))),
        ("erasure_count_path", path(&List::Erasures.count_path(account(3)))),
        ("erasure_at_path", path(&List::Erasures.at_path(account(3), 1))),
        ("erasure_attestation_path", path(&state::erasure_attestation_path(ERASURE, account(19)))),
    ]
}
