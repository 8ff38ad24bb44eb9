//! `salus emergency cosign`: the second person of an emergency.

use crate::{
    keys::signer_of,
    lifecycle::block_on_until_signal,
    session::Session,
    submit::{call, execute_cosigned},
};
use clap::Args;
use salus_consent::{Consent, ConsentTx, EmergencyId, tx::CosignEmergency};
use serde_json::json;
use std::path::PathBuf;

/// Which emergency, and who agrees. The home is that of the service.
#[derive(Debug, Args)]
pub(crate) struct Cosign {
    /// The emergency
    emergency: EmergencyId,
    /// The key file of the second person, whose account the service registered
    #[arg(long, value_name = "FILE")]
    person: PathBuf,
}

impl Cosign {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let service = session.organisation()?;
        let person = signer_of(&self.person, None)?;
        let client = session.client()?;
        let emergency = self.emergency;
        let message =
            ConsentTx::CosignEmergency(CosignEmergency { emergency, person: person.account });
        let done = block_on_until_signal(async {
            let network = client.network().await?.id();
            let calls = vec![call::<Consent>(&message)];
            execute_cosigned(&client, network, &service, &[person], calls).await
        })?;
        let answer = json!({ "emergency": emergency, "done": done });
        session.output.answer(&answer, |_| {
            format!("A second person has agreed to emergency {emergency}.\n{}", done.describe())
        });
        Ok(())
    }
}
