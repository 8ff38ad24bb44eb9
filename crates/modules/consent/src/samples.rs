//! One value of each kind, for golden files: changing an encoding breaks proofs and clients.

use crate::{
    AccessKind, AccessLeaf, Consent, ConsentEvent, ConsentTx, GrantId, PurposeOfUse, RecordId,
    state::{self, AccessBatch, Grant, Record, RecordVersion, Relation},
    tx,
};
use salus_framework::{
    AnyModule, Module, ModuleError, ModuleEvent,
    testing::{account, golden, hex},
};
use salus_types::{BlockTime, Hash, TextMax, encode};

const RECORD: RecordId = RecordId::new([1; 32]);
const GRANT: GrantId = GrantId::new([2; 32]);

fn hash(n: u8) -> Hash {
    Hash([n; 32])
}

fn time(ms: u64) -> BlockTime {
    BlockTime::from_unix_ms(ms)
}

fn calls() -> Vec<ConsentTx> {
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
            grantee: account(7),
            custodian: account(8),
            scope_commitment: hash(9),
            purpose: PurposeOfUse::Treatment,
            not_before: time(1),
            not_after: time(2),
        }),
        ConsentTx::RevokeGrant(tx::RevokeGrant { grant: GRANT }),
        ConsentTx::AccountAccess(tx::AccountAccess {
            patient: account(3),
            grant: Some(GRANT),
            first_sequence: 1,
            leaves_root: hash(10),
            count: 2,
        }),
    ]
}

fn events() -> Vec<ConsentEvent> {
    let (patient, custodian, grantee) = (account(3), account(8), account(7));
    vec![
        ConsentEvent::RecordAnchored { record: RECORD, patient, custodian, version: 1 },
        ConsentEvent::AccessGranted {
            grant: GRANT,
            patient,
            grantee,
            custodian,
            purpose: PurposeOfUse::Research,
            not_before: time(1),
            not_after: time(2),
        },
        ConsentEvent::GrantRevoked { grant: GRANT, patient, grantee, custodian },
        ConsentEvent::AccessAccounted {
            patient,
            custodian,
            grant: None,
            first_sequence: 1,
            count: 2,
        },
    ]
}

/// A leaf, as the vault makes one.
pub(crate) fn leaf() -> AccessLeaf {
    AccessLeaf {
        salt: hash(11),
        sequence: 1,
        kind: AccessKind::GrantedRead,
        patient: account(3),
        custodian: account(8),
        accessor: account(7),
        grant: Some(GRANT),
        purpose: PurposeOfUse::Treatment,
        record: RECORD,
        version: 1,
        time: time(5),
        audit_event: Some(hash(12)),
    }
}

fn records() -> Vec<(&'static str, String)> {
    let latest = RecordVersion {
        version: 1,
        plain_commitment: hash(4),
        cipher_hash: hash(5),
        category_commitment: hash(6),
        anchored_at: time(3),
    };
    let record = Record { patient: account(3), custodian: account(8), number: 4, latest };
    let grant = Grant {
        patient: account(3),
        grantee: account(7),
        custodian: account(8),
        scope_commitment: hash(9),
        purpose: PurposeOfUse::Payment,
        not_before: time(1),
        not_after: time(2),
        number: 5,
        granted_at: time(1),
        revoked_at: Some(time(2)),
    };
    let batch = AccessBatch {
        grant: None,
        first_sequence: 1,
        count: 2,
        leaves_root: hash(10),
        accounted_at: time(3),
    };
    let refused = AccessLeaf {
        kind: AccessKind::RefusedRead { code: TextMax::new("vault.no_grant").unwrap() },
        ..leaf()
    };
    let path = |path: salus_state::KeyPath| hex(&path.as_bytes().to_vec());
    vec![
        ("Record", hex(&record)),
        ("RecordVersion", hex(&latest)),
        ("Grant", hex(&grant)),
        ("Relation", hex(&Relation { number: 0, records: 1, batches: 2, next_sequence: 3 })),
        ("AccessBatch", hex(&batch)),
        ("AccessLeaf", hex(&leaf())),
        ("AccessLeaf refused", hex(&refused)),
        ("AccessLeaf hash", hex(&leaf().hash())),
        ("record_path", path(state::record_path(RECORD))),
        ("record_version_path", path(state::record_version_path(RECORD, 1))),
        ("relation_path", path(state::relation_path(account(3), account(8)))),
        ("record_at_path", path(state::record_at_path(account(3), account(8), 1))),
        ("access_path", path(state::access_path(account(3), account(8), 1))),
        ("custodian_count_path", path(state::custodian_count_path(account(3)))),
        ("custodian_at_path", path(state::custodian_at_path(account(3), 1))),
        ("grant_path", path(state::grant_path(GRANT))),
        ("grant_count_path", path(state::grant_count_path(account(3)))),
        ("grant_at_path", path(state::grant_at_path(account(3), 1))),
    ]
}

#[test]
fn encodings_are_those_of_the_golden_file() {
    let mut lines: Vec<(String, String)> = calls()
        .iter()
        .map(|call| {
            let shown = Consent.call_to_json(&encode(call)).unwrap();
            (format!("call {}", shown["call"].as_str().unwrap()), hex(call))
        })
        .collect();
    lines.extend(events().iter().map(|event| (format!("event {}", event.name()), hex(event))));
    lines.extend(records().into_iter().map(|(name, value)| (format!("state {name}"), value)));
    let purposes = PurposeOfUse::ALL.iter();
    lines.extend(purposes.map(|purpose| (format!("purpose {purpose}"), hex(purpose))));

    golden(env!("CARGO_MANIFEST_DIR"), "encodings.txt", &lines);
}

#[test]
fn codes_are_those_of_the_golden_file() {
    let codes = <Consent as Module>::Error::CODES.iter();
    let lines: Vec<_> = codes.map(|code| ("code".to_owned(), (*code).to_owned())).collect();

    golden(env!("CARGO_MANIFEST_DIR"), "codes.txt", &lines);
}

#[test]
fn every_call_and_event_is_shown_as_json_and_read_back() {
    for call in calls() {
        let shown = Consent.call_to_json(&encode(&call)).unwrap();
        let name = shown["call"].as_str().unwrap();
        let read = Consent.call_from_json(name, shown["fields"].clone()).unwrap();
        assert_eq!(read, encode(&call), "{name}");
    }
    let names: Vec<_> = events().iter().map(ModuleEvent::name).collect();
    assert_eq!(names, ConsentEvent::NAMES);
    for event in events() {
        let shown = Consent.event_to_json(&event.to_event().unwrap()).unwrap();
        assert_eq!(shown["name"], event.name());
    }
    let shown = serde_json::to_value(leaf()).unwrap();
    assert_eq!(serde_json::from_value::<AccessLeaf>(shown).unwrap(), leaf());
}

#[test]
fn what_is_anchored_and_granted_stays_small() {
    let sizes: Vec<_> = calls().iter().map(|call| encode(call).len()).collect();

    assert_eq!(sizes, [165, 146, 33, 110]);
}
