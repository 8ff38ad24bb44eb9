//! The patient's consents, labels and the organisation's rules decide in every read.

use super::scene::{CLINIC, HOSPITAL, STRANGER, Scene, TREATMENT};
use crate::{
    PurposeOfUse, RecordId, Result, Scope, ScopeOf, ScopeOpening,
    actor::Actor,
    remote::{ReadRequest, ReleasedKey},
    rules::{Act, Asking, HouseAsk, HouseDecision, HouseRules, LabelOrder, LabelledBy, Why},
};
use salus_consent::{AccessKind, Basis};
use salus_fhir::{
    ResourceType,
    labels::{ACT_CODE, CONFIDENTIALITY, Labels},
    search::{Handling, Query},
};
use salus_types::{AccountId, Hash, Height};
use serde_json::{Value, json};
use std::sync::Arc;

const RESTRICTED: &str = "R";

pub(super) fn coding(system: &str, code: &str) -> Value {
    json!({"system": system, "code": code})
}

/// A Consent of the patient `p1` with this root.
pub(super) fn consent(id: &str, status: &str, provision: &Value) -> Value {
    json!({
        "resourceType": "Consent", "id": id, "status": status,
        "scope": {"coding": [coding("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy")]},
        "category": [{"coding": [coding("http://loinc.org", "59284-0")]}],
        "patient": {"reference": "urn:uuid:p1"},
        "provision": provision,
    })
}

/// Permits all but what has this label.
pub(super) fn all_but_label(code: &str) -> Value {
    let labels = json!([coding(CONFIDENTIALITY, code)]);
    json!({"type": "permit", "provision": [{"type": "deny", "securityLabel": labels}]})
}

fn observation(id: &str, code: &Value) -> Value {
    json!({
        "resourceType": "Observation", "id": id, "status": "final", "code": {"coding": [code]},
        "subject": {"reference": "urn:uuid:p1"}, "effectiveDateTime": "2020-02-03",
        "encounter": {"reference": format!("urn:uuid:e-{id}")},
    })
}

fn bundle(resources: &[Value]) -> Vec<u8> {
    let patient = json!({"resourceType": "Patient", "id": "p1"});
    let entries: Vec<Value> = [&patient]
        .into_iter()
        .chain(resources)
        .map(|one| {
            let url = format!("urn:uuid:{}", one["id"].as_str().unwrap());
            json!({"fullUrl": url, "resource": one})
        })
        .collect();
    let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": entries});
    bundle.to_string().into_bytes()
}

/// The HIV test, which is restricted by its code, and a count that is not.
fn tests() -> [Value; 4] {
    [
        observation("hiv", &coding("http://loinc.org", "7917-8")),
        observation("count", &coding("http://loinc.org", "789-8")),
        json!({"resourceType": "Encounter", "id": "e-hiv", "status": "finished",
            "class": coding("urn:c", "AMB"), "subject": {"reference": "urn:uuid:p1"}}),
        json!({"resourceType": "Encounter", "id": "e-count", "status": "finished",
            "class": coding("urn:c", "AMB"), "subject": {"reference": "urn:uuid:p1"}}),
    ]
}

struct Play {
    scene: Scene,
    patient: AccountId,
    hiv: RecordId,
    count: RecordId,
}

impl Play {
    async fn new(consents: &[Value]) -> Self {
        Self::with(Scene::new().await, consents).await
    }

    async fn with(scene: Scene, consents: &[Value]) -> Self {
        let resources = [&tests()[..], consents].concat();
        let patient = scene.import(bundle(&resources)).await.unwrap().patients[0];
        let found = scene.vault.search(&query("Observation", &[]), &all, &plainly()).await.unwrap();
        assert!(found.total <= 2);
        let (hiv, count) = (of_source(&scene, "hiv").await, of_source(&scene, "count").await);
        Self { scene, patient, hiv, count }
    }

    /// Imports what the same source says later, with all the rest that it has.
    async fn later(&self, resources: &[Value]) {
        let changed = |one: &Value| resources.iter().any(|other| other["id"] == one["id"]);
        let rest: Vec<Value> = tests().into_iter().filter(|one| !changed(one)).collect();
        self.scene.import(bundle(&[&rest[..], resources].concat())).await.unwrap();
    }

    /// The clinic asks under a grant of everything.
    async fn ask(&self, record: RecordId, actor: Option<Actor>) -> Result<()> {
        let grant = self.scene.grant(self.patient, &Scope::default()).await;
        let mut request = self.scene.request(record, grant);
        request.actor = actor;
        self.scene.ask(request).await.map(drop)
    }

    async fn code(&self, record: RecordId) -> &'static str {
        self.ask(record, None).await.err().map_or("served", |error| error.code())
    }

    async fn own(&self, record: RecordId) -> &'static str {
        let read = self.scene.vault.read_own(record, TREATMENT).await;
        read.err().map_or("served", |error| error.code())
    }

    /// How the clinic's read would be decided: the code and the reason of the consents.
    async fn why(&self, record: RecordId) -> (Option<String>, Option<String>) {
        let basis = Some(Basis::Grant(self.scene.grant(self.patient, &Scope::default()).await));
        let why = Why { record, accessor: CLINIC, basis, asking: plainly() };
        let told = self.scene.vault.explain(&why).await.unwrap();
        (told.code, told.consent.map(|one| one.reason))
    }

    async fn commitment(&self, resource_type: &str) -> Hash {
        let record = self.scene.record(resource_type).await;
        self.scene.ledger.facts().records[&record.record].last().unwrap().version.plain_commitment
    }
}

/// The record that the source calls so.
async fn of_source(scene: &Scene, id: &str) -> RecordId {
    let records = scene.vault.records(&crate::RecordFilter::default()).await.unwrap();
    for record in records {
        let stored = scene.vault.index.latest(record.record).await.unwrap().unwrap();
        let facts = scene.vault.kept_facts(&stored).unwrap();
        if facts.names.iter().any(|name| **name == format!("urn:uuid:{id}")) {
            return record.record;
        }
    }
    panic!("no record {id}");
}

fn plainly() -> Asking {
    TREATMENT.into()
}

fn query(name: &str, pairs: &[(&str, &str)]) -> Query {
    Query::parse(name.parse().unwrap(), pairs.iter().copied(), Handling::Strict).unwrap()
}

fn all(_: ResourceType) -> bool {
    true
}

fn nurse() -> Actor {
    serde_json::from_str(r#"{"person": "p-1", "roles": ["urn:r|nurse"], "treatment": true}"#)
        .unwrap()
}

fn denied() -> (Option<String>, Option<String>) {
    (Some("vault.consent_denied".to_owned()), Some("provision".to_owned()))
}

#[tokio::test]
async fn a_consent_denies_a_labelled_record_while_another_is_served_and_the_refusal_is_accounted() {
    let play = Play::new(&[consent("c", "active", &all_but_label(RESTRICTED))]).await;

    assert_eq!(play.code(play.hiv).await, "vault.consent_denied");
    assert_eq!(play.code(play.count).await, "served");
    assert_eq!(play.own(play.hiv).await, "vault.consent_denied");
    assert_eq!(play.own(play.count).await, "served");
    assert_eq!(play.why(play.hiv).await, denied());
    assert_eq!(play.why(play.count).await, (None, None));
    play.scene.vault.accounts.close().await;
    let log = play.scene.vault.accesses(play.patient).await.unwrap();
    let of_hiv = log.entries.iter().filter(|one| one.leaf.record == play.hiv);
    let codes: Vec<String> = of_hiv
        .filter_map(|one| match &one.leaf.kind {
            AccessKind::RefusedRead { code } => Some(code.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(codes, ["vault.consent_denied"; 2]);
}

#[tokio::test]
async fn what_consents_deny_is_in_no_search_count_listing_or_history() {
    let play = Play::new(&[consent("c", "active", &all_but_label(RESTRICTED))]).await;
    let vault = &play.scene.vault;
    let encounters = query("Encounter", &[]);

    let found = vault.search(&query("Observation", &[]), &all, &plainly()).await.unwrap();
    assert_eq!((found.total, found.matches.len()), (1, 1));
    let counted = query("Observation", &[("_summary", "count")]);
    assert_eq!(vault.search(&counted, &all, &plainly()).await.unwrap().total, 1);
    let by_code = query("Observation", &[("code", "7917-8")]);
    assert_eq!(vault.search(&by_code, &all, &plainly()).await.unwrap().total, 0);
    assert_eq!(vault.search(&encounters, &all, &plainly()).await.unwrap().total, 2);
    let listed = vault.listed(None, None, &all, &plainly()).await.unwrap();
    assert!(listed.iter().all(|(_, record)| *record != play.hiv));
    assert!(listed.iter().any(|(_, record)| *record == play.count));
    assert!(vault.resources(&[play.hiv], &plainly()).await.unwrap().is_empty());
    let id = vault.id_of(play.patient).await.unwrap().unwrap();
    let all_of = vault.everything(&id, None, 100, &all, &plainly()).await.unwrap();
    assert!(all_of.matches.iter().all(|one| one.id != play.hiv.to_string()));
    let history = vault
        .resource_history("Observation".parse().unwrap(), &play.hiv.to_string(), &plainly())
        .await;
    assert_eq!(history.unwrap_err().code(), "vault.consent_denied");
}

#[tokio::test]
async fn silence_denies_nothing_and_consents_count_as_long_as_they_are_in_force() {
    let only_research = json!({"type": "permit", "purpose": [coding("http://terminology.hl7.org/CodeSystem/v3-ActReason", "HRESCH")]});
    let play = Play::new(&[consent("c", "active", &only_research)]).await;
    assert_eq!(play.code(play.hiv).await, "served");

    play.later(&[consent("c", "active", &all_but_label("N"))]).await;
    assert_eq!(play.code(play.count).await, "vault.consent_denied");
    play.later(&[consent("c", "inactive", &all_but_label("N"))]).await;
    assert_eq!(play.code(play.count).await, "served");
    play.later(&[consent("d", "active", &json!({"type": "deny"}))]).await;
    assert_eq!(play.code(play.count).await, "vault.consent_denied");
}

#[tokio::test]
async fn a_consent_of_r5_counts_as_one_of_r4() {
    let r5 = json!({
        "resourceType": "Consent", "id": "c", "status": "active", "decision": "permit",
        "subject": {"reference": "urn:uuid:p1"},
        "provision": [{"securityLabel": [coding(ACT_CODE, "HIV")]}],
    });
    let play = Play::new(&[r5]).await;

    assert_eq!(play.code(play.hiv).await, "vault.consent_denied");
    assert_eq!(play.code(play.count).await, "served");
}

#[tokio::test]
async fn a_consent_that_is_not_understood_denies_everything_and_can_still_be_read_by_its_keeper() {
    let mut strange = consent("c", "active", &json!({"type": "permit"}));
    strange["provision"]["modifierExtension"] = json!([{"url": "urn:x", "valueBoolean": true}]);
    let play = Play::new(&[strange]).await;
    assert_eq!(play.code(play.count).await, "vault.consent_denied");
    assert_eq!(play.why(play.count).await.1.as_deref(), Some("obscure_element"));
    let kept = play.scene.record("Consent").await.record;
    assert_eq!(play.own(kept).await, "served");
    assert_eq!(play.code(kept).await, "vault.consent_denied");

    let mut unknown = consent("c", "active", &json!({"type": "permit"}));
    unknown["provision"]["surprise"] = json!(1);
    play.later(&[unknown]).await;
    assert_eq!(play.own(play.count).await, "vault.consent_denied");
    play.later(&[consent("c", "active", &json!({"type": "permit"}))]).await;
    assert_eq!(play.own(play.count).await, "served");
}

#[tokio::test]
async fn consents_that_replace_one_another_in_a_circle_deny_everything() {
    let replaces = |id: &str, other: &str| {
        let mut one = consent(id, "active", &json!({"type": "permit"}));
        one["extension"] = json!([{
            "url": "http://hl7.org/fhir/StructureDefinition/replaces",
            "valueReference": {"reference": format!("urn:uuid:{other}")},
        }]);
        one
    };
    let play = Play::new(&[replaces("c", "d"), replaces("d", "c")]).await;

    assert_eq!(play.code(play.count).await, "vault.consent_denied");
    assert_eq!(play.why(play.count).await.1.as_deref(), Some("obscure_element"));
}

#[tokio::test]
async fn a_consent_of_ten_thousand_provisions_decides_and_one_more_denies() {
    let of = |count: usize| {
        let nested: Vec<Value> = (1..count)
            .map(|one| json!({"type": "deny", "code": [{"coding": [coding("urn:n", &one.to_string())]}]}))
            .collect();
        consent("c", "active", &json!({"type": "permit", "provision": nested}))
    };
    let play = Play::new(&[of(10_000)]).await;
    assert_eq!(play.code(play.count).await, "served");

    play.later(&[of(10_001)]).await;
    assert_eq!(play.code(play.count).await, "vault.consent_denied");
}

#[tokio::test]
async fn rules_by_reference_meet_records_by_the_names_of_source_and_of_here() {
    let dependents = |name: &str| {
        let data = json!([{"meaning": "dependents", "reference": {"reference": name}}]);
        json!({"type": "permit", "provision": [{"type": "deny", "data": data}]})
    };
    let play = Play::new(&[consent("c", "active", &dependents("urn:uuid:e-hiv"))]).await;
    assert_eq!(play.code(play.hiv).await, "vault.consent_denied");
    assert_eq!(play.code(play.count).await, "served");

    let encounter = of_source(&play.scene, "e-count").await;
    play.later(&[consent("c", "active", &dependents(&format!("Encounter/{encounter}")))]).await;
    assert_eq!(play.code(play.hiv).await, "served");
    assert_eq!(play.code(play.count).await, "vault.consent_denied");
    let related = json!([{"meaning": "related", "reference": {"reference": "urn:uuid:count"}}]);
    let related = json!({"type": "permit", "provision": [{"type": "deny", "data": related}]});
    play.later(&[consent("c", "active", &related)]).await;
    assert_eq!(play.code(encounter).await, "vault.consent_denied");
    assert_eq!(play.code(play.hiv).await, "served");
}

#[tokio::test]
async fn a_grant_that_names_a_consent_needs_exactly_that_one() {
    let permits = consent("c", "active", &json!({"type": "permit"}));
    let play = Play::new(std::slice::from_ref(&permits)).await;
    let grant = play.scene.grant(play.patient, &Scope::default()).await;
    let name = |commitment| {
        play.scene.ledger.facts().grants.get_mut(&grant).unwrap().consent_commitment = commitment;
    };
    let ask = async || {
        let asked = play.scene.ask(play.scene.request(play.count, grant)).await;
        asked.err().map_or("served", |error| error.code())
    };

    name(Some(play.commitment("Consent").await));
    assert_eq!(ask().await, "served");
    name(Some(Hash([9; 32])));
    assert_eq!(ask().await, "vault.consent_denied");
    name(Some(play.commitment("Consent").await));
    let silent = json!({"type": "permit", "class": [coding("http://hl7.org/fhir/resource-types", "Condition")]});
    play.later(&[consent("c", "active", &silent)]).await;
    assert_eq!(ask().await, "vault.consent_denied");
    name(Some(play.commitment("Consent").await));
    assert_eq!(ask().await, "vault.consent_denied");
    name(None);
    assert_eq!(ask().await, "served");
}

#[tokio::test]
async fn whom_a_denial_names_may_be_who_asks_unless_it_is_said_who_asks() {
    let not_students = json!({
        "resourceType": "Consent", "id": "c", "status": "active", "decision": "permit",
        "subject": {"reference": "urn:uuid:p1"},
        "provision": [{"actor": [{"role": {"coding": [coding("urn:r", "student")]}}]}],
    });
    let play = Play::new(&[not_students]).await;
    let student = serde_json::from_str(r#"{"person": "p-2", "roles": ["urn:r|student"]}"#).unwrap();

    assert_eq!(play.code(play.count).await, "vault.consent_denied");
    assert!(play.ask(play.count, Some(nurse())).await.is_ok());
    let refused = play.ask(play.count, Some(student)).await.unwrap_err();
    assert_eq!(refused.code(), "vault.consent_denied");
}

#[tokio::test]
async fn a_denial_of_another_organisation_of_the_network_denies_nothing_to_this_one() {
    let not = |name: &Value| {
        let ircp = coding("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP");
        let actor = json!([{"role": {"coding": [ircp]}, "reference": name}]);
        json!({"type": "permit", "provision": [{"type": "deny", "actor": actor}]})
    };
    let account = |account: AccountId| json!({"identifier": {"system": "urn:salus:account", "value": account.to_string()}});
    let play = Play::new(&[consent("c", "active", &not(&account(STRANGER)))]).await;
    assert_eq!(play.code(play.count).await, "served");

    play.later(&[consent("c", "active", &not(&account(CLINIC)))]).await;
    assert_eq!(play.code(play.count).await, "vault.consent_denied");
    assert_eq!(play.own(play.count).await, "served");
    play.later(&[consent("c", "active", &not(&json!({"reference": "Organization/whoever"})))])
        .await;
    assert_eq!(play.code(play.count).await, "vault.consent_denied");
}

#[tokio::test]
async fn with_consents_keys_are_released_for_one_record_at_a_time() {
    let plain = Play::new(&[]).await;
    let play = Play::new(&[consent("c", "active", &all_but_label(RESTRICTED))]).await;
    for (play, by_category) in [(&plain, true), (&play, false)] {
        let grant = play.scene.grant(play.patient, &Scope::default()).await;
        let request = play.scene.sign(play.scene.request(play.count, grant));
        let response = play.scene.vault.serve(&request).await.unwrap();
        assert_eq!(matches!(response.key, ReleasedKey::Category(_)), by_category);
    }
}

pub(super) fn order(by: LabelledBy, labels: Labels) -> LabelOrder {
    LabelOrder { by, who: "Practitioner/9".into(), reason: "as agreed".into(), labels }
}

pub(super) fn labels(codes: &[(&str, &str)]) -> Labels {
    let mut labels = Labels::default();
    for (system, code) in codes {
        labels.add(system, code);
    }
    labels
}

#[tokio::test]
async fn a_clinician_sets_labels_the_patient_raises_them_and_they_are_shown() {
    let play = Play::new(&[consent("c", "active", &all_but_label(RESTRICTED))]).await;
    let vault = &play.scene.vault;
    let normal = labels(&[(CONFIDENTIALITY, "N")]);

    vault.set_labels(play.hiv, order(LabelledBy::Clinician, normal.clone())).await.unwrap();
    assert_eq!(play.code(play.hiv).await, "served");
    let shown = vault
        .resource("Observation".parse().unwrap(), &play.hiv.to_string(), None, &plainly())
        .await
        .unwrap();
    let shown: Value = serde_json::from_str(&shown.text).unwrap();
    assert_eq!(shown["meta"]["security"], json!([coding(CONFIDENTIALITY, "N")]));
    let restricted = labels(&[(CONFIDENTIALITY, "R"), (ACT_CODE, "SDV")]);
    vault.set_labels(play.count, order(LabelledBy::Patient, restricted)).await.unwrap();
    assert_eq!(play.code(play.count).await, "vault.consent_denied");
    vault.set_labels(play.count, order(LabelledBy::Clinician, normal)).await.unwrap();
    assert_eq!(play.code(play.count).await, "vault.consent_denied");
    let security = query("Observation", &[("_security", "SDV")]);
    assert_eq!(vault.search(&security, &all, &plainly()).await.unwrap().total, 0);
}

#[tokio::test]
async fn a_clinicians_labels_only_raise_those_of_a_later_version() {
    let play = Play::new(&[consent("c", "active", &all_but_label(RESTRICTED))]).await;
    let normal = labels(&[(CONFIDENTIALITY, "N")]);
    play.scene.vault.set_labels(play.hiv, order(LabelledBy::Clinician, normal)).await.unwrap();

    let mut changed = tests()[0].clone();
    changed["status"] = json!("amended");
    play.later(&[changed]).await;

    assert_eq!(play.code(play.hiv).await, "vault.consent_denied");
}

#[tokio::test]
async fn labels_without_reason_or_confidentiality_or_too_often_are_refused() {
    let play = Play::new(&[]).await;
    let vault = &play.scene.vault;
    let set = async |order| vault.set_labels(play.count, order).await.unwrap_err().code();
    let normal = labels(&[(CONFIDENTIALITY, "N")]);

    let silent = LabelOrder { reason: " ".into(), ..order(LabelledBy::Clinician, normal.clone()) };
    assert_eq!(set(silent).await, "fhir_labels.reason");
    let none = order(LabelledBy::Clinician, Labels::default());
    assert_eq!(set(none).await, "fhir_labels.no_confidentiality");
    let nobody = LabelOrder { who: String::new(), ..order(LabelledBy::Patient, normal.clone()) };
    assert_eq!(set(nobody).await, "fhir_labels.who");
    for _ in 0..64 {
        let again = order(LabelledBy::Clinician, normal.clone());
        vault.set_labels(play.count, again).await.unwrap();
    }
    assert_eq!(set(order(LabelledBy::Clinician, normal.clone())).await, "vault.too_many_labels");
    let nowhere = RecordId::new([9; 32]);
    let refused = vault.set_labels(nowhere, order(LabelledBy::Clinician, normal)).await;
    assert_eq!(refused.unwrap_err().code(), "vault.unknown_record");
}

/// Lets nurses read and nobody export, and has no opinion of other organisations.
struct Strict;

impl HouseRules for Strict {
    fn decide(&self, ask: &HouseAsk<'_>) -> Option<HouseDecision> {
        if ask.act == Act::Disclose {
            assert_ne!(ask.accessor, HOSPITAL);
            return None;
        }
        let nurse = ask.actor.is_some_and(|actor| {
            actor.treatment && actor.roles.iter().any(|role| role.as_str() == "urn:r|nurse")
        });
        let permitted = nurse && ask.act != Act::Export;
        Some(HouseDecision { permitted, rules: vec!["nurses".into()], failed: Vec::new() })
    }

    fn names_of(&self, organisation: AccountId) -> Vec<String> {
        if organisation == HOSPITAL { vec!["Organization/h".into()] } else { Vec::new() }
    }

    fn knows(&self, name: &str) -> bool {
        name == "Organization/h"
    }
}

#[tokio::test]
async fn the_rules_of_the_organisation_decide_by_the_actor_in_every_own_read() {
    let play = Play::with(Scene::with_house(Arc::new(Strict)).await, &[]).await;
    let vault = &play.scene.vault;
    let by_nurse = plainly().by(Some(nurse()));
    let observations = query("Observation", &[]);

    assert_eq!(play.own(play.count).await, "vault.rule_denied");
    assert!(vault.read_own(play.count, by_nurse.clone()).await.is_ok());
    assert_eq!(play.code(play.count).await, "served");
    assert_eq!(vault.search(&observations, &all, &plainly()).await.unwrap().total, 0);
    assert_eq!(vault.search(&observations, &all, &by_nurse).await.unwrap().total, 2);
    let export = by_nurse.clone().act(Act::Export);
    assert!(vault.listed(None, None, &all, &export).await.unwrap().is_empty());
    let why = Why { record: play.count, accessor: HOSPITAL, basis: None, asking: plainly() };
    let told = vault.explain(&why).await.unwrap();
    assert_eq!(told.code.as_deref(), Some("vault.rule_denied"));
    assert_eq!(told.rules.unwrap().rules, ["nurses"]);
}

#[tokio::test]
async fn a_page_of_a_search_is_for_who_searched() {
    let play = Play::with(Scene::with_house(Arc::new(Strict)).await, &[]).await;
    let vault = &play.scene.vault;
    let by_nurse = plainly().by(Some(nurse()));
    let first = query("Observation", &[("_count", "1")]);
    let page = vault.search(&first, &all, &by_nurse).await.unwrap();

    let next = page.next.unwrap();
    let other = vault.next_page("Observation", &next, &all, &plainly()).await.unwrap_err();
    assert_eq!(other.code(), "vault.search_forgotten");
    assert_eq!(
        vault.next_page("Observation", &next, &all, &by_nurse).await.unwrap().matches.len(),
        1
    );
}

#[tokio::test]
async fn a_denial_that_is_added_never_opens_anything() {
    let permits = [json!({"type": "permit"}), all_but_label(RESTRICTED), json!({"type": "deny"})];
    let denials = [
        json!({"type": "deny", "securityLabel": [coding(ACT_CODE, "HIV")]}),
        json!({"type": "deny", "purpose": [coding("http://terminology.hl7.org/CodeSystem/v3-ActReason", "HRESCH")]}),
        json!({"type": "deny"}),
    ];
    for permit in &permits {
        let play = Play::new(&[consent("c", "active", permit)]).await;
        let before = [play.own(play.hiv).await, play.own(play.count).await];
        for denial in &denials {
            play.later(&[consent("d", "active", denial)]).await;
            let after = [play.own(play.hiv).await, play.own(play.count).await];
            for (before, after) in before.iter().zip(after) {
                assert!(*before == "served" || after != "served");
            }
        }
    }
}

#[tokio::test]
async fn purposes_other_than_the_denied_one_are_served() {
    let not_for_payment = json!({"type": "permit", "provision": [{
        "type": "deny",
        "purpose": [coding("http://terminology.hl7.org/CodeSystem/v3-ActReason", "HPAYMT")],
    }]});
    let play = Play::new(&[consent("c", "active", &not_for_payment)]).await;

    assert_eq!(play.own(play.count).await, "served");
    let payment = play.scene.vault.read_own(play.count, PurposeOfUse::Payment).await;
    assert_eq!(payment.unwrap_err().code(), "vault.consent_denied");
}

#[tokio::test]
async fn an_emergency_overrides_denials_that_do_not_name_emergencies() {
    let purpose = |code: &str| coding("http://terminology.hl7.org/CodeSystem/v3-ActReason", code);
    let play = Play::new(&[consent("c", "active", &json!({"type": "deny"}))]).await;
    let set = ScopeOpening::new(&Scope::default());
    let emergency = super::bases::emergency(&play.scene, play.patient, &set);
    let of = ScopeOf::EmergencySet(play.patient);
    play.scene.vault.register_scope(of, &set, Height(0)).await.unwrap();
    let ask = async || {
        let request = ReadRequest {
            purpose: PurposeOfUse::BreakTheGlass,
            ..play.scene.request(play.count, Basis::Emergency(emergency))
        };
        play.scene.ask(request).await.err().map_or("served", |error| error.code())
    };

    assert_eq!(play.code(play.count).await, "vault.consent_denied");
    assert_eq!(ask().await, "served");
    let never = json!({"type": "deny", "purpose": [purpose("BTG")]});
    play.later(&[consent("c", "active", &never)]).await;
    assert_eq!(ask().await, "vault.consent_denied");
}
