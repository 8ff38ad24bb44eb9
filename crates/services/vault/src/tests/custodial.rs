//! Custodial release: who opens a record, who does not, and what a host that cheats can do.

use super::{
    rules::{all_but_label, coding, consent, labels, order},
    scene::{CLINIC, HOSPITAL, Scene, TREATMENT, bundle},
};
use crate::{
    Scope, ScopeOf, ScopeOpening, Vault, VaultConfig, VaultError,
    actor::Actor,
    custodial::{
        CustodialResponse, Custody, FETCH, Recipient, SHARE, Session, Signed, TELL, TellRequest,
        Wanted,
    },
    keys::CategoryKeyId,
    port::{ConsentLedger as _, OrganisationView},
    rules::LabelledBy,
    testing::FakeLedger,
};
use salus_consent::{
    ArrangementId, ArrangementKind, Basis, GrantId, RecordId, ReleaseMode, query::ReleaseView,
    state::Arrangement,
};
use salus_crypto::{random, sign::SigningKey, wrap::SealingSecret};
use salus_fhir::{
    Category, ResourceType,
    labels::CONFIDENTIALITY,
    search::{Handling, Query},
};
use salus_types::{AccountId, BlockTime, BytesMax, Height, Salt, SignatureAlgorithm, VecMax};
use std::sync::Arc;
use tempfile::TempDir;
use zeroize::Zeroizing;

pub(super) const OLD: (&str, &str, &str) = ("Observation", "o1", "2020-02-03");
pub(super) const NEW: (&str, &str, &str) = ("Observation", "o2", "2021-02-03");
pub(super) const CUSTODIANS: [AccountId; 3] =
    [AccountId([11; 32]), AccountId([12; 32]), AccountId([13; 32])];

pub(super) struct Party {
    pub(super) vault: Arc<Vault>,
    pub(super) key: SigningKey,
    _home: TempDir,
}

pub(super) struct Play {
    pub(super) scene: Scene,
    pub(super) patient: AccountId,
    pub(super) clinic: Party,
    pub(super) custodians: Vec<Party>,
    pub(super) arrangement: ArrangementId,
    pub(super) grant: GrantId,
    pub(super) scope: ScopeOpening,
    hospital_key: SigningKey,
}

async fn party(ledger: &FakeLedger, account: AccountId) -> (Party, SealingSecret) {
    let (home, sealing) = (tempfile::tempdir().unwrap(), SealingSecret::generate());
    let key = SigningKey::generate(SignatureAlgorithm::Ed25519);
    let view = OrganisationView {
        account,
        active: true,
        attest_keys: vec![key.public()],
        sealing_key: sealing.public().as_bytes().to_vec(),
    };
    ledger.facts().organisations.insert(account, view);
    let config = VaultConfig::new(home.path(), account, sealing.clone());
    let vault = Vault::open(config, Arc::new(ledger.of(account))).await.unwrap();
    (Party { vault, key, _home: home }, sealing)
}

impl Play {
    /// A patient with an observation, whose observations go to two of three custodians.
    pub(super) async fn new() -> Self {
        Self::with(Category::Observations).await
    }

    /// The same with the keys of another category.
    pub(super) async fn with(category: Category) -> Self {
        let scene = Scene::new().await;
        let patient = scene.import(bundle("p1", &[OLD])).await.unwrap().patients[0];
        let (clinic, _) = party(&scene.ledger, CLINIC).await;
        let mut custodians = Vec::new();
        let mut recipients = Vec::new();
        for account in CUSTODIANS {
            let (custodian, sealing) = party(&scene.ledger, account).await;
            custodians.push(custodian);
            recipients.push(Recipient { account, sealing: sealing.public() });
        }
        scene.ledger.advance(1);
        let custody = scene.vault.deal_custody(patient, &[category], &recipients, 2).await.unwrap();
        let arrangement = appoint(&scene.ledger, patient, &custody);
        for bundle in custody.bundles(arrangement).unwrap() {
            let place = CUSTODIANS.iter().position(|one| *one == bundle.custodian).unwrap();
            custodians[place].vault.keep_shares(&bundle, Height(0)).await.unwrap();
        }
        scene.vault.begin_custody(arrangement, &custody).await.unwrap();
        let categories = VecMax::new(vec![category]).unwrap();
        let scope = ScopeOpening::new(&Scope { categories, ..Scope::default() });
        let grant = scene.grant_on_ledger(patient, &scope);
        scene.ledger.facts().grants.get_mut(&grant).unwrap().mode = ReleaseMode::Custodial;
        let hospital_key = SigningKey::generate(SignatureAlgorithm::Ed25519);
        let hospital = OrganisationView {
            account: HOSPITAL,
            active: true,
            attest_keys: vec![hospital_key.public()],
            sealing_key: Vec::new(),
        };
        scene.ledger.facts().organisations.insert(HOSPITAL, hospital);
        Self { scene, patient, clinic, custodians, arrangement, grant, scope, hospital_key }
    }

    pub(super) async fn session(&self, record: RecordId) -> Session {
        let wanted = Wanted {
            patient: self.patient,
            holder: HOSPITAL,
            basis: Basis::Grant(self.grant),
            scope: Some(self.scope.clone()),
            purpose: TREATMENT,
            records: vec![record],
            actor: Some(Actor::client("ward-3").unwrap()),
        };
        self.clinic.vault.request_release(wanted).await.unwrap()
    }

    pub(super) fn time_ms(&self) -> u64 {
        self.scene.ledger.facts().time_ms
    }

    /// What the holder asks the requester for its log.
    fn tell(&self, releases: &[ReleaseView]) -> Signed<TellRequest> {
        let requests = releases.iter().map(|release| release.request).collect();
        let body = TellRequest {
            network: self.scene.ledger.network(),
            holder: HOSPITAL,
            to: CLINIC,
            patient: self.patient,
            requests: VecMax::new(requests).unwrap(),
            height: Height(0),
            time: BlockTime::from_unix_ms(self.time_ms()),
            nonce: Salt(random()),
        };
        Signed::new(TELL, body, &self.hospital_key)
    }

    /// The request becomes final.
    pub(super) async fn finalise(&self, session: &Session) {
        self.clinic.vault.send_release(session).await.unwrap();
    }

    /// Asks the holder for the sealed record.
    pub(super) async fn fetch(
        &self,
        session: &Session,
        record: RecordId,
    ) -> Result<CustodialResponse, VaultError> {
        let time = BlockTime::from_unix_ms(self.time_ms());
        let fetch = Signed::new(FETCH, session.fetch(record, Height(0), time), &self.clinic.key);
        self.scene.vault.serve_custodial(&fetch).await
    }

    /// Asks the holder and these custodians, and opens what comes.
    pub(super) async fn open(
        &self,
        session: &Session,
        record: RecordId,
        custodians: &[usize],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let time = BlockTime::from_unix_ms(self.time_ms());
        let response = self.fetch(session, record).await?;
        let mut answers = Vec::new();
        for place in custodians {
            let account = CUSTODIANS[*place];
            let ask = session.share(account, &response, Height(0), time);
            let ask = Signed::new(SHARE, ask, &self.clinic.key);
            answers.push((account, self.custodians[*place].vault.release_share(&ask).await?));
        }
        let anchor = self.scene.ledger.facts().records[&record].last().unwrap().version;
        let root = self.scene.ledger.facts().arrangements[&self.arrangement].commitments_root;
        session.open(&response, root, &anchor, &answers)
    }
}

pub(super) fn appoint(ledger: &FakeLedger, patient: AccountId, custody: &Custody) -> ArrangementId {
    let arrangement = ArrangementId::new(random());
    let stored = Arrangement {
        patient,
        holder: HOSPITAL,
        kind: ArrangementKind::Ordinary,
        custodians: VecMax::new(CUSTODIANS.to_vec()).unwrap(),
        threshold: 2,
        commitments_root: custody.root(),
        epoch: 1,
        number: 0,
        appointed_at: BlockTime::from_unix_ms(1),
        retired_at: None,
    };
    ledger.facts().arrangements.insert(arrangement, stored);
    arrangement
}

#[tokio::test]
async fn two_of_three_custodians_open_what_was_sealed_before_and_after() {
    let play = Play::new().await;
    let old = play.scene.record("Observation").await.record;
    let session = play.session(old).await;
    play.finalise(&session).await;

    for pair in [[0, 1], [1, 2], [2, 0]] {
        let opened = play.open(&session, old, &pair).await.unwrap();
        assert!(String::from_utf8_lossy(&opened).contains("\"o1\""));
    }

    play.scene.import(bundle("p1", &[OLD, NEW])).await.unwrap();
    let filter = crate::RecordFilter::default();
    let all = play.scene.vault.records(&filter).await.unwrap();
    let new = all.iter().find(|one| one.record != old && one.resource_type.name() == "Observation");
    let new = new.unwrap().record;
    let session = play.session(new).await;
    play.finalise(&session).await;
    let opened = play.open(&session, new, &[0, 2]).await.unwrap();
    assert!(String::from_utf8_lossy(&opened).contains("\"o2\""));
}

#[tokio::test]
async fn fewer_custodians_than_needed_open_nothing() {
    let play = Play::new().await;
    let old = play.scene.record("Observation").await.record;
    let session = play.session(old).await;
    play.finalise(&session).await;

    let refused = play.open(&session, old, &[1]).await.unwrap_err();

    assert!(matches!(refused, VaultError::TooFewShares { found: 1, needed: 2 }));
}

#[tokio::test]
async fn without_a_final_request_neither_holder_nor_custodians_give_anything() {
    let play = Play::new().await;
    let old = play.scene.record("Observation").await.record;
    let (unsent, sent) = (play.session(old).await, play.session(old).await);
    play.finalise(&sent).await;
    let time = BlockTime::from_unix_ms(play.time_ms());
    let response = play.fetch(&sent, old).await.unwrap();

    assert_eq!(play.open(&unsent, old, &[0, 1]).await.unwrap_err().code(), "vault.no_request");
    let ask = unsent.share(CUSTODIANS[0], &response, Height(0), time);
    let ask = Signed::new(SHARE, ask, &play.clinic.key);
    let refused = play.custodians[0].vault.release_share(&ask).await.unwrap_err();
    assert_eq!(refused.code(), "vault.no_request");
}

#[tokio::test]
async fn after_a_revocation_custodians_give_nothing_although_the_request_was_final() {
    let play = Play::new().await;
    let old = play.scene.record("Observation").await.record;
    let session = play.session(old).await;
    play.finalise(&session).await;
    play.open(&session, old, &[0, 1]).await.unwrap();

    play.scene.ledger.revoke(play.grant);

    assert_eq!(play.open(&session, old, &[0, 1]).await.unwrap_err().code(), "vault.grant_revoked");
}

#[tokio::test]
async fn a_request_that_the_ledger_refuses_says_what_has_ended() {
    let play = Play::new().await;
    let old = play.scene.record("Observation").await.record;
    let session = play.session(old).await;

    // The patient revokes between the requester's own look at the ledger and its request.
    play.scene.ledger.revoke(play.grant);

    let refused = play.clinic.vault.send_release(&session).await.unwrap_err();
    assert_eq!(refused.code(), "vault.grant_revoked");
}

#[tokio::test]
async fn the_host_itself_cannot_read_and_cannot_serve_without_custodians() {
    let play = Play::new().await;
    let record = play.scene.record("Observation").await;
    let own = play.scene.vault.read_own(record.record, TREATMENT).await.unwrap_err();
    assert_eq!(own.code(), "vault.custodial");

    // Nothing in its index opens the record: every key of the category was forgotten.
    let stored = play.scene.vault.index.latest(record.record).await.unwrap().unwrap();
    assert_eq!(play.scene.vault.version_key(&stored).await.unwrap_err().code(), "vault.custodial");
    // It cannot serve it under a wrapped grant either, as a host would that skips the account.
    let request = play.scene.request(record.record, play.grant);
    let of = ScopeOf::Basis(play.grant.into());
    play.scene.vault.register_scope(of, &play.scope, Height(0)).await.unwrap();
    let refused = play.scene.vault.serve(&request.sign(&play.clinic.key)).await.unwrap_err();
    assert_eq!(refused.code(), "vault.custodial");
}

#[tokio::test]
async fn no_file_of_the_host_holds_the_key_that_went_to_custodians() {
    let scene = Scene::new().await;
    let patient = scene.import(bundle("p1", &[OLD])).await.unwrap().patients[0];
    let id = CategoryKeyId { patient, category: Category::Observations, epoch: 0 };
    let wrap = scene.vault.index.category_key(id).await.unwrap().unwrap();
    let (custodian, sealing) = party(&scene.ledger, CUSTODIANS[0]).await;
    let recipients = [Recipient { account: CUSTODIANS[0], sealing: sealing.public() }];
    let custody =
        scene.vault.deal_custody(patient, &[Category::Observations], &recipients, 1).await.unwrap();
    let arrangement = appoint(&scene.ledger, patient, &custody);
    scene.ledger.facts().arrangements.get_mut(&arrangement).unwrap().threshold = 1;
    let bundle = custody.bundles(arrangement).unwrap().remove(0);
    custodian.vault.keep_shares(&bundle, Height(0)).await.unwrap();
    // A part that lies within one page, wherever the row begins.
    let part = &wrap[wrap.len() - 64..];
    let found = || {
        let files = std::fs::read_dir(scene.home.path()).unwrap().map(|file| file.unwrap().path());
        files.filter(|file| file.is_file()).any(|file| {
            std::fs::read(file).unwrap().windows(part.len()).any(|window| window == part)
        })
    };
    assert!(found(), "it is there before, or the search finds nothing at all");

    scene.vault.begin_custody(arrangement, &custody).await.unwrap();

    assert!(!found());
}

#[tokio::test]
async fn a_host_that_asks_custodians_with_the_requesters_session_gets_nothing_it_can_open() {
    let play = Play::new().await;
    let old = play.scene.record("Observation").await.record;
    let session = play.session(old).await;
    play.finalise(&session).await;
    let time = BlockTime::from_unix_ms(play.time_ms());
    let response = play.fetch(&session, old).await.unwrap();
    let mut ask = session.share(CUSTODIANS[0], &response, Height(0), time);

    // With a key of its own instead of the one that the ledger names, signed by whoever it owns.
    let own = SealingSecret::generate();
    ask.session_key = salus_types::BytesMax::new(own.public().as_bytes().to_vec()).unwrap();
    let forged = Signed::new(SHARE, ask.clone(), &play.clinic.key);
    let refused = play.custodians[0].vault.release_share(&forged).await.unwrap_err();
    assert_eq!(refused.code(), "vault.no_request");
    let host = SigningKey::generate(SignatureAlgorithm::Ed25519);
    ask.ask.nonce = salus_types::Salt(random());
    let forged = Signed::new(SHARE, ask, &host);
    let refused = play.custodians[0].vault.release_share(&forged).await.unwrap_err();
    assert_eq!(refused.code(), "vault.bad_signature");
}

#[tokio::test]
async fn custodians_that_answer_wrongly_are_left_out() {
    let play = Play::new().await;
    let old = play.scene.record("Observation").await.record;
    let session = play.session(old).await;
    play.finalise(&session).await;
    let time = BlockTime::from_unix_ms(play.time_ms());
    let response = play.fetch(&session, old).await.unwrap();
    let mut answers = vec![(CUSTODIANS[0], vec![1; 1300]), (CUSTODIANS[1], Vec::new())];
    for place in [1, 2] {
        let ask = session.share(CUSTODIANS[place], &response, Height(0), time);
        let ask = Signed::new(SHARE, ask, &play.clinic.key);
        let answer = play.custodians[place].vault.release_share(&ask).await.unwrap();
        answers.push((CUSTODIANS[place], answer.clone()));
        // The same share twice, and one under another custodian's name, count for nothing.
        answers.push((CUSTODIANS[place], answer.clone()));
        answers.push((CUSTODIANS[0], answer));
    }
    let anchor = play.scene.ledger.facts().records[&old].last().unwrap().version;
    let root = play.scene.ledger.facts().arrangements[&play.arrangement].commitments_root;

    session.open(&response, root, &anchor, &answers).unwrap();
    let few = session.open(&response, root, &anchor, &answers[..3]).unwrap_err();
    assert!(matches!(few, VaultError::TooFewShares { found: 1, needed: 2 }));
}

#[tokio::test]
async fn a_request_covers_only_the_records_and_categories_that_it_names() {
    let play = Play::new().await;
    let old = play.scene.record("Observation").await.record;
    let patient = play.scene.record("Patient").await.record;
    let session = play.session(old).await;
    play.finalise(&session).await;

    assert_eq!(play.open(&session, patient, &[0, 1]).await.unwrap_err().code(), "vault.no_request");
    let other = play.session(patient).await;
    play.finalise(&other).await;
    assert_eq!(play.open(&other, patient, &[0, 1]).await.unwrap_err().code(), "vault.scope");
}

#[tokio::test]
async fn shares_that_the_ledger_does_not_know_are_not_kept() {
    let play = Play::new().await;
    let recipients =
        [Recipient { account: CUSTODIANS[0], sealing: SealingSecret::generate().public() }];
    let categories = [Category::Conditions];
    let vault = &play.scene.vault;
    let custody = vault.deal_custody(play.patient, &categories, &recipients, 1).await.unwrap();
    let bundle = custody.bundles(play.arrangement).unwrap().remove(0);

    let refused = play.custodians[0].vault.keep_shares(&bundle, Height(0)).await.unwrap_err();

    assert_eq!(refused.code(), "vault.custodians");
    let refused = vault.begin_custody(play.arrangement, &custody).await.unwrap_err();
    assert_eq!(refused.code(), "vault.custodians");
    let none = vault.deal_custody(play.patient, &categories, &recipients, 2).await.unwrap_err();
    assert_eq!(none.code(), "vault.custodians");
}

#[tokio::test]
async fn the_holder_is_told_the_leaves_that_a_request_commits_to_and_who_asked() {
    let play = Play::new().await;
    let old = play.scene.record("Observation").await.record;
    let (first, second) = (play.session(old).await, play.session(old).await);
    play.finalise(&first).await;
    play.finalise(&second).await;

    let (releases, next) = play.scene.vault.releases(play.patient).await.unwrap();
    assert_eq!((releases.len(), next), (2, 3));
    let told = play.clinic.vault.tell(&play.tell(&releases)).await.unwrap();

    assert_eq!(told.len(), 2);
    assert!(told.iter().zip(&releases).all(|(told, release)| told.holds(release)));
    assert_eq!(told[0].leaves[0].leaf.record, old);
    assert!(String::from_utf8_lossy(&told[0].leaves[0].event).contains("ward-3"));
    // Another request's leaves, or leaves with another event, are not taken for them.
    assert!(!told[0].holds(&releases[1]));
    let mut altered = told[0].clone();
    let mut leaves = altered.leaves.to_vec();
    leaves[0].event = BytesMax::new(b"{}".to_vec()).unwrap();
    altered.leaves = VecMax::new(leaves).unwrap();
    assert!(!altered.holds(&releases[0]));
}

#[tokio::test]
async fn only_the_holder_of_the_records_is_told() {
    let play = Play::new().await;
    let old = play.scene.record("Observation").await.record;
    let session = play.session(old).await;
    play.finalise(&session).await;
    let (releases, _) = play.scene.vault.releases(play.patient).await.unwrap();
    let mut ask = play.tell(&releases);

    let again = play.clinic.vault.tell(&ask).await.and(play.clinic.vault.tell(&ask).await);
    assert_eq!(again.unwrap_err().code(), "vault.replayed");
    ask.body.nonce = Salt(random());
    assert_eq!(play.clinic.vault.tell(&ask).await.unwrap_err().code(), "vault.bad_signature");
    // A custodian is an organisation of the network, and not the one whose records were read.
    let mut body = ask.body.clone();
    body.holder = CUSTODIANS[0];
    let other = Signed::new(TELL, body, &play.custodians[0].key);
    assert_eq!(play.clinic.vault.tell(&other).await.unwrap(), Vec::new());
}

#[tokio::test]
async fn what_the_host_may_not_read_is_in_no_match_no_count_and_no_export() {
    let play = Play::new().await;
    let vault = &play.scene.vault;
    let id = vault.id_of(play.patient).await.unwrap().unwrap();
    let pairs = [("patient", id.as_str())];
    let query = Query::parse("Observation".parse().unwrap(), pairs, Handling::Strict).unwrap();
    let all = |_: ResourceType| true;

    let found = vault.search(&query, &all, &TREATMENT.into()).await.unwrap();
    let everything = vault.everything(&id, None, 50, &all, &TREATMENT.into()).await.unwrap();
    let listed = vault.listed(None, None, &all, &TREATMENT.into()).await.unwrap();

    assert_eq!((found.total, found.matches.len()), (0, 0));
    assert_eq!((everything.total, everything.matches.len()), (1, 1));
    assert_eq!(listed.len(), 1);
}

/// Imports a consent of the patient, and what the source had before.
async fn consents(play: &Play, provision: &serde_json::Value) {
    let mut bundle: serde_json::Value = serde_json::from_slice(&bundle("p1", &[OLD])).unwrap();
    let entry = serde_json::json!({"resource": consent("c", "active", provision)});
    bundle["entry"].as_array_mut().unwrap().push(entry);
    play.scene.import(bundle.to_string().into_bytes()).await.unwrap();
}

#[tokio::test]
async fn the_patients_consents_decide_what_the_holder_gives_without_its_key() {
    let play = Play::new().await;
    let record = play.scene.record("Observation").await.record;
    let fetch = async || {
        let session = play.session(record).await;
        play.finalise(&session).await;
        play.fetch(&session, record).await.err().map_or("given", |error| error.code())
    };
    consents(&play, &all_but_label("R")).await;
    assert_eq!(fetch().await, "given");

    let raised = order(LabelledBy::Patient, labels(&[(CONFIDENTIALITY, "R")]));
    play.scene.vault.set_labels(record, raised).await.unwrap();
    assert_eq!(fetch().await, "vault.consent_denied");

    // Codes are not kept of what is with custodians, so that a denial by code covers it.
    let code = serde_json::json!([{"coding": [coding("urn:n", "1")]}]);
    let by_code =
        serde_json::json!({"type": "permit", "provision": [{"type": "deny", "code": code}]});
    consents(&play, &by_code).await;
    assert_eq!(fetch().await, "vault.consent_denied");
    consents(&play, &serde_json::json!({"type": "permit"})).await;
    assert_eq!(fetch().await, "given");
}

#[tokio::test]
async fn no_code_of_a_record_stays_with_a_holder_who_gave_its_key_away() {
    let play = Play::new().await;
    let before = play.scene.record("Observation").await;
    play.scene.import(bundle("p1", &[OLD, NEW])).await.unwrap();

    for stored in play.scene.vault.index.stored(&crate::RecordFilter::default()).await.unwrap() {
        let facts = play.scene.vault.kept_facts(&stored).unwrap();
        let given = stored.summary.category == before.category;
        assert_eq!(facts.complete, !given);
        assert!(facts.labelled);
        assert!(!given || (facts.codes.is_empty() && facts.references.is_empty()));
    }
}
