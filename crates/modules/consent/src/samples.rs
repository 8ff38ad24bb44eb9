//! One value of each kind, for golden files: changing an encoding breaks proofs and clients.

mod calls;
mod events;
mod records;

use self::{calls::calls, events::events, records::records};
use crate::{
    AccessKind, AccessLeaf, ArrangementId, Basis, Consent, ConsentEvent, DelegationId, DocumentId,
    EmergencyId, EpisodeId, ErasureId, GrantId, Power, Powers, PurposeOfUse, RecordId, RequestId,
    state::CUSTODIANS_MAX,
};
use salus_framework::{
    AnyModule, Module, ModuleError, ModuleEvent,
    testing::{account, golden, hex},
};
use salus_types::{AccountId, BlockTime, Hash, VecMax, encode};

const RECORD: RecordId = RecordId::new([1; 32]);
const GRANT: GrantId = GrantId::new([2; 32]);
const DELEGATION: DelegationId = DelegationId::new([14; 32]);
const EPISODE: EpisodeId = EpisodeId::new([12; 32]);
const ARRANGEMENT: ArrangementId = ArrangementId::new([25; 32]);
const REQUEST: RequestId = RequestId::new([26; 32]);
const EMERGENCY: EmergencyId = EmergencyId::new([27; 32]);
const DOCUMENT: DocumentId = DocumentId::new([33; 32]);
const ERASURE: ErasureId = ErasureId::new([34; 32]);

fn hash(n: u8) -> Hash {
    Hash([n; 32])
}

fn time(ms: u64) -> BlockTime {
    BlockTime::from_unix_ms(ms)
}

fn powers() -> Powers {
    let all = [Power::Grant, Power::Revoke, Power::Read, Power::Appoint, Power::Erase];
    VecMax::new(all.to_vec()).unwrap()
}

fn custodians() -> VecMax<AccountId, CUSTODIANS_MAX> {
    VecMax::new(vec![account(19), account(20)]).unwrap()
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
        basis: Some(Basis::Grant(GRANT)),
        purpose: PurposeOfUse::Treatment,
        record: RECORD,
        version: 1,
        time: time(5),
        audit_event: Some(hash(12)),
    }
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
    let sizes: Vec<_> = calls().iter().take(4).map(|call| encode(call).len()).collect();

    // A grant of a patient that stands for no FHIR consent and no episode has 64 bytes less.
    assert_eq!(sizes, [165, 216, 66, 111]);
}
