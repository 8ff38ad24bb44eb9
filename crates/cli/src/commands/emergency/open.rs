//! `salus emergency open`: an accredited service and one of its people ask for what cannot wait.

use super::{INCIDENT, hidden};
use crate::{
    keys::signer_of,
    lifecycle::block_on_until_signal,
    scoping::word,
    session::Session,
    submit::{call, execute_cosigned},
};
use clap::Args;
use salus_consent::{Consent, ConsentTx, EmergencyId, EmergencyReason, tx::OpenEmergency};
use salus_crypto::random;
use salus_types::{AccountId, Hash};
use serde_json::json;
use std::path::PathBuf;

const REASONS: &[&str] =
    &["unresponsive", "life-threatening", "unknown-medication", "danger-to-others", "urgent"];

/// For whom, who asks, why. The home is that of the service.
#[derive(Debug, Args)]
pub(crate) struct Open {
    /// The patient
    patient: AccountId,
    /// The key file of the person who asks, whose account the service registered
    #[arg(long, value_name = "FILE")]
    person: PathBuf,
    /// Why it cannot wait
    #[arg(long, value_parser = word::<EmergencyReason>(REASONS))]
    reason: EmergencyReason,
    /// Number of the incident; on the ledger goes its salted hash
    #[arg(long, value_name = "TEXT")]
    incident: String,
    /// Restricted or sensitive records are asked for: nothing is given before a second person agrees
    #[arg(long)]
    marked: bool,
}

impl Open {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let service = session.organisation()?;
        let person = signer_of(&self.person, None)?;
        let client = session.client()?;
        let (emergency, salt) = (EmergencyId::new(random()), Hash(random()));
        let message = ConsentTx::OpenEmergency(OpenEmergency {
            emergency,
            patient: self.patient,
            person: person.account,
            reason: self.reason,
            incident_commitment: hidden(INCIDENT, salt, &self.incident),
            marked: self.marked,
        });
        let done = block_on_until_signal(async {
            let network = client.network().await?.id();
            let calls = vec![call::<Consent>(&message)];
            execute_cosigned(&client, network, &service, &[person], calls).await
        })?;
        let answer = json!({ "emergency": emergency, "incident_salt": salt, "done": done });
        session.output.answer(&answer, |_| {
            format!(
                "Emergency {emergency} is open. Keep the incident's salt with its number: {salt}\n\
                 Read with `salus record read RECORD --emergency {emergency} --purpose BTG`.\n{}",
                done.describe()
            )
        });
        Ok(())
    }
}
