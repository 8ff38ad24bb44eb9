//! `salus record erase`: the end of a patient's records at a holder.

use crate::{
    erasing::{Asker, Erased, Request, erase},
    keys::{patient_of, signer_of},
    lifecycle::block_on_until_signal,
    problem::Problem,
    session::Session,
};
use clap::Args;
use salus_consent::{ErasureBasis, RecordId};
use salus_types::AccountId;
use serde::de::{IntoDeserializer as _, value::Error as WordError};
use std::path::PathBuf;

/// Whose records, at whom, and why.
#[derive(Debug, Args)]
pub(crate) struct Erase {
    /// The patient's account
    #[arg(long, value_name = "ACCOUNT", required_unless_present = "key")]
    patient: Option<AccountId>,
    /// The patient's key file; without it, the organisation of the home keeps the patient's key
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
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
}

fn basis(word: &str) -> Result<ErasureBasis, WordError> {
    serde::Deserialize::deserialize(word.into_deserializer())
}

impl Erase {
    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let patient = patient_of(self.patient, self.key.as_deref())?;
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
        let asker = match (&self.key, own, self.basis) {
            (Some(key), _, _) => Asker::Patient(Box::new(signer_of(key, self.patient)?)),
            (None, Some(own), ErasureBasis::RetentionEnded) => Asker::Holder(Box::new(own)),
            (None, _, _) => Asker::Assisted,
        };
        let client = if own_account.is_some() { session.gateway()? } else { session.client()? };
        let records = self.records.clone();
        let request = Request { patient, holder, here, records, basis: self.basis };
        let erased = block_on_until_signal(erase(&client, &asker, &request))?;
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
