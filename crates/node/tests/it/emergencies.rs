//! Emergencies over running nodes: who may open one, what it gives, what ends it, who looks at it after.

use crate::care::{Care, DAY_MS, all_of, order as usual_order};
use salus_api::{client::At, records::ReadOrder};
use salus_app::governance::Action;
use salus_consent::{
    AccessKind, ArrangementKind, Basis, ConsentTx, EmergencyId, EmergencyReason, PurposeOfUse,
    RecordId, ReviewOutcome, ScopeOf,
    query::EmergencyReport,
    tx::{CloseEmergency, CosignEmergency, OpenEmergency, ReviewEmergency, SetEmergencyRules},
};
use salus_crypto::random;
use salus_fhir::{
    Category,
    labels::{CONFIDENTIALITY, Labels},
};
use salus_node::clock::now_ms;
use salus_types::{AccountId, BlockTime, Hash};
use salus_vault::{
    ScopeOpening,
    rules::{LabelOrder, LabelledBy},
};

const HOST: usize = 0;
const SERVICE: usize = 1;
const REVIEWER: usize = 2;

fn rules(reviewer: AccountId, set: &ScopeOpening) -> SetEmergencyRules {
    SetEmergencyRules {
        on_behalf: None,
        override_allowed: true,
        reviewer,
        scope_commitment: set.commitment(),
        two_person: false,
    }
}

fn emergency_of(patient: AccountId, person: AccountId) -> (EmergencyId, ConsentTx) {
    let emergency = EmergencyId::new(random());
    let open = OpenEmergency {
        emergency,
        patient,
        person,
        reason: EmergencyReason::Unresponsive,
        incident_commitment: Hash(random()),
        marked: false,
    };
    (emergency, ConsentTx::OpenEmergency(open))
}

fn order(record: RecordId, emergency: EmergencyId) -> ReadOrder {
    let basis = Some(Basis::Emergency(emergency));
    ReadOrder { purpose: PurposeOfUse::BreakTheGlass, ..usual_order(record, basis) }
}

/// The code with which the service's own gateway refuses a read.
async fn refused(care: &Care, record: RecordId, emergency: EmergencyId) -> String {
    let error = care.gateway(SERVICE).read(&order(record, emergency)).await.unwrap_err();
    error.code().to_owned()
}

fn close(emergency: EmergencyId) -> ConsentTx {
    ConsentTx::CloseEmergency(CloseEmergency { emergency, on_behalf: None })
}

/// The patient marks a record, with the holder.
async fn label(care: &Care, record: RecordId) {
    let mut labels = Labels::default();
    labels.add(CONFIDENTIALITY, "R");
    let order = LabelOrder {
        by: LabelledBy::Patient,
        who: "Patient/p1".to_owned(),
        reason: "nobody is to know".to_owned(),
        labels,
    };
    care.gateway(HOST).set_labels(record, &order).await.unwrap();
}

async fn accredit(care: &Care) {
    let account = care.organisation(SERVICE).account;
    let until = BlockTime::from_unix_ms(now_ms() + DAY_MS);
    care.decide(0, Action::AccreditEmergencyService { account, until }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emergency_gives_the_emergency_set_from_the_holder_until_it_is_closed_and_is_reviewed() {
    let care = Care::new().await;
    let (patient, observation, condition) = care.patient().await;
    let medic = care.person(Some(SERVICE)).await;
    let (service, reviewer) = (care.organisation(SERVICE), care.organisation(REVIEWER));
    let open = async || {
        let (emergency, message) = emergency_of(patient.account, medic.account);
        care.send(SERVICE, &service, &[&medic], &message).await.map(|()| emergency)
    };
    let set_rules = async |rules| {
        care.send(HOST, &patient, &[], &ConsentTx::SetEmergencyRules(rules)).await.unwrap();
    };
    let set = all_of(Category::Observations);

    // Nobody opens one who is not accredited, or where the patient has not allowed it.
    assert_eq!(open().await.unwrap_err(), "consent.not_accredited");
    accredit(&care).await;
    assert_eq!(open().await.unwrap_err(), "consent.no_emergency_rules");
    let unwilling = SetEmergencyRules { override_allowed: false, ..rules(reviewer.account, &set) };
    set_rules(unwilling).await;
    assert_eq!(open().await.unwrap_err(), "consent.override_refused");
    set_rules(rules(service.account, &set)).await;
    assert_eq!(open().await.unwrap_err(), "consent.reviewer_is_requester");

    // The holder has the key and the patient's emergency set, and serves it with its account.
    set_rules(rules(reviewer.account, &set)).await;
    care.register(HOST, ScopeOf::EmergencySet(patient.account), &set).await;
    let emergency = open().await.unwrap();
    let read = care.gateway(SERVICE).read(&order(observation, emergency)).await.unwrap();
    assert!(String::from_utf8_lossy(&read.bytes).contains("2345-7"));
    assert_eq!(refused(&care, condition, emergency).await, "vault.scope");
    let log = care.gateway(HOST).accesses(patient.account).await.unwrap();
    assert_eq!(log.accesses[0].leaf.kind, AccessKind::EmergencyRead);
    assert_eq!(log.accesses[0].leaf.basis, Some(Basis::Emergency(emergency)));

    // What is marked takes a second person, whatever the service declared; the rest is open without.
    label(&care, observation).await;
    assert_eq!(refused(&care, observation, emergency).await, "vault.marked");
    let second = care.person(Some(SERVICE)).await;
    let cosign = CosignEmergency { emergency, person: second.account };
    let cosign = ConsentTx::CosignEmergency(cosign);
    care.send(SERVICE, &service, &[&second], &cosign).await.unwrap();
    care.gateway(SERVICE).read(&order(observation, emergency)).await.unwrap();

    // Closed is closed, and the person asks for no other before the review.
    care.send(SERVICE, &service, &[], &close(emergency)).await.unwrap();
    assert_eq!(refused(&care, observation, emergency).await, "vault.emergency_over");
    assert_eq!(open().await.unwrap_err(), "consent.unreviewed");
    let review = ConsentTx::ReviewEmergency(ReviewEmergency {
        emergency,
        outcome: ReviewOutcome::Unjustified,
        finding_commitment: Hash(random()),
    });
    let own = care.send(SERVICE, &service, &[], &review).await;
    assert_eq!(own.unwrap_err(), "consent.not_reviewer");
    care.send(REVIEWER, &reviewer, &[], &review).await.unwrap();
    let path = format!("/v1/organisations/{}/emergency-report", service.account);
    let report = care.gateway(REVIEWER).state::<EmergencyReport>(&path, At::default()).await;
    let report = report.unwrap().value;
    assert_eq!((report.opened, report.reviews.unjustified, report.unreviewed), (1, 1, 0));
    open().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_custodians_an_emergency_is_read_with_shares_once_a_second_person_has_signed() {
    let care = Care::new().await;
    let (patient, observation, _) = care.patient().await;
    let (medic, second) = (care.person(Some(SERVICE)).await, care.person(Some(SERVICE)).await);
    let (service, reviewer) = (care.organisation(SERVICE), care.organisation(REVIEWER));
    accredit(&care).await;
    let set = all_of(Category::Observations);
    let careful = SetEmergencyRules { two_person: true, ..rules(reviewer.account, &set) };
    care.send(HOST, &patient, &[], &ConsentTx::SetEmergencyRules(careful)).await.unwrap();
    care.register(HOST, ScopeOf::EmergencySet(patient.account), &set).await;

    // Two of three hold the key of observations, in emergencies too.
    let kinds = [ArrangementKind::Ordinary, ArrangementKind::Emergency];
    care.share_keys(patient.account, &patient, None, &kinds).await;

    let (emergency, message) = emergency_of(patient.account, medic.account);
    care.send(SERVICE, &service, &[&medic], &message).await.unwrap();
    assert_eq!(refused(&care, observation, emergency).await, "vault.second_person");
    let cosign = |person| ConsentTx::CosignEmergency(CosignEmergency { emergency, person });
    let same = care.send(SERVICE, &service, &[&medic], &cosign(medic.account)).await;
    assert_eq!(same.unwrap_err(), "consent.same_person");
    care.send(SERVICE, &service, &[&second], &cosign(second.account)).await.unwrap();

    let read = care.gateway(SERVICE).read(&order(observation, emergency)).await.unwrap();
    assert!(String::from_utf8_lossy(&read.bytes).contains("2345-7"));
    assert_eq!(read.sequence, 1, "the request is the account, and the ledger numbers it");
    let own = care.gateway(HOST).read(&usual_order(observation, None)).await;
    assert_eq!(own.unwrap_err().code(), "vault.custodial");

    // A record that the patient marked is given too, as two persons answer for it.
    label(&care, observation).await;
    care.gateway(SERVICE).read(&order(observation, emergency)).await.unwrap();

    // The patient ends it.
    care.send(SERVICE, &patient, &[], &close(emergency)).await.unwrap();
    assert_eq!(refused(&care, observation, emergency).await, "vault.emergency_over");
}
