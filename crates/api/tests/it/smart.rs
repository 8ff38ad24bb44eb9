//! Clients of the organisation: registered on the ledger, signing for themselves, within their scopes.

use crate::{
    fake_fhir::{ANNA, FHIR, with_fhir},
    serving::{Served, entry_call, json, refusal, send_form, transaction},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use salus_api::ONE_TRANSACTION;
use salus_types::Height;
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A client with its key.
struct System {
    key: EcdsaKeyPair,
    random: SystemRandom,
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

impl System {
    fn new() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P384_SHA384_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
        Self { key, random }
    }

    /// The value of the entry that registers it.
    fn registration(&self, scope: &str) -> Vec<u8> {
        let point = self.key.public_key().as_ref();
        let coordinate = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
        let (x, y) = (coordinate(&point[1..49]), coordinate(&point[49..]));
        let key = json!({ "kty": "EC", "crv": "P-384", "x": x, "y": y });
        json!({ "keys": [key], "scope": scope }).to_string().into_bytes()
    }

    fn assertion(&self, served: &Served, name: &str, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = json!({
            "iss": "lab", "sub": "lab", "aud": format!("{}/oauth/token", served.base),
            "iat": now(), "exp": now() + 60, "jti": name,
        });
        change(&mut claims);
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = json!({ "alg": "ES384", "typ": "JWT" });
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = self.key.sign(&self.random, signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// A served interface at which `lab` is registered with this scope.
async fn registered(scope: &str) -> (Served, System) {
    let served = with_fhir().await;
    let system = System::new();
    set(&served, 1, system.registration(scope)).await;
    (served, system)
}

async fn set(served: &Served, number: u8, value: Vec<u8>) {
    let call = entry_call("smart-client/lab", value);
    let bytes = transaction(number, Height(100), call).to_bytes();
    assert!(served.post("/v1/transactions", ONE_TRANSACTION, bytes).await.status().is_success());
}

async fn ask(served: &Served, scope: &str, assertion: &str) -> reqwest::Response {
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", scope),
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", assertion),
    ];
    send_form(served.request("POST", "/oauth/token"), &form).await
}

async fn token(served: &Served, system: &System, name: &str, scope: &str) -> String {
    let assertion = system.assertion(served, name, |_| {});
    let answer = json(ask(served, scope, &assertion).await).await.1;
    answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

async fn status(served: &Served, token: &str, path: &str) -> u16 {
    let request = served.request("GET", path).bearer_auth(token);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_registered_client_gets_a_token_and_reads_within_its_scopes() {
    let (served, system) = registered("system/Patient.rs system/Observation.cruds").await;
    let assertion = system.assertion(&served, "1", |_| {});

    let asked = "system/Patient.read system/Condition.rs";
    let (code, answer) = json(ask(&served, asked, &assertion).await).await;

    assert_eq!(code, 200);
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("bearer"), &json!(300)));
    assert_eq!(answer["scope"], "system/Patient.rs");
    let token = answer["access_token"].as_str().unwrap();
    assert_eq!(status(&served, token, &format!("/fhir/Patient/{ANNA}")).await, 200);
    assert_eq!(status(&served, token, "/fhir/Patient?name=anna").await, 200);
    assert_eq!(status(&served, token, "/fhir/Condition").await, 403);
    assert_eq!(status(&served, token, "/fhir/$export?_type=Condition").await, 403);
    assert_eq!(status(&served, token, "/v1/vault/patients").await, 401);
    let create = served.request("POST", "/fhir/Patient").bearer_auth(token);
    let create = create.header("content-type", FHIR).body("{}").send().await.unwrap();
    assert_eq!(refusal(create).await, (403, "fhir.insufficient_scope".to_owned()));
}

#[tokio::test]
async fn every_refusal_of_a_token_has_its_code_and_that_of_oauth() {
    let (served, system) = registered("system/*.rs").await;
    let good = |name: &str| system.assertion(&served, name, |_| {});
    let changed = |name: &str, field: &'static str, value: Value| {
        system.assertion(&served, name, |claims| claims[field] = value)
    };
    let other = System::new().assertion(&served, "9", |_| {});
    let cases = [
        ("x".to_owned(), "system/*.rs", "smart.assertion"),
        (changed("2", "jti", json!("")), "system/*.rs", "smart.assertion"),
        (changed("2", "iss", json!("pharmacy")), "system/*.rs", "smart.client"),
        (
            changed("3", "aud", json!("https://elsewhere/oauth/token")),
            "system/*.rs",
            "smart.audience",
        ),
        (changed("4", "exp", json!(now() - 600)), "system/*.rs", "smart.expired"),
        (changed("5", "exp", json!(now() + 3600)), "system/*.rs", "smart.lifetime"),
        (changed("6", "iat", json!(1)), "system/*.rs", "smart.too_old"),
        (other, "system/*.rs", "smart.signature"),
        (good("7"), "system/*.cruds", "smart.scope"),
        (good("8"), "patient/*.rs", "smart.scope"),
    ];

    for (assertion, scope, code) in cases {
        let (status, found) = refusal(ask(&served, scope, &assertion).await).await;
        let expected = if code == "smart.scope" { 400 } else { 401 };
        assert_eq!((status, found.as_str()), (expected, code));
    }
    let unknown = system.assertion(&served, "10", |claims| {
        claims["iss"] = "nobody".into();
        claims["sub"] = "nobody".into();
    });
    let unknown = json(ask(&served, "system/*.rs", &unknown).await).await.1;
    assert_eq!(
        (&unknown["error"], &unknown["code"]),
        (&json!("invalid_client"), &json!("smart.client"))
    );
    let form = [("grant_type", "password")];
    let grant = send_form(served.request("POST", "/oauth/token"), &form).await;
    assert_eq!(refusal(grant).await, (400, "smart.grant_type".to_owned()));
}

#[tokio::test]
async fn an_assertion_counts_once() {
    let (served, system) = registered("system/*.rs").await;
    let assertion = system.assertion(&served, "1", |_| {});
    assert_eq!(ask(&served, "system/*.rs", &assertion).await.status(), 200);

    let again = ask(&served, "system/*.rs", &assertion).await;

    assert_eq!(refusal(again).await, (401, "smart.replayed".to_owned()));
}

#[tokio::test]
async fn a_token_ends_with_the_registration_of_its_client() {
    let (served, system) = registered("system/*.rs").await;
    let token = token(&served, &system, "1", "system/*.rs").await;
    let path = format!("/fhir/Patient/{ANNA}");
    assert_eq!(status(&served, &token, &path).await, 200);

    set(&served, 2, System::new().registration("system/*.rs")).await;

    assert_eq!(status(&served, &token, &path).await, 401);
}

#[tokio::test]
async fn clients_learn_where_to_ask() {
    let served = with_fhir().await;

    for path in ["/fhir/.well-known/smart-configuration", "/.well-known/smart-configuration"] {
        let told = json(served.get(path).await).await.1;
        assert_eq!(told["token_endpoint"], format!("{}/oauth/token", served.base));
    }
}
