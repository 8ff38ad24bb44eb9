//! What kind of document one is: a code.

use super::DocumentError;
use serde_json::{Value, json};
use std::{fmt, str::FromStr};

/// The system of a code that is given without one.
const LOINC: &str = "http://loinc.org";

/// Most bytes of a code or a system.
const BYTES_MAX: usize = 256;

/// What kind of document it is, such as the LOINC code 18842-5 of a discharge summary. Written as FHIR
/// writes tokens, `system|code`; without a system, LOINC's is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentKind {
    system: Box<str>,
    code: Box<str>,
}

impl DocumentKind {
    /// As FHIR has it.
    pub(super) fn to_concept(&self) -> Value {
        json!({ "coding": [{ "system": self.system, "code": self.code }] })
    }

    /// The first coding of a concept that is one.
    pub(super) fn of_concept(concept: &Value) -> Option<Self> {
        concept["coding"].as_array()?.iter().find_map(|coding| {
            let (system, code) = (coding["system"].as_str()?, coding["code"].as_str()?);
            format!("{system}|{code}").parse().ok()
        })
    }
}

impl FromStr for DocumentKind {
    type Err = DocumentError;

    fn from_str(text: &str) -> Result<Self, DocumentError> {
        let (system, code) = text.rsplit_once('|').unwrap_or((LOINC, text));
        let good = |part: &str| {
            (1..=BYTES_MAX).contains(&part.len())
                && part.chars().all(|one| one.is_alphanumeric() || one.is_ascii_punctuation())
        };
        if good(system) && good(code) {
            Ok(Self { system: system.into(), code: code.into() })
        } else {
            let what = "the kind is a code of LOINC as 18842-5, or system|code";
            Err(DocumentError::Metadata { what })
        }
    }
}

impl fmt::Display for DocumentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}|{}", self.system, self.code)
    }
}
