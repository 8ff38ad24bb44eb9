//! Who signs what a patient decides: the patient, a delegate, who assists; or the other party to it.

use crate::{
    granting::{Desk, Patient},
    keys::{patient_of, signer_of},
    session::Session,
    submit::{Done, call, execute},
};
use clap::Args;
use salus_api::client::Client;
use salus_consent::{Consent, ConsentTx, DelegationId};
use salus_types::AccountId;
use std::path::PathBuf;

/// Who decides for the patient.
#[derive(Debug, Args)]
pub(crate) struct ForPatient {
    /// The key file of the patient, or of who acts under --delegation
    #[arg(long, value_name = "FILE", required_unless_present = "patient")]
    key: Option<PathBuf>,
    /// The patient's account; without --key, the organisation of the home keeps the patient's key
    #[arg(long, value_name = "ACCOUNT")]
    patient: Option<AccountId>,
    /// The delegation under which the holder of --key acts for the patient
    #[arg(long, requires = "key", conflicts_with = "patient")]
    delegation: Option<DelegationId>,
}

/// Who ends or passes on what a patient opened: the patient's side, or the organisation of the home.
#[derive(Debug, Args)]
pub(crate) struct ForParty {
    /// The key file of the patient, or of who acts under --delegation; without it and --patient, the
    /// organisation of the home signs as the other party
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// The patient's account; without --key, the organisation of the home keeps the patient's key
    #[arg(long, value_name = "ACCOUNT")]
    patient: Option<AccountId>,
    /// The delegation under which the holder of --key acts for the patient
    #[arg(long, requires = "key", conflicts_with = "patient")]
    delegation: Option<DelegationId>,
}

impl ForPatient {
    /// Who signs.
    pub(crate) fn patient(&self) -> anyhow::Result<Patient> {
        match &self.key {
            Some(key) => Ok(Patient::Own(Box::new(signer_of(key, self.patient)?))),
            None => Ok(Patient::Assisted(patient_of(self.patient, None)?)),
        }
    }

    /// Whether a key was given: that of the patient, or of who acts for it.
    pub(crate) fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// The delegation that the call names.
    pub(crate) fn on_behalf(&self) -> Option<DelegationId> {
        self.delegation
    }

    /// The node to which the decision goes: with its token where its organisation signs.
    pub(crate) fn client(&self, session: &Session) -> anyhow::Result<Client> {
        if self.has_key() { session.client() } else { session.gateway() }
    }

    /// The patient whose records it is about.
    pub(crate) async fn account(&self, client: &Client) -> anyhow::Result<AccountId> {
        let Some(delegation) = self.delegation else {
            return Ok(self.patient()?.account());
        };
        let path = format!("/v1/delegations/{delegation}");
        let found = client.state::<serde_json::Value>(&path, salus_api::client::At::default());
        Ok(serde_json::from_value(found.await?.value["patient"].clone())?)
    }

    /// Sends it; returns once it is final.
    pub(crate) async fn send(&self, client: &Client, message: &ConsentTx) -> anyhow::Result<Done> {
        let network = client.network().await?.id();
        let desk = Desk { network, gateway: client, custodian: None };
        desk.sign_and_execute(&self.patient()?, message).await
    }
}

impl ForParty {
    /// The delegation that the call names.
    pub(crate) fn on_behalf(&self) -> Option<DelegationId> {
        self.delegation
    }

    /// Sends it; returns once it is final.
    pub(crate) async fn send(
        &self,
        session: &Session,
        message: &ConsentTx,
    ) -> anyhow::Result<Done> {
        if self.key.is_none() && self.patient.is_none() {
            let (client, signer) = (session.client()?, session.organisation()?);
            let network = client.network().await?.id();
            return execute(&client, network, &signer, vec![call::<Consent>(message)]).await;
        }
        let who = ForPatient {
            key: self.key.clone(),
            patient: self.patient,
            delegation: self.delegation,
        };
        who.send(&who.client(session)?, message).await
    }
}
