//! Documents over the interface: sizes, versions, and what refusals are called.

use crate::{
    fake::network,
    fake_fhir::{FHIR, with_fhir},
    serving::{TOKEN, json, refusal, served_with},
    vault::FakeRecords,
};
use salus_api::{
    Limits,
    records::{DocumentChange, DocumentContent, DocumentOrder},
};
use salus_consent::RecordId;
use salus_fhir::document::to_base64;
use serde_json::{Value, json};
use std::sync::Arc;

fn order(bytes: usize) -> DocumentOrder {
    DocumentOrder {
        patient: network().members[0].account,
        document: DocumentContent { content: Some("A".repeat(bytes)), ..Default::default() },
        purpose: None,
        actor: None,
    }
}

fn change(version: Option<u32>) -> DocumentChange {
    DocumentChange { version, document: DocumentContent::default(), purpose: None, actor: None }
}

#[tokio::test]
async fn a_document_of_the_largest_size_passes_and_refusals_have_their_status() {
    let served = served_with(Limits::default(), Some(Arc::new(FakeRecords))).await;
    let client = served.client();
    let record = RecordId::new([8; 32]);

    let added = client.add_document(&order(16_000_000)).await.unwrap();
    let updated = client.update_document(record, &change(Some(1))).await.unwrap();
    let refused = [
        client.add_document(&order(0)).await.unwrap_err(),
        client.add_document(&order(16_000_001)).await.unwrap_err(),
        client.update_document(record, &change(Some(2))).await.unwrap_err(),
    ];

    assert_eq!((added.version, updated.record, updated.version), (1, record, 2));
    let told = refused.map(|error| (error.problem().unwrap().status, error.code().to_owned()));
    let expected =
        [(400, "document.empty"), (413, "document.too_large"), (412, "vault.version_conflict")];
    assert_eq!(told, expected.map(|(status, code)| (status, code.to_owned())));
    assert!(!format!("{:?}", order(9)).contains("AAA"));
}

#[tokio::test]
async fn what_is_said_of_a_document_is_known_or_refused() {
    let served = served_with(Limits::default(), Some(Arc::new(FakeRecords))).await;
    let patient = network().members[0].account;
    let body = format!(r#"{{"patient": "{patient}", "document": {{"name": "x"}}}}"#);

    let request = served.request("POST", "/v1/vault/documents").bearer_auth(TOKEN);
    let request = request.header("content-type", "application/json").body(body);

    let answer = request.send().await.unwrap();
    assert_eq!(refusal(answer).await, (400, "api.json".to_owned()));
}

#[tokio::test]
async fn the_bytes_of_a_document_come_as_they_are_or_as_a_binary() {
    let served = with_fhir().await;
    let bytes = b"%PDF \x00\xff";
    let send = async |body: Value| {
        let path = format!("/fhir/{}", body["resourceType"].as_str().unwrap());
        let request = served.request("POST", &path).bearer_auth(TOKEN);
        let request = request.header("content-type", FHIR).body(body.to_string());
        let (_, created) = json(request.send().await.unwrap()).await;
        created["id"].as_str().unwrap().to_owned()
    };
    let get = async |id: &str, accept: &str| {
        let request = served.request("GET", &format!("/fhir/Binary/{id}")).bearer_auth(TOKEN);
        request.header("accept", accept).send().await.unwrap()
    };
    let attachment = json!({ "contentType": "application/pdf", "data": to_base64(bytes) });
    let document = json!({
        "resourceType": "DocumentReference", "content": [{ "attachment": attachment }],
    });
    let document = send(document).await;
    let binary = json!({
        "resourceType": "Binary", "contentType": "image/png", "data": to_base64(bytes),
    });
    let binary = send(binary).await;

    for (id, media_type) in [(&document, "application/pdf"), (&binary, "image/png")] {
        let raw = get(id, media_type).await;
        assert_eq!(raw.headers()["content-type"], media_type);
        assert_eq!(raw.headers()["x-content-type-options"], "nosniff");
        assert_eq!(&raw.bytes().await.unwrap()[..], bytes);
        let (status, shown) = json(get(id, FHIR).await).await;
        assert_eq!((status.as_u16(), &shown["resourceType"]), (200, &json!("Binary")));
        assert_eq!(shown["data"], to_base64(bytes));
    }
    let unknown = get(&"9".repeat(64), "application/pdf").await;
    assert_eq!(refusal(unknown).await, (404, "vault.unknown_record".to_owned()));
}
