//! `salus record label`: how confidential a record is, and why.

use crate::{lifecycle::block_on_until_signal, session::Session};
use anyhow::Context as _;
use clap::{Args, ValueEnum};
use salus_consent::RecordId;
use salus_fhir::labels::{ACT_CODE, CONFIDENTIALITY, Confidentiality, Labels, Sensitivities};
use salus_vault::rules::{LabelOrder, LabelledBy};
use serde_json::json;

/// In what part labels are set.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum By {
    /// They take the place of the record's own and of those by its codes
    Clinician,
    /// They only ever raise
    Patient,
}

/// Which labels, of which record, by whom and why.
#[derive(Debug, Args)]
pub(crate) struct Label {
    /// The record
    record: RecordId,
    /// In what part they are set
    #[arg(long, value_enum)]
    by: By,
    /// Who sets them, as a reference
    #[arg(long, value_name = "REFERENCE")]
    who: String,
    /// Why, in a sentence
    #[arg(long, value_name = "WORDS")]
    why: String,
    /// How confidential it is: U, L, M, N, R or V
    #[arg(long, value_name = "CODE")]
    confidentiality: Option<String>,
    /// Why it is sensitive: codes of HL7, such as HIV or PSY
    #[arg(long, value_name = "CODE")]
    sensitivity: Vec<String>,
}

impl Label {
    fn labels(&self) -> anyhow::Result<Labels> {
        let mut labels = Labels::default();
        if let Some(code) = &self.confidentiality {
            Confidentiality::from_code(code).context("--confidentiality is U, L, M, N, R or V")?;
            labels.add(CONFIDENTIALITY, code);
        }
        for code in &self.sensitivity {
            Sensitivities::from_code(code)
                .with_context(|| format!("HL7 has no code of sensitivity {code}"))?;
            labels.add(ACT_CODE, code);
        }
        Ok(labels)
    }

    pub(crate) fn run(&self, session: &Session) -> anyhow::Result<()> {
        let gateway = session.gateway()?;
        let order = LabelOrder {
            by: match self.by {
                By::Clinician => LabelledBy::Clinician,
                By::Patient => LabelledBy::Patient,
            },
            who: self.who.clone(),
            reason: self.why.clone(),
            labels: self.labels()?,
        };
        block_on_until_signal(async { Ok(gateway.set_labels(self.record, &order).await?) })?;
        session.output.answer(&json!({ "record": self.record }), |_| {
            "The labels count from now on; who set them and why is kept.".to_owned()
        });
        Ok(())
    }
}
