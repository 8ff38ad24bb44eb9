//! `salus emergency rules`: what a patient allows in emergencies.

use crate::{
    acting::ForPatient, granting::api_of, lifecycle::block_on_until_signal, scoping::ScopeArgs,
    session::Session,
};
use clap::Args;
use salus_api::records::ScopeRegistration;
use salus_consent::{ConsentTx, ScopeOf, tx::SetEmergencyRules};
use salus_types::AccountId;
use salus_vault::ScopeOpening;
use serde_json::json;

/// What the patient allows, who reviews, and which records are for emergencies. The home is that of an
/// organisation that keeps records of the patient; others are named with --at.
#[derive(Debug, Args)]
pub(crate) struct Rules {
    #[command(flatten)]
    who: ForPatient,
    /// Who reviews each emergency: neither the service nor one of its people
    #[arg(long, value_name = "ACCOUNT")]
    reviewer: AccountId,
    /// Nobody may override, whatever happens
    #[arg(long)]
    no_override: bool,
    /// It always takes a second person of the service
    #[arg(long)]
    two_persons: bool,
    #[command(flatten)]
    scope: ScopeArgs,
    /// Other organisations that keep records of the patient
    #[arg(long, value_name = "ACCOUNT", value_delimiter = ',')]
    at: Vec<AccountId>,
}

impl Rules {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let gateway = session.gateway()?;
        let own = session.organisation()?.account;
        let set = ScopeOpening::new(&self.scope.scope()?);
        let message = ConsentTx::SetEmergencyRules(SetEmergencyRules {
            on_behalf: self.who.on_behalf(),
            override_allowed: !self.no_override,
            reviewer: self.reviewer,
            scope_commitment: set.commitment(),
            two_person: self.two_persons,
        });
        let (patient, done) = block_on_until_signal(async {
            let patient = self.who.account(&gateway).await?;
            let mut holders = vec![None];
            for holder in &self.at {
                holders.push(api_of(&gateway, own, *holder).await?);
            }
            let done = self.who.send(&gateway, &message).await?;
            for to in holders.into_iter().filter(|_| !self.no_override) {
                let of = ScopeOf::EmergencySet(patient);
                let opening = serde_json::to_value(&set)?;
                gateway.register_scope(&ScopeRegistration { of, opening, to }).await?;
            }
            Ok((patient, done))
        })?;
        let answer =
            json!({ "patient": patient, "override_allowed": !self.no_override, "done": done });
        session.output.answer(&answer, |_| {
            let rule = if self.no_override {
                "Nobody may override, whatever happens.".to_owned()
            } else {
                format!("Accredited services may override; {} reviews.", self.reviewer)
            };
            format!("{rule}\n{}", done.describe())
        });
        Ok(())
    }
}
