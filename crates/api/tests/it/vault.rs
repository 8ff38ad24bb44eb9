//! The vault's routes over records in memory: what comes through, streamed and unchanged.

use crate::{
    fake::{network, organisation_key},
    fake_fhir::ANNA,
    serving::{Served, TOKEN, entry_call, refusal, served, served_with, transaction},
};
use async_trait::async_trait;
use bytes::Bytes;
use salus_api::{
    Limits, READ_REQUEST, READ_RESPONSE, SCOPE_OPENING,
    records::{
        AccessItem, AccessesAnswer, AdmissionAnswer, AdmissionOrder, DocumentAnswer,
        DocumentChange, DocumentOrder, ExportOrder, HistoryAnswer, ImportAnswer, ImportOrder,
        PatientItem, PatientsAnswer, ReadOrder, ReadRecord, RecordFilter, RecordItem, Records,
        RecordsAnswer, RecordsRefusal, ReleaseItem, ReleasedAccess, ScopeRegistration, VersionItem,
    },
};
use salus_consent::{
    AccessKind, AccessLeaf, Basis, ConsentTx, EpisodeId, GrantId, PurposeOfUse, RecordId,
    RequestId,
    tx::{AnchorRecord, RevokeGrant},
};
use salus_crypto::sign::{SigningKey, verify};
use salus_types::{
    AccountId, BlockTime, BytesMax, Call, ErrorCode, Hash, Height, ModuleId, Transaction, VecMax,
    encode,
};
use serde_json::json;
use std::{io::Read, sync::Arc, time::Duration};

const RECORD: RecordId = RecordId::new([4; 32]);
const OTHER: RecordId = RecordId::new([5; 32]);

/// Records in memory: one patient, the first organisation, with one record.
pub(crate) struct FakeRecords;

fn refuse<T>(code: &str) -> Result<T, RecordsRefusal> {
    Err(RecordsRefusal { code: code.to_owned(), detail: format!("refused with {code}") })
}

fn patient() -> AccountId {
    network().members[0].account
}

#[async_trait]
impl Records for FakeRecords {
    async fn import(
        &self,
        order: ImportOrder,
        mut bundle: Box<dyn Read + Send>,
    ) -> Result<ImportAnswer, RecordsRefusal> {
        let read = move || {
            let mut buffer = vec![0; 64 * 1024];
            let mut bytes = 0;
            loop {
                match bundle.read(&mut buffer) {
                    Ok(0) => return Ok(bytes),
                    Ok(count) => bytes += count as u64,
                    Err(_) => return refuse("fhir.source"),
                }
            }
        };
        let bytes = tokio::task::spawn_blocking(read).await.expect("reading does not panic")?;
        Ok(ImportAnswer {
            entries: 1,
            new_records: 1,
            new_versions: 0,
            unchanged: 0,
            bytes,
            patients: order.patient.into_iter().collect(),
            height: Height(order.source.len() as u64),
        })
    }

    async fn patients(&self, _: Option<AccountId>) -> Result<PatientsAnswer, RecordsRefusal> {
        let patients = vec![PatientItem { patient: patient(), assisted: true, records: 1 }];
        Ok(PatientsAnswer { patients })
    }

    async fn records(&self, filter: RecordFilter) -> Result<RecordsAnswer, RecordsRefusal> {
        let item = RecordItem {
            record: RECORD,
            patient: patient(),
            resource_type: filter.resource_type.unwrap_or_default(),
            category: filter.category.unwrap_or_default(),
            version: filter.limit.unwrap_or_default(),
            bytes: 2,
            height: Height(3),
        };
        Ok(RecordsAnswer { records: vec![item] })
    }

    async fn history(&self, record: RecordId) -> Result<HistoryAnswer, RecordsRefusal> {
        if record != RECORD {
            return refuse("vault.unknown_record");
        }
        let versions = vec![VersionItem { version: 1, bytes: 2, height: Some(Height(3)) }];
        Ok(HistoryAnswer { versions })
    }

    async fn read(&self, order: ReadOrder) -> Result<ReadRecord, RecordsRefusal> {
        if order.purpose != PurposeOfUse::Treatment {
            return refuse("vault.purpose");
        }
        Ok(ReadRecord {
            record: order.record,
            version: 2,
            resource_type: "Observation".to_owned(),
            sequence: 7,
            accounted: Height(9),
            bytes: Bytes::from_static(b"{ \"resourceType\":\"Observation\" }"),
        })
    }

    async fn add_document(&self, order: DocumentOrder) -> Result<DocumentAnswer, RecordsRefusal> {
        match order.document.content.unwrap_or_default().len() {
            0 => refuse("document.empty"),
            16_000_001.. => refuse("document.too_large"),
            _ => Ok(DocumentAnswer { record: RECORD, version: 1, changed: true }),
        }
    }

    async fn update_document(
        &self,
        record: RecordId,
        change: DocumentChange,
    ) -> Result<DocumentAnswer, RecordsRefusal> {
        match change.version {
            Some(1) | None => Ok(DocumentAnswer { record, version: 2, changed: true }),
            Some(_) => refuse("vault.version_conflict"),
        }
    }

    async fn register_scope(&self, opening: ScopeRegistration) -> Result<(), RecordsRefusal> {
        if opening.to.is_some() { refuse("client.unreachable") } else { Ok(()) }
    }

    async fn scope(&self, basis: Basis) -> Result<serde_json::Value, RecordsRefusal> {
        match basis {
            Basis::Episode(_) => Ok(json!({ "scope": {} })),
            Basis::Grant(_) | Basis::Emergency(_) => refuse("vault.scope"),
        }
    }

    async fn accesses(&self, patient: AccountId) -> Result<AccessesAnswer, RecordsRefusal> {
        let access = |sequence, kind| AccessItem {
            leaf: AccessLeaf {
                salt: Hash([1; 32]),
                sequence,
                kind,
                patient,
                custodian: patient,
                accessor: patient,
                basis: None,
                purpose: PurposeOfUse::Treatment,
                record: RECORD,
                version: 1,
                time: BlockTime::from_unix_ms(1_000 * sequence),
                audit_event: None,
            },
            event: audit_event(patient, sequence),
            accounted_at: BlockTime::from_unix_ms(1_000 * sequence),
        };
        let code = ErrorCode::new("vault.scope").expect("a code");
        let refused = AccessKind::RefusedRead { code };
        let accesses = vec![access(1, AccessKind::OwnRead), access(2, refused)];
        Ok(AccessesAnswer {
            patient,
            custodian: patient,
            accesses,
            next_sequence: 3,
            releases: vec![released(patient, 1, true), released(patient, 2, false)],
            next_release_sequence: 3,
        })
    }

    async fn patient_key(&self, asked: AccountId) -> Result<Option<SigningKey>, RecordsRefusal> {
        Ok((asked == patient()).then(organisation_key))
    }

    async fn release(&self, request: Bytes) -> Result<Bytes, RecordsRefusal> {
        if request.is_empty() { refuse("vault.bad_signature") } else { Ok(request) }
    }

    async fn admit(&self, order: AdmissionOrder) -> Result<AdmissionAnswer, RecordsRefusal> {
        let episode = EpisodeId::new([6; 32]);
        let link = format!("salus:admission:{}", order.not_after.unix_ms());
        Ok(AdmissionAnswer { link, episode })
    }

    async fn export(&self, order: ExportOrder) -> Result<Bytes, RecordsRefusal> {
        match order.purpose {
            PurposeOfUse::Research => Ok(Bytes::from_static(b"{}\n")),
            _ => refuse("vault.purpose"),
        }
    }

    async fn release_export(&self, request: Bytes) -> Result<Bytes, RecordsRefusal> {
        if request.is_empty() { refuse("vault.bad_signature") } else { Ok(request) }
    }

    async fn receive_scope(&self, opening: Bytes) -> Result<(), RecordsRefusal> {
        if opening.is_empty() { refuse("vault.bad_signature") } else { Ok(()) }
    }
}

async fn with_records() -> Served {
    served_with(Limits::default(), Some(Arc::new(FakeRecords))).await
}

fn order(purpose: PurposeOfUse) -> ReadOrder {
    ReadOrder {
        record: RECORD,
        basis: Some(GrantId::new([6; 32]).into()),
        purpose,
        actor: None,
        from: None,
    }
}

#[tokio::test]
async fn a_bundle_is_streamed_whatever_its_length() {
    let served = with_records().await;
    let part = Bytes::from(vec![b' '; 256 * 1024]);
    let parts = std::iter::repeat_n(part, 64).map(Ok::<_, std::io::Error>);
    let body = reqwest::Body::wrap_stream(futures::stream::iter(parts));
    let order = ImportOrder { patient: Some(patient()), source: "a b&c".to_owned() };

    let answer = served.client().import(&order, body).await.unwrap();

    assert_eq!(answer.bytes, 16 * 1024 * 1024);
    assert_eq!(answer.patients, [patient()]);
    assert_eq!(answer.height, Height(5));
}

#[tokio::test]
async fn a_bundle_that_stops_coming_is_refused() {
    let limits = Limits { body_idle_max: Duration::from_millis(50), ..Limits::default() };
    let served = served_with(limits, Some(Arc::new(FakeRecords))).await;
    let begun = futures::stream::iter([Ok::<_, std::io::Error>(vec![b'{'])]);
    let body = futures::StreamExt::chain(begun, futures::stream::pending());

    let error = served
        .client()
        .import(&ImportOrder::default(), reqwest::Body::wrap_stream(body))
        .await
        .unwrap_err();

    assert_eq!(error.code(), "fhir.source");
}

#[tokio::test]
async fn an_import_says_whose_records_they_are() {
    let served = with_records().await;
    let patient = patient();
    let queries = [
        format!("patient={patient}&assisted=true"),
        "assisted=false".to_owned(),
        format!("source={}", "x".repeat(257)),
        "patient=xyz".to_owned(),
    ];

    for query in queries {
        let request = served.request("POST", &format!("/v1/vault/import?{query}"));
        let answer = request.bearer_auth(TOKEN).body("{}").send().await.unwrap();

        assert_eq!(refusal(answer).await, (400, "api.query".to_owned()), "{query}");
    }
}

#[tokio::test]
async fn a_record_that_is_read_comes_as_it_was_imported() {
    let served = with_records().await;

    let read = served.client().read(&order(PurposeOfUse::Treatment)).await.unwrap();

    assert_eq!(read.record, RECORD);
    assert_eq!((read.version, read.sequence, read.accounted), (2, 7, Height(9)));
    assert_eq!(read.resource_type, "Observation");
    assert_eq!(&read.bytes[..], b"{ \"resourceType\":\"Observation\" }");
    assert!(!format!("{read:?}").contains("resourceType"));
}

#[tokio::test]
async fn a_refused_read_says_why() {
    let served = with_records().await;

    let error = served.client().read(&order(PurposeOfUse::Research)).await.unwrap_err();

    assert_eq!(error.code(), "vault.purpose");
    assert_eq!(error.problem().unwrap().status, 422);
}

#[tokio::test]
async fn lists_and_histories_are_told() {
    let served = with_records().await;
    let client = served.client();
    let filter = RecordFilter {
        resource_type: Some("Observation".to_owned()),
        category: Some("clinical".to_owned()),
        limit: Some(7),
        ..RecordFilter::default()
    };

    let records = client.records(&filter).await.unwrap().records;
    let patients = client.patients(None).await.unwrap().patients;
    let history = client.history(RECORD).await.unwrap().versions;
    let unknown = client.history(OTHER).await.unwrap_err();
    let accesses = client.accesses(patient()).await.unwrap();

    assert_eq!(records[0].resource_type, "Observation");
    assert_eq!(records[0].category, "clinical");
    assert_eq!(records[0].version, 7);
    assert_eq!(patients[0].patient, patient());
    assert_eq!(history[0].height, Some(Height(3)));
    assert_eq!(unknown.problem().unwrap().status, 404);
    assert_eq!(accesses.next_sequence, 3);
}

#[tokio::test]
async fn openings_are_registered_here_or_elsewhere() {
    let served = with_records().await;
    let here = ScopeRegistration { of: GrantId::new([6; 32]).into(), opening: json!({}), to: None };
    let elsewhere = ScopeRegistration { to: Some("http://127.0.0.1:1".to_owned()), ..here.clone() };

    let taken = served.client().register_scope(&here).await;
    let failed = served.client().register_scope(&elsewhere).await.unwrap_err();

    assert!(taken.is_ok());
    assert_eq!(failed.problem().unwrap().status, 502);
}

#[tokio::test]
async fn the_organisation_signs_for_its_assisted_patients_only() {
    let served = with_records().await;
    let client = served.client();
    let revoke = consent_call(&ConsentTx::RevokeGrant(RevokeGrant {
        grant: GrantId::new([6; 32]),
        on_behalf: None,
    }));
    let body = transaction(1, Height(100), revoke).body;
    let mut stranger = body.clone();
    stranger.sender = AccountId([9; 32]);
    let mut elsewhere = body.clone();
    elsewhere.network = salus_types::NetworkId([0; 32]);

    let signature = client.sign_for_patient(&body).await.unwrap();
    let unknown = client.sign_for_patient(&stranger).await.unwrap_err();
    let wrong_network = client.sign_for_patient(&elsewhere).await.unwrap_err();

    let signed = Transaction::signed_bytes(body.hash());
    assert!(verify(&signature.key, &signed, &signature.signature).is_ok());
    assert_eq!(signature.account, patient());
    assert_eq!(unknown.code(), "api.not_found");
    assert_eq!(wrong_network.code(), "api.wrong_network");
}

fn consent_call(call: &ConsentTx) -> Call {
    Call { module: ModuleId::CONSENT, payload: BytesMax::new(encode(call)).unwrap() }
}

/// Whoever holds the token must not act for the patient beyond what assistance is for.
#[tokio::test]
async fn an_admission_is_answered_with_a_link() {
    let served = with_records().await;
    let order = AdmissionOrder {
        scope: json!({}),
        mode: salus_consent::ReleaseMode::Wrapped,
        not_after: BlockTime::from_unix_ms(9),
        offered_until: BlockTime::from_unix_ms(8),
    };

    let answer = served.client().admit(&order).await.unwrap();

    assert_eq!(answer.link, "salus:admission:9");
}

#[tokio::test]
async fn an_export_comes_as_lines_or_says_why_not() {
    let served = with_records().await;
    let order = |purpose| ExportOrder {
        grant: GrantId::new([6; 32]),
        purpose,
        project: "p".to_owned(),
        from: None,
    };

    let lines = served.client().export(&order(PurposeOfUse::Research)).await.unwrap();
    let refused = served.client().export(&order(PurposeOfUse::Treatment)).await.unwrap_err();

    assert_eq!(lines, "{}\n");
    assert_eq!(refused.code(), "vault.purpose");
}

#[tokio::test]
async fn a_scope_that_is_kept_is_told_and_one_of_another_kind_is_not_found() {
    let served = with_records().await;
    let episode = EpisodeId::new([6; 32]);

    let kept = served.client().scope(Basis::Episode(episode)).await.unwrap();
    let none = served.client().scope(Basis::Grant(GrantId(episode.0))).await.unwrap_err();
    let path = format!("/v1/vault/scopes/wish/{episode}");
    let at = salus_api::client::At::default();
    let odd = served.client().state::<serde_json::Value>(&path, at).await.unwrap_err();

    assert_eq!(kept, json!({ "scope": {} }));
    assert_eq!(none.code(), "vault.scope");
    assert_eq!(odd.code(), "api.not_found");
}

#[tokio::test]
async fn the_organisation_signs_nothing_but_grants_and_revocations_for_a_patient() {
    let served = with_records().await;
    let client = served.client();
    let revoke = consent_call(&ConsentTx::RevokeGrant(RevokeGrant {
        grant: GrantId::new([6; 32]),
        on_behalf: None,
    }));
    let anchor = consent_call(&ConsentTx::AnchorRecord(AnchorRecord {
        record: RECORD,
        patient: patient(),
        version: 1,
        plain_commitment: Hash([1; 32]),
        cipher_hash: Hash([2; 32]),
        category_commitment: Hash([3; 32]),
    }));
    let malformed = Call { payload: BytesMax::new(vec![255]).unwrap(), ..revoke.clone() };

    for other in [entry_call("name", vec![1]), anchor, malformed] {
        let mut body = transaction(1, Height(100), revoke.clone()).body;
        body.calls = VecMax::new(vec![revoke.clone(), other]).unwrap();

        let error = client.sign_for_patient(&body).await.unwrap_err();

        assert_eq!(error.code(), "api.not_for_assistance");
        assert_eq!(error.problem().unwrap().status, 422);
    }
}

#[tokio::test]
async fn gateways_answer_signed_requests_and_refuse_others() {
    let served = with_records().await;

    let answer = served.post("/v1/gateway/read", READ_REQUEST, vec![1, 2]).await;
    let content_type = answer.headers()["content-type"].clone();
    let sealed = answer.bytes().await.unwrap();
    let forged = served.post("/v1/gateway/read", READ_REQUEST, vec![]).await;
    let typed = served.post("/v1/gateway/read", "application/json", vec![1]).await;
    let large = served.post("/v1/gateway/read", READ_REQUEST, vec![0; 65 * 1024]).await;
    let taken = served.post("/v1/gateway/scopes", SCOPE_OPENING, vec![1]).await;
    let refused = served.post("/v1/gateway/scopes", SCOPE_OPENING, vec![]).await;

    assert_eq!(content_type, READ_RESPONSE);
    assert_eq!(&sealed[..], [1, 2]);
    assert_eq!(forged.headers().get("www-authenticate"), None);
    assert_eq!(refusal(forged).await, (401, "vault.bad_signature".to_owned()));
    assert_eq!(refusal(typed).await, (415, "api.media_type".to_owned()));
    assert_eq!(refusal(large).await, (413, "api.body_too_large".to_owned()));
    assert_eq!(taken.status(), 204);
    assert_eq!(refusal(refused).await, (401, "vault.bad_signature".to_owned()));
}

#[tokio::test]
async fn a_node_without_a_vault_says_so() {
    let served = served().await;

    let error = served.client().patients(None).await.unwrap_err();
    let gateway = served.post("/v1/gateway/read", READ_REQUEST, vec![1]).await;

    assert_eq!(error.code(), "api.no_vault");
    assert_eq!(refusal(gateway).await, (404, "api.no_vault".to_owned()));
}

#[tokio::test]
async fn orders_with_unknown_fields_or_purposes_are_refused() {
    let served = with_records().await;
    let record = RECORD.to_string();
    let bodies = [
        json!({"record": record, "purpose": "TREAT", "pretty": true}),
        json!({"record": record, "purpose": "CURIOSITY"}),
        json!({"record": "4", "purpose": "TREAT"}),
        json!({"purpose": "TREAT"}),
    ];

    for body in bodies {
        let request = served.request("POST", "/v1/vault/read").bearer_auth(TOKEN).json(&body);
        let answer = request.send().await.unwrap();

        assert_eq!(refusal(answer).await, (400, "api.json".to_owned()), "{body}");
    }
}

/// A request for release of one record, whose requester tells of it or not.
fn released(patient: AccountId, number: u8, told: bool) -> ReleaseItem {
    let request = RequestId::new([number; 32]);
    let time = BlockTime::from_unix_ms(10_000 * u64::from(number));
    let basis = Basis::Grant(GrantId::new([2; 32]));
    let leaf = AccessLeaf {
        salt: Hash([1; 32]),
        sequence: 1,
        kind: AccessKind::CustodialRead { request },
        patient,
        custodian: patient,
        accessor: AccountId([5; 32]),
        basis: Some(basis),
        purpose: PurposeOfUse::Treatment,
        record: RECORD,
        version: 0,
        time,
        audit_event: None,
    };
    // Requesters know the patient by account only.
    let event = json!({
        "resourceType": "AuditEvent",
        "id": salus_fhir::audit_id(request.as_bytes(), 1),
        "action": "C",
        "recorded": "1970-01-01T00:00:10.000Z",
        "outcome": "0",
        "entity": [{
            "what": { "identifier": { "value": patient.to_string() } },
            "type": { "code": "1" },
        }],
    });
    ReleaseItem {
        request,
        requester: AccountId([5; 32]),
        basis,
        purpose: PurposeOfUse::Treatment,
        first_sequence: u64::from(number),
        count: 1,
        leaves_root: Hash::ZERO,
        requested_at: time,
        accesses: told.then(|| vec![ReleasedAccess { leaf, event: event.to_string() }]),
    }
}

/// An event as a vault keeps it: the second one is of a refusal.
fn audit_event(patient: AccountId, sequence: u64) -> String {
    let refused = sequence == 2;
    let event = json!({
        "resourceType": "AuditEvent",
        "id": salus_fhir::audit_id(&patient.0, sequence),
        "action": if refused { "E" } else { "R" },
        "recorded": format!("1970-01-01T00:00:0{sequence}.000Z"),
        "outcome": if refused { "8" } else { "0" },
        "entity": [{ "what": { "reference": format!("Patient/{ANNA}") } }],
    });
    event.to_string()
}
