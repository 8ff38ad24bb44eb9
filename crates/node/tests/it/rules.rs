//! The patient's Consent and the rules of organisations, over running nodes: a labelled record is
//! closed to another hospital and to the own one, and opens when a clinician says so.

use crate::scene::{Organisation, PATIENCE, Scene, client, reach};
use salus_api::{
    ApiToken,
    client::Client,
    records::{ImportOrder, ReadOrder, RecordFilter, ScopeRegistration},
    rules::ExplainOrder,
};
use salus_consent::{
    AccessKind, ConsentTx, GrantId, GrantedBy, PurposeOfUse, RecordId, ReleaseMode, tx::GrantAccess,
};
use salus_crypto::{random, sign::SigningKey};
use salus_fhir::labels::{CONFIDENTIALITY, Labels};
use salus_identity::{IdentityTx, tx::RegisterAccount};
use salus_node::{Node, NodeHandle};
use salus_types::{AccountId, AccountKind, BlockTime, Height, ModuleId, Salt, SignatureAlgorithm};
use salus_vault::{
    Scope, ScopeOpening,
    actor::Actor,
    rules::{LabelOrder, LabelledBy},
};
use serde_json::{Value, json};
use std::fs;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
const PHYSICIANS: &str = r#"
    @id("physicians-read") permit (principal in Role::"physician", action == Action::"read", resource)
    when { context.treats };
"#;

/// A test for HIV, which is restricted by its code, and a count of cells, which is not.
fn results() -> [Value; 3] {
    let observation = |id: &str, code: &str| {
        json!({
            "resourceType": "Observation", "id": id, "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
            "subject": {"reference": "Patient/p1"}, "effectiveDateTime": "2020-02-03",
        })
    };
    let patient = json!({"resourceType": "Patient", "id": "p1"});
    [patient, observation("hiv", "7917-8"), observation("count", "789-8")]
}

/// The patient permits what is not restricted, and nothing that is.
fn consent() -> Value {
    json!({
        "resourceType": "Consent", "id": "c1", "status": "active",
        "scope": {"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"
        }]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": "Patient/p1"},
        "dateTime": "2026-01-05",
        "provision": {"type": "permit", "provision": [{
            "type": "deny",
            "securityLabel": [{"system": CONFIDENTIALITY, "code": "R"}],
        }]},
    })
}

fn bundle(resources: &[Value]) -> String {
    let entries: Vec<Value> = resources.iter().map(|one| json!({"resource": one})).collect();
    json!({"resourceType": "Bundle", "type": "collection", "entry": entries}).to_string()
}

fn token(scene: &Scene, index: usize) -> String {
    fs::read_to_string(scene.home(index).token()).unwrap().trim().to_owned()
}

fn gateway(scene: &Scene, index: usize, node: &NodeHandle) -> Client {
    client(node).with_token(ApiToken::new(token(scene, index)))
}

/// Gives a node that is not started rules of its own.
fn give_rules(scene: &Scene, index: usize, rules: &str) {
    let home = scene.home(index);
    let settings = fs::read_to_string(home.settings()).unwrap();
    fs::write(home.settings(), settings.replace("rules = \"\"", "rules = \"rules\"")).unwrap();
    let folder = home.folder().join("rules");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("own.cedar"), rules).unwrap();
}

struct Story {
    scene: Scene,
    nodes: Vec<NodeHandle>,
    patient: Organisation,
    order: ImportOrder,
    hiv: RecordId,
    count: RecordId,
}

impl Story {
    /// A patient with an own key and two results at the hospital; the clinic has rules of its own.
    async fn new() -> Self {
        let scene = Scene::new(2);
        give_rules(&scene, 1, PHYSICIANS);
        let nodes = vec![scene.start(0).await, scene.start(1).await];
        for node in &nodes {
            reach(node, Height(2)).await;
        }
        let hospital = gateway(&scene, 0, &nodes[0]);
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
        patient.must(&hospital, &scene.network, ModuleId::IDENTITY, &register).await;
        let order = ImportOrder { patient: Some(account), source: "test".to_owned() };
        hospital.import(&order, bundle(&results())).await.unwrap();
        let filter = RecordFilter {
            resource_type: Some("Observation".to_owned()),
            ..RecordFilter::default()
        };
        let mut records = Vec::new();
        for item in hospital.records(&filter).await.unwrap().records {
            let read = hospital.read(&read(item.record)).await.unwrap();
            records.push((String::from_utf8_lossy(&read.bytes).contains("7917-8"), item.record));
        }
        let of = |hiv| records.iter().find(|(is, _)| *is == hiv).unwrap().1;
        let (hiv, count) = (of(true), of(false));
        Self { scene, nodes, patient, order, hiv, count }
    }

    fn hospital(&self) -> Client {
        gateway(&self.scene, 0, &self.nodes[0])
    }

    fn clinic(&self) -> Client {
        gateway(&self.scene, 1, &self.nodes[1])
    }

    /// The patient lets the clinic read everything at the hospital.
    async fn grant(&self) -> GrantId {
        let opening = ScopeOpening::new(&Scope::default());
        let grant = GrantId::new(random());
        let now = BlockTime::from_unix_ms(salus_node::clock::now_ms());
        let granted = ConsentTx::GrantAccess(GrantAccess {
            grant,
            by: GrantedBy::Patient,
            grantee: self.scene.organisation(1).account,
            custodian: self.scene.organisation(0).account,
            scope_commitment: opening.commitment(),
            purpose: PurposeOfUse::Treatment,
            mode: ReleaseMode::Wrapped,
            pseudonymised: false,
            delegable: false,
            consent_commitment: None,
            episode: None,
            not_before: now,
            not_after: now.after_ms(DAY_MS),
        });
        let (hospital, network) = (self.hospital(), &self.scene.network);
        self.patient.must(&hospital, network, ModuleId::CONSENT, &granted).await;
        let opening = ScopeRegistration {
            of: grant.into(),
            opening: serde_json::to_value(&opening).unwrap(),
            to: None,
        };
        hospital.register_scope(&opening).await.unwrap();
        grant
    }

    /// How many observations a search at the hospital counts.
    async fn counted(&self) -> u64 {
        let url = format!("{}/fhir/Observation?_summary=count", self.nodes[0].api_url());
        let asked = reqwest::Client::new().get(url).bearer_auth(token(&self.scene, 0));
        let answer = asked.timeout(PATIENCE).send().await.unwrap().bytes().await.unwrap();
        serde_json::from_slice::<Value>(&answer).unwrap()["total"].as_u64().unwrap()
    }
}

fn read(record: RecordId) -> ReadOrder {
    ReadOrder { record, basis: None, purpose: PurposeOfUse::Treatment, actor: None, from: None }
}

fn physician() -> Actor {
    let actor = json!({"person": "p-17", "roles": ["physician"], "treatment": true});
    serde_json::from_value(actor).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_patients_consent_and_the_rules_of_the_organisation_decide_in_every_read() {
    let story = Story::new().await;
    let (hospital, clinic) = (story.hospital(), story.clinic());
    let grant = story.grant().await;
    let asked =
        |record| ReadOrder { basis: Some(grant.into()), actor: Some(physician()), ..read(record) };
    let code = async |order| clinic.read(&order).await.unwrap_err().code().to_owned();

    // Without a consent the grant is enough; the clinic's own rules want a physician.
    clinic.read(&asked(story.hiv)).await.unwrap();
    let nobody = ReadOrder { actor: None, ..asked(story.hiv) };
    assert_eq!(code(nobody).await, "vault.rule_denied");
    assert_eq!(story.counted().await, 2);

    // The patient's consent closes what is restricted, for the clinic and for the hospital.
    let with_consent = [&results()[..], &[consent()]].concat();
    hospital.import(&story.order, bundle(&with_consent)).await.unwrap();
    assert_eq!(code(asked(story.hiv)).await, "vault.consent_denied");
    clinic.read(&asked(story.count)).await.unwrap();
    let own = hospital.read(&read(story.hiv)).await.unwrap_err();
    assert_eq!(own.code(), "vault.consent_denied");
    assert_eq!(story.counted().await, 1);

    // The holder is told which provision it was; the patient sees who was refused.
    let why = ExplainOrder {
        record: story.hiv,
        accessor: Some(story.scene.organisation(1).account),
        basis: Some(grant.into()),
        purpose: PurposeOfUse::Treatment,
        actor: None,
    };
    let told = hospital.explain(&why).await.unwrap();
    assert_eq!(told.consent.unwrap().place.as_deref(), Some("provision.provision[0]"));
    let log = hospital.accesses(story.patient.account).await.unwrap();
    let refused = log.accesses.iter().filter(|one| match &one.leaf.kind {
        AccessKind::RefusedRead { code } => code.to_string() == "vault.consent_denied",
        _ => false,
    });
    assert!(refused.count() >= 1);

    // A clinician says that this result is not restricted.
    let mut labels = Labels::default();
    labels.add(CONFIDENTIALITY, "N");
    let order = LabelOrder {
        by: LabelledBy::Clinician,
        who: "Practitioner/9".to_owned(),
        reason: "the patient speaks of it openly".to_owned(),
        labels,
    };
    hospital.set_labels(story.hiv, &order).await.unwrap();
    clinic.read(&asked(story.hiv)).await.unwrap();
    assert_eq!(story.counted().await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_are_read_again_on_request_and_a_broken_file_stops_the_start() {
    let scene = Scene::new(1);
    give_rules(&scene, 0, "this is no rule");
    let refused = Node::start(&scene.home(0)).await.err().unwrap();
    assert_eq!(refused.code(), "policy.not_cedar");

    give_rules(&scene, 0, PHYSICIANS);
    let node = scene.start(0).await;
    reach(&node, Height(1)).await;
    let gateway = gateway(&scene, 0, &node);
    assert_eq!(gateway.reload_rules().await.unwrap().rules, ["physicians-read"]);
    give_rules(&scene, 0, "permit");
    assert_eq!(gateway.reload_rules().await.unwrap_err().code(), "policy.not_cedar");
    give_rules(&scene, 0, &PHYSICIANS.replace("physicians-read", "renamed"));
    assert_eq!(gateway.reload_rules().await.unwrap().rules, ["renamed"]);
}
