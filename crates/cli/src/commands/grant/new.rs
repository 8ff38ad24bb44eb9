//! `salus grant new`: what a patient allows.

use crate::{
    acting::ForPatient,
    granting::{Desk, Wish, api_of},
    lifecycle::block_on_until_signal,
    scoping::ScopeArgs,
    session::Session,
    time::{parse_instant, show_ms},
};
use clap::Args;
use salus_consent::{GrantedBy, PurposeOfUse, ReleaseMode};
use salus_types::{AccountId, BlockTime};
use serde_json::json;

/// Who allows whom what, what for, and how long. Conditions on records are all to be met; without any,
/// all records of the patient are meant.
#[derive(Debug, Args)]
pub(crate) struct New {
    #[command(flatten)]
    who: ForPatient,
    /// The organisation that may read
    #[arg(long, value_name = "ACCOUNT")]
    to: AccountId,
    /// The organisation that keeps the records; that of the home when left out
    #[arg(long, value_name = "ACCOUNT")]
    at: Option<AccountId>,
    /// What for: a code of HL7 v3 purpose of use, such as TREAT, HPAYMT or HRESCH
    #[arg(long, value_name = "CODE")]
    purpose: PurposeOfUse,
    #[command(flatten)]
    scope: ScopeArgs,
    /// For categories whose keys are with custodians: they release them, for a request each time
    #[arg(long)]
    custodial: bool,
    /// Only exports in which nobody is named, for research, trials or public health
    #[arg(long, conflicts_with = "custodial")]
    pseudonymised: bool,
    /// From when on: a time, or a length from now; at once when left out
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    from: Option<u64>,
    /// Until when: a time, or a length from now such as 30d
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    until: u64,
}

impl New {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let signer = self.who.patient()?;
        let gateway = session.gateway()?;
        let own = session.organisation()?.account;
        let scope = self.scope.scope()?;
        let (patient, grant, done) = block_on_until_signal(async {
            let patient = self.who.account(&gateway).await?;
            let network = gateway.network().await?.id();
            // Block time is what counts, and may be a little behind this machine's clock.
            let now = gateway.status().await?.time;
            let custodian = self.at.unwrap_or(own);
            let url = api_of(&gateway, own, custodian).await?;
            let desk = Desk { network, gateway: &gateway, custodian: url.as_deref() };
            let wish = Wish {
                grantee: self.to,
                custodian,
                scope,
                purpose: self.purpose,
                mode: if self.custodial { ReleaseMode::Custodial } else { ReleaseMode::Wrapped },
                pseudonymised: self.pseudonymised,
                by: self.who.on_behalf().map_or(GrantedBy::Patient, GrantedBy::Delegate),
                not_before: self.from.map_or(now, BlockTime::from_unix_ms),
                not_after: BlockTime::from_unix_ms(self.until),
            };
            let (grant, done) = desk.grant(&signer, wish).await?;
            Ok((patient, grant, done))
        })?;
        let answer = json!({ "grant": grant, "patient": patient, "done": done });
        session.output.answer(&answer, |_| {
            format!(
                "Grant {grant}: {} may read for {} until {}.\n{}",
                self.to,
                self.purpose,
                show_ms(self.until),
                done.describe()
            )
        });
        Ok(())
    }
}
