//! Submitting transactions in all forms, and what becomes of bad ones.

use crate::{
    fake::Mood,
    serving::{entry_call, json, refusal, served, served_with, set_entry, sign, transaction},
};
use bytes::Bytes;
use proptest::{prelude::*, test_runner::TestRunner};
use salus_api::{Limits, MANY_TRANSACTIONS, ONE_TRANSACTION, TransactionBatch};
use salus_types::{BytesMax, Height, NetworkId, Salt, Transaction, encode};
use serde_json::{Value, json};

fn batch(transactions: &[Transaction]) -> Vec<u8> {
    let items = transactions.iter().map(|one| BytesMax::new(one.to_bytes()).unwrap()).collect();
    encode(&TransactionBatch::new(items).unwrap())
}

#[tokio::test]
async fn one_binary_transaction_is_accepted_and_found_by_its_hash() {
    let served = served().await;
    let transaction = set_entry(1);

    let answer = served.post("/v1/transactions", ONE_TRANSACTION, transaction.to_bytes()).await;
    let (status, body) = json(answer).await;
    let (found_status, found) =
        json(served.get(&format!("/v1/transactions/{}", transaction.hash())).await).await;

    let hash = transaction.hash().to_string();
    assert_eq!(status, 202);
    assert_eq!(body, json!({"transactions": [{"hash": hash, "status": "accepted"}]}));
    assert_eq!(found_status, 200);
    assert_eq!(found["status"], "final");
    assert_eq!(found["height"], 2);
    assert_eq!(found["receipt"]["outcome"]["status"], "ok");
}

#[tokio::test]
async fn many_binary_transactions_are_answered_one_by_one() {
    let served = served().await;
    let mut wrong_network = set_entry(3);
    wrong_network.body.network = NetworkId([0; 32]);
    let body = batch(&[set_entry(1), wrong_network, set_entry(2)]);

    let (status, answer) =
        json(served.post("/v1/transactions?wait_ms=1000", MANY_TRANSACTIONS, body).await).await;

    let items = answer["transactions"].as_array().unwrap();
    let of = |field: &str| items.iter().map(|item| item[field].clone()).collect::<Vec<_>>();
    assert_eq!(status, 202);
    assert_eq!(of("status"), ["accepted", "refused", "accepted"]);
    assert_eq!(of("code"), [Value::Null, json!("transaction.wrong_network"), Value::Null]);
    assert_eq!(items[2]["receipt"]["index"], 1);
}

#[tokio::test]
async fn json_transactions_are_taken_alone_and_in_lists() {
    let served = served().await;
    let one = serde_json::to_vec(&set_entry(1)).unwrap();
    let list = serde_json::to_vec(&[set_entry(2), set_entry(3)]).unwrap();

    let one = json(served.post("/v1/transactions", "application/json", one).await).await;
    let list =
        json(served.post("/v1/transactions", "application/json; charset=utf-8", list).await).await;

    assert_eq!(one.0, 202);
    assert_eq!(one.1["transactions"].as_array().unwrap().len(), 1);
    assert_eq!(list.0, 202);
    assert_eq!(list.1["transactions"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_second_submission_is_answered_with_the_first_receipt() {
    let served = served().await;
    let bytes = set_entry(1).to_bytes();

    let first = served.post("/v1/transactions?wait_ms=1000", ONE_TRANSACTION, bytes.clone()).await;
    let first = json(first).await;
    let second = json(served.post("/v1/transactions", ONE_TRANSACTION, bytes).await).await;

    assert_eq!(first.0, 200);
    assert_eq!(second.0, 200);
    assert_eq!(second.1["transactions"][0]["status"], "duplicate");
    assert_eq!(first.1["transactions"][0]["receipt"], second.1["transactions"][0]["receipt"]);
}

#[tokio::test]
async fn a_wait_ends_with_the_receipt_once_there_is_a_block() {
    let served = served().await;
    served.ledger.set_mood(Mood::Paused);
    let transaction = set_entry(1);
    served.post("/v1/transactions", ONE_TRANSACTION, transaction.to_bytes()).await;
    let path = format!("/v1/transactions/{}", transaction.hash());

    let (_, before) = json(served.get(&path).await).await;
    let waiting = format!("{path}?wait_ms=20000");
    let (answer, ()) = tokio::join!(served.get(&waiting), async { served.ledger.release() });
    let (_, after) = json(answer).await;

    assert_eq!(before["status"], "pending");
    assert_eq!(after["status"], "final");
}

#[tokio::test]
async fn what_expires_during_the_wait_is_reported_as_expired() {
    let served = served().await;
    served.ledger.set_mood(Mood::Paused);
    let transaction = set_entry(1);
    served.post("/v1/transactions", ONE_TRANSACTION, transaction.to_bytes()).await;
    served.ledger.expire();

    let path = format!("/v1/transactions/{}?wait_ms=1000", transaction.hash());
    let (_, answer) = json(served.get(&path).await).await;

    assert_eq!(answer["status"], "expired");
}

#[tokio::test]
async fn an_unknown_transaction_is_said_to_be_unknown() {
    let served = served().await;

    let (status, answer) =
        json(served.get(&format!("/v1/transactions/{}", "0".repeat(64))).await).await;

    assert_eq!(status, 200);
    assert_eq!(answer["status"], "unknown");
}

#[tokio::test]
async fn a_call_that_a_module_refuses_is_final_with_its_code() {
    let served = served().await;
    let refused = transaction(1, Height(100), entry_call("", vec![1]));

    let answer =
        served.post("/v1/transactions?wait_ms=1000", ONE_TRANSACTION, refused.to_bytes()).await;
    let (status, answer) = json(answer).await;

    assert_eq!(status, 200);
    assert_eq!(answer["transactions"][0]["receipt"]["outcome"]["code"], "identity.entry_name");
}

#[tokio::test]
async fn one_refused_transaction_is_a_problem_with_its_code() {
    let served = served().await;
    let mut wrong_network = set_entry(1).body;
    wrong_network.network = NetworkId([0; 32]);
    let expired = transaction(2, Height(1), entry_call("name", vec![1]));
    let mut bad_signature = set_entry(3);
    bad_signature.body.salt = Salt([0; 16]);
    let cases = [
        (sign(wrong_network), (422, "transaction.wrong_network")),
        (expired, (422, "transaction.expired")),
        (bad_signature, (422, "transaction.bad_signature")),
    ];

    for (transaction, expected) in cases {
        let answer = served.post("/v1/transactions", ONE_TRANSACTION, transaction.to_bytes()).await;

        assert_eq!(refusal(answer).await, (expected.0, expected.1.to_owned()));
    }
}

#[tokio::test]
async fn a_full_pool_says_when_to_try_again() {
    let served = served().await;
    served.ledger.set_mood(Mood::Full);

    let answer = served.post("/v1/transactions", ONE_TRANSACTION, set_entry(1).to_bytes()).await;
    let retry_after = answer.headers()["retry-after"].clone();
    let refused = refusal(answer).await;
    let many = served.post("/v1/transactions", MANY_TRANSACTIONS, batch(&[set_entry(1)])).await;
    let (status, many) = json(many).await;

    assert_eq!(refused, (429, "mempool.full".to_owned()));
    assert_eq!(retry_after, "2");
    assert_eq!(status, 202);
    assert_eq!(many["transactions"][0]["retry_after_ms"], 1500);
}

#[tokio::test]
async fn a_node_without_room_refuses_many_at_once_and_looks_at_one() {
    let served = served().await;
    served.ledger.set_mood(Mood::NoRoom);

    let many = served.post("/v1/transactions", MANY_TRANSACTIONS, batch(&[set_entry(1)])).await;
    let one = served.post("/v1/transactions", ONE_TRANSACTION, set_entry(1).to_bytes()).await;

    assert_eq!(many.headers()["retry-after"], "1");
    assert_eq!(refusal(many).await, (429, "mempool.full".to_owned()));
    assert_eq!(one.status(), 202);
}

#[tokio::test]
async fn malformed_bodies_are_refused_with_a_code() {
    let served = served().await;
    let whole = set_entry(1).to_bytes();
    let mut unknown_field = serde_json::to_value(set_entry(1)).unwrap();
    unknown_field["fee"] = json!(1);
    let long: Vec<u8> =
        std::iter::repeat_n(&whole[..], 1 + 128 * 1024 / whole.len()).flatten().copied().collect();
    let too_many: Vec<u8> = [1001_u32.to_le_bytes().to_vec(), vec![0; 4 * 1001]].concat();
    let json_type = "application/json";
    let cases: Vec<(&str, Vec<u8>, (u16, &str))> = vec![
        (ONE_TRANSACTION, vec![], (400, "api.no_transaction")),
        (ONE_TRANSACTION, whole[..whole.len() - 1].to_vec(), (400, "transaction.malformed")),
        (ONE_TRANSACTION, [whole.clone(), vec![0]].concat(), (400, "transaction.malformed")),
        (ONE_TRANSACTION, vec![0xff; 300], (400, "transaction.malformed")),
        (ONE_TRANSACTION, long, (413, "api.body_too_large")),
        (MANY_TRANSACTIONS, vec![], (400, "codec.invalid")),
        (MANY_TRANSACTIONS, vec![0; 4], (400, "api.no_transaction")),
        (MANY_TRANSACTIONS, vec![0xff; 64], (400, "codec.invalid")),
        (MANY_TRANSACTIONS, too_many, (400, "codec.invalid")),
        (MANY_TRANSACTIONS, vec![0; 4 * 1024 * 1024 + 1], (413, "api.body_too_large")),
        (json_type, vec![], (400, "api.json")),
        (json_type, b"[]".to_vec(), (400, "api.no_transaction")),
        (json_type, b"{\"body\": 1".to_vec(), (400, "api.json")),
        (json_type, b"\xff\xfe".to_vec(), (400, "api.json")),
        (json_type, unknown_field.to_string().into_bytes(), (400, "api.json")),
        (json_type, [b"[".repeat(100_000), vec![]].concat(), (400, "api.json")),
        ("text/plain", whole.clone(), (415, "api.media_type")),
    ];

    for (content_type, body, expected) in cases {
        let length = body.len();
        let answer = served.post("/v1/transactions", content_type, body).await;

        let found = refusal(answer).await;
        assert_eq!(found, (expected.0, expected.1.to_owned()), "{content_type}, {length} bytes");
    }
}

#[tokio::test]
async fn a_body_without_a_type_is_refused() {
    let served = served().await;

    let answer = served.request("POST", "/v1/transactions").body(vec![1]).send().await.unwrap();

    assert_eq!(refusal(answer).await, (415, "api.media_type".to_owned()));
}

#[tokio::test]
async fn a_list_over_the_nodes_own_bound_is_refused() {
    let limits = Limits { submission_transactions_max: 2, ..Limits::default() };
    let served = served_with(limits, None).await;
    let three = [set_entry(1), set_entry(2), set_entry(3)];

    let binary = served.post("/v1/transactions", MANY_TRANSACTIONS, batch(&three)).await;
    let json = serde_json::to_vec(&three).unwrap();
    let json = served.post("/v1/transactions", "application/json", json).await;

    let expected = (413, "api.too_many_transactions".to_owned());
    assert_eq!(refusal(binary).await, expected);
    assert_eq!(refusal(json).await, expected);
}

#[tokio::test]
async fn a_wait_over_the_bound_or_an_unknown_parameter_is_refused() {
    let served = served().await;

    for query in ["wait_ms=60001", "wait_ms=-1", "wait_ms=soon", "wait=1"] {
        let path = format!("/v1/transactions?{query}");
        let answer = served.post(&path, ONE_TRANSACTION, set_entry(1).to_bytes()).await;

        assert_eq!(refusal(answer).await, (400, "api.query".to_owned()), "{query}");
    }
}

#[test]
fn random_bytes_and_damaged_transactions_never_fail_the_node() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let served = runtime.block_on(served());
    let whole = set_entry(1).to_bytes();
    let types = [ONE_TRANSACTION, MANY_TRANSACTIONS, "application/json"];
    let damaged = (0..whole.len(), any::<u8>()).prop_map(move |(place, byte)| {
        let mut bytes = whole.clone();
        bytes[place] = byte;
        bytes
    });
    let bodies = prop_oneof![prop::collection::vec(any::<u8>(), 0..512), damaged];

    TestRunner::deterministic()
        .run(&(bodies, prop::sample::select(types.to_vec())), |(body, content_type)| {
            let body = Bytes::from(body);
            let answer = runtime.block_on(served.post("/v1/transactions", content_type, body));
            let status = answer.status().as_u16();
            prop_assert!(matches!(status, 200 | 202 | 400 | 422), "status {}", status);
            Ok(())
        })
        .unwrap();
}
