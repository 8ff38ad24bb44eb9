//! FHIR R4 bundles: streaming reader, references, narrow resource views.
//!
//! A bundle is read entry by entry with [`BundleReader`]; what is yielded is the exact bytes of each
//! resource as they stand in the input, because a hash of re-written JSON proves nothing. Only a few
//! fields are looked at ([`ResourceView`]); all others are kept by being left alone.
//! [`PatientReader`] gives each entry to its patient. [`consent`] decides by the consents of patients,
//! over what [`labels`] knows of a resource.

mod audit;
pub mod consent;
mod date;
pub mod document;
mod error;
pub mod json;
pub mod labels;
mod patients;
pub mod pseudonymise;
mod reader;
mod resource_type;
pub mod rest;
mod rewrite;
mod scanner;
pub mod search;
mod seen;
mod source;
mod view;

#[cfg(test)]
mod tests;

pub use audit::{audit_id, parse_audit_id};
pub use date::{Day, DaySpan};
pub use error::{FhirError, Position};
pub use patients::{BundlePatients, PatientEntry, PatientReader};
pub use pseudonymise::Pseudonymise;
pub use reader::{BundleReader, Entry, Limits};
pub use resource_type::{Category, ResourceType, UnknownName};
pub use rewrite::{Rewrite, with_security};
pub use view::ResourceView;
