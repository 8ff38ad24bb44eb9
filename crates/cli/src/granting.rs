//! Granting access on behalf of a patient: the envelope on the ledger, its opening with the custodian.

use crate::{
    problem::Problem,
    submit::{Done, Signer, call, execute, execute_assisted},
};
use salus_api::{client::Client, records::ScopeRegistration};
use salus_consent::{
    Consent, ConsentTx, GrantId, GrantedBy, PurposeOfUse, ReleaseMode,
    tx::{GrantAccess, RevokeGrant},
};
use salus_crypto::{random, sign::SigningKey};
use salus_identity::{Identity, IdentityTx, tx::RegisterAccount};
use salus_types::{AccountId, AccountKind, BlockTime, NetworkId, Salt, SignatureAlgorithm};
use salus_vault::{Scope, ScopeOpening};

/// Who signs for a patient.
#[derive(Clone, Debug)]
pub(crate) enum Patient {
    /// The patient, with an own key.
    Own(Box<Signer>),
    /// The organisation that keeps the patient's key.
    Assisted(AccountId),
}

impl Patient {
    /// The patient's account.
    pub(crate) fn account(&self) -> AccountId {
        match self {
            Self::Own(signer) => signer.account,
            Self::Assisted(account) => *account,
        }
    }
}

/// Opens an account under a fresh key of a patient's own.
pub(crate) async fn open_account(network: NetworkId, client: &Client) -> anyhow::Result<Signer> {
    let key = SigningKey::generate(SignatureAlgorithm::Ed25519);
    let (public, salt) = (key.public(), Salt(random::<16>()));
    let account = AccountId::derive(network, &public, salt);
    let signer = Signer { account, key };
    let kind = AccountKind::Person;
    let register =
        IdentityTx::RegisterAccount(RegisterAccount { account, kind, key: public, salt });
    execute(client, network, &signer, vec![call::<Identity>(&register)]).await?;
    Ok(signer)
}

/// What a patient allows.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    /// Who may read.
    pub(crate) grantee: AccountId,
    /// Where the records are.
    pub(crate) custodian: AccountId,
    /// Which records.
    pub(crate) scope: Scope,
    /// What for.
    pub(crate) purpose: PurposeOfUse,
    /// How the keys are released.
    pub(crate) mode: ReleaseMode,
    /// Whether only exports are meant, in which nobody is named.
    pub(crate) pseudonymised: bool,
    /// Who gives it: the patient, or a delegate.
    pub(crate) by: GrantedBy,
    /// From when on.
    pub(crate) not_before: BlockTime,
    /// Until when.
    pub(crate) not_after: BlockTime,
}

/// Where a patient's wishes go: the gateway of an organisation, and its network.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Desk<'a> {
    /// The network.
    pub(crate) network: NetworkId,
    /// The gateway, with its token.
    pub(crate) gateway: &'a Client,
    /// The API of the organisation that keeps the records, if it is another one.
    pub(crate) custodian: Option<&'a str>,
}

impl Desk<'_> {
    /// Grants access; returns once it can be used.
    pub(crate) async fn grant(
        &self,
        patient: &Patient,
        wish: Wish,
    ) -> anyhow::Result<(GrantId, Done)> {
        let opening = ScopeOpening::new(&wish.scope);
        let grant = GrantId::new(random::<32>());
        let message = ConsentTx::GrantAccess(GrantAccess {
            grant,
            by: wish.by,
            grantee: wish.grantee,
            custodian: wish.custodian,
            scope_commitment: opening.commitment(),
            purpose: wish.purpose,
            mode: wish.mode,
            pseudonymised: wish.pseudonymised,
            delegable: false,
            consent_commitment: None,
            episode: None,
            not_before: wish.not_before,
            not_after: wish.not_after,
        });
        let done = self.sign_and_execute(patient, &message).await?;
        let opening = ScopeRegistration {
            of: grant.into(),
            opening: serde_json::to_value(&opening)?,
            to: self.custodian.map(str::to_owned),
        };
        self.gateway.register_scope(&opening).await?;
        Ok((grant, done))
    }

    /// Revokes a grant, for ever and at once.
    pub(crate) async fn revoke(&self, patient: &Patient, grant: GrantId) -> anyhow::Result<Done> {
        let message = ConsentTx::RevokeGrant(RevokeGrant { grant, on_behalf: None });
        self.sign_and_execute(patient, &message).await
    }

    /// Sends what a patient decides, signed by whoever signs for the patient.
    pub(crate) async fn sign_and_execute(
        &self,
        patient: &Patient,
        message: &ConsentTx,
    ) -> anyhow::Result<Done> {
        let calls = vec![call::<Consent>(message)];
        match patient {
            Patient::Own(signer) => execute(self.gateway, self.network, signer, calls).await,
            Patient::Assisted(account) => {
                execute_assisted(self.gateway, self.network, *account, calls).await
            }
        }
    }
}

/// The API of another organisation, by the ledger; none for the organisation's own.
pub(crate) async fn api_of(
    client: &Client,
    own: AccountId,
    other: AccountId,
) -> anyhow::Result<Option<String>> {
    if own == other {
        return Ok(None);
    }
    let nodes = client.validators().await?.value;
    let api = nodes
        .iter()
        .find(|node| node.organisation == other && !node.api.is_empty())
        .map(|node| node.api.to_string());
    match api {
        Some(api) => Ok(Some(api)),
        None => Err(Problem::failed(
            "cli.custodian_unknown",
            format!("no node of organisation {other} is known, so it cannot be told the scope"),
            "give the --home of the organisation that keeps the records",
        )),
    }
}
