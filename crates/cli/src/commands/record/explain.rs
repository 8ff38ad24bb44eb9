//! `salus record explain`: how a read would be decided now, and by what.

use crate::{lifecycle::block_on_until_signal, session::Session};
use anyhow::Context as _;
use clap::Args;
use salus_api::rules::ExplainOrder;
use salus_consent::{Basis, GrantId, PurposeOfUse, RecordId};
use salus_types::AccountId;
use salus_vault::rules::Explained;

/// Which read.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The record, which is kept here
    record: RecordId,
    /// The organisation that would ask; this one when left out
    #[arg(long, value_name = "ACCOUNT")]
    accessor: Option<AccountId>,
    /// The grant on which it would rest
    #[arg(long)]
    grant: Option<GrantId>,
    /// What for: a code of HL7 v3 purpose of use
    #[arg(long, value_name = "CODE")]
    purpose: PurposeOfUse,
    /// Who would ask: JSON with `person`, `roles`, `departments`, `treatment`
    #[arg(long, value_name = "JSON")]
    actor: Option<String>,
}

impl Explain {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let gateway = session.gateway()?;
        let actor = self.actor.as_deref().map(serde_json::from_str).transpose();
        let order = ExplainOrder {
            record: self.record,
            accessor: self.accessor,
            basis: self.grant.map(Basis::Grant),
            purpose: self.purpose,
            actor: actor.context("--actor is JSON with `person`")?,
        };
        let told = block_on_until_signal(async { Ok(gateway.explain(&order).await?) })?;
        session.output.answer(&told, words);
        Ok(())
    }
}

fn words(told: &Explained) -> String {
    let mut lines = vec![match &told.code {
        None => "It would be allowed.".to_owned(),
        Some(code) => format!("It would be refused with {code}."),
    }];
    if let Some(consent) = &told.consent {
        lines.push(format!("Consents: {}.", consent.words));
    }
    if let Some(rules) = &told.rules {
        let does = if rules.permitted { "permit" } else { "do not permit" };
        lines.push(format!("Rules of the organisation {does} it: {}.", rules.rules.join(", ")));
    }
    lines.join("\n")
}
