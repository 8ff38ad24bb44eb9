//! What the REST interface and the vault say to each other: resources by their logical ids.

use crate::{ResourceType, search::Query};
use std::fmt;

/// A version of a resource, as it is shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its type.
    pub resource_type: ResourceType,
    /// Its logical id here.
    pub id: String,
    /// Its version, from 1.
    pub version: u32,
    /// When that version was anchored, in milliseconds since 1970.
    pub last_updated_ms: u64,
    /// The resource with the ids that it and what it refers to have here.
    pub text: String,
}

impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} version {} [redacted]", self.resource_type, self.id, self.version)
    }
}

/// A page of what a search has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Matches over all pages: those that the caller may read, and no others.
    pub total: u64,
    /// The matches of this page.
    pub matches: Vec<Resource>,
    /// What they refer to, as far as it was asked for and may be read.
    pub included: Vec<Resource>,
    /// What asks for the next page.
    pub next: Option<String>,
}

/// What is to become of a resource that is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// It is new. With a query: unless exactly one resource matches it already.
    Create(Option<Query>),
    /// It is the next version of this one.
    Update {
        /// The logical id.
        id: String,
        /// The version that it must have now, if that is said.
        version: Option<u32>,
    },
}

/// A resource that is sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Write {
    /// The type that the request names.
    pub resource_type: ResourceType,
    /// What is to become of it.
    pub target: Target,
    /// What the others of the transaction call it, if any do.
    pub full_url: Option<String>,
    /// Its text.
    pub text: String,
}

impl fmt::Debug for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Write({} [redacted])", self.resource_type)
    }
}

/// What became of a resource that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The resource as it is now.
    pub resource: Resource,
    /// What was done.
    pub effect: Effect,
}

/// What was done with a resource that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It is new.
    Created,
    /// It has a new version.
    Updated,
    /// It was there already, as it was sent or as its condition says.
    Unchanged,
}
