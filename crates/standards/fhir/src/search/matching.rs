//! Whether the values of a resource answer a query, and in which order.

use super::{
    extract::{Found, Values},
    query::{Condition, Modifier, Prefix, Query, SortKey, Wanted},
    table::Parameter,
};
use std::cmp::Ordering;

impl Query {
    /// Whether a resource with these values is a match.
    pub fn matches(&self, values: &Values) -> bool {
        self.conditions.iter().all(|condition| condition.holds(values))
    }

    /// The order of two matches; equal if the keys do not tell them apart.
    pub fn compare(&self, one: &Values, other: &Values) -> Ordering {
        for key in &self.sort {
            let order = key.compare(one, other);
            if order != Ordering::Equal {
                return order;
            }
        }
        Ordering::Equal
    }
}

impl Condition {
    fn holds(&self, values: &Values) -> bool {
        let any = |values: &Values| {
            values
                .of(self.parameter)
                .any(|found| self.wanted.iter().any(|wanted| meets(wanted, self.modifier, found)))
        };
        match self.modifier {
            Some(Modifier::Missing(missing)) => {
                values.of(self.parameter).next().is_none() == missing
            }
            Some(Modifier::Not) => !any(values),
            Some(Modifier::Exact | Modifier::Contains) | None => any(values),
        }
    }
}

fn meets(wanted: &Wanted, modifier: Option<Modifier>, found: &Found) -> bool {
    match (wanted, found) {
        (Wanted::Token { system, code }, Found::Token { system: of, code: is, fixed }) => {
            let same_system = match system.as_deref() {
                None => true,
                // The system of such an element is fixed by FHIR and stands nowhere.
                Some(_) if *fixed => true,
                Some("") => of.is_none(),
                Some(system) => of.as_deref() == Some(system),
            };
            same_system && code.as_deref().is_none_or(|code| code == &**is)
        }
        (Wanted::Text(wanted), Found::Text(text)) => match modifier {
            Some(Modifier::Exact) => **text == **wanted,
            Some(Modifier::Contains) => text.to_lowercase().contains(wanted),
            _ => text.to_lowercase().starts_with(wanted),
        },
        (Wanted::Date(prefix, asked), Found::Date(span)) => match prefix {
            Prefix::Equal => asked.contains(*span),
            Prefix::NotEqual => !asked.contains(*span),
            Prefix::Greater => span.last > asked.last,
            Prefix::Less => span.first < asked.first,
            Prefix::GreaterOrEqual => span.last > asked.last || asked.contains(*span),
            Prefix::LessOrEqual => span.first < asked.first || asked.contains(*span),
            Prefix::StartsAfter => span.first > asked.last,
            Prefix::EndsBefore => span.last < asked.first,
        },
        (Wanted::Reference(wanted), Found::Reference(found)) => **wanted == **found,
        _ => false,
    }
}

impl SortKey {
    /// What has no value comes last in either direction.
    fn compare(&self, one: &Values, other: &Values) -> Ordering {
        let key = |values| extreme(values, self.parameter, self.descending);
        match (key(one), key(other)) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(one), Some(other)) if self.descending => other.cmp(&one),
            (Some(one), Some(other)) => one.cmp(&other),
        }
    }
}

/// The value by which a resource is ordered: the least, or the greatest for a descending order.
fn extreme(
    values: &Values,
    parameter: &'static Parameter,
    greatest: bool,
) -> Option<(i64, String)> {
    let keys = values.of(parameter).map(|found| match found {
        Found::Date(span) if greatest => (span.last, String::new()),
        Found::Date(span) => (span.first, String::new()),
        Found::Text(text) => (0, text.to_lowercase()),
        Found::Token { code, .. } => (0, code.to_string()),
        Found::Reference(text) => (0, text.to_string()),
    });
    if greatest { keys.max() } else { keys.min() }
}
