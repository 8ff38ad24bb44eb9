//! Why a bundle is not accepted, with stable codes, where, and what to do.

use std::fmt;

/// Where in the input, after decompression.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The entry, counted from 1; none outside the entries.
    pub entry: Option<u32>,
    /// Byte offset from the start of the JSON text.
    pub offset: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.entry {
            Some(entry) => write!(f, "entry {entry} (byte {})", self.offset),
            None => write!(f, "byte {}", self.offset),
        }
    }
}

/// Why a bundle is not accepted. Nothing in it quotes the input.
#[derive(Debug, thiserror::Error)]
pub enum FhirError {
    /// The bytes are not JSON. Code: `fhir.not_json`.
    #[error("{at}: this is not JSON: {reason}; send a FHIR R4 Bundle as JSON, plain or gzip")]
    NotJson {
        /// Where.
        at: Position,
        /// What was found.
        reason: String,
    },
    /// It is JSON and no Bundle that can be imported. Code: `fhir.not_a_bundle`.
    #[error(
        "{at}: this is not a Bundle of records: {reason}; send a Bundle of type collection, transaction, batch, searchset, document or message"
    )]
    NotABundle {
        /// Where.
        at: Position,
        /// What was found.
        reason: &'static str,
    },
    /// A part is not as FHIR R4 has it. Code: `fhir.not_fhir`.
    #[error("{at}: this is not FHIR R4: {reason}; correct the entry and send the bundle again")]
    NotFhir {
        /// Where.
        at: Position,
        /// What was found.
        reason: String,
    },
    /// A `urn:` reference names no entry of the bundle. Code: `fhir.broken_reference`.
    #[error(
        "{at}: it refers to a `urn:` that no entry of this bundle has as its fullUrl; add the missing entry or correct the reference"
    )]
    BrokenReference {
        /// The entry that refers.
        at: Position,
    },
    /// A record cannot be given to one patient. Code: `fhir.no_patient`.
    #[error(
        "{at}: {reason}; put the Patient resource into the bundle, before the records that name it"
    )]
    NoPatient {
        /// The entry.
        at: Position,
        /// What is missing.
        reason: &'static str,
    },
    /// A record names no patient and the bundle holds several. Code: `fhir.ambiguous_patient`.
    #[error(
        "{at}: the bundle holds several patients and this entry names none of them; send one bundle for each patient"
    )]
    AmbiguousPatient {
        /// The entry.
        at: Position,
    },
    /// The text is not UTF-8. Code: `fhir.wrong_encoding`.
    #[error("{at}: the text is {found}, not UTF-8; convert it to UTF-8 and send it again")]
    WrongEncoding {
        /// Where.
        at: Position,
        /// What it seems to be.
        found: &'static str,
    },
    /// A bound is exceeded. Code: `fhir.too_large`.
    #[error(
        "{at}: {what} is above the maximum of {max}; split the bundle, or raise the limit in the configuration"
    )]
    TooLarge {
        /// Where.
        at: Position,
        /// What is too large.
        what: &'static str,
        /// The bound.
        max: u64,
    },
    /// Objects and arrays are nested too deeply. Code: `fhir.too_deep`.
    #[error(
        "{at}: objects and arrays are nested more than {max} deep, which no FHIR resource needs"
    )]
    TooDeep {
        /// Where.
        at: Position,
        /// The bound.
        max: u32,
    },
    /// Two entries are the same resource. Code: `fhir.duplicate_entry`.
    #[error(
        "{at}: an earlier entry has the same fullUrl, or the same type and id; send each resource once"
    )]
    DuplicateEntry {
        /// The later entry.
        at: Position,
    },
    /// The input ends early. Code: `fhir.truncated`.
    #[error("{at}: the input ends in the middle; send the whole bundle")]
    Truncated {
        /// Where it ends.
        at: Position,
    },
    /// The gzip data is damaged. Code: `fhir.bad_gzip`.
    #[error("{at}: the gzip data is damaged; compress the bundle again")]
    BadGzip {
        /// How far it could be decompressed.
        at: Position,
    },
    /// The source of the bytes failed. Code: `fhir.source`.
    #[error("{at}: the source of the bundle failed; send it again")]
    Source {
        /// How far it was read.
        at: Position,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl FhirError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotJson { .. } => "fhir.not_json",
            Self::NotABundle { .. } => "fhir.not_a_bundle",
            Self::NotFhir { .. } => "fhir.not_fhir",
            Self::BrokenReference { .. } => "fhir.broken_reference",
            Self::NoPatient { .. } => "fhir.no_patient",
            Self::AmbiguousPatient { .. } => "fhir.ambiguous_patient",
            Self::WrongEncoding { .. } => "fhir.wrong_encoding",
            Self::TooLarge { .. } => "fhir.too_large",
            Self::TooDeep { .. } => "fhir.too_deep",
            Self::DuplicateEntry { .. } => "fhir.duplicate_entry",
            Self::Truncated { .. } => "fhir.truncated",
            Self::BadGzip { .. } => "fhir.bad_gzip",
            Self::Source { .. } => "fhir.source",
        }
    }

    /// Where it was found.
    pub fn position(&self) -> Position {
        match self {
            Self::NotJson { at, .. }
            | Self::NotABundle { at, .. }
            | Self::NotFhir { at, .. }
            | Self::BrokenReference { at }
            | Self::NoPatient { at, .. }
            | Self::AmbiguousPatient { at }
            | Self::WrongEncoding { at, .. }
            | Self::TooLarge { at, .. }
            | Self::TooDeep { at, .. }
            | Self::DuplicateEntry { at }
            | Self::Truncated { at }
            | Self::BadGzip { at }
            | Self::Source { at, .. } => *at,
        }
    }
}
