//! `salus delegation give`: let somebody act for a patient.

use crate::{
    acting::ForPatient,
    lifecycle::block_on_until_signal,
    scoping::word,
    session::Session,
    time::{parse_instant, show_ms},
};
use anyhow::Context as _;
use clap::Args;
use salus_consent::{ConsentTx, DelegationId, DelegationKind, Power, tx::Delegate};
use salus_crypto::random;
use salus_types::{AccountId, BlockTime, VecMax};
use serde_json::json;

/// Who may do what, until when: a guardian until the day of coming of age.
#[derive(Debug, Args)]
pub(crate) struct Give {
    #[command(flatten)]
    who: ForPatient,
    /// Who is to act
    #[arg(long, value_name = "ACCOUNT")]
    to: AccountId,
    /// What it is to the patient
    #[arg(long, value_parser = word::<DelegationKind>(&["guardian", "proxy", "assistant"]))]
    kind: DelegationKind,
    /// What it may do; may be given several times
    #[arg(long = "power", required = true, value_delimiter = ',')]
    #[arg(value_parser = word::<Power>(&["grant", "revoke", "read", "appoint", "erase"]))]
    powers: Vec<Power>,
    /// Until when: a time, or a length from now such as 365d
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    until: u64,
}

impl Give {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let client = self.who.client(session)?;
        let delegation = DelegationId::new(random());
        let mut powers = self.powers.clone();
        powers.sort_unstable();
        powers.dedup();
        let powers = VecMax::new(powers).context("too many powers")?;
        let done = block_on_until_signal(async {
            let message = ConsentTx::Delegate(Delegate {
                delegation,
                delegate: self.to,
                kind: self.kind,
                powers,
                not_before: client.status().await?.time,
                not_after: BlockTime::from_unix_ms(self.until),
            });
            self.who.send(&client, &message).await
        })?;
        let answer = json!({ "delegation": delegation, "delegate": self.to, "done": done });
        session.output.answer(&answer, |_| {
            format!(
                "Delegation {delegation}: {} acts for the patient until {}.\n{}",
                self.to,
                show_ms(self.until),
                done.describe()
            )
        });
        Ok(())
    }
}
