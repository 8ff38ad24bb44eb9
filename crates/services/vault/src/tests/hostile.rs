//! A host that cheats while keys are wrapped: it has every key and other software than this. What it
//! does is found out, or of no use. What it can do where custodians hold the keys: `hostile_custodial`.

use super::scene::{CLINIC, HOSPITAL, STRANGER, Scene, bundle};
use crate::{
    ConsentLedger, LedgerError, Scope, VaultError,
    accounted::{AccountPath, Binding},
    remote::{self, ReadRequest, ReadResponse, ReleasedKey},
};
use salus_consent::{AccessKind, AccessLeaf, Basis, GrantId, RecordId, tx::AccountAccess};
use salus_crypto::merkle;
use salus_fhir::Category;
use salus_types::{AccountId, Hash, VecMax, decode, encode};

const OBSERVATION: (&str, &str, &str) = ("Observation", "o1", "2020-02-03");
const LATER: (&str, &str, &str) = ("Observation", "o2", "2021-02-03");
const CONDITION: (&str, &str, &str) = ("Condition", "c1", "2020-02-03");

struct Heist {
    scene: Scene,
    patient: AccountId,
    observation: RecordId,
    condition: RecordId,
    grant: GrantId,
}

fn by_category() -> Scope {
    let categories = VecMax::new(vec![Category::Observations, Category::Conditions]).unwrap();
    Scope { categories, ..Scope::default() }
}

async fn heist() -> Heist {
    let scene = Scene::new().await;
    let report = scene.import(bundle("p1", &[OBSERVATION, CONDITION])).await.unwrap();
    let patient = report.patients[0];
    let observation = scene.record("Observation").await.record;
    let condition = scene.record("Condition").await.record;
    let grant = scene.grant(patient, &by_category()).await;
    Heist { scene, patient, observation, condition, grant }
}

impl Heist {
    fn request(&self, record: RecordId) -> ReadRequest {
        self.scene.request(record, self.grant)
    }

    /// An honest answer, with its account.
    async fn serve(&self, request: &ReadRequest) -> ReadResponse {
        self.scene.vault.serve(&self.scene.sign(request.clone())).await.unwrap()
    }

    fn code(&self, response: &ReadResponse, request: &ReadRequest) -> &'static str {
        self.scene.open(response, request).unwrap_err().code()
    }

    /// What the host's software would account for with this request, under a salt of its choice.
    fn leaf(&self, request: &ReadRequest, response: &ReadResponse) -> AccessLeaf {
        AccessLeaf {
            salt: Binding::of(response.account.seed, request.hash()).salt(),
            sequence: response.sequence,
            kind: AccessKind::GrantedRead,
            patient: self.patient,
            custodian: HOSPITAL,
            accessor: CLINIC,
            basis: Some(request.basis),
            purpose: request.purpose,
            record: request.record,
            version: response.version,
            time: response.account.time,
            audit_event: response.account.audit_event,
        }
    }

    fn account(&self, first_sequence: u64, basis: Option<Basis>, root: Hash) -> AccountAccess {
        AccountAccess { patient: self.patient, basis, first_sequence, leaves_root: root, count: 1 }
    }

    /// The host changes what it keeps of the accesses.
    async fn tamper(&self, statement: &'static str, leaf: Vec<u8>) {
        let changed = sqlx::query(statement).bind(leaf);
        changed.execute(&self.scene.vault.index.writes).await.unwrap();
    }
}

#[tokio::test]
async fn a_record_without_an_account_on_the_ledger_is_not_opened_and_said_to_be_unaccounted() {
    let heist = heist().await;
    let (first, second) = (heist.request(heist.observation), heist.request(heist.observation));
    let honest = heist.serve(&first).await;
    heist.scene.open(&honest, &first).unwrap();

    // The account of the request before: it is of another request.
    let again = ReadResponse { request: second.hash(), ..honest.clone() };
    assert_eq!(heist.code(&again, &second), "vault.unaccounted");
    // A number that the ledger has not given.
    let invented = ReadResponse { sequence: 2, ..again.clone() };
    assert_eq!(heist.code(&invented, &second), "vault.unaccounted");
    // The right leaf, under a root that is not on the ledger.
    let leaf = heist.leaf(&second, &again);
    let path = merkle::prove(&[leaf.hash()], 0).unwrap();
    let homemade = AccountPath { path, ..again.account.clone() };
    let homemade = ReadResponse { account: homemade, ..again };
    assert_eq!(heist.code(&homemade, &second), "vault.unaccounted");
    assert_eq!(heist.scene.vault.accesses(heist.patient).await.unwrap().entries.len(), 1);
}

#[tokio::test]
async fn an_account_of_something_else_than_what_was_released_is_none() {
    let heist = heist().await;
    let asked = heist.request(heist.observation);
    let mut honest = heist.serve(&asked).await;
    let harmless = heist.request(heist.condition);
    let said = heist.serve(&harmless).await;

    // It gives the observation, and accounts for a condition.
    let other_record = ReadResponse {
        sequence: said.sequence,
        account: said.account.clone(),
        accounted: said.accounted,
        ..honest.clone()
    };
    assert_eq!(heist.code(&other_record, &asked), "vault.unaccounted");
    // It accounts for it as if it had read for itself, or for somebody else.
    let leaf = heist.leaf(&asked, &honest);
    let own = AccessLeaf { sequence: 3, kind: AccessKind::OwnRead, basis: None, ..leaf.clone() };
    let strangers = AccessLeaf { sequence: 4, accessor: STRANGER, ..leaf };
    for (leaf, basis) in [(own, None), (strangers, Some(heist.grant.into()))] {
        let account = heist.account(leaf.sequence, basis, merkle::root(&[leaf.hash()]));
        heist.scene.ledger.account_accesses(vec![account]).await.unwrap();
        honest.sequence = leaf.sequence;
        honest.account.path = merkle::prove(&[leaf.hash()], 0).unwrap();
        assert_eq!(heist.code(&honest, &asked), "vault.unaccounted");
    }
}

#[tokio::test]
async fn an_old_wrap_opens_nothing_of_a_later_epoch_and_what_has_ended_is_not_accounted_for() {
    let heist = heist().await;
    let ended = heist.request(heist.observation);
    let held = heist.serve(&ended).await;
    let stands = heist.scene.grant(heist.patient, &by_category()).await;
    heist.scene.ledger.revoke(heist.grant);
    heist.scene.vault.end_basis(heist.grant.into()).await.unwrap();
    heist.scene.import(bundle("p1", &[OBSERVATION, CONDITION, LATER])).await.unwrap();
    let all = heist.scene.vault.records(&crate::RecordFilter::default()).await.unwrap();
    let known = [heist.observation, heist.condition];
    let later = all
        .iter()
        .find(|one| one.resource_type.name() == "Observation" && !known.contains(&one.record));
    let later = later.unwrap().record;

    // The host hands the later record to the former grantee, with the wrap that it had.
    let ask = heist.scene.request(later, stands);
    let mut given = heist.serve(&ask).await;
    heist.scene.open(&given, &ask).unwrap();
    let replayed = ReadRequest { basis: heist.grant.into(), ..ask };
    given.request = replayed.hash();
    let (ReleasedKey::Category(now), ReleasedKey::Category(then)) = (&mut given.key, held.key)
    else {
        panic!("both grants are by category");
    };
    now.wrap = then.wrap;
    now.epoch = then.epoch;
    now.links = then.links;

    assert!(remote::open_key(&given, &replayed, heist.scene.clinic_sealing()).is_none());
    assert_eq!(heist.code(&given, &replayed), "vault.unaccounted");
    let root = merkle::root(&[heist.leaf(&replayed, &given).hash()]);
    let account = heist.account(3, Some(heist.grant.into()), root);
    let refused = heist.scene.ledger.account_accesses(vec![account]).await.unwrap_err();
    assert!(matches!(refused, LedgerError::Refused { code, .. } if code == "consent.denied"));
}

#[tokio::test]
async fn an_access_that_is_hidden_from_the_patient_leaves_a_gap() {
    let heist = heist().await;
    for record in [heist.observation, heist.condition] {
        heist.serve(&heist.request(record)).await;
    }
    assert_eq!(heist.scene.vault.accesses(heist.patient).await.unwrap().entries.len(), 2);

    // The last one, so that the numbers before it have no gap among themselves.
    heist.tamper("DELETE FROM accesses WHERE sequence = 2 AND ? IS NOT NULL", vec![0]).await;

    let hidden = heist.scene.vault.accesses(heist.patient).await.unwrap_err();
    assert!(matches!(hidden, VaultError::AccessesIncomplete { sequence: 2 }));
    let proof = heist.scene.vault.access(heist.patient, 2).await.unwrap_err();
    assert_eq!(proof.code(), "vault.accesses_incomplete");
    heist.scene.vault.access(heist.patient, 1).await.unwrap();
}

#[tokio::test]
async fn a_forged_number_is_refused_by_the_ledger_whether_used_before_or_left_out() {
    let heist = heist().await;
    heist.serve(&heist.request(heist.observation)).await;

    for forged in [1, 3, u64::MAX] {
        let account = heist.account(forged, Some(heist.grant.into()), Hash([5; 32]));
        let refused = heist.scene.ledger.account_accesses(vec![account]).await.unwrap_err();
        assert!(
            matches!(refused, LedgerError::Refused { code, .. } if code == "consent.wrong_sequence")
        );
    }
}

#[tokio::test]
async fn a_leaf_that_was_altered_is_not_shown_as_an_access() {
    let heist = heist().await;
    heist.serve(&heist.request(heist.observation)).await;
    let leaf: Vec<u8> = sqlx::query_scalar("SELECT leaf FROM accesses")
        .fetch_one(&heist.scene.vault.index.reads)
        .await
        .unwrap();
    let honest: AccessLeaf = decode("access leaf", &leaf).unwrap();

    for altered in [
        AccessLeaf { accessor: STRANGER, ..honest.clone() },
        AccessLeaf { record: heist.condition, ..honest.clone() },
        AccessLeaf { kind: AccessKind::OwnRead, ..honest.clone() },
        AccessLeaf { salt: Hash([0; 32]), ..honest },
    ] {
        heist.tamper("UPDATE accesses SET leaf = ?", encode(&altered)).await;
        let refused = heist.scene.vault.accesses(heist.patient).await.unwrap_err();
        assert_eq!(refused.code(), "vault.accesses_incomplete");
    }
    heist.tamper("UPDATE accesses SET leaf = ?", leaf).await;
    heist.scene.vault.accesses(heist.patient).await.unwrap();
}
