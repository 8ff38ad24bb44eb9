//! One call of each kind.

use super::{
    ARRANGEMENT, DELEGATION, DOCUMENT, EMERGENCY, EPISODE, ERASURE, GRANT, RECORD, REQUEST,
    custodians, hash, powers, time,
};
use crate::{
    ArrangementKind, Basis, ConsentTx, DelegationKind, EmergencyReason, EpisodeId, ErasureBasis,
    ErasureScope, GrantedBy, KeyHolder, PurposeOfUse, ReleaseMode, RetentionReason, ReviewOutcome,
    tx,
};
use salus_framework::testing::account;
use salus_types::VecMax;

#[expect(clippy::too_many_lines, reason = "one value for each call")]
pub(super) fn calls() -> Vec<ConsentTx> {
    vec![
        ConsentTx::AnchorRecord(tx::AnchorRecord {
            record: RECORD,
            patient: account(3),
            version: 1,
            plain_commitment: hash(4),
            cipher_hash: hash(5),
            category_commitment: hash(6),
        }),
        ConsentTx::GrantAccess(tx::GrantAccess {
            grant: GRANT,
            by: GrantedBy::Patient,
            grantee: account(7),
            custodian: account(8),
            scope_commitment: hash(9),
            purpose: PurposeOfUse::Treatment,
            mode: ReleaseMode::Wrapped,
            pseudonymised: false,
            delegable: false,
            consent_commitment: Some(hash(13)),
            episode: Some(EPISODE),
            not_before: time(1),
            not_after: time(2),
        }),
        ConsentTx::RevokeGrant(tx::RevokeGrant { grant: GRANT, on_behalf: Some(DELEGATION) }),
        ConsentTx::AccountAccess(tx::AccountAccess {
            patient: account(3),
            basis: Some(Basis::Grant(GRANT)),
            first_sequence: 1,
            leaves_root: hash(10),
            count: 2,
        }),
        ConsentTx::Delegate(tx::Delegate {
            delegation: DELEGATION,
            delegate: account(15),
            kind: DelegationKind::Guardian,
            powers: powers(),
            not_before: time(1),
            not_after: time(2),
        }),
        ConsentTx::EndDelegation(tx::EndDelegation { delegation: DELEGATION }),
        ConsentTx::OpenEpisode(tx::OpenEpisode {
            episode: EPISODE,
            on_behalf: None,
            hospital: account(7),
            offer_commitment: hash(16),
            scope_commitment: hash(9),
            mode: ReleaseMode::Custodial,
            not_after: time(2),
        }),
        ConsentTx::CloseEpisode(tx::CloseEpisode { episode: EPISODE, on_behalf: None }),
        ConsentTx::TransferEpisode(tx::TransferEpisode {
            episode: EPISODE,
            on_behalf: None,
            next: EpisodeId::new([17; 32]),
            to: account(18),
            offer_commitment: hash(16),
        }),
        ConsentTx::AppointCustodians(tx::AppointCustodians {
            arrangement: ARRANGEMENT,
            on_behalf: None,
            holder: account(8),
            kind: ArrangementKind::Emergency,
            custodians: custodians(),
            threshold: 2,
            commitments_root: hash(21),
            epoch: 1,
        }),
        ConsentTx::RetireArrangement(tx::RetireArrangement {
            arrangement: ARRANGEMENT,
            on_behalf: None,
        }),
        ConsentTx::RequestRelease(tx::RequestRelease {
            request: REQUEST,
            patient: account(3),
            holder: account(8),
            basis: Basis::Episode(EPISODE),
            purpose: PurposeOfUse::Treatment,
            records_commitment: hash(22),
            session_key: hash(23),
            leaves_root: hash(10),
            count: 2,
        }),
        ConsentTx::AttestRelease(tx::AttestRelease { request: REQUEST, share_digest: hash(24) }),
        ConsentTx::SetEmergencyRules(tx::SetEmergencyRules {
            on_behalf: None,
            override_allowed: true,
            reviewer: account(28),
            scope_commitment: hash(9),
            two_person: false,
        }),
        ConsentTx::OpenEmergency(tx::OpenEmergency {
            emergency: EMERGENCY,
            patient: account(3),
            person: account(29),
            reason: EmergencyReason::Unresponsive,
            incident_commitment: hash(30),
            marked: true,
        }),
        ConsentTx::CosignEmergency(tx::CosignEmergency {
            emergency: EMERGENCY,
            person: account(31),
        }),
        ConsentTx::CloseEmergency(tx::CloseEmergency { emergency: EMERGENCY, on_behalf: None }),
        ConsentTx::ReviewEmergency(tx::ReviewEmergency {
            emergency: EMERGENCY,
            outcome: ReviewOutcome::Unjustified,
            finding_commitment: hash(32),
        }),
        ConsentTx::NotariseDocument(tx::NotariseDocument {
            document: DOCUMENT,
            version: 1,
            commitment: hash(35),
            kind_commitment: hash(36),
            supersedes: Some(DOCUMENT),
        }),
        ConsentTx::SignDocument(tx::SignDocument {
            document: DOCUMENT,
            version: 1,
            role_commitment: hash(37),
        }),
        ConsentTx::RequestErasure(tx::RequestErasure {
            erasure: ERASURE,
            on_behalf: None,
            patient: account(3),
            holder: account(8),
            scope: ErasureScope::Records(hash(22)),
            basis: ErasureBasis::ConsentWithdrawn,
        }),
        ConsentTx::AttestErasure(tx::AttestErasure {
            erasure: ERASURE,
            role: KeyHolder::Holder,
            report_digest: hash(38),
            records: VecMax::new(vec![RECORD]).unwrap(),
        }),
        ConsentTx::RefuseErasure(tx::RefuseErasure {
            erasure: ERASURE,
            reason: RetentionReason::LegalObligation,
        }),
    ]
}
