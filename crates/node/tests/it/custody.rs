//! Custodial release over running nodes: a patient appoints custodians, another hospital reads with
//! their shares, the host cannot.

use crate::scene::{Organisation, Scene, client, reach};
use salus_api::{
    ApiToken,
    client::Client,
    custody::CustodyOrder,
    records::{ImportOrder, ReadOrder, RecordFilter, ScopeRegistration},
};
use salus_consent::{
    ArrangementId, ArrangementKind, ConsentTx, GrantId, GrantedBy, PurposeOfUse, ReleaseMode,
    tx::{AppointCustodians, GrantAccess, RevokeGrant},
};
use salus_crypto::{random, sign::SigningKey};
use salus_fhir::Category;
use salus_identity::{IdentityTx, tx::RegisterAccount};
use salus_types::{
    AccountId, AccountKind, BlockTime, Height, ModuleId, Salt, SignatureAlgorithm, VecMax,
};
use salus_vault::{Scope, ScopeOpening};
use std::fs;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

fn bundle() -> String {
    let observation = r#"{"resource": {"resourceType": "Observation", "id": "o1", "status": "final", "code": {"text": "x"}, "subject": {"reference": "Patient/p1"}, "effectiveDateTime": "2020-02-03"}}"#;
    format!(
        r#"{{"resourceType": "Bundle", "type": "collection", "entry": [
        {{"resource": {{"resourceType": "Patient", "id": "p1"}}}}, {observation}]}}"#
    )
}

fn gateway(scene: &Scene, index: usize, node: &salus_node::NodeHandle) -> Client {
    let token = fs::read_to_string(scene.home(index).token()).unwrap();
    client(node).with_token(ApiToken::new(token.trim()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn custodians_release_a_record_that_its_host_cannot_read() {
    let scene = Scene::new(4);
    let mut nodes = Vec::new();
    for index in 0..4 {
        nodes.push(scene.start(index).await);
    }
    for node in &nodes {
        reach(node, Height(2)).await;
    }
    let (host, reader) = (gateway(&scene, 0, &nodes[0]), gateway(&scene, 1, &nodes[1]));
    let organisations: Vec<Organisation> = (0..4).map(|one| scene.organisation(one)).collect();

    // A patient with an own key, and an observation at the host.
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
    patient.must(&host, &scene.network, ModuleId::IDENTITY, &register).await;
    let order = ImportOrder { patient: Some(account), source: "test".to_owned() };
    host.import(&order, bundle()).await.unwrap();
    let filter =
        RecordFilter { resource_type: Some("Observation".to_owned()), ..RecordFilter::default() };
    let record = host.records(&filter).await.unwrap().records[0].record;

    // Two of the other three hold the key together.
    let mut custodians: Vec<AccountId> = organisations[1..].iter().map(|one| one.account).collect();
    custodians.sort_unstable();
    let offer = host
        .deal_custody(&CustodyOrder {
            patient: account,
            categories: vec![Category::Observations.code().to_owned()],
            custodians: custodians.clone(),
            threshold: 2,
        })
        .await
        .unwrap();
    let arrangement = ArrangementId::new(random());
    let early = host.begin_custody(arrangement).await.unwrap_err();
    assert_eq!(early.code(), "vault.custodians", "the patient has not signed yet");
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

    // The host cannot read what it keeps.
    let purpose = PurposeOfUse::Treatment;
    let own = ReadOrder { record, basis: None, purpose, actor: None, from: None };
    assert_eq!(host.read(&own).await.unwrap_err().code(), "vault.custodial");

    // The reader, granted, gets it with shares.
    let categories = VecMax::new(vec![Category::Observations]).unwrap();
    let opening = ScopeOpening::new(&Scope { categories, ..Scope::default() });
    let grant = GrantId::new(random());
    let now = BlockTime::from_unix_ms(salus_node::clock::now_ms());
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
    let order = ReadOrder { basis: Some(grant.into()), ..own.clone() };
    let read = reader.read(&order).await.unwrap();
    assert!(String::from_utf8_lossy(&read.bytes).contains("\"o1\""));
    assert_eq!(read.sequence, 1, "the request is the account, and the ledger numbers it");

    // One custodian stops: two are enough. It is the last of the nodes, so the others go on.
    nodes.pop().unwrap().stop().await.unwrap();
    assert_eq!(reader.read(&order).await.unwrap().sequence, 2);

    // The patient's log has both requests, and the reader tells the holder what it read.
    let log = host.accesses(account).await.unwrap();
    assert_eq!((log.releases.len(), log.next_release_sequence), (2, 3));
    for release in &log.releases {
        assert_eq!(release.requester, organisations[1].account);
        assert_eq!(release.accesses.as_ref().unwrap()[0].leaf.record, record);
    }

    // After the revocation nobody gives anything.
    let revoke = ConsentTx::RevokeGrant(RevokeGrant { grant, on_behalf: None });
    patient.must(&host, &scene.network, ModuleId::CONSENT, &revoke).await;
    let refused = reader.read(&order).await.unwrap_err();
    assert_eq!(refused.code(), "vault.grant_revoked");
}
