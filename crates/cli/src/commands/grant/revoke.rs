//! `salus grant revoke`: the end of a grant, at once.

use crate::{
    granting::{Desk, Patient},
    keys::{patient_of, signer_of},
    lifecycle::block_on_until_signal,
    session::Session,
};
use clap::Args;
use salus_consent::GrantId;
use salus_types::AccountId;
use serde_json::json;
use std::path::PathBuf;

/// Which grant, and who ends it.
#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// The grant
    grant: GrantId,
    /// The patient's key file
    #[arg(long, value_name = "FILE", required_unless_present = "patient")]
    key: Option<PathBuf>,
    /// The patient's account; without --key, the organisation of the home keeps the patient's key
    #[arg(long, value_name = "ACCOUNT")]
    patient: Option<AccountId>,
}

impl Revoke {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let (patient, client) = match &self.key {
            Some(key) => (Patient::Own(Box::new(signer_of(key, self.patient)?)), session.client()?),
            None => (Patient::Assisted(patient_of(self.patient, None)?), session.gateway()?),
        };
        let done = block_on_until_signal(async {
            let network = client.network().await?.id();
            let desk = Desk { network, gateway: &client, custodian: None };
            desk.revoke(&patient, self.grant).await
        })?;
        let answer = json!({ "grant": self.grant, "done": done });
        session.output.answer(&answer, |_| {
            format!(
                "Grant {} is revoked; nobody reads under it any more.\n{}",
                self.grant,
                done.describe()
            )
        });
        Ok(())
    }
}
