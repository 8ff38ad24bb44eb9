//! What stories of care need: four organisations, people, a patient with two records.

use crate::scene::{Organisation, Scene, client, reach};
use salus_api::{
    ApiToken,
    client::Client,
    records::{ImportOrder, RecordFilter, ScopeRegistration},
};
use salus_app::governance::{
    Action, Choice, GovernanceTx,
    tx::{Propose, Vote},
};
use salus_consent::{ConsentTx, RecordId, ScopeOf};
use salus_crypto::{random, sign::SigningKey};
use salus_identity::{IdentityTx, tx::RegisterAccount};
use salus_node::NodeHandle;
use salus_types::{
    AccountId, AccountKind, BytesMax, Call, Height, ModuleId, Outcome, Salt, SignatureAlgorithm,
    TransactionBody, UnsignedTransaction, VecMax, encode,
};
use salus_vault::ScopeOpening;
use std::fs;

/// The bundle of a patient who has an observation and a condition.
pub(crate) fn bundle() -> String {
    let of = r#""subject": {"reference": "Patient/p1"}"#;
    format!(
        r#"{{"resourceType": "Bundle", "type": "collection", "entry": [
        {{"resource": {{"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1980-05-06",
            "name": [{{"family": "Zedlitz", "given": ["Ada"]}}], "telecom": [{{"value": "+49301234567"}}],
            "identifier": [{{"value": "K-4711"}}], "address": [{{"city": "Potsdam", "line": ["Weg 3"]}}]}}}},
        {{"resource": {{"resourceType": "Observation", "id": "o1", "status": "final", {of},
            "code": {{"coding": [{{"system": "http://loinc.org", "code": "2345-7"}}], "text": "of Ada"}},
            "valueQuantity": {{"value": 6.30, "unit": "mmol/L"}}, "effectiveDateTime": "2020-02-03T10:11:12Z"}}}},
        {{"resource": {{"resourceType": "Condition", "id": "c1", {of}, "code": {{"text": "y"}},
            "onsetDateTime": "2019-01-02"}}}}]}}"#
    )
}

/// A network of four organisations, each with a node.
pub(crate) struct Care {
    pub(crate) scene: Scene,
    pub(crate) nodes: Vec<NodeHandle>,
}

impl Care {
    pub(crate) async fn new() -> Self {
        let scene = Scene::new(4);
        let mut nodes = Vec::new();
        for index in 0..4 {
            nodes.push(scene.start(index).await);
        }
        for node in &nodes {
            reach(node, Height(2)).await;
        }
        Self { scene, nodes }
    }

    /// The gateway of an organisation, with its token.
    pub(crate) fn gateway(&self, index: usize) -> Client {
        let token = fs::read_to_string(self.scene.home(index).token()).unwrap();
        client(&self.nodes[index]).with_token(ApiToken::new(token.trim()))
    }

    pub(crate) fn organisation(&self, index: usize) -> Organisation {
        self.scene.organisation(index)
    }

    /// A person with a key, registered by itself or as one of an organisation's people.
    pub(crate) async fn person(&self, of: Option<usize>) -> Organisation {
        let key = SigningKey::generate(SignatureAlgorithm::Ed25519);
        let salt = Salt(random());
        let account = AccountId::derive(self.scene.network.id(), &key.public(), salt);
        let register = IdentityTx::RegisterAccount(RegisterAccount {
            account,
            kind: AccountKind::Person,
            key: key.public(),
            salt,
        });
        let person = Organisation { account, key };
        let at = client(&self.nodes[of.unwrap_or(0)]);
        let network = &self.scene.network;
        match of {
            Some(index) => {
                let sender = self.organisation(index);
                sender.must(&at, network, ModuleId::IDENTITY, &register).await;
            }
            None => {
                person.must(&at, network, ModuleId::IDENTITY, &register).await;
            }
        }
        person
    }

    /// A patient with an own key, whose observation and condition the first organisation keeps.
    pub(crate) async fn patient(&self) -> (Organisation, RecordId, RecordId) {
        let patient = self.person(None).await;
        let host = self.gateway(0);
        let order = ImportOrder { patient: Some(patient.account), source: "test".to_owned() };
        host.import(&order, bundle()).await.unwrap();
        let find = async |name: &str| {
            let filter = RecordFilter {
                resource_type: Some(name.to_owned()),
                patient: Some(patient.account),
                ..RecordFilter::default()
            };
            host.records(&filter).await.unwrap().records[0].record
        };
        let (observation, condition) = (find("Observation").await, find("Condition").await);
        (patient, observation, condition)
    }

    /// Sends a call of consent through the node of an organisation; the code if it is refused.
    pub(crate) async fn send(
        &self,
        at: usize,
        sender: &Organisation,
        cosigners: &[&Organisation],
        message: &ConsentTx,
    ) -> Result<(), String> {
        let api = client(&self.nodes[at]);
        let payload = BytesMax::new(encode(message)).unwrap();
        let height = api.status().await.unwrap().height;
        let unsigned = UnsignedTransaction::new(TransactionBody {
            network: self.scene.network.id(),
            sender: sender.account,
            cosigners: VecMax::new(cosigners.iter().map(|one| one.account).collect()).unwrap(),
            valid_until: height.after(300),
            salt: Salt(random::<16>()),
            calls: VecMax::new(vec![Call { module: ModuleId::CONSENT, payload }]).unwrap(),
        });
        let bytes = unsigned.signed_bytes();
        let signers = std::iter::once(sender).chain(cosigners.iter().copied());
        let signed = signers.fold(unsigned, |unsigned, one| {
            unsigned.with_signature(one.account, one.key.public(), one.key.sign(&bytes))
        });
        let transaction = signed.finish().unwrap();
        api.submit_binary(transaction.to_bytes(), std::time::Duration::ZERO).await.unwrap();
        let answer = api.transaction(transaction.hash(), crate::scene::PATIENCE).await.unwrap();
        match answer.receipt.expect("it is final in time").outcome {
            Outcome::Ok => Ok(()),
            Outcome::Refused { code, .. } => Err(code.to_string()),
        }
    }

    /// Registers the opening of a scope with the first organisation, through the node of another that
    /// knows of it: the first waits until it does too.
    pub(crate) async fn register(&self, through: usize, of: ScopeOf, opening: &ScopeOpening) {
        let opening = serde_json::to_value(opening).unwrap();
        let to = (through != 0).then(|| self.nodes[0].api_url());
        let registration = ScopeRegistration { of, opening, to };
        self.gateway(through).register_scope(&registration).await.unwrap();
    }

    /// Proposes as the first organisation and approves as all.
    pub(crate) async fn decide(&self, number: u64, action: Action) {
        let (network, api) = (&self.scene.network, client(&self.nodes[0]));
        let message = GovernanceTx::Propose(Propose { action });
        self.organisation(0).must(&api, network, ModuleId::GOVERNANCE, &message).await;
        for index in 0..network.members.len() {
            let message = GovernanceTx::Vote(Vote { proposal: number, choice: Choice::Approve });
            // Whoever comes after the decision is refused.
            self.organisation(index).send(&api, network, ModuleId::GOVERNANCE, &message).await;
        }
    }
}
