//! Reading on an episode or in an emergency, and what ends it.

use super::scene::{CLINIC, HOSPITAL, Scene, TREATMENT, bundle};
use crate::{
    AccessKind, Basis, Scope, ScopeOf, ScopeOpening,
    remote::{ReadRequest, ReleasedKey},
};
use salus_consent::{
    EmergencyId, EmergencyReason, EpisodeId, PurposeOfUse, RecordId, ReleaseMode,
    state::{Emergency, EmergencyRules, Episode},
};
use salus_crypto::random;
use salus_fhir::Category;
use salus_types::{AccountId, BlockTime, Hash, Height, VecMax};

fn observations() -> Scope {
    Scope { categories: VecMax::new(vec![Category::Observations]).unwrap(), ..Scope::default() }
}

/// A scene with a patient who has an observation and a condition.
async fn scene() -> (Scene, AccountId, RecordId) {
    let scene = Scene::new().await;
    let bytes =
        bundle("p1", &[("Observation", "o1", "2020-02-03"), ("Condition", "c1", "2020-02-03")]);
    let patient = scene.import(bytes).await.unwrap().patients[0];
    let record = scene.record("Observation").await.record;
    (scene, patient, record)
}

fn episode(scene: &Scene, patient: AccountId, opening: &ScopeOpening) -> EpisodeId {
    let episode = EpisodeId::new(random());
    let mut facts = scene.ledger.facts();
    let now = BlockTime::from_unix_ms(facts.time_ms);
    let stored = Episode {
        patient,
        hospital: CLINIC,
        offer_commitment: Hash::ZERO,
        scope_commitment: opening.commitment(),
        mode: ReleaseMode::Wrapped,
        opened_at: now,
        not_after: now.after_ms(10_000),
        closed_at: None,
        continued_as: None,
        number: 0,
    };
    facts.episodes.insert(episode, stored);
    episode
}

fn close(scene: &Scene, episode: EpisodeId) {
    let mut facts = scene.ledger.facts();
    let now = BlockTime::from_unix_ms(facts.time_ms);
    facts.episodes.get_mut(&episode).unwrap().closed_at = Some(now);
}

pub(super) fn emergency(scene: &Scene, patient: AccountId, set: &ScopeOpening) -> EmergencyId {
    let emergency = EmergencyId::new(random());
    let mut facts = scene.ledger.facts();
    let now = BlockTime::from_unix_ms(facts.time_ms);
    let rules = EmergencyRules {
        override_allowed: true,
        reviewer: AccountId([9; 32]),
        scope_commitment: set.commitment(),
        two_person: false,
        set_at: now,
    };
    facts.emergency_rules.insert(patient, rules);
    let stored = Emergency {
        patient,
        service: CLINIC,
        person: AccountId([8; 32]),
        second: None,
        needs_second: false,
        reason: EmergencyReason::Unresponsive,
        incident_commitment: Hash::ZERO,
        scope_commitment: set.commitment(),
        marked: false,
        reviewer: rules.reviewer,
        opened_at: now,
        expires_at: now.after_ms(10_000),
        review_by: now.after_ms(20_000),
        closed_at: None,
        review: None,
        number: 0,
        service_number: 0,
    };
    facts.emergencies.insert(emergency, stored);
    emergency
}

#[tokio::test]
async fn a_hospital_reads_under_an_episode_with_the_opening_that_it_shows_until_discharge() {
    let (scene, patient, record) = scene().await;
    let opening = ScopeOpening::new(&observations());
    let episode = episode(&scene, patient, &opening);
    let request = || scene.request(record, Basis::Episode(episode));
    let shown = || ReadRequest { scope: Some(opening.clone()), ..request() };
    let condition = scene.record("Condition").await.record;

    assert_eq!(scene.refusal(request()).await, "vault.scope", "nobody has shown the scope");
    scene.ask(shown()).await.unwrap();
    let other = ReadRequest { scope: Some(ScopeOpening::new(&observations())), ..request() };
    assert_eq!(scene.refusal(other).await, "vault.scope_mismatch");
    let outside = ReadRequest { record: condition, ..shown() };
    assert_eq!(scene.refusal(outside).await, "vault.scope");
    let research = ReadRequest { purpose: PurposeOfUse::Research, ..shown() };
    assert_eq!(scene.refusal(research).await, "vault.purpose");

    close(&scene, episode);
    assert_eq!(scene.refusal(shown()).await, "vault.episode_closed");
    let log = scene.vault.accesses(patient).await.unwrap();
    assert_eq!(log.entries[1].leaf.basis, Some(Basis::Episode(episode)));
    assert_eq!(log.released(), 1);
}

#[tokio::test]
async fn the_key_given_under_an_episode_is_replaced_when_it_closes() {
    let (scene, patient, record) = scene().await;
    let opening = ScopeOpening::new(&observations());
    let episode = episode(&scene, patient, &opening);
    let basis = Basis::Episode(episode);
    scene.vault.register_scope(ScopeOf::Basis(basis), &opening, Height(0)).await.unwrap();
    scene.ask(scene.request(record, basis)).await.unwrap();
    assert!(!scene.vault.end_basis(basis).await.unwrap());

    close(&scene, episode);

    assert!(scene.vault.end_basis(basis).await.unwrap());
    let newest = scene.vault.index.newest_epoch(patient, Category::Observations).await.unwrap();
    assert_eq!(newest, Some(1));
}

#[tokio::test]
async fn a_wrapped_grant_ends_with_its_episode_at_the_vaults_own_look() {
    let (scene, patient, record) = scene().await;
    let opening = ScopeOpening::new(&observations());
    let episode = episode(&scene, patient, &opening);
    let grant = scene.grant(patient, &observations()).await;
    scene.ledger.facts().grants.get_mut(&grant).unwrap().episode = Some(episode);
    scene.ask(scene.request(record, grant)).await.unwrap();

    close(&scene, episode);

    assert_eq!(scene.refusal(scene.request(record, grant)).await, "vault.grant_ended");
}

#[tokio::test]
async fn in_an_emergency_the_holder_of_the_key_gives_single_records_of_the_emergency_set() {
    let (scene, patient, record) = scene().await;
    let set = ScopeOpening::new(&observations());
    let of = ScopeOf::EmergencySet(patient);
    let early = scene.vault.register_scope(of, &set, Height(0)).await.unwrap_err();
    assert_eq!(early.code(), "vault.no_emergency_set");
    let emergency = emergency(&scene, patient, &set);
    scene.vault.register_scope(of, &set, Height(0)).await.unwrap();
    let request = || ReadRequest {
        purpose: PurposeOfUse::BreakTheGlass,
        ..scene.request(record, Basis::Emergency(emergency))
    };

    let response = scene.vault.serve(&scene.sign(request())).await.unwrap();
    assert!(
        matches!(response.key, ReleasedKey::Record(_)),
        "no key of a category leaves the vault"
    );
    scene.ask(request()).await.unwrap();
    let condition = scene.record("Condition").await.record;
    let outside = ReadRequest { record: condition, ..request() };
    assert_eq!(scene.refusal(outside).await, "vault.scope");
    let routine = ReadRequest { purpose: TREATMENT, ..request() };
    assert_eq!(scene.refusal(routine).await, "vault.purpose");

    scene.ledger.facts().emergencies.get_mut(&emergency).unwrap().needs_second = true;
    assert_eq!(scene.refusal(request()).await, "vault.second_person");
    scene.ledger.facts().emergencies.get_mut(&emergency).unwrap().needs_second = false;
    scene.ledger.advance(10_000);
    assert_eq!(scene.refusal(request()).await, "vault.emergency_over");
    let log = scene.vault.accesses(patient).await.unwrap();
    assert_eq!(log.entries[0].leaf.kind, AccessKind::EmergencyRead);
    assert_eq!(log.entries[0].leaf.basis, Some(Basis::Emergency(emergency)));
}

#[tokio::test]
async fn a_service_that_is_no_party_reads_nothing_here_with_what_is_not_its_own() {
    let (scene, patient, record) = scene().await;
    let set = ScopeOpening::new(&observations());
    let emergency = emergency(&scene, patient, &set);

    let unknown = scene.request(record, Basis::Emergency(EmergencyId::new([7; 32])));
    assert_eq!(scene.refusal(unknown).await, "vault.no_emergency");
    let unknown = scene.request(record, Basis::Episode(EpisodeId::new([7; 32])));
    assert_eq!(scene.refusal(unknown).await, "vault.no_episode");
    let own = scene
        .vault
        .read_here(record, Basis::Emergency(emergency), PurposeOfUse::BreakTheGlass)
        .await
        .unwrap_err();
    assert_eq!(own.code(), "vault.grantee", "the emergency is the clinic's, not {HOSPITAL}'s");
}

#[tokio::test]
async fn a_pseudonymised_grant_gives_no_record_as_it_is() {
    let (scene, patient, record) = scene().await;
    let grant = scene.grant(patient, &observations()).await;
    {
        let mut facts = scene.ledger.facts();
        let stored = facts.grants.get_mut(&grant).unwrap();
        (stored.pseudonymised, stored.purpose) = (true, PurposeOfUse::Research);
    }

    let request = ReadRequest { purpose: PurposeOfUse::Research, ..scene.request(record, grant) };

    assert_eq!(scene.refusal(request).await, "vault.pseudonymised");
}
