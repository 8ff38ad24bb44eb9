//! `salus record retain`: until when the law wants a patient's records to be kept.

use crate::{lifecycle::block_on_until_signal, session::Session, time::parse_instant};
use clap::Args;
use salus_api::erasures::RetentionOrder;
use salus_consent::RetentionReason;
use salus_types::{AccountId, BlockTime};
use serde::de::{IntoDeserializer as _, value::Error as WordError};
use serde_json::json;

/// Whose records, why, and until when.
#[derive(Debug, Args)]
pub(crate) struct Retain {
    /// The patient's account
    #[arg(long, value_name = "ACCOUNT")]
    patient: AccountId,
    #[arg(
        long,
        value_parser = reason,
        help = "Why: legal_obligation, public_health, archiving or legal_claims (GDPR Article 17(3))"
    )]
    reason: RetentionReason,
    /// Until when: a time such as 2036-01-31T12:00:00Z, or a length from now such as 3650d
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    until: u64,
}

fn reason(word: &str) -> Result<RetentionReason, WordError> {
    serde::Deserialize::deserialize(word.into_deserializer())
}

impl Retain {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let gateway = session.gateway()?;
        let until = BlockTime::from_unix_ms(self.until);
        let order = RetentionOrder { reason: self.reason, until };
        block_on_until_signal(async { Ok(gateway.retain(self.patient, &order).await?) })?;
        let answer = json!({ "patient": self.patient, "reason": self.reason, "until": until });
        session.output.answer(&answer, |_| {
            format!(
                "The records of {} are kept until {}; an erasure before is refused.",
                self.patient,
                crate::time::show_ms(self.until)
            )
        });
        Ok(())
    }
}
