//! The OpenAPI document that is checked in is the one that is served.

use crate::{
    fake::{FakeLedger, network},
    serving::{json, served, set_entry},
};
use salus_types::{
    BlockHeader, BlockTime, BytesMax, Event, Hash, Height, ModuleId, Outcome, Receipt, TextMax,
    TransactionHash, VecMax,
};
use serde_json::Value;
use std::{collections::BTreeSet, path::Path};

/// Write the document anew with `SALUS_UPDATE_OPENAPI=1 cargo test -p salus-api --test it openapi`.
#[test]
fn the_document_that_is_checked_in_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let current = salus_api::openapi::document_json();
    if std::env::var_os("SALUS_UPDATE_OPENAPI").is_some() {
        std::fs::write(&path, current).unwrap();
    }

    let checked_in = std::fs::read_to_string(&path).unwrap_or_default();

    // As values: a library that others bring into the build may keep members in another order.
    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    assert!(
        value(&checked_in) == value(current),
        "openapi.json is not current; write it anew with \
         SALUS_UPDATE_OPENAPI=1 cargo test -p salus-api --test it openapi"
    );
}

#[test]
fn every_operation_has_its_own_id_and_says_how_it_refuses() {
    let document = serde_json::to_value(salus_api::openapi::document()).unwrap();
    let mut ids = BTreeSet::new();

    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{id} twice");
            assert_ne!(operation["summary"].as_str().unwrap_or_default(), "", "{path}");
            let takes_input = operation.get("parameters").or(operation.get("requestBody"));
            let refuses = operation["responses"].get("default");
            assert!(takes_input.is_none() || refuses.is_some(), "{path}");
        }
    }
}

#[test]
fn shapes_of_the_ledgers_types_are_those_of_the_types() {
    let schemas =
        serde_json::to_value(salus_api::openapi::document()).unwrap()["components"]["schemas"]
            .clone();
    let transaction = serde_json::to_value(set_entry(1)).unwrap();
    let receipt = serde_json::to_value(a_receipt()).unwrap();
    let node = serde_json::to_value(&network().validators.nodes()[0]).unwrap();
    let header = serde_json::to_value(a_header()).unwrap();
    let cases = [
        ("Transaction", &transaction),
        ("TransactionBody", &transaction["body"]),
        ("Call", &transaction["body"]["calls"][0]),
        ("TransactionSignature", &transaction["signatures"][0]),
        ("Receipt", &receipt),
        ("Event", &receipt["events"][0]),
        ("NodeRecord", &node),
        ("BlockHeader", &header),
        ("StoreTarget", &header["store"]),
    ];

    for (name, value) in cases {
        let keys = |value: &Value| -> BTreeSet<String> {
            value.as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(keys(&schemas[name]["properties"]), keys(value), "{name}");
    }
}

fn a_receipt() -> Receipt {
    Receipt {
        transaction: TransactionHash([1; 32]),
        height: Height(1),
        index: 0,
        outcome: Outcome::Ok,
        work_units: 1,
        events: VecMax::new(vec![Event {
            module: ModuleId::IDENTITY,
            name: TextMax::new("EntrySet").unwrap(),
            payload: BytesMax::default(),
        }])
        .unwrap(),
    }
}

fn a_header() -> BlockHeader {
    FakeLedger::new().header(Height(1), BlockTime::from_unix_ms(1), Hash::ZERO)
}

#[tokio::test]
async fn the_document_is_served() {
    let served = served().await;

    let (status, document) = json(served.get("/openapi.json").await).await;

    assert_eq!(status, 200);
    assert_eq!(document["openapi"], "3.1.0");
}
