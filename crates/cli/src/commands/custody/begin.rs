//! `salus custody begin`: shares to custodians, for an arrangement that the patient has signed.

use crate::{lifecycle::block_on_until_signal, session::Session};
use clap::Args;
use salus_consent::ArrangementId;
use serde_json::json;

/// Which arrangement.
#[derive(Debug, Args)]
pub(crate) struct Begin {
    /// The arrangement; its offer is kept while the node of the home runs
    arrangement: ArrangementId,
}

impl Begin {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let gateway = session.gateway()?;
        let arrangement = self.arrangement;
        block_on_until_signal(async { Ok(gateway.begin_custody(arrangement).await?) })?;
        session.output.answer(&json!({ "arrangement": arrangement }), |_| {
            format!(
                "Every custodian of {arrangement} has its shares; the holder has no key any more."
            )
        });
        Ok(())
    }
}
