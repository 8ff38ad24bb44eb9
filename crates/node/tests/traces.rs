//! Traces and logs of a whole process: they are global, so that this is a test program of its own.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

#[path = "it/scene.rs"]
#[expect(dead_code, reason = "the other test program uses the rest")]
mod scene;

use salus_api::ApiToken;
use salus_node::{NodeConfig, telemetry};
use salus_types::ModuleId;
use scene::{Scene, client, entry};
use std::{
    fs,
    io::{Read as _, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
};

/// Takes what is sent to a collector, and answers that it was taken.
fn collector(listener: TcpListener, taken: Arc<Mutex<Vec<u8>>>) {
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let taken = Arc::clone(&taken);
            std::thread::spawn(move || {
                let mut request = Vec::new();
                let mut part = [0; 4096];
                while let Ok(count @ 1..) = stream.read(&mut part) {
                    request.extend_from_slice(&part[..count]);
                    if is_whole(&request) {
                        taken.lock().unwrap().append(&mut request);
                        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
                    }
                }
            });
        }
    });
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some(head) = request.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    request.len() >= head + 4 + length.unwrap_or(0)
}

/// Logs in memory.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn spans_along_a_transaction_reach_the_collector_and_log_levels_change_while_it_runs() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let config = NodeConfig {
        otlp_endpoint: format!("http://{}", listener.local_addr().unwrap()),
        trace_percent: 100,
        log: "warn".to_owned(),
        ..NodeConfig::default()
    };
    let taken = Arc::new(Mutex::new(Vec::new()));
    collector(listener, Arc::clone(&taken));
    let lines = Lines::default();
    let writer = lines.clone();
    let telemetry = telemetry::install_to(&config, move || writer.clone(), false).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();

    let (account, wrong, told) = runtime.block_on(async {
        let scene = Scene::new(1);
        let hospital = scene.organisation(0);
        let node = scene.start(0).await;
        let bearer = fs::read_to_string(scene.home(0).token()).unwrap();
        let operator = client(&node).with_token(ApiToken::new(bearer.trim()));
        hospital.must(&operator, &scene.network, ModuleId::IDENTITY, &entry("service")).await;
        let before = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert!(!before.contains(" INFO "), "only warnings were asked for: {before}");
        let wrong = operator.set_log_level("salus_node=loud").await.unwrap_err();
        operator.set_log_level("warn,salus_node=info").await.unwrap();
        let told = operator.operator_status().await.unwrap().log;
        node.stop().await.unwrap();
        (hospital.account.to_string(), wrong, told)
    });
    drop(runtime);
    drop(telemetry);

    let sent = String::from_utf8_lossy(&taken.lock().unwrap()).into_owned();
    assert!(sent.contains("POST /v1/traces"));
    for span in [
        "api.request",
        "mempool.admit",
        "ledger.transaction",
        "engine.propose",
        "app.execute_block",
        "chain.commit",
    ] {
        assert!(sent.contains(span), "{span} did not reach the collector");
    }
    assert!(!sent.contains(&account));
    assert_eq!(wrong.code(), "api.log_filter");
    assert_eq!(told, "warn,salus_node=info");
    let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("what is logged was changed"), "{logged}");
}
