//! `salus record erase`: the end of a patient's records at a holder.

use crate::{
    acting::ForPatient,
    erasing::{Asker, Erased, Request, erase, left_without_key},
    granting::Patient,
    lifecycle::block_on_until_signal,
    problem::Problem,
    session::Session,
};
use clap::Args;
use salus_consent::{ErasureBasis, RecordId};
use salus_types::AccountId;
use serde::de::{IntoDeserializer as _, value::Error as WordError};

/// Whose records, at whom, and why.
#[derive(Debug, Args)]
pub(crate) struct Erase {
    #[command(flatten)]
    who: ForPatient,
    /// The organisation that holds the records; that of the home when left out
    #[arg(long, value_name = "ACCOUNT")]
    holder: Option<AccountId>,
    /// Only these records, of the organisation of the home; everything when left out
    #[arg(long = "record", value_name = "RECORD")]
    records: Vec<RecordId>,
    #[arg(
        long,
        default_value = "consent_withdrawn",
        value_parser = basis,
        help = "Why: no_longer_needed, consent_withdrawn, objection, unlawful, legal_duty (GDPR \
                Article 17(1)), or retention_ended, by which the organisation itself asks"
    )]
    basis: ErasureBasis,
    /// The organisation keeps the patient's key, which is destroyed too: do so although others hold
    /// records under it, where nobody can grant, revoke or ask for erasure any more
    #[arg(long)]
    give_up_key: bool,
}

fn basis(word: &str) -> Result<ErasureBasis, WordError> {
    serde::Deserialize::deserialize(word.into_deserializer())
}

impl Erase {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let own = session.home().map(|_| session.organisation()).transpose()?;
        let own_account = own.as_ref().map(|signer| signer.account);
        let holder = self.holder.or(own_account).ok_or_else(|| {
            Problem::failed(
                "cli.holder_missing",
                "it is not said which organisation holds the records",
                "add --holder ACCOUNT, or --home DIR of the organisation",
            )
        })?;
        let here = own_account == Some(holder);
        if !here && !self.records.is_empty() {
            return Err(Problem::failed(
                "cli.records_elsewhere",
                "which records are meant can be said to the organisation of the home only",
                "run this with --home DIR of the organisation that holds them",
            ));
        }
        let asker = match own.filter(|_| !self.who.has_key()) {
            Some(own) if self.basis == ErasureBasis::RetentionEnded => Asker::Holder(Box::new(own)),
            _ => match self.who.patient()? {
                Patient::Own(signer) => Asker::Patient(signer),
                Patient::Assisted(_) => Asker::Assisted,
            },
        };
        let client = if own_account.is_some() { session.gateway()? } else { session.client()? };
        let (on_behalf, records) = (self.who.on_behalf(), self.records.clone());
        let erased = block_on_until_signal(async {
            let patient = self.who.account(&client).await?;
            if here && records.is_empty() && !self.give_up_key {
                let others = left_without_key(&client, patient, holder).await?;
                check_key(&others)?;
            }
            let basis = self.basis;
            let request = Request { patient, on_behalf, holder, here, records, basis };
            erase(&client, &asker, &request).await
        })?;
        session.output.answer(&erased, Erased::describe);
        if let Some(reason) = erased.refused {
            return Err(Problem::refused(
                "record.kept",
                format!("the records must be kept: {reason}"),
                "ask again when the reason is gone",
            ));
        }
        Ok(())
    }
}

/// Refuses to destroy the patient's key while others hold records under it.
fn check_key(others: &[AccountId]) -> anyhow::Result<()> {
    if others.is_empty() {
        return Ok(());
    }
    let others: Vec<String> = others.iter().map(ToString::to_string).collect();
    Err(Problem::refused(
        "record.key_needed",
        format!(
            "the organisation keeps the patient's key, which is destroyed with the records, and \
             others hold records under it: {}",
            others.join(", ")
        ),
        "erase there first with --holder ACCOUNT, or add --give-up-key",
    ))
}
