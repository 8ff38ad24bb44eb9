//! Admission over running nodes: a hospital shows a link, a patient takes it, staff read until discharge.

use crate::care::{Care, DAY_MS, order as order_of};
use salus_api::records::AdmissionOrder;
use salus_consent::{
    Basis, ConsentTx, EpisodeId, ReleaseMode,
    tx::{CloseEpisode, TransferEpisode},
};
use salus_crypto::random;
use salus_fhir::Category;
use salus_node::clock::now_ms;
use salus_types::{BlockTime, Hash, VecMax};
use salus_vault::{
    Scope,
    admission::{Invitation, InvitationError},
};

const HOSPITAL: usize = 1;
const NEXT: usize = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hospital_reads_what_its_link_names_from_admission_to_discharge() {
    let care = Care::new().await;
    let (patient, observation, condition) = care.patient().await;
    let hospital = care.organisation(HOSPITAL);
    let desk = care.gateway(HOSPITAL);
    let categories = VecMax::new(vec![Category::Observations]).unwrap();
    let scope = Scope { categories, ..Scope::default() };
    let now = now_ms();
    let order = |until| AdmissionOrder {
        scope: serde_json::to_value(&scope).unwrap(),
        mode: ReleaseMode::Wrapped,
        not_after: BlockTime::from_unix_ms(until),
        offered_until: BlockTime::from_unix_ms(now + DAY_MS),
    };
    assert_eq!(desk.admit(&order(1)).await.unwrap_err().code(), "admission.over");
    let shown = desk.admit(&order(now + DAY_MS)).await.unwrap();
    let read = |record, episode| order_of(record, Some(Basis::Episode(episode)));
    let early = desk.read(&read(observation, shown.episode)).await.unwrap_err();
    assert_eq!(early.code(), "vault.no_episode");

    // The patient's one act, after checking who asks.
    let invitation: Invitation = shown.link.parse().unwrap();
    let (network, time) = (care.scene.network.id(), BlockTime::from_unix_ms(now));
    invitation.check(network, &[hospital.key.public()], time).unwrap();
    let stranger = care.organisation(NEXT).key.public();
    let forged = invitation.check(network, &[stranger], time);
    assert_eq!(forged, Err(InvitationError::BadSignature));
    let accept = ConsentTx::OpenEpisode(invitation.offer.accept(None));
    care.send(HOSPITAL, &patient, &[], &accept).await.unwrap();
    let twice = care.send(HOSPITAL, &patient, &[], &accept).await;
    assert_eq!(twice.unwrap_err(), "consent.episode_exists");

    // Nothing was brought to the holder: the hospital shows what the patient has agreed to.
    let found = desk.read(&read(observation, shown.episode)).await.unwrap();
    assert!(String::from_utf8_lossy(&found.bytes).contains("2345-7"));
    let outside = desk.read(&read(condition, shown.episode)).await.unwrap_err();
    assert_eq!(outside.code(), "vault.scope");

    // On to another hospital, which is told the scope by the one before; this one reads no more.
    let next = EpisodeId::new(random());
    let transfer = ConsentTx::TransferEpisode(TransferEpisode {
        episode: shown.episode,
        on_behalf: None,
        next,
        to: care.organisation(NEXT).account,
        offer_commitment: Hash(random()),
    });
    care.send(HOSPITAL, &patient, &[], &transfer).await.unwrap();
    let gone = desk.read(&read(observation, shown.episode)).await.unwrap_err();
    assert_eq!(gone.code(), "vault.episode_closed");
    let opening = desk.scope(Basis::Episode(shown.episode)).await;
    let opening =
        opening.unwrap_or_else(|_| serde_json::to_value(invitation.offer.opening()).unwrap());
    let registration = salus_api::records::ScopeRegistration {
        of: salus_consent::ScopeOf::Basis(Basis::Episode(next)),
        opening,
        to: Some(care.nodes[NEXT].api_url()),
    };
    desk.register_scope(&registration).await.unwrap();
    let ward = care.gateway(NEXT);
    ward.read(&read(observation, next)).await.unwrap();

    // Discharge.
    let close = ConsentTx::CloseEpisode(CloseEpisode { episode: next, on_behalf: None });
    care.send(NEXT, &care.organisation(NEXT), &[], &close).await.unwrap();
    let after = ward.read(&read(observation, next)).await.unwrap_err();
    assert_eq!(after.code(), "vault.episode_closed");
}
