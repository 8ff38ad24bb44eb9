//! What a node refuses to start with: each with a stable code, nothing written.

use crate::scene::{Scene, client};
use salus_node::{
    Node, NodeConfig, NodeError, Secrets,
    clock::now_ms,
    init::{self, NetworkOptions},
};
use salus_types::BlockTime;
use std::{fs, io::Write as _, net::TcpListener};

async fn refusal(scene: &Scene) -> NodeError {
    match Node::start(&scene.home(0)).await {
        Ok(_) => panic!("the node started"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn a_home_of_another_version_is_refused() {
    let scene = Scene::new(1);
    fs::write(scene.home(0).folder().join("home-version"), "9\n").unwrap();

    let error = refusal(&scene).await;

    assert_eq!(error.code(), "node.home_version");
}

#[tokio::test]
async fn an_unknown_key_in_the_configuration_is_refused_and_named() {
    let scene = Scene::new(1);
    let path = scene.home(0).settings();
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    writeln!(file, "mempool_mb = 3").unwrap();

    let error = refusal(&scene).await;

    assert_eq!(error.code(), "node.config_invalid");
    let message = error.to_string();
    assert!(message.contains("mempool_mb") && message.contains("line"), "{message}");
}

#[tokio::test]
async fn a_setting_out_of_range_is_refused() {
    let scene = Scene::new(1);
    let path = scene.home(0).settings();
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("signature_threads = 2", "signature_threads = 0")).unwrap();

    let error = refusal(&scene).await;

    assert_eq!(error.code(), "node.setting");
}

#[tokio::test]
async fn a_missing_key_file_is_refused_and_named() {
    let scene = Scene::new(1);
    fs::remove_file(scene.home(0).node_key()).unwrap();

    let error = refusal(&scene).await;

    assert_eq!(error.code(), "node.file_missing");
    assert!(error.to_string().contains("node.json"), "{error}");
}

#[tokio::test]
async fn a_network_file_cut_short_is_refused() {
    let scene = Scene::new(1);
    let path = scene.home(0).network();
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, &text[..text.len() / 2]).unwrap();

    let error = refusal(&scene).await;

    assert_eq!(error.code(), "node.file_invalid");
}

#[tokio::test]
async fn a_taken_port_is_refused_and_named() {
    let scene = Scene::new(1);
    let api = scene.network.validators.nodes()[0].api.replace("http://", "");
    let _other = TcpListener::bind(&api).unwrap();

    let error = refusal(&scene).await;

    assert_eq!(error.code(), "node.port_in_use");
    let port = api.rsplit_once(':').unwrap().1;
    assert!(error.to_string().contains(port), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_start_on_the_same_home_is_refused() {
    let scene = Scene::new(1);
    let node = scene.start(0).await;

    let error = refusal(&scene).await;

    assert_eq!(error.code(), "node.home_in_use");
    node.stop().await.unwrap();
}

#[test]
fn a_network_is_not_made_over_another() {
    let scene = Scene::new(1);
    let before = fs::read(scene.folder.path().join("net/network.json")).unwrap();
    let time = BlockTime::from_unix_ms(now_ms());
    let options = NetworkOptions::new(scene.folder.path().join("net"), 1, time);

    let error = init::network(&options).unwrap_err();

    assert_eq!(error.code(), "node.home_exists");
    assert_eq!(fs::read(scene.folder.path().join("net/network.json")).unwrap(), before);
}

#[tokio::test]
async fn a_secret_that_others_can_read_is_refused_and_says_what_to_do() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = Scene::new(1);
    let home = scene.home(0);

    for path in [home.node_key(), home.organisation_key(), home.sealing_key(), home.token()] {
        for mode in [0o640, 0o604, 0o660] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();

            let error = refusal(&scene).await;

            assert_eq!(error.code(), "node.file_exposed");
            let advice = format!("chmod 600 {}", path.display());
            assert!(error.to_string().contains(&advice), "{error}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// The engine had been left running, so that a second start found its port and its folder taken.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vault_that_does_not_open_stops_the_engine_too() {
    let scene = Scene::new(1);
    let vault = scene.home(0).vault();
    fs::write(&vault, "in the way").unwrap();

    let error = refusal(&scene).await;
    fs::remove_file(&vault).unwrap();
    let node = scene.start(0).await;

    assert_eq!(error.code(), "vault.storage");
    node.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_with_a_certificate_speaks_tls_and_guards_its_key() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = Scene::new(1);
    let home = scene.home(0);
    let files = concat!(env!("CARGO_MANIFEST_DIR"), "/../api/tests/it/tls");
    for name in ["ca.pem", "node.pem", "node.key"] {
        fs::copy(format!("{files}/{name}"), home.folder().join(name)).unwrap();
    }
    let key = home.folder().join("node.key");
    let config = NodeConfig {
        tls_certificate: "node.pem".to_owned(),
        tls_key: "node.key".to_owned(),
        ca_file: "ca.pem".to_owned(),
        ..NodeConfig::read(&home).unwrap()
    };
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let exposed = Node::start_with(&home, config.clone()).await.err().unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();

    let node = Node::start_with(&home, config).await.unwrap();

    assert_eq!(exposed.code(), "node.file_exposed");
    assert!(node.api_url().starts_with("https://127.0.0.1:"));
    assert!(client(&node).live().await.unwrap().ok);
    node.stop().await.unwrap();
}

#[test]
fn no_secret_of_a_home_shows_in_debug() {
    let scene = Scene::new(1);
    let home = scene.home(0);
    let secrets = Secrets::read(&home).unwrap();

    let shown = format!("{secrets:?} {:?}", secrets.organisation.key);

    for path in [home.node_key(), home.organisation_key(), home.sealing_key(), home.token()] {
        let text = fs::read_to_string(&path).unwrap();
        let json: Option<serde_json::Value> = serde_json::from_str(&text).ok();
        let secret = json.as_ref().and_then(|file| file["secret"].as_str());
        let secret = secret.unwrap_or(text.trim());
        assert!(secret.len() >= 64);
        assert!(!shown.contains(&secret[..16]), "{} shows", path.display());
    }
}

#[test]
fn secrets_can_be_read_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = Scene::new(1);
    let home = scene.home(0);

    for path in [home.node_key(), home.organisation_key(), home.sealing_key(), home.token()] {
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", path.display());
    }
}
