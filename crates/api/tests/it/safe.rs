//! TLS: the node shows its certificate, the client trusts the authority that it was told.

use crate::{fake::FakeLedger, serving::SOON};
use salus_api::{
    ApiState, Limits, TlsServer,
    client::{Client, Patience, trust},
    router, serve_with,
};
use std::{future::pending, path::PathBuf, sync::Arc};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/tls").join(name)
}

/// Serves a new ledger over TLS and gives the port.
async fn served() -> u16 {
    let ledger = Arc::new(FakeLedger::new());
    let limits = Limits::default();
    let state = ApiState {
        ledger,
        vault: None,
        fhir: None,
        custody: None,
        erasures: None,
        rules: None,
        base_url: String::new(),
        organisation: None,
        operator: None,
        token: None,
        limits,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let tls = TlsServer::read(&file("node.pem"), &file("node.key")).unwrap();
    tokio::spawn(serve_with(listener, Some(tls), router(state), pending()));
    port
}

fn client(base: &str) -> Client {
    trust(&file("ca.pem")).unwrap();
    let patience = Patience { attempts_max: 1, ..Patience::default() };
    Client::with_patience(base, patience).unwrap()
}

#[tokio::test]
async fn a_client_that_trusts_the_authority_speaks_to_the_node_over_tls() {
    let port = served().await;

    for host in ["localhost", "127.0.0.1"] {
        let client = client(&format!("https://{host}:{port}"));
        assert!(client.live().await.unwrap().ok);
        assert_eq!(client.network().await.unwrap().name.as_str(), "test");
        // A refusal comes through with its code.
        let refused = client.patients(None).await.unwrap_err();
        assert_eq!(refused.code(), "api.unauthorised");
    }
}

#[tokio::test]
async fn a_node_under_another_name_or_without_tls_is_not_spoken_to() {
    let port = served().await;
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let plain_port = plain.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = plain.accept().await {
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
        }
    });

    let another_name = client(&format!("https://127.0.0.2:{port}")).live().await;
    let without = client(&format!("https://127.0.0.1:{plain_port}")).live().await;

    assert_eq!(another_name.unwrap_err().code(), "client.unreachable");
    assert_eq!(without.unwrap_err().code(), "client.unreachable");
}

#[tokio::test]
async fn plain_http_is_not_answered_where_tls_is_spoken() {
    let port = served().await;
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();

    socket.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let read = tokio::time::timeout(SOON, socket.read_to_end(&mut answer)).await.unwrap();

    assert!(read.is_err() || !answer.starts_with(b"HTTP"));
}

#[test]
fn files_that_are_no_certificates_are_refused_by_name() {
    let missing = TlsServer::read(&file("none.pem"), &file("node.key")).unwrap_err();
    let empty = TlsServer::read(&file("node.key"), &file("node.key")).unwrap_err();
    let wrong = TlsServer::read(&file("ca.pem"), &file("node.key")).unwrap_err();

    for error in [&missing, &empty, &wrong] {
        assert_eq!(error.code(), "api.tls");
    }
    assert!(missing.to_string().contains("none.pem"));
    assert!(wrong.to_string().contains("node.key"));
}
