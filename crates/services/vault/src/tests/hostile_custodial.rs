//! A host that cheats where custodians hold the keys: it has none, and what it says counts for nothing.

use super::{
    custodial::{CUSTODIANS, NEW, OLD, Play, appoint},
    scene::{Scene, TREATMENT, bundle},
};
use crate::{
    Scope, VaultError,
    custodial::{Custody, Recipient, SHARE, Signed},
    remote::{self, CategoryRelease, ReadResponse, ReleasedKey},
};
use salus_consent::AccessLeaf;
use salus_crypto::{merkle, wrap::SealingSecret};
use salus_fhir::Category;
use salus_types::{AccountId, BlockTime, BytesMax, Height, VecMax};

/// What two custodians gave for a final request, as the host may have listened in on.
async fn answers(play: &Play) -> (crate::custodial::Session, Vec<(AccountId, Vec<u8>)>) {
    let record = play.scene.record("Observation").await.record;
    let session = play.session(record).await;
    play.finalise(&session).await;
    let response = play.fetch(&session, record).await.unwrap();
    let time = BlockTime::from_unix_ms(play.time_ms());
    let mut answers = Vec::new();
    for place in [0, 1] {
        let ask = session.share(CUSTODIANS[place], &response, Height(0), time);
        let ask = Signed::new(SHARE, ask, &play.clinic.key);
        let share = play.custodians[place].vault.release_share(&ask).await.unwrap();
        answers.push((CUSTODIANS[place], share));
    }
    (session, answers)
}

#[tokio::test]
async fn shares_for_one_request_open_nothing_for_another() {
    let play = Play::new().await;
    let record = play.scene.record("Observation").await.record;
    let (first, answers) = answers(&play).await;
    let response = play.fetch(&first, record).await.unwrap();
    let anchor = play.scene.ledger.facts().records[&record].last().unwrap().version;
    let root = play.scene.ledger.facts().arrangements[&play.arrangement].commitments_root;
    first.open(&response, root, &anchor, &answers).unwrap();

    let second = play.session(record).await;

    let replayed = second.open(&response, root, &anchor, &answers).unwrap_err();
    assert!(matches!(replayed, VaultError::TooFewShares { found: 0, needed: 2 }));
}

#[tokio::test]
async fn keys_that_the_host_dealt_anew_are_not_those_that_the_patient_signed() {
    let play = Play::new().await;
    let record = play.scene.record("Observation").await.record;
    let (session, answers) = answers(&play).await;
    let honest = play.fetch(&session, record).await.unwrap();
    let anchor = play.scene.ledger.facts().records[&record].last().unwrap().version;
    let root = play.scene.ledger.facts().arrangements[&play.arrangement].commitments_root;

    // Shares of a key that it knows, dealt to itself.
    let own = [Recipient { account: CUSTODIANS[0], sealing: SealingSecret::generate().public() }];
    let categories = [Category::Observations];
    let vault = &play.scene.vault;
    let dealt: Custody = vault.deal_custody(play.patient, &categories, &own, 1).await.unwrap();
    let bundle = dealt.bundles(play.arrangement).unwrap().remove(0);
    let mut forged = honest;
    forged.commitments = bundle.commitments;

    let refused = session.open(&forged, root, &anchor, &answers).unwrap_err();
    assert_eq!(refused.code(), "vault.not_openable");
}

#[tokio::test]
async fn a_request_is_on_the_ledger_whatever_the_host_keeps_of_it() {
    let play = Play::new().await;
    let (session, _) = answers(&play).await;

    // The host has written nothing, and has nothing to leave out.
    let log = play.scene.vault.accesses(play.patient).await.unwrap();
    assert_eq!((log.entries.len(), log.next_sequence), (0, 1));
    let request = session.call().request;
    let release = play.scene.ledger.facts().releases[&request];
    assert_eq!((release.first_sequence, release.count), (1, 1));
    // The leaves are the requester's, and are bound by the root that it signed: none can be altered.
    let leaf = &session.leaves()[0];
    assert_eq!(merkle::root(&[leaf.hash()]), release.leaves_root);
    let altered = AccessLeaf { version: 7, ..leaf.clone() };
    assert_ne!(merkle::root(&[altered.hash()]), release.leaves_root);
}

/// What a grantee was given while keys were wrapped opens nothing that was sealed since.
#[tokio::test]
async fn a_wrap_from_before_the_custodians_opens_nothing_that_was_sealed_since() {
    let scene = Scene::new().await;
    let patient = scene.import(bundle("p1", &[OLD])).await.unwrap().patients[0];
    let old = scene.record("Observation").await.record;
    let categories = VecMax::new(vec![Category::Observations]).unwrap();
    let grant = scene.grant(patient, &Scope { categories, ..Scope::default() }).await;
    let request = scene.request(old, grant);
    let held = scene.vault.serve(&scene.sign(request.clone())).await.unwrap();
    let recipients = CUSTODIANS
        .map(|account| Recipient { account, sealing: SealingSecret::generate().public() });
    let sorts = [Category::Observations];
    let custody = scene.vault.deal_custody(patient, &sorts, &recipients, 2).await.unwrap();
    let arrangement = appoint(&scene.ledger, patient, &custody);
    scene.vault.begin_custody(arrangement, &custody).await.unwrap();
    scene.import(bundle("p1", &[OLD, NEW])).await.unwrap();
    let all = scene.vault.records(&crate::RecordFilter::default()).await.unwrap();
    let new = all.iter().find(|one| one.record != old && one.resource_type.name() == "Observation");
    let new = new.unwrap().record;

    let own = scene.vault.read_own(new, TREATMENT).await.unwrap_err();
    assert_eq!(own.code(), "vault.custodial");
    let sealed = scene.vault.index.latest(new).await.unwrap().unwrap();
    let ReleasedKey::Category(then) = held.key.clone() else {
        panic!("the grant is by category");
    };
    let key_wrap = BytesMax::new(sealed.key_wrap.clone()).unwrap();
    let replayed = ReleasedKey::Category(CategoryRelease { key_wrap, ..then });
    let again = crate::remote::ReadRequest { record: new, ..request };
    let replayed = ReadResponse {
        request: again.hash(),
        record: new,
        version: sealed.summary.version,
        key: replayed,
        ..held
    };
    assert!(remote::open_key(&replayed, &again, scene.clinic_sealing()).is_none());
}
