//! What the app shows to the API: codes, calls and events as JSON.

use crate::{MODULES, call_from_json, call_to_json, describe_event, error_codes};
use salus_framework::{
    ModuleEvent,
    testing::{account, golden},
};
use salus_identity::IdentityEvent;
use salus_types::{BytesMax, Call, Event, ModuleId, TextMax};
use serde_json::json;
use std::collections::BTreeSet;

#[test]
fn codes_are_those_of_the_golden_file() {
    let lines: Vec<_> =
        error_codes().into_iter().map(|code| ("code".to_owned(), code.to_owned())).collect();

    golden(env!("CARGO_MANIFEST_DIR"), "codes.txt", &lines);
}

#[test]
fn codes_are_unique_and_name_their_module() {
    let codes = error_codes();

    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len());
    for code in codes {
        let (module, reason) = code.split_once('.').unwrap();
        assert!(module == "app" || MODULES.iter().any(|one| one.name() == module), "{code}");
        assert!(!reason.is_empty() && code.len() <= 64, "{code}");
    }
}

#[test]
fn every_code_is_explained_on_a_page() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/spec");
    let pages: String = ["execution", "identity", "governance", "consent"]
        .map(|page| std::fs::read_to_string(format!("{folder}/{page}.md")).unwrap())
        .concat();

    for code in error_codes() {
        assert!(pages.contains(&format!("`{code}`")), "no page of docs/spec names {code}");
    }
}

#[test]
fn modules_have_different_numbers_and_names() {
    let numbers: BTreeSet<_> = MODULES.iter().map(|module| module.id()).collect();
    let names: BTreeSet<_> = MODULES.iter().map(|module| module.name()).collect();

    assert_eq!((numbers.len(), names.len()), (MODULES.len(), MODULES.len()));
}

#[test]
fn a_call_is_made_from_json_and_shown_as_json() {
    let fields = json!({ "name": "service", "value": "0102" });

    let call = call_from_json("identity", "SetEntry", fields.clone()).unwrap();

    assert_eq!(call.module, ModuleId::IDENTITY);
    let shown = json!({ "module": "identity", "call": "SetEntry", "fields": fields });
    assert_eq!(call_to_json(&call).unwrap(), shown);
}

#[test]
fn json_that_is_no_call_is_refused_with_a_code() {
    let code =
        |module: &str, call: &str, fields| call_from_json(module, call, fields).unwrap_err().code;

    assert_eq!(code("weather", "SetEntry", json!({})), "app.unknown_module_name");
    assert_eq!(code("identity", "Forecast", json!({})), "identity.malformed");
    assert_eq!(code("identity", "SetEntry", json!({ "name": "a" })), "identity.malformed");
    let unknown = json!({ "name": "a", "value": "", "colour": "red" });
    assert_eq!(code("identity", "SetEntry", unknown), "identity.malformed");
    let call = Call { module: ModuleId(900), payload: BytesMax::default() };
    assert_eq!(call_to_json(&call).unwrap_err().code, "app.unknown_module");
}

#[test]
fn an_event_is_described_and_an_unknown_one_keeps_its_payload() {
    let known = IdentityEvent::SealingKeySet { account: account(1) }.to_event().unwrap();
    let unknown = Event {
        module: ModuleId(900),
        name: TextMax::new("Rained").unwrap(),
        payload: BytesMax::new(vec![1]).unwrap(),
    };

    assert_eq!(
        describe_event(&known),
        json!({
            "module": "identity",
            "name": "SealingKeySet",
            "fields": { "account": account(1) }
        })
    );
    assert_eq!(
        describe_event(&unknown),
        json!({ "module": 900, "name": "Rained", "payload": "01" })
    );
}
