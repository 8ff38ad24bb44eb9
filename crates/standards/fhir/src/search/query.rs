//! What a search asks, after it is understood.

use super::{Parameter, Span};
use crate::ResourceType;
use std::fmt;

/// Resources on a page when the search does not say.
pub const COUNT_DEFAULT: u32 = 50;
/// Most resources on a page.
pub const COUNT_MAX: u32 = 500;

/// What is done about a parameter that is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Handling {
    /// The search is refused: a filter that is overlooked shows more than was asked for.
    #[default]
    Strict,
    /// It is left out, and the answer's own link shows that.
    Lenient,
}

/// How a parameter's values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modifier {
    /// The same characters.
    Exact,
    /// The words stand anywhere in the text.
    Contains,
    /// No value is one of these.
    Not,
    /// There is no value (or, for `false`, there is one).
    Missing(bool),
}

/// How a date is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// Within the span that is asked for.
    Equal,
    /// Not within it.
    NotEqual,
    /// Some of it is later.
    Greater,
    /// Some of it is earlier.
    Less,
    /// Some of it is later, or it is within.
    GreaterOrEqual,
    /// Some of it is earlier, or it is within.
    LessOrEqual,
    /// All of it is later.
    StartsAfter,
    /// All of it is earlier.
    EndsBefore,
}

/// A value that is asked for.
#[derive(Clone, PartialEq, Eq)]
pub enum Wanted {
    /// `code`, `system|code`, `|code` (system empty: none) or `system|` (no code).
    Token {
        /// The system, if it is asked for; empty for codes without one.
        system: Option<String>,
        /// The code, if it is asked for.
        code: Option<String>,
    },
    /// Words, in lower case unless the modifier is `:exact`.
    Text(String),
    /// A date.
    Date(Prefix, Span),
    /// `Type/id`, or an address as it stands in the resource.
    Reference(String),
}

impl fmt::Debug for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wanted([redacted])")
    }
}

/// One parameter of a search. Several of them must all hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The parameter.
    pub parameter: &'static Parameter,
    /// How it is compared.
    pub modifier: Option<Modifier>,
    /// Values of which one must be there.
    pub wanted: Vec<Wanted>,
}

/// References whose resources come along with the matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Include {
    /// The parameter that refers; none for all references that are parameters.
    pub parameter: Option<&'static Parameter>,
    /// Only resources of this type.
    pub target: Option<ResourceType>,
}

/// One key of the order of the matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SortKey {
    /// The parameter whose values are compared.
    pub parameter: &'static Parameter,
    /// Greatest first.
    pub descending: bool,
}

/// A search.
#[derive(Clone, PartialEq, Eq)]
pub struct Query {
    /// What is searched.
    pub resource_type: ResourceType,
    /// What must all hold.
    pub conditions: Vec<Condition>,
    /// What comes along.
    pub includes: Vec<Include>,
    /// The order; then by id.
    pub sort: Vec<SortKey>,
    /// Matches on a page, at most [`COUNT_MAX`].
    pub count: u32,
    /// Only how many there are.
    pub count_only: bool,
    /// The parameters that were understood, to be shown in the answer's own link.
    pub understood: Vec<(String, String)>,
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Query({}, {} conditions)", self.resource_type, self.conditions.len())
    }
}

impl Query {
    /// Everything of one type.
    pub fn all(resource_type: ResourceType) -> Self {
        Self {
            resource_type,
            conditions: Vec::new(),
            includes: Vec::new(),
            sort: Vec::new(),
            count: COUNT_DEFAULT,
            count_only: false,
            understood: Vec::new(),
        }
    }

    /// The logical ids of the only patients whose records can match; none if the search names none.
    pub fn patients(&self) -> Option<Vec<&str>> {
        let wanted = self.conditions.iter().find_map(|condition| {
            let names_patient = condition.modifier.is_none()
                && (matches!(condition.parameter.name, "patient" | "subject")
                    || self.resource_type == ResourceType::PATIENT
                        && condition.parameter.name == "_id");
            names_patient.then_some(&condition.wanted)
        })?;
        // A reference to something else, such as a Group, has no records of a patient here.
        Some(
            wanted
                .iter()
                .filter_map(|wanted| match wanted {
                    Wanted::Reference(text) => text.strip_prefix("Patient/"),
                    Wanted::Token { code, .. } => code.as_deref(),
                    Wanted::Text(_) | Wanted::Date(..) => None,
                })
                .collect(),
        )
    }
}
