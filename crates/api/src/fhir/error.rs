//! Why a request under `/fhir` is refused before any record is looked at.

use crate::problem::Problem;
use salus_fhir::search::SearchError;

/// Why a request under `/fhir` is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FhirApiError {
    /// No such resource type. Code: `fhir.unknown_type`.
    #[error("this is no resource type of FHIR R4")]
    UnknownType,
    /// Another format is asked for. Code: `fhir.format`.
    #[error("resources are given as application/fhir+json only")]
    Format,
    /// The header does not say who asks. Code: `fhir.actor`.
    #[error(
        "the header `salus-actor` is JSON with `person`, and if there are any `roles`, `departments`, `treatment`"
    )]
    Actor,
    /// The purpose of use is not known. Code: `fhir.purpose`.
    #[error("the purpose of use is not known; give a code of HL7 PurposeOfUse, such as TREAT")]
    Purpose,
    /// The version is not one. Code: `fhir.version`.
    #[error("a version is a number from 1, in If-Match as W/\"1\"")]
    Version,
    /// The body is no resource that fits the request. Code: `fhir.body`.
    #[error("the body is not what is expected here: {reason}")]
    Body {
        /// What was found.
        reason: &'static str,
    },
    /// The interaction is not offered. Code: `fhir.not_supported`.
    #[error("{what} is not offered here; see /fhir/metadata for what is")]
    NotSupported {
        /// What was asked for.
        what: &'static str,
    },
    /// The caller's scopes do not allow it. Code: `fhir.insufficient_scope`.
    #[error("the scopes of this access token do not allow it; ask for a token with wider ones")]
    InsufficientScope,
    /// There is no such resource. Code: `fhir.not_found`.
    #[error("there is no such resource, or it may not be seen")]
    NotFound,
    /// The search names no patient, or several. Code: `fhir.patient_needed`.
    #[error("accounts of access are searched for one patient; name it with `patient`")]
    PatientNeeded,
    /// Too many exports are kept. Code: `fhir.too_many_exports`.
    #[error("too many exports are kept; delete one that is no longer needed")]
    TooManyExports,
}

impl FhirApiError {
    /// Every code, in the order of the variants.
    pub const CODES: &'static [&'static str] = &[
        "fhir.unknown_type",
        "fhir.format",
        "fhir.actor",
        "fhir.purpose",
        "fhir.version",
        "fhir.body",
        "fhir.not_supported",
        "fhir.insufficient_scope",
        "fhir.not_found",
        "fhir.patient_needed",
        "fhir.too_many_exports",
    ];

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownType => "fhir.unknown_type",
            Self::Format => "fhir.format",
            Self::Actor => "fhir.actor",
            Self::Purpose => "fhir.purpose",
            Self::Version => "fhir.version",
            Self::Body { .. } => "fhir.body",
            Self::NotSupported { .. } => "fhir.not_supported",
            Self::InsufficientScope => "fhir.insufficient_scope",
            Self::NotFound => "fhir.not_found",
            Self::PatientNeeded => "fhir.patient_needed",
            Self::TooManyExports => "fhir.too_many_exports",
        }
    }
}

impl From<FhirApiError> for Problem {
    fn from(error: FhirApiError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<SearchError> for Problem {
    fn from(error: SearchError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}
