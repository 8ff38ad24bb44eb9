//! Labels that people set on top: who, when and why is kept.

use super::Labels;
use crate::consent::Moment;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest reason, in bytes.
const REASON_BYTES_MAX: usize = 1024;

/// Labels that somebody set.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// Who, as a reference.
    pub who: Box<str>,
    /// When.
    pub at: Moment,
    /// Why, in words.
    pub reason: Box<str>,
    /// The labels.
    pub labels: Labels,
}

impl fmt::Debug for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Override([redacted])")
    }
}

/// Why labels cannot be set so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabellingError {
    /// It does not say why, or at too great length. Code: `fhir_labels.reason`.
    #[error("the reason is {bytes} bytes long, expected 1 to 1024; say in a sentence why")]
    Reason {
        /// Its length.
        bytes: usize,
    },
    /// It does not say by whom. Code: `fhir_labels.who`.
    #[error("it is not said who sets the labels; name them by a reference")]
    Who,
    /// A clinician's labels do not say how confidential the data is. Code:
    /// `fhir_labels.no_confidentiality`.
    #[error("the labels have no confidentiality; give one of U, L, M, N, R, V")]
    NoConfidentiality,
    /// Labels of other systems are too many, too long or empty. Code: `fhir_labels.others`.
    #[error("labels of other systems are at most 32, each with system and code of 1 to 256 bytes")]
    Others,
}

impl LabellingError {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Reason { .. } => "fhir_labels.reason",
            Self::Who => "fhir_labels.who",
            Self::NoConfidentiality => "fhir_labels.no_confidentiality",
            Self::Others => "fhir_labels.others",
        }
    }
}

/// The labels of a resource with all that was set over time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Labelling {
    /// The resource's own and those by its codes.
    base: Labels,
    /// What clinicians set, oldest first; the last one counts.
    clinician: Vec<Override>,
    /// What the patient set, oldest first; the last one counts.
    patient: Vec<Override>,
}

impl Labelling {
    /// With these labels and nothing set.
    pub fn new(base: Labels) -> Self {
        Self { base, clinician: Vec::new(), patient: Vec::new() }
    }

    /// A clinician sets the labels, in place of the resource's own and those by its codes.
    ///
    /// # Errors
    ///
    /// 1. [`LabellingError::Who`], [`LabellingError::Reason`]: it is not said who or why.
    /// 2. [`LabellingError::NoConfidentiality`]: it is not said how confidential the data is.
    pub fn set_by_clinician(&mut self, set: Override) -> Result<(), LabellingError> {
        check(&set)?;
        if set.labels.confidentiality.is_none() {
            return Err(LabellingError::NoConfidentiality);
        }
        self.clinician.push(set);
        Ok(())
    }

    /// The patient adds labels. They only ever raise: what others set stays.
    ///
    /// # Errors
    ///
    /// [`LabellingError::Who`], [`LabellingError::Reason`]: it is not said who or why.
    pub fn raise_by_patient(&mut self, set: Override) -> Result<(), LabellingError> {
        check(&set)?;
        self.patient.push(set);
        Ok(())
    }

    /// The labels that count.
    pub fn effective(&self) -> Labels {
        let mut labels = self.clinician.last().map_or(&self.base, |set| &set.labels).clone();
        if let Some(set) = self.patient.last() {
            labels.raise(&set.labels);
        }
        labels
    }

    /// What clinicians set, oldest first.
    pub fn by_clinicians(&self) -> &[Override] {
        &self.clinician
    }

    /// What the patient set, oldest first.
    pub fn by_patient(&self) -> &[Override] {
        &self.patient
    }
}

fn check(set: &Override) -> Result<(), LabellingError> {
    if set.who.is_empty() {
        return Err(LabellingError::Who);
    }
    let bytes = set.reason.trim().len();
    if bytes == 0 || bytes > REASON_BYTES_MAX {
        return Err(LabellingError::Reason { bytes });
    }
    Ok(())
}
