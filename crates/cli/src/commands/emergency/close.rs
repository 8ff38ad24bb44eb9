//! `salus emergency close`: the end of an emergency before its time.

use crate::{acting::ForParty, lifecycle::block_on_until_signal, session::Session};
use clap::Args;
use salus_consent::{ConsentTx, EmergencyId, tx::CloseEmergency};
use serde_json::json;

/// Which emergency, and who ends it: the service of the home, or the patient's side.
#[derive(Debug, Args)]
pub(crate) struct Close {
    /// The emergency
    emergency: EmergencyId,
    #[command(flatten)]
    who: ForParty,
}

impl Close {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let emergency = self.emergency;
        let on_behalf = self.who.on_behalf();
        let message = ConsentTx::CloseEmergency(CloseEmergency { emergency, on_behalf });
        let done = block_on_until_signal(self.who.send(session, &message))?;
        let answer = json!({ "emergency": emergency, "done": done });
        session.output.answer(&answer, |_| {
            format!("Emergency {emergency} is closed; its review is due.\n{}", done.describe())
        });
        Ok(())
    }
}
