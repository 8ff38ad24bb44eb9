//! `salus emergency review`: what the reviewer finds.

use super::{FINDING, hidden};
use crate::{
    keys::signer_of,
    lifecycle::block_on_until_signal,
    scoping::word,
    session::Session,
    submit::{call, execute},
};
use clap::Args;
use salus_consent::{Consent, ConsentTx, EmergencyId, ReviewOutcome, tx::ReviewEmergency};
use salus_crypto::random;
use salus_types::Hash;
use serde_json::json;
use std::path::PathBuf;

/// Which emergency, and what there was.
#[derive(Debug, Args)]
pub(crate) struct Review {
    /// The emergency
    emergency: EmergencyId,
    /// The reviewer's key file; without it the organisation of the home reviews
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// What there was
    #[arg(long, value_parser = word::<ReviewOutcome>(&["justified", "unjustified", "unclear"]))]
    outcome: ReviewOutcome,
    /// The finding in words; on the ledger goes its salted hash
    #[arg(long, value_name = "TEXT")]
    finding: String,
}

impl Review {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let reviewer = match &self.key {
            Some(key) => signer_of(key, None)?,
            None => session.organisation()?,
        };
        let client = session.client()?;
        let (emergency, salt) = (self.emergency, Hash(random()));
        let message = ConsentTx::ReviewEmergency(ReviewEmergency {
            emergency,
            outcome: self.outcome,
            finding_commitment: hidden(FINDING, salt, &self.finding),
        });
        let done = block_on_until_signal(async {
            let network = client.network().await?.id();
            execute(&client, network, &reviewer, vec![call::<Consent>(&message)]).await
        })?;
        let answer = json!({ "emergency": emergency, "finding_salt": salt, "done": done });
        session.output.answer(&answer, |_| {
            format!(
                "Emergency {emergency} is reviewed. Keep the finding's salt with it: {salt}\n{}",
                done.describe()
            )
        });
        Ok(())
    }
}
