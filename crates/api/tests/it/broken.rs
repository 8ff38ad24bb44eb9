//! The client against servers that hang up: what it sends again, and what it does not.

use crate::serving::SOON;
use futures::StreamExt as _;
use salus_api::{
    Problem,
    client::{Client, Listening, Patience},
    records::ReadOrder,
};
use salus_consent::{PurposeOfUse, RecordId};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::mpsc,
};

/// Serves each connection with the next of these bytes and hangs up; gives back what it was sent.
async fn hanging_up(answers: Vec<String>) -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (heard, hearing) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut answers = answers.into_iter();
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                let mut part = [0; 4096];
                match socket.read(&mut part).await {
                    Ok(count) if count > 0 => request.extend_from_slice(&part[..count]),
                    _ => break,
                }
            }
            let _ = heard.send(String::from_utf8_lossy(&request).into_owned());
            let _ = socket.write_all(answers.next().unwrap_or_default().as_bytes()).await;
        }
    });
    (base, hearing)
}

fn client(base: &str) -> Client {
    let patience =
        Patience { attempts_max: 3, pause_max: Duration::from_millis(1), ..Patience::default() };
    Client::with_patience(base, patience).unwrap()
}

#[tokio::test]
async fn a_submission_is_sent_again_with_the_same_bytes() {
    let (base, mut hearing) = hanging_up(Vec::new()).await;

    let error = client(&base).submit_binary("the bytes", Duration::ZERO).await.unwrap_err();

    let mut sent = Vec::new();
    while let Ok(request) = hearing.try_recv() {
        sent.push(request);
    }
    assert_eq!(error.code(), "client.unreachable");
    assert_eq!(sent.len(), 3);
    assert!(sent.iter().all(|request| request.starts_with("POST /v1/transactions HTTP/1.1")));
}

fn read_order() -> ReadOrder {
    ReadOrder {
        record: RecordId::new([4; 32]),
        basis: None,
        purpose: PurposeOfUse::Treatment,
        actor: None,
        from: None,
    }
}

/// A refusal that says when to try again, as a node writes it.
fn passing(code: &str) -> String {
    let problem = Problem::new(code, "later").retry_after(Duration::from_millis(1));
    let body = serde_json::to_string(&problem).unwrap();
    format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test]
async fn a_read_is_not_sent_again_once_it_may_have_been_taken() {
    let (base, mut hearing) = hanging_up(Vec::new()).await;

    let error = client(&base).read(&read_order()).await.unwrap_err();

    assert_eq!(error.code(), "client.unreachable");
    assert!(hearing.try_recv().is_ok());
    assert!(hearing.try_recv().is_err());
}

#[tokio::test]
async fn a_read_is_sent_again_only_when_the_node_did_not_begin() {
    let answers = vec![passing("api.overloaded"), passing("vault.account_not_written")];
    let (base, mut hearing) = hanging_up(answers).await;

    let error = client(&base).read(&read_order()).await.unwrap_err();

    assert_eq!(error.code(), "vault.account_not_written");
    assert!(hearing.try_recv().is_ok());
    assert!(hearing.try_recv().is_ok());
    assert!(hearing.try_recv().is_err());
}

#[tokio::test]
async fn an_answer_that_is_not_a_nodes_is_said_so() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello".to_owned();
    let refusal = "HTTP/1.1 502 Bad Gateway\r\ncontent-length: 4\r\n\r\noops".to_owned();
    let (base, _hearing) = hanging_up(vec![answer, refusal]).await;
    let client = client(&base);

    let not_json = client.status().await.unwrap_err();
    let no_problem = client.status().await.unwrap_err();

    assert_eq!(not_json.code(), "client.unexpected_answer");
    assert_eq!(no_problem.code(), "client.unexpected_answer");
}

#[tokio::test]
async fn a_stream_that_breaks_goes_on_after_the_last_event() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    let event = |id: &str| {
        let data = format!(
            r#"{{"height":1,"time":1,"transaction":"{}","module":1,"name":"EntrySet","payload":"","described":{{}}}}"#,
            "0".repeat(64)
        );
        format!("id: {id}\ndata: {data}\n\n")
    };
    let first = format!("{head}{}{}", event("1.0.0"), event("1.0.1"));
    // The mark of a quiet stream counts as well.
    let second = format!("{head}:\n\nid: 9.0.0\n\n");
    let third = format!("{head}{}", event("9.0.1"));
    let (base, mut hearing) = hanging_up(vec![first, second, third]).await;

    let events = client(&base).events(Listening::default());
    let told: Vec<_> = tokio::time::timeout(SOON, events.take(3).collect()).await.unwrap();

    let ids: Vec<_> = told.into_iter().map(|told| told.unwrap().id.to_string()).collect();
    assert_eq!(ids, ["1.0.0", "1.0.1", "9.0.1"]);
    assert!(!hearing.recv().await.unwrap().contains("last-event-id"));
    assert!(hearing.recv().await.unwrap().contains("last-event-id: 1.0.1\r\n"));
    assert!(hearing.recv().await.unwrap().contains("last-event-id: 9.0.0\r\n"));
}
