//! `salus grant revoke`: the end of a grant, at once.

use crate::{acting::ForPatient, lifecycle::block_on_until_signal, session::Session};
use clap::Args;
use salus_consent::{ConsentTx, GrantId, tx::RevokeGrant};
use serde_json::json;

/// Which grant, and who ends it.
#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// The grant
    grant: GrantId,
    #[command(flatten)]
    who: ForPatient,
}

impl Revoke {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let client = self.who.client(session)?;
        let (grant, on_behalf) = (self.grant, self.who.on_behalf());
        let message = ConsentTx::RevokeGrant(RevokeGrant { grant, on_behalf });
        let done = block_on_until_signal(self.who.send(&client, &message))?;
        let answer = json!({ "grant": grant, "done": done });
        session.output.answer(&answer, |_| {
            format!(
                "Grant {grant} is revoked; nobody reads under it any more.\n{}",
                done.describe()
            )
        });
        Ok(())
    }
}
