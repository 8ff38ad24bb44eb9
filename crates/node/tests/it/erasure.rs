//! Erasure over running nodes: a patient has records at two holders, keys of one of them are with
//! custodians, everything at that one is erased, while it does not run.

use crate::{
    care::{Care, DAY_MS, all_of, order},
    scene::{Organisation, PATIENCE, Scene, client, reach},
};
use salus_api::{
    ApiToken,
    client::{At, Client},
    erasures::{ErasureOrder, ErasureStatus, RetentionOrder},
    records::{ImportOrder, RecordFilter},
};
use salus_consent::{
    ArrangementKind, ConsentTx, ErasureBasis, ErasureId, ErasureScope, RecordId, ReleaseMode,
    RetentionReason,
    query::{AccessSummary, ErasureView, Page},
    tx::RequestErasure,
};
use salus_crypto::random;
use salus_fhir::Category;
use salus_node::{Home, NodeHandle, Secrets, clock::now_ms};
use salus_types::{AccountId, BlockTime, ModuleId};
use salus_vault::erasure::{Reach, Trace, Whose, fingerprint, scan};
use std::fs;

const NAME: &[u8] = b"Quillfeather-Ambrose";

fn bundle(id: &str) -> String {
    let name = String::from_utf8_lossy(NAME);
    format!(
        r#"{{"resourceType": "Bundle", "type": "collection", "entry": [
        {{"resource": {{"resourceType": "Patient", "id": "p1", "name": [{{"family": "{name}"}}]}}}},
        {{"resource": {{"resourceType": "Observation", "id": "{id}", "status": "final",
        "code": {{"text": "x"}}, "subject": {{"reference": "Patient/p1"}},
        "effectiveDateTime": "2020-02-03"}}}}]}}"#
    )
}

fn gateway(scene: &Scene, index: usize, node: &NodeHandle) -> Client {
    let token = fs::read_to_string(scene.home(index).token()).unwrap();
    client(node).with_token(ApiToken::new(token.trim()))
}

async fn record(gateway: &Client, resource_type: &str) -> RecordId {
    let resource_type = Some(resource_type.to_owned());
    let filter = RecordFilter { resource_type, ..RecordFilter::default() };
    gateway.records(&filter).await.unwrap().records[0].record
}

/// By what the patient would be recognised in the files of a home.
async fn traces(scene: &Scene, index: usize, patient: AccountId, holder: AccountId) -> Vec<Trace> {
    let secrets = Secrets::read(&scene.home(index)).unwrap();
    let whose = Whose {
        folder: scene.home(index).vault(),
        organisation: secrets.organisation.account.unwrap(),
        network: scene.network.id(),
        sealing: secrets.sealing,
    };
    let mut traces = fingerprint(whose, patient, holder).await.unwrap().traces;
    let name = Trace { kind: "name".to_owned(), reach: Reach::Nowhere, bytes: NAME.to_vec() };
    traces.push(name);
    traces
}

/// How many traces are where none may be.
fn found(scene: &Scene, index: usize, traces: &[Trace]) -> u64 {
    let scanned = scan(scene.home(index).folder(), traces, &Home::is_of_ledger).unwrap();
    scanned.traces()
}

/// The erasure, once it is as wanted.
async fn erasure_once(
    node: &NodeHandle,
    erasure: ErasureId,
    wanted: impl Fn(&ErasureView) -> bool,
) -> ErasureView {
    let (client, mut commits) = (client(node), node.ledger().subscribe());
    let seen = async {
        loop {
            let path = format!("/v1/erasures/{erasure}");
            if let Ok(answer) = client.state::<ErasureView>(&path, At::default()).await
                && wanted(&answer.value)
            {
                return answer.value;
            }
            // One that was missed is followed by another.
            let _ = commits.recv().await;
        }
    };
    tokio::time::timeout(PATIENCE, seen).await.expect("the erasure gets there in time")
}

async fn summary(client: &Client, patient: AccountId) -> Vec<AccessSummary> {
    let path = format!("/v1/patients/{patient}/access-summary");
    let page = client.state::<Page<AccessSummary>>(&path, At::default()).await.unwrap();
    page.value.items
}

fn ask(patient: AccountId, holder: AccountId, basis: ErasureBasis) -> (ErasureId, ConsentTx) {
    let erasure = ErasureId::new(random());
    let scope = ErasureScope::All;
    let call = RequestErasure { erasure, on_behalf: None, patient, holder, scope, basis };
    (erasure, ConsentTx::RequestErasure(call))
}

/// Two of the other three hold the key of the host's observations; the first reads with their shares.
async fn share_keys(care: &Care, patient: &Organisation) {
    care.share_keys(patient.account, patient, None, &[ArrangementKind::Ordinary]).await;
    let opening = all_of(Category::Observations);
    let call = care.granting(1, &opening, ReleaseMode::Custodial);
    care.grant(patient, 1, &call, &opening).await.unwrap();
    let observation = care.records(patient.account, "Observation").await[0];
    let read = care.gateway(1).read(&order(observation, Some(call.grant.into()))).await.unwrap();
    assert!(String::from_utf8_lossy(&read.bytes).contains("\"o1\""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_patient_is_erased_at_one_holder_by_everybody_and_stays_at_the_other() {
    let care = Care::new().await;
    let (host, other) = (care.gateway(0), care.gateway(2));
    let (holder, keeper) = (care.organisation(0).account, care.organisation(2).account);
    let patient = care.person(None).await;
    let height = host.status().await.unwrap().height;
    reach(&care.nodes[2], height).await;
    for (gateway, id) in [(&host, "o1"), (&other, "o2")] {
        let order = ImportOrder { patient: Some(patient.account), source: "test".to_owned() };
        gateway.import(&order, bundle(id)).await.unwrap();
    }
    let (here, there) = (record(&host, "Patient").await, record(&other, "Observation").await);
    let own = |record| order(record, None);
    host.read(&own(here)).await.unwrap();
    share_keys(&care, &patient).await;
    let Care { scene, mut nodes } = care;
    let mut taken = Vec::new();
    for index in 0..4 {
        taken.push(traces(&scene, index, patient.account, holder).await);
    }
    assert!(found(&scene, 0, &taken[0]) > 0, "the search finds nothing at all");
    assert!(found(&scene, 3, &taken[3]) > 0, "the search finds no share");
    let before = summary(&host, patient.account).await;

    // The holder does not run when it is asked; the others destroy what they have and attest.
    nodes.remove(0).stop().await.unwrap();
    let (erasure, call) = ask(patient.account, holder, ErasureBasis::ConsentWithdrawn);
    patient.must(&other, &scene.network, ModuleId::CONSENT, &call).await;
    erasure_once(&nodes[0], erasure, |view| view.stored.attestors.len() == 3).await;
    let started = scene.start(0).await;
    let done = erasure_once(&started, erasure, |view| view.stored.done_at.is_some()).await;

    assert_eq!(done.stored.attestors.len(), 4);
    let host = gateway(&scene, 0, &started);
    let answer = host.erase(&ErasureOrder { erasure, opening: None }).await.unwrap();
    assert_eq!(answer.status, ErasureStatus::Done);
    assert_eq!(answer.digest, Some(done.attestations[3].report_digest));
    assert_eq!(answer.report.unwrap()["report"]["destroyed"]["records"], 2);
    assert_eq!(found(&scene, 0, &taken[0]), 0);
    for (index, taken) in taken.iter().enumerate().skip(1) {
        // The pseudonym stays where the patient has records, and on the ledger.
        let secret: Vec<Trace> =
            taken.iter().filter(|one| one.reach == Reach::Nowhere).cloned().collect();
        assert_eq!(found(&scene, index, &secret), 0, "at node {index}");
    }
    // What is asked of it is answered with that; the ledger still adds up.
    assert_eq!(host.read(&own(here)).await.unwrap_err().code(), "vault.erased");
    assert_eq!(host.accesses(patient.account).await.unwrap_err().code(), "vault.erased");
    let after = summary(&host, patient.account).await;
    let at = |all: &[AccessSummary]| {
        let one = all.iter().find(|one| one.custodian == holder).unwrap();
        (one.next_sequence, one.releases.next_sequence)
    };
    assert_eq!((at(&before), at(&after)), ((2, 2), (2, 2)));
    assert!(after.iter().all(|one| one.erased_at.is_some() == (one.custodian == holder)));
    other.read(&own(there)).await.unwrap();

    // The other holder has to keep its records, and says so.
    let reason = RetentionReason::LegalObligation;
    let until = BlockTime::from_unix_ms(now_ms() + DAY_MS);
    other.retain(patient.account, &RetentionOrder { reason, until }).await.unwrap();
    let (erasure, call) = ask(patient.account, keeper, ErasureBasis::ConsentWithdrawn);
    patient.must(&other, &scene.network, ModuleId::CONSENT, &call).await;
    let refused = erasure_once(&nodes[1], erasure, |view| view.stored.refused.is_some()).await;
    assert_eq!(refused.stored.refused.unwrap().reason, reason);
    other.read(&own(there)).await.unwrap();
}
