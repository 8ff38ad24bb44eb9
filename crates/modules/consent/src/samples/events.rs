//! One event of each kind.

use super::{
    ARRANGEMENT, DELEGATION, DOCUMENT, EMERGENCY, EPISODE, ERASURE, GRANT, RECORD, REQUEST,
    custodians, hash, powers, time,
};
use crate::{
    ArrangementKind, Basis, ConsentEvent, DelegationKind, EmergencyReason, ErasureBasis,
    ErasureScope, GrantedBy, KeyHolder, PurposeOfUse, ReleaseMode, RetentionReason, ReviewOutcome,
};
use salus_framework::testing::account;

#[expect(clippy::too_many_lines, reason = "one value for each event")]
pub(super) fn events() -> Vec<ConsentEvent> {
    let (patient, custodian, grantee) = (account(3), account(8), account(7));
    vec![
        ConsentEvent::RecordAnchored { record: RECORD, patient, custodian, version: 1 },
        ConsentEvent::AccessGranted {
            grant: GRANT,
            patient,
            by: GrantedBy::Delegate(DELEGATION),
            grantee,
            custodian,
            purpose: PurposeOfUse::Research,
            mode: ReleaseMode::Custodial,
            not_before: time(1),
            not_after: time(2),
        },
        ConsentEvent::GrantRevoked { grant: GRANT, patient, grantee, custodian },
        ConsentEvent::AccessAccounted {
            patient,
            custodian,
            basis: None,
            first_sequence: 1,
            count: 2,
        },
        ConsentEvent::PowersDelegated {
            delegation: DELEGATION,
            patient,
            delegate: account(15),
            kind: DelegationKind::Proxy,
            powers: powers(),
            not_before: time(1),
            not_after: time(2),
        },
        ConsentEvent::DelegationEnded { delegation: DELEGATION, patient, delegate: account(15) },
        ConsentEvent::EpisodeOpened {
            episode: EPISODE,
            patient,
            hospital: grantee,
            mode: ReleaseMode::Wrapped,
            not_after: time(2),
            continues: None,
        },
        ConsentEvent::EpisodeClosed { episode: EPISODE, patient, hospital: grantee },
        ConsentEvent::CustodiansAppointed {
            arrangement: ARRANGEMENT,
            patient,
            holder: custodian,
            kind: ArrangementKind::Ordinary,
            custodians: custodians(),
            threshold: 2,
            epoch: 1,
            replaced: None,
        },
        ConsentEvent::ArrangementRetired { arrangement: ARRANGEMENT, patient, holder: custodian },
        ConsentEvent::ReleaseRequested {
            request: REQUEST,
            patient,
            holder: custodian,
            requester: grantee,
            basis: Basis::Grant(GRANT),
            purpose: PurposeOfUse::Treatment,
            arrangement: ARRANGEMENT,
            session_key: hash(23),
            first_sequence: 1,
            count: 2,
            expires_at: time(2),
        },
        ConsentEvent::ReleaseAttested {
            request: REQUEST,
            custodian: account(19),
            share_digest: hash(24),
        },
        ConsentEvent::EmergencyRulesSet {
            patient,
            override_allowed: true,
            reviewer: account(28),
            two_person: false,
        },
        ConsentEvent::EmergencyOpened {
            emergency: EMERGENCY,
            patient,
            service: grantee,
            person: account(29),
            reason: EmergencyReason::Urgent,
            needs_second: true,
            reviewer: account(28),
            expires_at: time(2),
        },
        ConsentEvent::EmergencyCosigned {
            emergency: EMERGENCY,
            patient,
            service: grantee,
            person: account(31),
        },
        ConsentEvent::EmergencyClosed { emergency: EMERGENCY, patient, service: grantee },
        ConsentEvent::EmergencyReviewed {
            emergency: EMERGENCY,
            patient,
            service: grantee,
            outcome: ReviewOutcome::Justified,
        },
        ConsentEvent::DocumentNotarised {
            document: DOCUMENT,
            version: 1,
            owner: patient,
            commitment: hash(35),
            supersedes: None,
        },
        ConsentEvent::DocumentSigned { document: DOCUMENT, version: 1, signer: grantee },
        ConsentEvent::ErasureRequested {
            erasure: ERASURE,
            patient,
            holder: custodian,
            scope: ErasureScope::All,
            basis: ErasureBasis::RetentionEnded,
        },
        ConsentEvent::ErasureAttested {
            erasure: ERASURE,
            patient,
            holder: custodian,
            organisation: grantee,
            role: KeyHolder::Grantee(GRANT),
            report_digest: hash(38),
            done: false,
        },
        ConsentEvent::ErasureRefused {
            erasure: ERASURE,
            patient,
            holder: custodian,
            reason: RetentionReason::LegalClaims,
        },
    ]
}
