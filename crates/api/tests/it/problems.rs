//! Problem documents: their exact form, and that every refusal is one.

use crate::{
    fake::Mood,
    serving::{json, refusal, served, served_with},
};
use salus_api::Limits;
use serde_json::Value;
use std::time::Duration;

#[tokio::test]
async fn problem_documents_have_the_form_of_rfc_9457() {
    let served = served().await;
    let unknown = json(served.get("/v1/nothing").await).await.1;
    let method = json(served.request("DELETE", "/v1/status").send().await.unwrap()).await.1;
    let token = json(served.get("/v1/vault/patients").await).await.1;
    let path = json(served.get("/v1/accounts/xyz").await).await.1;
    served.ledger.set_mood(Mood::Full);
    let bytes = crate::serving::set_entry(1).to_bytes();
    let full =
        json(served.post("/v1/transactions", salus_api::ONE_TRANSACTION, bytes).await).await.1;

    let all: Vec<Value> = vec![unknown, method, token, path, full];

    insta::with_settings!({sort_maps => true, snapshot_path => "../golden", prepend_module_to_snapshot => false}, {
        insta::assert_json_snapshot!("problems", all);
    });
}

#[tokio::test]
async fn unknown_routes_and_methods_are_problems() {
    let served = served().await;

    let unknown = served.get("/").await;
    let method = served.request("PUT", "/v1/transactions").send().await.unwrap();
    let allowed = method.headers().get("allow").cloned();

    assert_eq!(refusal(unknown).await, (404, "api.unknown_route".to_owned()));
    assert_eq!(refusal(method).await, (405, "api.method_not_allowed".to_owned()));
    assert_eq!(allowed.unwrap(), "POST");
}

#[tokio::test]
async fn a_panic_is_a_problem_without_detail_and_the_node_goes_on() {
    let served = served().await;
    served.ledger.set_mood(Mood::Panicking);

    let failed = served.get("/v1/status").await;
    let text = failed.text().await.unwrap();
    served.ledger.set_mood(Mood::Usual);
    let after = served.get("/v1/status").await;

    let problem: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(problem["code"], "api.internal");
    assert!(!text.contains("secret"));
    assert_eq!(after.status(), 200);
}

#[tokio::test]
async fn too_many_requests_at_once_are_told_to_come_back() {
    let served = served_with(Limits { requests_max: 0, ..Limits::default() }, None).await;

    let answer = served.get("/health/live").await;

    assert_eq!(refusal(answer).await, (503, "api.overloaded".to_owned()));
}

#[tokio::test]
async fn an_answer_that_takes_too_long_ends_as_a_problem() {
    let limits = Limits { deadline: Duration::from_millis(50), ..Limits::default() };
    let served = served_with(limits, None).await;
    let path = format!("/v1/transactions/{}?wait_ms=30000", "0".repeat(64));

    let answer = served.get(&path).await;

    assert_eq!(refusal(answer).await, (408, "api.timeout".to_owned()));
}

#[tokio::test]
async fn a_body_that_stops_coming_ends_as_a_problem() {
    let limits = Limits { body_idle_max: Duration::from_millis(50), ..Limits::default() };
    let served = served_with(limits, None).await;
    let parts = futures::stream::iter([Ok::<_, std::io::Error>(vec![1_u8])]);
    let never = futures::stream::pending();
    let body = reqwest::Body::wrap_stream(futures::StreamExt::chain(parts, never));

    let answer = served.post("/v1/transactions", "application/octet-stream", body).await;

    assert_eq!(refusal(answer).await, (408, "api.timeout".to_owned()));
}

#[tokio::test]
async fn heads_over_the_bound_are_refused() {
    let served = served().await;
    let large = "x".repeat(64 * 1024);

    let answer = served.request("GET", "/v1/status").header("x-large", large).send().await.unwrap();

    assert_eq!(answer.status(), 431);
}

#[tokio::test]
async fn stopping_ends_open_streams_and_returns() {
    let served = served().await;
    let stream = served.get("/v1/events").await;
    assert_eq!(stream.status(), 200);

    served.stop().await;

    assert!(stream.bytes().await.is_err());
}
