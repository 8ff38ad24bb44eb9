//! `salus delegation end`: the end of a delegation, at once.

use crate::{acting::ForPatient, lifecycle::block_on_until_signal, session::Session};
use clap::Args;
use salus_consent::{ConsentTx, DelegationId, tx::EndDelegation};
use serde_json::json;

/// Which delegation, and who ends it: the patient, or the delegate with --key.
#[derive(Debug, Args)]
pub(crate) struct End {
    /// The delegation to end
    #[arg(value_name = "DELEGATION")]
    ended: DelegationId,
    #[command(flatten)]
    who: ForPatient,
}

impl End {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let client = self.who.client(session)?;
        let delegation = self.ended;
        let message = ConsentTx::EndDelegation(EndDelegation { delegation });
        let done = block_on_until_signal(self.who.send(&client, &message))?;
        let answer = json!({ "delegation": delegation, "done": done });
        session.output.answer(&answer, |_| {
            format!(
                "Delegation {delegation} has ended; what was granted under it stays until it is \
                 revoked.\n{}",
                done.describe()
            )
        });
        Ok(())
    }
}
