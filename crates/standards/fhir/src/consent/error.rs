//! Why a consent is refused, with stable codes, and where in it.

use std::fmt;

/// The place of an element in a consent, such as `provision.provision[2].actor[0]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(pub(crate) String);

impl Place {
    /// The same as text; empty for the consent as a whole.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "the consent" } else { &self.0 })
    }
}

/// What is wrong with a consent, or with several together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The bytes are not JSON, or a field stands there twice. Code: `fhir_consent.not_json`.
    NotJson,
    /// It is no Consent of R4 or R5. Code: `fhir_consent.not_a_consent`.
    NotAConsent,
    /// A bound is exceeded. Code: `fhir_consent.too_large`.
    TooLarge,
    /// Provisions are nested more than 8 deep. Code: `fhir_consent.too_deep`.
    TooDeep,
    /// There are more than 10,000 provisions. Code: `fhir_consent.too_many_provisions`.
    TooManyProvisions,
    /// An element that FHIR does not have there. Code: `fhir_consent.unknown_element`.
    UnknownElement,
    /// An element has a value of another type. Code: `fhir_consent.wrong_type`.
    WrongType,
    /// An element that must be there is not. Code: `fhir_consent.missing_element`.
    MissingElement,
    /// A code that is not known there, so that what it limits cannot be told. Code:
    /// `fhir_consent.unknown_code`.
    UnknownCode,
    /// An action that is none of collect, access, use, disclose, correct. Code:
    /// `fhir_consent.unknown_action`.
    UnknownAction,
    /// A coding without a system or without a code. Code: `fhir_consent.incomplete_coding`.
    IncompleteCoding,
    /// A reference that names nothing outside the consent. Code: `fhir_consent.unusable_reference`.
    UnusableReference,
    /// A date or time that is none. Code: `fhir_consent.not_a_time`.
    NotATime,
    /// A period that ends before it starts. Code: `fhir_consent.period_backwards`.
    PeriodBackwards,
    /// A period with no moment in common with the one around it. Code:
    /// `fhir_consent.period_contradicts`.
    PeriodContradicts,
    /// It is not said whether the base is permit or deny. Code: `fhir_consent.no_base`.
    NoBase,
    /// The root has limits and no type. Code: `fhir_consent.ambiguous_root`.
    AmbiguousRoot,
    /// A permit within a permit that it does not widen. Code: `fhir_consent.permit_without_effect`.
    PermitWithoutEffect,
    /// A provision that may only be at the root, or only below it. Code:
    /// `fhir_consent.missing_type`.
    MissingType,
    /// Two consents have the same id. Code: `fhir_consent.duplicate_id`.
    DuplicateId,
    /// Consents replace one another in a circle. Code: `fhir_consent.replaces_cycle`.
    ReplacesCycle,
    /// A consent replaces one of another patient. Code: `fhir_consent.replaces_other_patient`.
    ReplacesOtherPatient,
}

impl Refusal {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotJson => "fhir_consent.not_json",
            Self::NotAConsent => "fhir_consent.not_a_consent",
            Self::TooLarge => "fhir_consent.too_large",
            Self::TooDeep => "fhir_consent.too_deep",
            Self::TooManyProvisions => "fhir_consent.too_many_provisions",
            Self::UnknownElement => "fhir_consent.unknown_element",
            Self::WrongType => "fhir_consent.wrong_type",
            Self::MissingElement => "fhir_consent.missing_element",
            Self::UnknownCode => "fhir_consent.unknown_code",
            Self::UnknownAction => "fhir_consent.unknown_action",
            Self::IncompleteCoding => "fhir_consent.incomplete_coding",
            Self::UnusableReference => "fhir_consent.unusable_reference",
            Self::NotATime => "fhir_consent.not_a_time",
            Self::PeriodBackwards => "fhir_consent.period_backwards",
            Self::PeriodContradicts => "fhir_consent.period_contradicts",
            Self::NoBase => "fhir_consent.no_base",
            Self::AmbiguousRoot => "fhir_consent.ambiguous_root",
            Self::PermitWithoutEffect => "fhir_consent.permit_without_effect",
            Self::MissingType => "fhir_consent.missing_type",
            Self::DuplicateId => "fhir_consent.duplicate_id",
            Self::ReplacesCycle => "fhir_consent.replaces_cycle",
            Self::ReplacesOtherPatient => "fhir_consent.replaces_other_patient",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::NotJson => "this is not JSON, or a field stands there twice",
            Self::NotAConsent => "this is not a Consent of FHIR R4 or R5",
            Self::TooLarge => "it is larger than is accepted; split it",
            Self::TooDeep => "provisions are nested more than 8 deep",
            Self::TooManyProvisions => "there are more than 10,000 provisions",
            Self::UnknownElement => "FHIR has no such element here; remove it",
            Self::WrongType => "the value is of another type than FHIR has here",
            Self::MissingElement => "an element that must be here is missing",
            Self::UnknownCode => "the code is not known here, so what it limits cannot be told",
            Self::UnknownAction => {
                "the action is none of collect, access, use, disclose and correct"
            }
            Self::IncompleteCoding => "the coding needs a system and a code",
            Self::UnusableReference => {
                "give a reference, or an identifier with system and value, to something outside"
            }
            Self::NotATime => "this is no date or time of FHIR",
            Self::PeriodBackwards => "the period ends before it starts",
            Self::PeriodContradicts => {
                "the period has no moment in common with the period around it"
            }
            Self::NoBase => "it is not said whether the base is to permit or to deny",
            Self::AmbiguousRoot => {
                "the root provision has limits and no type, so that they could narrow the base or \
                 except from it; give provision.type as IHE PCF does"
            }
            Self::PermitWithoutEffect => {
                "this permit lies within a permit that has none of its limits, so it changes \
                 nothing; if it is to narrow, move its limits to the outer one"
            }
            Self::MissingType => "a nested provision of R4 needs a type",
            Self::DuplicateId => "another consent has the same id",
            Self::ReplacesCycle => "consents replace one another in a circle",
            Self::ReplacesOtherPatient => "it replaces a consent of another patient",
        }
    }
}

/// Why a consent is refused. It says where, and never quotes the consent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {}", .refusal.words())]
pub struct ConsentError {
    /// What is wrong.
    pub refusal: Refusal,
    /// Where.
    pub at: Place,
}

impl ConsentError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.refusal.code()
    }

    pub(crate) fn whole(refusal: Refusal) -> Self {
        Self { refusal, at: Place::default() }
    }
}
