//! One event of each kind.

use super::{
    ARRANGEMENT, DELEGATION, EPISODE, GRANT, RECORD, REQUEST, custodians, hash, powers, time,
};
use crate::{
    ArrangementKind, Basis, ConsentEvent, DelegationKind, GrantedBy, PurposeOfUse, ReleaseMode,
};
use salus_framework::testing::account;

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
    ]
}
