//! A served interface, and transactions to send to it.

use crate::fake::{FakeLedger, network, organisation_key};
use reqwest::{Response, StatusCode};
use salus_api::{
    ApiState, ApiToken, Limits,
    client::{Client, Patience},
    fhir::FhirRecords,
    records::Records,
    router, serve,
};
use salus_identity::{IdentityTx, tx::SetEntry};
use salus_types::{
    BytesMax, Call, Height, ModuleId, Salt, TextMax, Transaction, TransactionBody,
    UnsignedTransaction, VecMax, encode,
};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

/// The token of the served interface.
pub(crate) const TOKEN: &str = "the-organisation's-token";
/// Long enough for any answer of a test, short enough to fail by itself.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// A served interface.
pub(crate) struct Served {
    /// Its address.
    pub(crate) base: String,
    /// The ledger behind it.
    pub(crate) ledger: Arc<FakeLedger>,
    http: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<std::io::Result<()>>,
}

/// Serves a new ledger.
pub(crate) async fn served() -> Served {
    served_with(Limits::default(), None).await
}

/// Serves a new ledger within these limits.
pub(crate) async fn served_with(limits: Limits, vault: Option<Arc<dyn Records>>) -> Served {
    served_all(limits, vault, None).await
}

/// Serves a new ledger with records as FHIR resources too.
pub(crate) async fn served_all(
    limits: Limits,
    vault: Option<Arc<dyn Records>>,
    fhir: Option<Arc<dyn FhirRecords>>,
) -> Served {
    let ledger = Arc::new(FakeLedger::new());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let base = format!("http://{}", listener.local_addr().expect("it is bound"));
    let state = ApiState {
        ledger: ledger.clone(),
        vault,
        fhir,
        custody: None,
        erasures: None,
        rules: None,
        base_url: base.clone(),
        organisation: Some(network().members[0].account),
        operator: None,
        token: Some(ApiToken::new(TOKEN)),
        limits,
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, router(state), async {
        let _ = stopped.await;
    }));
    Served { base, ledger, http: reqwest::Client::new(), stop: Some(stop), server }
}

impl Served {
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.http.get(self.url(path)).timeout(SOON).send().await.expect("it answers")
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = method.parse().expect("a method");
        self.http.request(method, self.url(path)).timeout(SOON)
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        content_type: &str,
        body: impl Into<reqwest::Body>,
    ) -> Response {
        let request = self.request("POST", path).header("content-type", content_type);
        request.body(body).send().await.expect("it answers")
    }

    pub(crate) fn client(&self) -> Client {
        let patience = Patience { attempts_max: 3, ..Patience::default() };
        Client::with_patience(&self.base, patience)
            .expect("an address")
            .with_token(ApiToken::new(TOKEN))
    }

    /// Stops serving and waits until it has.
    pub(crate) async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        self.server.await.expect("the server does not panic").expect("it ends well");
    }
}

/// Sends a form.
pub(crate) async fn send_form(
    request: reqwest::RequestBuilder,
    fields: &[(&str, &str)],
) -> Response {
    let mut body = form_urlencoded::Serializer::new(String::new());
    let body = body.extend_pairs(fields).finish();
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    request.body(body).send().await.expect("it answers")
}

/// The status and JSON of an answer.
pub(crate) async fn json(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    (status, response.json().await.expect("JSON"))
}

/// The status and code of a refusal, which must be a problem document that agrees with itself; under
/// `/fhir` an `OperationOutcome`.
pub(crate) async fn refusal(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let content_type = response.headers()["content-type"].to_str().expect("text").to_owned();
    if response.url().path().starts_with("/fhir") {
        assert_eq!(content_type, "application/fhir+json");
        let outcome: Value = response.json().await.expect("an OperationOutcome");
        assert_eq!(outcome["resourceType"], "OperationOutcome");
        let code = &outcome["issue"][0]["details"]["coding"][0]["code"];
        return (status, code.as_str().expect("a code").to_owned());
    }
    if response.url().path() == "/oauth/token" {
        assert_eq!(content_type, "application/json");
        let error: Value = response.json().await.expect("an error of OAuth");
        return (status, error["code"].as_str().expect("a code").to_owned());
    }
    assert_eq!(content_type, "application/problem+json");
    let retry_after = response.headers().get("retry-after").cloned();
    let problem: salus_api::Problem = response.json().await.expect("a problem document");
    assert_eq!(problem.status, status);
    assert_eq!(*problem.type_uri, format!("/errors/{}", problem.code));
    assert_eq!(problem.retry_after_ms.is_some(), retry_after.is_some());
    assert!(problem.instance.is_some());
    (status, problem.code)
}

/// A signed transaction that sets a public entry; `number` makes it unlike any other.
pub(crate) fn set_entry(number: u8) -> Transaction {
    transaction(number, Height(100), entry_call(&format!("entry-{number}"), vec![number; 8]))
}

/// A call that sets a public entry.
pub(crate) fn entry_call(name: &str, value: Vec<u8>) -> Call {
    let call = IdentityTx::SetEntry(SetEntry {
        name: TextMax::new(name).expect("short"),
        value: BytesMax::new(value).expect("short"),
    });
    let payload = BytesMax::new(encode(&call)).expect("short");
    Call { module: ModuleId::IDENTITY, payload }
}

/// A transaction of the first organisation with one call.
pub(crate) fn transaction(number: u8, valid_until: Height, call: Call) -> Transaction {
    let network = network();
    sign(TransactionBody {
        network: network.id(),
        sender: network.members[0].account,
        cosigners: VecMax::default(),
        valid_until,
        salt: Salt([number; 16]),
        calls: VecMax::new(vec![call]).expect("one call"),
    })
}

/// Signs a body with the key of the first organisation.
pub(crate) fn sign(body: TransactionBody) -> Transaction {
    let key = organisation_key();
    let sender = body.sender;
    let unsigned = UnsignedTransaction::new(body);
    let signature = key.sign(&unsigned.signed_bytes());
    unsigned.with_signature(sender, key.public(), signature).finish().expect("one signature")
}
