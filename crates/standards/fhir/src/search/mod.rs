//! Searching: which parameters there are, what a query asks, and whether a resource answers it.
//!
//! One table ([`parameters`]) says for each resource type which parameters exist, of which kind they
//! are and where in the resource their values stand. Queries are parsed against it, values are taken
//! by it, and the statement of capabilities is made of it. Nothing here knows where resources come
//! from, or who may see them.
//!
//! Source: HL7 FHIR R4 (4.0.1), Search and the search parameters of each resource.

mod error;
mod extract;
mod instant;
mod matching;
mod parse;
mod query;
mod table;

#[cfg(test)]
mod tests;

pub use error::SearchError;
pub use extract::{Facts, Values, values};
pub use instant::{Span, instant};
pub use query::{
    COUNT_DEFAULT, COUNT_MAX, Condition, Handling, Include, Modifier, Prefix, Query, SortKey,
    Wanted,
};
pub use table::{Kind, Parameter, parameters, searchable};
