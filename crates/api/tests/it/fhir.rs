//! FHIR over resources in memory: what requests mean, and how answers and refusals are spelled.

use crate::{
    fake_fhir::{ANNA, FHIR, with_fhir},
    serving::{Served, TOKEN, json, refusal, send_form},
};
use serde_json::{Value, json};

async fn get(served: &Served, path: &str) -> reqwest::Response {
    served.request("GET", path).bearer_auth(TOKEN).send().await.unwrap()
}

async fn send(served: &Served, method: &str, path: &str, body: &Value) -> reqwest::Response {
    let request = served.request(method, path).bearer_auth(TOKEN);
    request.header("content-type", FHIR).body(body.to_string()).send().await.unwrap()
}

fn observation(code: &str) -> Value {
    let subject = json!({ "reference": format!("Patient/{ANNA}") });
    json!({ "resourceType": "Observation", "code": { "coding": [{ "code": code }] }, "subject": subject })
}

#[tokio::test]
async fn what_is_created_is_read_changed_and_told_with_its_versions() {
    let served = with_fhir().await;

    let created = send(&served, "POST", "/fhir/Observation", &observation("a")).await;
    let location = created.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(
        (created.status(), created.headers()["etag"].to_str().unwrap()),
        (201.try_into().unwrap(), "W/\"1\"")
    );
    let (_, body) = json(created).await;
    let path = format!("/fhir/Observation/{}", body["id"].as_str().unwrap());
    assert_eq!(location, format!("{}{path}/_history/1", served.base));

    let mut changed = body.clone();
    changed["status"] = "final".into();
    let put = served.request("PUT", &path).bearer_auth(TOKEN).header("content-type", FHIR);
    let put = put.header("if-match", "W/\"1\"").body(changed.to_string()).send().await.unwrap();
    assert_eq!(put.status(), 200);
    let stale = served.request("PUT", &path).bearer_auth(TOKEN).header("content-type", FHIR);
    let stale = stale.header("if-match", "W/\"1\"").body(changed.to_string()).send().await.unwrap();
    assert_eq!(refusal(stale).await, (412, "vault.version_conflict".to_owned()));

    let now = get(&served, &path).await;
    assert_eq!(now.headers()["content-type"], FHIR);
    assert_eq!(now.headers()["cache-control"], "no-store");
    assert_eq!(json(now).await.1["status"], "final");
    let old = json(get(&served, &format!("{path}/_history/1")).await).await.1;
    assert_eq!(old["status"], Value::Null);
    let history = json(get(&served, &format!("{path}/_history")).await).await.1;
    assert_eq!((&history["type"], &history["total"]), (&json!("history"), &json!(2)));
    assert_eq!(history["entry"][0]["response"]["etag"], "W/\"2\"");
}

#[tokio::test]
async fn a_conditional_create_and_a_minimal_answer() {
    let served = with_fhir().await;
    let create = async || {
        let request = served.request("POST", "/fhir/Observation").bearer_auth(TOKEN);
        let request = request.header("content-type", FHIR).header("prefer", "return=minimal");
        let request = request.header("if-none-exist", "code=a");
        request.body(observation("a").to_string()).send().await.unwrap()
    };

    let (first, second) = (create().await, create().await);

    assert_eq!((first.status().as_u16(), second.status().as_u16()), (201, 200));
    assert_eq!(first.headers()["location"], second.headers()["location"]);
    assert_eq!(first.text().await.unwrap(), "");
}

#[tokio::test]
async fn searches_are_bundles_with_pages_by_get_and_by_post() {
    let served = with_fhir().await;
    for code in ["a", "b", "a"] {
        send(&served, "POST", "/fhir/Observation", &observation(code)).await;
    }

    let found = json(get(&served, "/fhir/Observation?code=a&_count=1").await).await.1;
    let count = json(get(&served, "/fhir/Observation?_summary=count").await).await.1;
    let posted = served.request("POST", "/fhir/Observation/_search").bearer_auth(TOKEN);
    let posted = send_form(posted, &[("patient", ANNA), ("code", "b")]).await;
    let posted = json(posted).await.1;

    assert_eq!((&found["type"], &found["total"]), (&json!("searchset"), &json!(2)));
    assert_eq!(found["entry"][0]["search"]["mode"], "match");
    let base = format!("{}/fhir/Observation", served.base);
    assert_eq!(found["link"][0]["url"], format!("{base}?code=a&_count=1"));
    assert_eq!(found["link"][1]["url"], format!("{base}?_cursor=more.1"));
    let next = json(get(&served, "/fhir/Observation?_cursor=more.1").await).await.1;
    assert_eq!(next["entry"].as_array().unwrap().len(), 2);
    assert_eq!((&count["total"], &count["entry"]), (&json!(3), &Value::Null));
    assert_eq!(posted["total"], 1);
}

#[tokio::test]
async fn a_transaction_is_all_or_nothing_and_a_batch_is_not() {
    let served = with_fhir().await;
    let entry = |method: &str, url: &str, resource: Value| json!({ "request": { "method": method, "url": url }, "resource": resource });
    let media = json!({ "resourceType": "Media" });
    let bundle = |kind: &str, second: Value| {
        let first = entry("POST", "Observation", observation("a"));
        let read = json!({ "request": { "method": "GET", "url": format!("Patient/{ANNA}") } });
        json!({ "resourceType": "Bundle", "type": kind, "entry": [first, second, read] })
    };
    let bad = || entry("POST", "Media", media.clone());
    let good = entry("POST", "Observation", observation("b"));

    let refused = send(&served, "POST", "/fhir", &bundle("transaction", bad())).await;
    assert_eq!(refusal(refused).await, (422, "fhir.no_patient".to_owned()));
    let none = json(get(&served, "/fhir/Observation").await).await.1;
    let done = json(send(&served, "POST", "/fhir/", &bundle("transaction", good)).await).await.1;
    let batch = json(send(&served, "POST", "/fhir", &bundle("batch", bad())).await).await.1;

    assert_eq!(none["total"], 0);
    let statuses = |bundle: &Value| -> Vec<String> {
        let entries = bundle["entry"].as_array().unwrap().iter();
        entries.map(|entry| entry["response"]["status"].as_str().unwrap()[..3].to_owned()).collect()
    };
    assert_eq!(done["type"], "transaction-response");
    assert_eq!(statuses(&done), ["201", "201", "200"]);
    assert_eq!(done["entry"][2]["resource"]["id"], ANNA);
    assert_eq!(statuses(&batch), ["201", "422", "200"]);
    let outcome = &batch["entry"][1]["response"]["outcome"];
    assert_eq!(outcome["issue"][0]["details"]["coding"][0]["code"], "fhir.no_patient");
}

#[tokio::test]
async fn everything_and_an_export_give_all_there_is() {
    let served = with_fhir().await;
    send(&served, "POST", "/fhir/Observation", &observation("a")).await;

    let all = json(get(&served, &format!("/fhir/Patient/{ANNA}/$everything")).await).await.1;
    assert_eq!(all["total"], 2);

    let begun = get(&served, "/fhir/$export?_type=Observation").await;
    assert_eq!(begun.status(), 202);
    let at = begun.headers()["content-location"].to_str().unwrap().to_owned();
    let path = at.strip_prefix(&served.base).unwrap();
    let manifest = loop {
        let answer = get(&served, path).await;
        match answer.status().as_u16() {
            202 => tokio::task::yield_now().await,
            _ => break json(answer).await.1,
        }
    };
    assert_eq!(manifest["output"].as_array().unwrap().len(), 1);
    assert_eq!(manifest["output"][0]["count"], 1);
    let file = manifest["output"][0]["url"].as_str().unwrap().strip_prefix(&served.base).unwrap();
    let lines = get(&served, file).await;
    assert_eq!(lines.headers()["content-type"], "application/fhir+ndjson");
    let lines = lines.text().await.unwrap();
    let resource: Value = serde_json::from_str(lines.trim_end()).unwrap();
    assert_eq!((lines.lines().count(), &resource["resourceType"]), (1, &json!("Observation")));

    let deleted = served.request("DELETE", path).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(deleted.status(), 202);
    assert_eq!(refusal(get(&served, path).await).await, (404, "fhir.not_found".to_owned()));
}

#[tokio::test]
async fn every_refusal_is_an_outcome_with_its_code() {
    let served = with_fhir().await;
    for (path, status, code) in [
        ("/fhir/Nothing", 404, "fhir.unknown_type"),
        ("/fhir/Observation/1", 404, "vault.unknown_record"),
        ("/fhir/Observation?nonsense=1", 400, "fhir.unknown_parameter"),
        ("/fhir/Observation?code:in=1", 400, "fhir.unsupported_modifier"),
        ("/fhir/Observation?date=x", 400, "fhir.bad_value"),
        ("/fhir/Observation?_cursor=x", 410, "vault.search_forgotten"),
        ("/fhir/Observation?_format=xml", 406, "fhir.format"),
        ("/fhir/Observation/1/$everything", 405, "fhir.not_supported"),
        ("/fhir/$export?_typeFilter=x", 400, "api.query"),
        ("/fhir/$export?_outputFormat=csv", 406, "fhir.format"),
        ("/fhir/$export/1", 404, "fhir.not_found"),
        ("/fhir/AuditEvent", 400, "fhir.patient_needed"),
        ("/fhir/AuditEvent/x", 404, "fhir.not_found"),
        ("/fhir/a/b/c/d/e", 404, "api.unknown_route"),
    ] {
        let answer = get(&served, path).await;
        assert_eq!(refusal(answer).await, (status, code.to_owned()), "{path}");
    }
    for (body, code) in [
        (json!({ "resourceType": "Bundle", "type": "collection" }), "fhir.body"),
        (json!({ "resourceType": "Patient" }), "fhir.body"),
        (json!({ "resourceType": "Bundle", "type": "batch", "entry": [{}] }), "fhir.body"),
    ] {
        assert_eq!(refusal(send(&served, "POST", "/fhir", &body).await).await.1, code);
    }
    let xml = served.post("/fhir/Patient", "application/fhir+xml", "<Patient/>").await;
    assert_eq!(refusal(xml).await.0, 401);
    let purpose = served.request("GET", "/fhir/Patient/1").bearer_auth(TOKEN);
    let purpose = purpose.header("salus-purpose-of-use", "FUN").send().await.unwrap();
    assert_eq!(refusal(purpose).await, (400, "fhir.purpose".to_owned()));
    let lenient = served.request("GET", "/fhir/Observation?nonsense=1").bearer_auth(TOKEN);
    let lenient = lenient.header("prefer", "handling=lenient").send().await.unwrap();
    assert_eq!(lenient.status(), 200);
}

#[tokio::test]
async fn the_purpose_of_use_is_told_and_counts() {
    let served = with_fhir().await;
    let path = format!("/fhir/Patient/{ANNA}");

    let research = served.request("GET", &path).bearer_auth(TOKEN);
    let research = research.header("salus-purpose-of-use", "HRESCH").send().await.unwrap();

    assert_eq!(refusal(research).await, (422, "vault.purpose".to_owned()));
    assert_eq!(get(&served, &path).await.status(), 200);
}

#[tokio::test]
async fn accounts_of_access_are_audit_events() {
    let served = with_fhir().await;

    let path = format!("/fhir/AuditEvent?patient={ANNA}&_sort=date&_count=1");
    let found = json(get(&served, &path).await).await.1;

    assert_eq!(found["total"], 4);
    let event = &found["entry"][0]["resource"];
    assert_eq!((&event["action"], &event["outcome"]), (&json!("R"), &json!("0")));
    let id = event["id"].as_str().unwrap();
    assert!(id.len() <= 64);
    let read = json(get(&served, &format!("/fhir/AuditEvent/{id}")).await).await.1;
    assert_eq!(read, *event);
    let next = found["link"][1]["url"].as_str().unwrap().strip_prefix(&served.base).unwrap();
    let refused = &json(get(&served, next).await).await.1["entry"][0]["resource"];
    assert_eq!((&refused["action"], &refused["outcome"]), (&json!("E"), &json!("8")));
    let denied = format!("/fhir/AuditEvent?patient={ANNA}&outcome=8");
    assert_eq!(json(get(&served, &denied).await).await.1["total"], 1);
}

#[tokio::test]
async fn releases_with_shares_are_audit_events_too_told_or_not() {
    let served = with_fhir().await;

    let path = format!("/fhir/AuditEvent?patient={ANNA}&action=C&_sort=date");
    let found = json(get(&served, &path).await).await.1;

    let entries = found["entry"].as_array().unwrap();
    let event = |at: usize| &entries[at]["resource"];
    assert_eq!(entries.len(), 2);
    assert_eq!(event(0)["id"], salus_fhir::audit_id(&[1; 32], 1));
    assert_eq!(event(0)["entity"][0]["what"]["reference"], Value::Null, "exactly as it was told");
    assert_eq!(event(1)["id"], salus_fhir::audit_id(&[2; 32], 0));
    let said = event(1)["outcomeDesc"].as_str().unwrap();
    assert_eq!(said, "asked custodians for 1 records, and does not tell which");
    assert_eq!(event(1)["entity"][0]["what"]["reference"], format!("Patient/{ANNA}"));
    let agents = event(1)["agent"].as_array().unwrap();
    let asks = agents.iter().find(|agent| agent["requestor"] == true).unwrap();
    assert_eq!(asks["who"]["identifier"]["value"], "05".repeat(32));
}

#[tokio::test]
async fn the_statement_of_capabilities_lists_what_can_be_searched() {
    let served = with_fhir().await;

    let statement = json(served.get("/fhir/metadata").await).await.1;

    let resources = statement["rest"][0]["resource"].as_array().unwrap();
    let patient = resources.iter().find(|one| one["type"] == "Patient").unwrap();
    let names = patient["searchParam"].as_array().unwrap();
    assert!(names.iter().any(|one| one["name"] == "birthdate" && one["type"] == "date"));
    assert_eq!(statement["implementation"]["url"], format!("{}/fhir", served.base));
}

#[tokio::test]
async fn a_prescription_is_answered_with_alerts_and_nothing_of_the_records() {
    let served = with_fhir().await;
    let prescription = |name: &str| {
        json!({
            "resourceType": "MedicationRequest", "status": "active", "note": [{ "text": "secret" }],
            "medicationCodeableConcept": { "text": name },
            "subject": { "reference": format!("Patient/{ANNA}") },
        })
    };
    send(&served, "POST", "/fhir/MedicationRequest", &prescription("Warfarin 5 mg")).await;
    let path = "/fhir/MedicationRequest/$check";

    let told = json(send(&served, "POST", path, &prescription("Ibuprofen 400 mg")).await).await.1;
    let none = json(send(&served, "POST", path, &prescription("Metformin")).await).await.1;
    let nameless =
        send(&served, "POST", path, &json!({ "resourceType": "MedicationRequest" })).await;
    let mut stranger = prescription("Ibuprofen");
    stranger["subject"]["reference"] = "Patient/1".into();
    let stranger = send(&served, "POST", path, &stranger).await;

    assert_eq!(told["cards"][0]["indicator"], "warning");
    assert!(!told.to_string().contains("secret") && !told.to_string().contains("5 mg"));
    assert_eq!(none["cards"], json!([]));
    assert_eq!(refusal(nameless).await, (400, "fhir.body".to_owned()));
    assert_eq!(refusal(stranger).await, (404, "fhir.not_found".to_owned()));
}
