//! What stories of care need: four organisations, people, a patient with two records.

use crate::scene::{Organisation, Scene, client, reach};
use salus_api::{
    ApiToken,
    client::Client,
    custody::CustodyOrder,
    records::{ImportOrder, ReadOrder, RecordFilter, ScopeRegistration},
};
use salus_app::governance::{
    Action, Choice, GovernanceTx,
    tx::{Propose, Vote},
};
use salus_consent::{
    ArrangementId, ArrangementKind, Basis, ConsentTx, DelegationId, GrantId, GrantedBy,
    PurposeOfUse, RecordId, ReleaseMode, ScopeOf,
    tx::{AppointCustodians, GrantAccess},
};
use salus_crypto::{random, sign::SigningKey};
use salus_fhir::Category;
use salus_identity::{IdentityTx, tx::RegisterAccount};
use salus_node::{NodeHandle, clock::now_ms};
use salus_types::{
    AccountId, AccountKind, BlockTime, BytesMax, Call, Height, ModuleId, Outcome, Salt,
    SignatureAlgorithm, TransactionBody, UnsignedTransaction, VecMax, encode,
};
use salus_vault::{Scope, ScopeOpening};
use std::fs;

/// A day.
pub(crate) const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// The scope of all records of a category.
pub(crate) fn all_of(category: Category) -> ScopeOpening {
    let categories = VecMax::new(vec![category]).unwrap();
    ScopeOpening::new(&Scope { categories, ..Scope::default() })
}

/// An order to read a record on a basis, or an own one without.
pub(crate) fn order(record: RecordId, basis: Option<Basis>) -> ReadOrder {
    ReadOrder { record, basis, purpose: PurposeOfUse::Treatment, from: None, actor: None }
}

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
        let receipt = match of {
            Some(index) => {
                let sender = self.organisation(index);
                sender.must(&at, network, ModuleId::IDENTITY, &register).await
            }
            None => person.must(&at, network, ModuleId::IDENTITY, &register).await,
        };
        // The person acts through whatever node from now on.
        for node in &self.nodes {
            reach(node, receipt.height).await;
        }
        person
    }

    /// A patient with an own key, whose observation and condition the first organisation keeps.
    pub(crate) async fn patient(&self) -> (Organisation, RecordId, RecordId) {
        let patient = self.person(None).await;
        let host = self.gateway(0);
        let order = ImportOrder { patient: Some(patient.account), source: "test".to_owned() };
        let imported = host.import(&order, bundle()).await.unwrap();
        // Each organisation is asked about the records from now on.
        for node in &self.nodes {
            reach(node, imported.height).await;
        }
        let observation = self.records(patient.account, "Observation").await[0];
        let condition = self.records(patient.account, "Condition").await[0];
        (patient, observation, condition)
    }

    /// The records of a patient that the first organisation keeps, of this type.
    pub(crate) async fn records(&self, patient: AccountId, resource_type: &str) -> Vec<RecordId> {
        let filter = RecordFilter {
            resource_type: Some(resource_type.to_owned()),
            patient: Some(patient),
            ..RecordFilter::default()
        };
        let found = self.gateway(0).records(&filter).await.unwrap().records;
        found.into_iter().map(|one| one.record).collect()
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
        let to = (through != 0).then(|| self.nodes[0].api_url());
        self.register_at(through, of, opening, to).await.unwrap();
    }

    async fn register_at(
        &self,
        through: usize,
        of: ScopeOf,
        opening: &ScopeOpening,
        to: Option<String>,
    ) -> Result<(), String> {
        let opening = serde_json::to_value(opening).unwrap();
        let registration = ScopeRegistration { of, opening, to };
        let registered = self.gateway(through).register_scope(&registration).await;
        registered.map_err(|error| error.code().to_owned())
    }

    /// A grant of the patient's for a day, at the first organisation; stories change what they want.
    pub(crate) fn granting(
        &self,
        to: usize,
        opening: &ScopeOpening,
        mode: ReleaseMode,
    ) -> GrantAccess {
        let now = BlockTime::from_unix_ms(now_ms());
        GrantAccess {
            grant: GrantId::new(random()),
            by: GrantedBy::Patient,
            grantee: self.organisation(to).account,
            custodian: self.organisation(0).account,
            scope_commitment: opening.commitment(),
            purpose: PurposeOfUse::Treatment,
            mode,
            pseudonymised: false,
            delegable: false,
            consent_commitment: None,
            episode: None,
            not_before: now,
            not_after: now.after_ms(DAY_MS),
        }
    }

    /// Sends a grant through the grantee's node, and tells its scope there and at the holder.
    pub(crate) async fn grant(
        &self,
        signer: &Organisation,
        to: usize,
        call: &GrantAccess,
        opening: &ScopeOpening,
    ) -> Result<(), String> {
        self.send(to, signer, &[], &ConsentTx::GrantAccess(call.clone())).await?;
        let of = ScopeOf::from(call.grant);
        let host = (to != 0).then(|| self.nodes[0].api_url());
        self.register_at(to, of, opening, host).await?;
        self.register_at(to, of, opening, None).await
    }

    /// Gives the keys of a patient's observations to the other three organisations, of whom two open
    /// them together, as the patient decides or who acts for it.
    pub(crate) async fn share_keys(
        &self,
        patient: AccountId,
        signer: &Organisation,
        on_behalf: Option<DelegationId>,
        kinds: &[ArrangementKind],
    ) {
        let host = self.gateway(0);
        let mut custodians: Vec<AccountId> =
            (1..4).map(|index| self.organisation(index).account).collect();
        custodians.sort_unstable();
        let deal = CustodyOrder {
            patient,
            categories: vec![Category::Observations.code().to_owned()],
            custodians: custodians.clone(),
            threshold: 2,
        };
        let offer = host.deal_custody(&deal).await.unwrap();
        let mut ordinary = None;
        for kind in kinds {
            let arrangement = ArrangementId::new(random());
            let appoint = ConsentTx::AppointCustodians(AppointCustodians {
                arrangement,
                on_behalf,
                holder: offer.holder,
                kind: *kind,
                custodians: VecMax::new(custodians.clone()).unwrap(),
                threshold: 2,
                commitments_root: offer.commitments_root,
                epoch: offer.epoch,
            });
            self.send(0, signer, &[], &appoint).await.unwrap();
            ordinary = ordinary.or(Some(arrangement));
        }
        host.begin_custody(ordinary.unwrap()).await.unwrap();
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
