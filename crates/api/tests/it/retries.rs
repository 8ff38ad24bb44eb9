//! A client that sends again, and elsewhere, has one effect.

use crate::{
    fake::Mood,
    serving::{SOON, TOKEN, served, set_entry},
};
use salus_api::{
    ApiToken,
    client::{Client, Patience},
    view::{SubmittedStatus, TransactionStanding},
};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
};

/// Nobody listens here.
const NOBODY: &str = "http://127.0.0.1:1";

fn client(base: &str, others: &[&str]) -> Client {
    let patience =
        Patience { attempts_max: 2, pause_max: Duration::from_millis(1), ..Patience::default() };
    let client = Client::with_patience(base, patience).unwrap();
    client.with_others(others.iter().copied()).unwrap()
}

#[tokio::test]
async fn the_next_node_is_asked_when_one_does_not_answer_and_from_then_on() {
    let served = served().await;
    let client = client(NOBODY, &[&served.base]);

    client.status().await.unwrap();

    assert_eq!(client.base(), served.base);
}

#[tokio::test]
async fn the_next_node_is_asked_when_one_is_full() {
    let (full, usual) = (served().await, served().await);
    full.ledger.set_mood(Mood::Full);
    let transaction = set_entry(1);

    let item = client(&full.base, &[&usual.base]).submit(&transaction, SOON).await.unwrap();

    assert_eq!(item.status, SubmittedStatus::Accepted);
    assert_eq!(full.ledger.refused_as_full(), 1);
}

#[tokio::test]
async fn what_nobody_can_be_asked_for_is_an_error_after_every_node_was_tried() {
    let error = client(NOBODY, &["http://127.0.0.1:2"]).status().await.unwrap_err();

    assert_eq!(error.code(), "client.unreachable");
}

#[tokio::test]
async fn a_refusal_that_does_not_pass_is_not_taken_elsewhere() {
    let (first, second) = (served().await, served().await);
    let client = client(&first.base, &[&second.base]);

    let error = client.settle(vec![1, 2, 3], SOON).await.unwrap_err();

    assert_eq!(error.code(), "transaction.malformed");
    assert_eq!(client.base(), first.base);
}

#[tokio::test]
async fn a_token_is_shown_to_the_first_node_only() {
    let served = served().await;
    let client = client(NOBODY, &[&served.base]).with_token(ApiToken::new(TOKEN));

    let error = client.status().await.unwrap_err();

    assert_eq!(error.code(), "client.unreachable");
    assert_eq!(client.base(), NOBODY);
}

#[tokio::test]
async fn a_transaction_whose_answer_was_lost_is_sent_again_and_answered_with_its_first_receipt() {
    let served = served().await;
    let transaction = set_entry(1);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let between = format!("http://{}", listener.local_addr().unwrap());
    let (node, direct, bytes) = (served.base.clone(), served.client(), transaction.to_bytes());
    let cut = tokio::spawn(async move {
        // The first request reaches the node, and its answer is lost.
        let (mut connection, _) = listener.accept().await.unwrap();
        connection.read_u8().await.unwrap();
        let first = direct.submit_binary(bytes, SOON).await.unwrap();
        drop(connection);
        let (mut connection, _) = listener.accept().await.unwrap();
        tokio::spawn(async move {
            let mut node = TcpStream::connect(node.trim_start_matches("http://")).await.unwrap();
            let _ = copy_bidirectional(&mut connection, &mut node).await;
        });
        first
    });

    let again = client(&between, &[]).settle(transaction.to_bytes(), SOON).await.unwrap();
    let first = cut.await.unwrap();
    let found = served.client().transaction(transaction.hash(), Duration::ZERO).await.unwrap();

    assert_eq!(again.status, SubmittedStatus::Duplicate);
    assert_eq!(again.receipt, first.receipt);
    assert_eq!(found.status, TransactionStanding::Final);
    assert_eq!(found.receipt, first.receipt);
}

#[tokio::test]
async fn a_transaction_that_nobody_decides_is_said_to_be_open() {
    let served = served().await;
    served.ledger.set_mood(Mood::Paused);

    let within = Duration::from_millis(1);
    let error =
        client(&served.base, &[]).settle(set_entry(1).to_bytes(), within).await.unwrap_err();

    assert_eq!(error.code(), "client.not_settled");
}
