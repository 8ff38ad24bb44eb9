//! One value of each kind, for golden files: changing an encoding breaks proofs and clients.

use crate::{
    Account, Identity, IdentityEvent, IdentityTx, KeyPurposes, OrganisationRecord,
    state::{self, AccountKey, AccountStatus, OrganisationCounts},
    tx,
};
use salus_framework::{
    AnyModule, Module, ModuleError, ModuleEvent,
    testing::{account, golden, hex, key},
};
use salus_types::{
    AccountKind, BytesMax, Height, KeyPurpose, OrganisationFunction, OrganisationRole, Salt,
    TextMax, VecMax, encode,
};

fn purposes() -> KeyPurposes {
    KeyPurposes::new(&[KeyPurpose::Act, KeyPurpose::Attest]).unwrap()
}

pub(crate) fn calls() -> Vec<IdentityTx> {
    vec![
        IdentityTx::RegisterAccount(tx::RegisterAccount {
            account: account(1),
            kind: AccountKind::Person,
            key: key(2),
            salt: Salt([3; 16]),
        }),
        IdentityTx::AddKey(tx::AddKey { key: key(2), purposes: purposes() }),
        IdentityTx::RevokeKey(tx::RevokeKey { key: key(2) }),
        IdentityTx::RotateKey(tx::RotateKey { old: key(2), new: key(3) }),
        IdentityTx::SuspendAccount(tx::SuspendAccount {}),
        IdentityTx::ResumeAccount(tx::ResumeAccount {}),
        IdentityTx::SetEntry(tx::SetEntry {
            name: TextMax::new("service").unwrap(),
            value: BytesMax::new(vec![4; 4]).unwrap(),
        }),
        IdentityTx::RemoveEntry(tx::RemoveEntry { name: TextMax::new("service").unwrap() }),
        IdentityTx::SetSealingKey(tx::SetSealingKey { key: BytesMax::new(vec![5; 5]).unwrap() }),
    ]
}

pub(crate) fn events() -> Vec<IdentityEvent> {
    let account = account(1);
    let name = TextMax::new("service").unwrap();
    vec![
        IdentityEvent::AccountRegistered {
            account,
            kind: AccountKind::Device,
            assisted_by: Some(account),
        },
        IdentityEvent::KeyAdded { account, key: key(2), purposes: purposes() },
        IdentityEvent::KeyRevoked { account, key: key(2) },
        IdentityEvent::KeyRotated { account, old: key(2), new: key(3) },
        IdentityEvent::AccountSuspended { account },
        IdentityEvent::AccountResumed { account },
        IdentityEvent::EntrySet { account, name: name.clone() },
        IdentityEvent::EntryRemoved { account, name },
        IdentityEvent::SealingKeySet { account },
        IdentityEvent::OrganisationAdmitted {
            account,
            name: TextMax::new("Hospital").unwrap(),
            role: OrganisationRole::Member,
            functions: VecMax::new(vec![OrganisationFunction::Hospital]).unwrap(),
        },
        IdentityEvent::OrganisationSuspended { account },
        IdentityEvent::OrganisationResumed { account },
        IdentityEvent::OrganisationExpelled { account },
    ]
}

fn records() -> Vec<(&'static str, String)> {
    let record = Account {
        kind: AccountKind::Person,
        status: AccountStatus::Active,
        keys: VecMax::new(vec![AccountKey { key: key(2), purposes: KeyPurposes::ALL }]).unwrap(),
        entry_count: 3,
        assisted_by: Some(account(4)),
        registered_at: Height(5),
    };
    let organisation = OrganisationRecord {
        name: TextMax::new("Hospital").unwrap(),
        role: OrganisationRole::Founder,
        functions: VecMax::new(vec![OrganisationFunction::Payer]).unwrap(),
        number: 6,
    };
    vec![
        ("Account", hex(&record)),
        ("OrganisationRecord", hex(&organisation)),
        ("OrganisationCounts", hex(&OrganisationCounts { all: 7, voters: 6 })),
        ("account_path", hex(&state::account_path(account(1)).as_bytes().to_vec())),
        ("entry_path", hex(&state::entry_path(account(1), "service").as_bytes().to_vec())),
        ("sealing_key_path", hex(&state::sealing_key_path(account(1)).as_bytes().to_vec())),
        ("organisation_path", hex(&state::organisation_path(account(1)).as_bytes().to_vec())),
        ("organisation_at_path", hex(&state::organisation_at_path(8).as_bytes().to_vec())),
        ("counts_path", hex(&state::counts_path().as_bytes().to_vec())),
    ]
}

#[test]
fn encodings_are_those_of_the_golden_file() {
    let mut lines: Vec<(String, String)> = calls()
        .iter()
        .map(|call| {
            let shown = Identity.call_to_json(&encode(call)).unwrap();
            (format!("call {}", shown["call"].as_str().unwrap()), hex(call))
        })
        .collect();
    lines.extend(events().iter().map(|event| (format!("event {}", event.name()), hex(event))));
    lines.extend(records().into_iter().map(|(name, value)| (format!("state {name}"), value)));

    golden(env!("CARGO_MANIFEST_DIR"), "encodings.txt", &lines);
}

#[test]
fn codes_are_those_of_the_golden_file() {
    let codes = <Identity as Module>::Error::CODES.iter();
    let lines: Vec<_> = codes.map(|code| ("code".to_owned(), (*code).to_owned())).collect();

    golden(env!("CARGO_MANIFEST_DIR"), "codes.txt", &lines);
}

#[test]
fn every_call_and_event_is_shown_as_json_and_read_back() {
    for call in calls() {
        let shown = Identity.call_to_json(&encode(&call)).unwrap();
        let name = shown["call"].as_str().unwrap();
        let read = Identity.call_from_json(name, shown["fields"].clone()).unwrap();
        assert_eq!(read, encode(&call), "{name}");
    }
    let names: Vec<_> = events().iter().map(ModuleEvent::name).collect();
    assert_eq!(names, IdentityEvent::NAMES);
    for event in events() {
        let shown = Identity.event_to_json(&event.to_event().unwrap()).unwrap();
        assert_eq!(shown["name"], event.name());
    }
}
