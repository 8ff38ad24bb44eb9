//! Erasure over running nodes: a patient has records at two holders, keys of one of them are with
//! custodians, everything at that one is erased, while it does not run.

use crate::scene::{Organisation, PATIENCE, Scene, client, reach};
use salus_api::{
    ApiToken,
    client::{At, Client},
    custody::CustodyOrder,
    erasures::{ErasureOrder, ErasureStatus, RetentionOrder},
    records::{ImportOrder, ReadOrder, RecordFilter, ScopeRegistration},
};
use salus_consent::{
    ArrangementId, ArrangementKind, ConsentTx, ErasureBasis, ErasureId, ErasureScope, GrantId,
    GrantedBy, PurposeOfUse, RecordId, ReleaseMode, RetentionReason,
    query::{AccessSummary, ErasureView, Page},
    tx::{AppointCustodians, GrantAccess, RequestErasure},
};
use salus_crypto::{random, sign::SigningKey};
use salus_fhir::Category;
use salus_identity::{IdentityTx, tx::RegisterAccount};
use salus_node::{Home, NodeHandle, Secrets, clock::now_ms};
use salus_types::{
    AccountId, AccountKind, BlockTime, Height, ModuleId, Salt, SignatureAlgorithm, VecMax,
};
use salus_vault::{
    Scope, ScopeOpening,
    erasure::{Reach, Trace, Whose, fingerprint, scan},
};
use std::fs;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
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

async fn register(scene: &Scene, host: &Client) -> Organisation {
    let key = SigningKey::generate(SignatureAlgorithm::Ed25519);
    let salt = Salt(random());
    let account = AccountId::derive(scene.network.id(), &key.public(), salt);
    let patient = Organisation { account, key };
    let register = IdentityTx::RegisterAccount(RegisterAccount {
        account,
        kind: AccountKind::Person,
        key: patient.key.public(),
        salt,
    });
    patient.must(host, &scene.network, ModuleId::IDENTITY, &register).await;
    patient
}

fn ask(patient: AccountId, holder: AccountId, basis: ErasureBasis) -> (ErasureId, ConsentTx) {
    let erasure = ErasureId::new(random());
    let scope = ErasureScope::All;
    let call = RequestErasure { erasure, on_behalf: None, patient, holder, scope, basis };
    (erasure, ConsentTx::RequestErasure(call))
}

/// Two of the other three hold the key of the host's observations; the first reads with their shares.
async fn share_keys(
    scene: &Scene,
    nodes: &[NodeHandle],
    patient: &Organisation,
    organisations: &[Organisation],
) {
    let (host, reader) = (gateway(scene, 0, &nodes[0]), gateway(scene, 1, &nodes[1]));
    let mut custodians: Vec<AccountId> = organisations[1..].iter().map(|one| one.account).collect();
    custodians.sort_unstable();
    let order = CustodyOrder {
        patient: patient.account,
        categories: vec![Category::Observations.code().to_owned()],
        custodians: custodians.clone(),
        threshold: 2,
    };
    let offer = host.deal_custody(&order).await.unwrap();
    let arrangement = ArrangementId::new(random());
    let appoint = ConsentTx::AppointCustodians(AppointCustodians {
        arrangement,
        on_behalf: None,
        holder: offer.holder,
        kind: ArrangementKind::Ordinary,
        custodians: VecMax::new(custodians).unwrap(),
        threshold: 2,
        commitments_root: offer.commitments_root,
        epoch: offer.epoch,
    });
    patient.must(&host, &scene.network, ModuleId::CONSENT, &appoint).await;
    host.begin_custody(arrangement).await.unwrap();
    let categories = VecMax::new(vec![Category::Observations]).unwrap();
    let opening = ScopeOpening::new(&Scope { categories, ..Scope::default() });
    let grant = GrantId::new(random());
    let now = BlockTime::from_unix_ms(now_ms());
    let granted = ConsentTx::GrantAccess(GrantAccess {
        grant,
        by: GrantedBy::Patient,
        grantee: organisations[1].account,
        custodian: organisations[0].account,
        scope_commitment: opening.commitment(),
        purpose: PurposeOfUse::Treatment,
        mode: ReleaseMode::Custodial,
        pseudonymised: false,
        delegable: false,
        consent_commitment: None,
        episode: None,
        not_before: now,
        not_after: now.after_ms(DAY_MS),
    });
    patient.must(&host, &scene.network, ModuleId::CONSENT, &granted).await;
    let opening = ScopeRegistration {
        of: grant.into(),
        opening: serde_json::to_value(&opening).unwrap(),
        to: None,
    };
    host.register_scope(&opening).await.unwrap();
    let to = Some(nodes[1].api_url());
    host.register_scope(&ScopeRegistration { to, ..opening }).await.unwrap();
    let observation = record(&host, "Observation").await;
    let read = ReadOrder {
        record: observation,
        basis: Some(grant.into()),
        purpose: PurposeOfUse::Treatment,
        actor: None,
        from: None,
    };
    assert!(String::from_utf8_lossy(&reader.read(&read).await.unwrap().bytes).contains("\"o1\""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_patient_is_erased_at_one_holder_by_everybody_and_stays_at_the_other() {
    let scene = Scene::new(4);
    let mut nodes = Vec::new();
    for index in 0..4 {
        nodes.push(scene.start(index).await);
    }
    for node in &nodes {
        reach(node, Height(2)).await;
    }
    let (host, other) = (gateway(&scene, 0, &nodes[0]), gateway(&scene, 2, &nodes[2]));
    let organisations: Vec<Organisation> = (0..4).map(|one| scene.organisation(one)).collect();
    let holder = organisations[0].account;
    let patient = register(&scene, &host).await;
    let height = host.status().await.unwrap().height;
    reach(&nodes[2], height).await;
    for (gateway, id) in [(&host, "o1"), (&other, "o2")] {
        let order = ImportOrder { patient: Some(patient.account), source: "test".to_owned() };
        gateway.import(&order, bundle(id)).await.unwrap();
    }
    let (here, there) = (record(&host, "Patient").await, record(&other, "Observation").await);
    let own = |record| ReadOrder {
        record,
        basis: None,
        purpose: PurposeOfUse::Treatment,
        actor: None,
        from: None,
    };
    host.read(&own(here)).await.unwrap();
    share_keys(&scene, &nodes, &patient, &organisations).await;
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
    let (erasure, call) =
        ask(patient.account, organisations[2].account, ErasureBasis::ConsentWithdrawn);
    patient.must(&other, &scene.network, ModuleId::CONSENT, &call).await;
    let refused = erasure_once(&nodes[1], erasure, |view| view.stored.refused.is_some()).await;
    assert_eq!(refused.stored.refused.unwrap().reason, reason);
    other.read(&own(there)).await.unwrap();
}
