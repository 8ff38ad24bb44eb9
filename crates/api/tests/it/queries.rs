//! Questions about the state, blocks and proofs, and how the node stands.

use crate::{
    fake::{Mood, network},
    serving::{json, refusal, served, served_with, set_entry},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use salus_api::Limits;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn an_account_is_answered_with_its_height() {
    let served = served().await;
    let account = network().members[0].account;

    let (status, answer) = json(served.get(&format!("/v1/accounts/{account}")).await).await;

    assert_eq!(status, 200);
    assert_eq!(answer["height"], 1);
    assert_eq!(answer["value"]["account"], account.to_string());
    assert_eq!(answer["value"]["organisation"]["name"], "First hospital");
    assert_eq!(answer.get("proof"), None);
}

#[tokio::test]
async fn a_question_is_answered_at_the_height_that_is_asked_for() {
    let served = served().await;
    let account = network().members[0].account;
    served.ledger.make_block(vec![Bytes::from(set_entry(1).to_bytes())]);
    let path = format!("/v1/accounts/{account}/entries/entry-1");

    let now = json(served.get(&path).await).await;
    let before = served.get(&format!("{path}?height=1")).await;
    let ahead = served.get(&format!("{path}?height=99")).await;
    for _ in 0..60 {
        served.ledger.make_block(Vec::new());
    }
    let gone = served.get(&format!("{path}?height=1")).await;

    assert_eq!(now, (reqwest::StatusCode::OK, json!({"height": 2, "value": "0101010101010101"})));
    assert_eq!(refusal(before).await, (404, "api.not_found".to_owned()));
    assert_eq!(refusal(ahead).await, (404, "engine.height_ahead".to_owned()));
    assert_eq!(refusal(gone).await, (410, "engine.height_not_retained".to_owned()));
}

#[tokio::test]
async fn an_answer_comes_with_a_proof_of_its_values_or_of_their_absence() {
    let served = served().await;
    let zeros = "0".repeat(64);

    let path = format!("/v1/grants/{zeros}?proof=true");
    let (status, absent) = json(served.get(&path).await).await;
    let (_, earlier) = json(served.get(&format!("{path}&height=1")).await).await;
    let (_, list) = json(served.get("/v1/organisations?proof=true").await).await;

    let proof_of =
        |answer: &serde_json::Value| STANDARD.decode(answer["proof"].as_str().unwrap()).unwrap();
    assert_eq!(status, 200);
    assert_eq!(absent["value"], json!(null));
    assert!(proof_of(&absent).starts_with(b"consent/grant/"));
    assert_eq!(earlier["height"], 1);
    assert!(proof_of(&earlier).ends_with(b"\nat 1"));
    assert!(proof_of(&list).starts_with(b"identity/organisation-counts\n"));
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let served = served().await;
    let zeros = "0".repeat(64);
    let paths = [
        format!("/v1/accounts/{zeros}"),
        format!("/v1/accounts/{zeros}/entries/name"),
        format!("/v1/records/{zeros}"),
        format!("/v1/records/{zeros}/versions/1"),
        format!("/v1/grants/{zeros}"),
        format!("/v1/proofs/transactions/{zeros}"),
        format!("/v1/proofs/accesses/{zeros}/1"),
        format!("/v1/delegations/{zeros}"),
        format!("/v1/episodes/{zeros}"),
        format!("/v1/arrangements/{zeros}"),
        format!("/v1/releases/{zeros}"),
        format!("/v1/emergencies/{zeros}"),
        format!("/v1/patients/{zeros}/emergency-rules"),
        format!("/v1/documents/{zeros}"),
        format!("/v1/documents/{zeros}/versions/1"),
        format!("/v1/notarised/{zeros}"),
        format!("/v1/erasures/{zeros}"),
        "/v1/blocks/99".to_owned(),
        "/v1/blocks/0".to_owned(),
    ];

    for path in paths {
        let answer = served.get(&path).await;

        assert_eq!(refusal(answer).await, (404, "api.not_found".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn lists_are_answered_in_pages() {
    let served = served().await;
    let patient = "0".repeat(64);

    let (_, all) = json(served.get("/v1/organisations").await).await;
    let (_, beyond) = json(served.get("/v1/organisations?from=5&limit=1").await).await;
    let (_, grants) = json(served.get(&format!("/v1/patients/{patient}/grants")).await).await;
    let (_, accesses) = json(served.get(&format!("/v1/patients/{patient}/accesses")).await).await;

    assert_eq!(all["value"]["total"], 1);
    assert_eq!(all["value"]["items"][0]["name"], "First hospital");
    assert_eq!(beyond["value"], json!({"total": 1, "from": 5, "items": []}));
    assert_eq!(grants["value"], json!({"total": 0, "from": 0, "items": []}));
    assert_eq!(accesses["value"], json!({"total": 0, "from": 0, "items": []}));
}

#[tokio::test]
async fn every_list_of_a_patient_is_answered_and_proved_empty() {
    let served = served().await;
    let zeros = "0".repeat(64);
    let lists = [
        "patients/{}/delegations",
        "patients/{}/episodes",
        "patients/{}/arrangements",
        "patients/{}/emergencies",
        "patients/{}/erasures",
        "patients/{}/access-summary",
        "accounts/{}/documents",
        "organisations/{}/emergencies",
    ];

    for list in lists {
        let path = format!("/v1/{}?proof=true", list.replace("{}", &zeros));
        let (status, answer) = json(served.get(&path).await).await;

        assert_eq!(status, 200, "{path}");
        assert_eq!(answer["value"], json!({"total": 0, "from": 0, "items": []}), "{path}");
        assert!(answer["proof"].is_string(), "{path}");
    }
    let path = format!("/v1/patients/{zeros}/releases/{zeros}");
    let (_, releases) = json(served.get(&path).await).await;
    assert_eq!(releases["value"]["total"], 0);
}

#[tokio::test]
async fn a_decision_says_what_is_allowed_or_the_code_of_the_refusal() {
    let served = served().await;
    let zeros = "0".repeat(64);
    let who = format!("patient={zeros}&holder={zeros}&accessor={zeros}&purpose=TREAT");

    let path = format!("/v1/access-decisions?{who}&grant={zeros}");
    let (status, access) = json(served.get(&path).await).await;
    let path = format!("/v1/access-decisions?{who}&episode={zeros}&time=5");
    let (_, episode) = json(served.get(&path).await).await;
    let nothing = served.get(&format!("/v1/access-decisions?{who}")).await;
    let (_, release) = json(served.get(&format!("/v1/releases/{zeros}/allowed")).await).await;

    assert_eq!(status, 200);
    assert_eq!(access["value"]["allowed"], false);
    assert_eq!(access["value"]["code"], "consent.unknown_grant");
    assert_eq!(episode["value"]["code"], "consent.unknown_episode");
    assert_eq!(refusal(nothing).await, (400, "api.query".to_owned()));
    assert_eq!(release["value"]["code"], "consent.unknown_request");
}

#[tokio::test]
async fn limits_and_the_use_of_emergencies_are_public() {
    let served = served().await;
    let zeros = "0".repeat(64);

    let (_, limits) = json(served.get("/v1/access-limits").await).await;
    let path = format!("/v1/organisations/{zeros}/emergency-report?proof=true");
    let (_, report) = json(served.get(&path).await).await;

    assert_eq!(limits["value"]["release_ms"], 600_000);
    assert_eq!(report["value"]["opened"], 0);
    assert_eq!(report["value"]["unjustified"], 0);
    assert!(report["proof"].is_string());
}

#[tokio::test]
async fn ids_and_numbers_that_are_not_are_refused() {
    let served = served().await;
    let zeros = "0".repeat(64);
    let cases = [
        ("/v1/accounts/abc".to_owned(), "api.path"),
        (format!("/v1/accounts/{}", "g".repeat(64)), "api.path"),
        (format!("/v1/records/{zeros}/versions/-1"), "api.path"),
        ("/v1/blocks/first".to_owned(), "api.path"),
        (format!("/v1/accounts/{zeros}?heigth=1"), "api.query"),
        (format!("/v1/accounts/{zeros}?proof=perhaps"), "api.query"),
        ("/v1/organisations?limit=many".to_owned(), "api.query"),
        ("/v1/events?module=identity".to_owned(), "api.query"),
    ];

    for (path, code) in cases {
        let answer = served.get(&path).await;

        assert_eq!(refusal(answer).await, (400, code.to_owned()), "{path}");
    }
}

#[tokio::test]
async fn blocks_are_shown_with_transactions_and_receipts() {
    let served = served().await;
    let transaction = set_entry(1);
    served.ledger.make_block(vec![Bytes::from(transaction.to_bytes())]);

    let (_, latest) = json(served.get("/v1/blocks/latest").await).await;
    let (_, by_height) = json(served.get("/v1/blocks/2").await).await;

    assert_eq!(latest, by_height);
    assert_eq!(latest["header"]["height"], 2);
    let shown = &latest["transactions"][0];
    assert_eq!(shown["hash"], transaction.hash().to_string());
    assert_eq!(shown["transaction"], serde_json::to_value(&transaction).unwrap());
    assert_eq!(shown["receipt"]["outcome"]["status"], "ok");
}

#[tokio::test]
async fn proof_files_are_binary() {
    let served = served().await;
    let account = network().members[0].account;
    let transaction = set_entry(1);
    served.ledger.make_block(vec![Bytes::from(transaction.to_bytes())]);

    let state = served.get(&format!("/v1/proofs/accounts/{account}")).await;
    let receipt = served.get(&format!("/v1/proofs/transactions/{}", transaction.hash())).await;

    assert_eq!(state.headers()["content-type"], "application/vnd.salus.proof");
    assert!(state.bytes().await.unwrap().starts_with(b"identity/account/"));
    assert_eq!(
        receipt.bytes().await.unwrap(),
        format!("proof of {}", transaction.hash()).into_bytes()
    );
}

#[tokio::test]
async fn a_node_is_ready_while_it_follows() {
    let ready = served_with(Limits { ready_for: Duration::MAX, ..Limits::default() }, None).await;
    let stale = served().await;

    let live = json(stale.get("/health/live").await).await;
    let ok = json(ready.get("/health/ready").await).await;
    ready.ledger.set_mood(Mood::Syncing);
    let syncing = json(ready.get("/health/ready").await).await;
    let old = json(stale.get("/health/ready").await).await;

    assert_eq!((live.0.as_u16(), &live.1), (200, &json!({"ok": true})));
    assert_eq!((ok.0.as_u16(), &ok.1), (200, &json!({"ok": true})));
    assert_eq!(syncing.0, 503);
    assert_eq!(syncing.1["reason"], "catching up, at height 1");
    assert_eq!(old.0, 503);
}

#[tokio::test]
async fn status_network_validators_and_metrics_are_told() {
    let served = served().await;
    let network = network();

    let (_, status) = json(served.get("/v1/status").await).await;
    let (_, file) = json(served.get("/v1/network").await).await;
    let (_, validators) = json(served.get("/v1/validators").await).await;
    let metrics = served.get("/metrics").await.text().await.unwrap();

    assert_eq!(status["network"], network.id().to_string());
    assert_eq!(status["height"], 1);
    assert_eq!(file, serde_json::to_value(&network).unwrap());
    assert_eq!(validators["value"][0]["address"], "127.0.0.1:21000");
    assert_eq!(metrics, "fake_blocks_total 1\n");
}
