//! Why a search is not understood, with stable codes. Nothing quotes a value: it may be personal.

/// Why a search is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    /// No such parameter. Code: `fhir.unknown_parameter`.
    #[error(
        "{resource} has no search parameter `{name}` here; see /fhir/metadata for those there are, \
         or send `Prefer: handling=lenient` to have it ignored"
    )]
    UnknownParameter {
        /// The resource type.
        resource: &'static str,
        /// The parameter as it was given, cut short.
        name: String,
    },
    /// The parameter does not have this modifier. Code: `fhir.unsupported_modifier`.
    #[error("the search parameter `{name}` does not take this modifier; leave it out")]
    UnsupportedModifier {
        /// The parameter.
        name: String,
    },
    /// The value is not one of the parameter's kind. Code: `fhir.bad_value`.
    #[error("the value of `{name}` is not {expected}")]
    BadValue {
        /// The parameter.
        name: String,
        /// What a value is.
        expected: &'static str,
    },
    /// More than is looked at in one search. Code: `fhir.search_too_long`.
    #[error("the search has too many or too long parts; at most {max} {what} are taken")]
    TooLong {
        /// What there is too much of.
        what: &'static str,
        /// How many are taken.
        max: usize,
    },
}

impl SearchError {
    /// Every code, in the order of the variants.
    pub const CODES: &'static [&'static str] = &[
        "fhir.unknown_parameter",
        "fhir.unsupported_modifier",
        "fhir.bad_value",
        "fhir.search_too_long",
    ];

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownParameter { .. } => "fhir.unknown_parameter",
            Self::UnsupportedModifier { .. } => "fhir.unsupported_modifier",
            Self::BadValue { .. } => "fhir.bad_value",
            Self::TooLong { .. } => "fhir.search_too_long",
        }
    }
}
