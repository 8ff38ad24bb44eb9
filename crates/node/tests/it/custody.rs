//! Custodial release over running nodes: a patient appoints custodians, another hospital reads with
//! their shares, the host cannot.

use crate::care::{Care, all_of, order};
use salus_consent::{
    ArrangementId, ArrangementKind, ConsentTx, RecordId, ReleaseMode, tx::RevokeGrant,
};
use salus_crypto::random;
use salus_fhir::Category;
use salus_types::AccountId;
use serde_json::Value;
use std::fs;

const HOST: usize = 0;
const READER: usize = 1;

/// What the host's gateway answers to a FHIR client.
async fn fhir(care: &Care, path: &str) -> Value {
    let token = fs::read_to_string(care.scene.home(HOST).token()).unwrap();
    let url = format!("{}/fhir/{path}", care.nodes[HOST].api_url());
    let answer = reqwest::Client::new().get(url).bearer_auth(token.trim()).send().await.unwrap();
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

/// The record of the patient's own resource at the host.
async fn patient_record(care: &Care, patient: AccountId) -> RecordId {
    care.records(patient, "Patient").await[0]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn custodians_release_a_record_that_its_host_cannot_read() {
    let mut care = Care::new().await;
    let (patient, record, _) = care.patient().await;
    let account = patient.account;
    let (host, reader) = (care.gateway(HOST), care.gateway(READER));
    let requester = care.organisation(READER).account;
    let early = host.begin_custody(ArrangementId::new(random())).await.unwrap_err();
    assert_eq!(early.code(), "vault.custodians", "the patient has signed nothing");

    // Two of the other three hold the key together: the host cannot read what it keeps.
    care.share_keys(account, &patient, None, &[ArrangementKind::Ordinary]).await;
    let own = host.read(&order(record, None)).await.unwrap_err();
    assert_eq!(own.code(), "vault.custodial");

    // The reader, granted, gets it with shares.
    let opening = all_of(Category::Observations);
    let call = care.granting(READER, &opening, ReleaseMode::Custodial);
    care.grant(&patient, READER, &call, &opening).await.unwrap();
    let asked = order(record, Some(call.grant.into()));
    let read = reader.read(&asked).await.unwrap();
    assert!(String::from_utf8_lossy(&read.bytes).contains("\"o1\""));
    assert_eq!(read.sequence, 1, "the request is the account, and the ledger numbers it");

    // One custodian stops: two are enough. It is the last of the nodes, so the others go on.
    care.nodes.pop().unwrap().stop().await.unwrap();
    assert_eq!(reader.read(&asked).await.unwrap().sequence, 2);

    // The patient's log has both requests, and the reader tells the holder what it read.
    let log = host.accesses(account).await.unwrap();
    assert_eq!((log.releases.len(), log.next_release_sequence), (2, 3));
    for release in &log.releases {
        assert_eq!(release.requester, requester);
        assert_eq!(release.accesses.as_ref().unwrap()[0].leaf.record, record);
    }

    // A FHIR client of the holder sees them too, and reads each by itself.
    let named = patient_record(&care, account).await;
    let found = fhir(&care, &format!("AuditEvent?patient={named}&action=C&_sort=date")).await;
    assert_eq!(found["total"], 2);
    let event = &found["entry"][0]["resource"];
    assert_eq!(event["entity"][1]["what"]["identifier"]["value"], record.to_string());
    let id = event["id"].as_str().unwrap();
    assert_eq!(fhir(&care, &format!("AuditEvent/{id}")).await, *event);

    // After the revocation nobody gives anything.
    let revoke = RevokeGrant { grant: call.grant, on_behalf: None };
    care.send(HOST, &patient, &[], &ConsentTx::RevokeGrant(revoke)).await.unwrap();
    let refused = reader.read(&asked).await.unwrap_err();
    assert_eq!(refused.code(), "vault.grant_revoked");
}
