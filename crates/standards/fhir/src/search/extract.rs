//! Takes the values of search parameters from a resource.

use super::{
    instant::Span,
    table::{ID, Kind, LAST_UPDATED, Parameter, parameters},
};
use crate::ResourceType;
use serde_json::Value;
use std::fmt;

/// Most values that are taken of one parameter.
const VALUES_MAX: usize = 256;

/// What is known of a resource beside its text.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'f> {
    /// Its type.
    pub resource_type: ResourceType,
    /// Its logical id here.
    pub id: &'f str,
    /// When its version was anchored, in milliseconds since 1970.
    pub last_updated_ms: u64,
}

/// A value of a parameter.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// A code with its system; none for elements whose system is fixed.
    Token { system: Option<Box<str>>, code: Box<str>, fixed: bool },
    /// Words as they stand.
    Text(Box<str>),
    /// A date or a period.
    Date(Span),
    /// `Type/id`, or what stands there if it is nothing here.
    Reference(Box<str>),
}

/// The values of a resource for all its parameters. They are personal, and print as nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Values {
    pub(super) found: Vec<(&'static Parameter, Found)>,
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Values([redacted])")
    }
}

impl Values {
    pub(super) fn of<'v>(
        &'v self,
        parameter: &'static Parameter,
    ) -> impl Iterator<Item = &'v Found> + 'v {
        self.found.iter().filter(move |(of, _)| of.name == parameter.name).map(|(_, found)| found)
    }

    /// What the resource refers to by this parameter, or by any for none.
    pub fn references(&self, parameter: Option<&'static Parameter>) -> impl Iterator<Item = &str> {
        self.found.iter().filter_map(move |(of, found)| match found {
            Found::Reference(text) if parameter.is_none_or(|wanted| wanted.name == of.name) => {
                Some(&**text)
            }
            _ => None,
        })
    }

    /// The codes that stand at a parameter, each with its system, empty for none.
    pub fn codes(&self, parameter: &str) -> impl Iterator<Item = (&str, &str)> {
        let parameter = parameter.to_owned();
        self.found.iter().filter_map(move |(of, found)| match found {
            Found::Token { system, code, .. } if of.name == parameter => {
                Some((system.as_deref().unwrap_or_default(), &**code))
            }
            _ => None,
        })
    }
}

/// Takes the values of all parameters. `resolve` says what a reference of the resource is called
/// here: `Type/id`.
///
/// # Errors
///
/// The text is not JSON.
pub fn values(
    facts: Facts<'_>,
    text: &[u8],
    mut resolve: impl FnMut(&str) -> Option<String>,
) -> Result<Values, serde_json::Error> {
    let resource: Value = serde_json::from_slice(text)?;
    let mut found = Vec::new();
    for parameter in parameters(facts.resource_type) {
        match parameter.name {
            ID => found.push((parameter, bare(facts.id))),
            LAST_UPDATED => {
                let at = i64::try_from(facts.last_updated_ms).unwrap_or(i64::MAX);
                found.push((parameter, Found::Date(Span::at(at))));
            }
            _ => {
                let mut values = Vec::new();
                for path in parameter.paths {
                    walk(&resource, path, &mut |value| {
                        take(parameter, value, &mut resolve, &mut values);
                    });
                }
                values.truncate(VALUES_MAX);
                found.extend(values.into_iter().map(|value| (parameter, value)));
            }
        }
    }
    Ok(Values { found })
}

fn bare(code: &str) -> Found {
    Found::Token { system: None, code: code.into(), fixed: true }
}

/// Calls `on` with every value at the path; lists are walked through.
fn walk(value: &Value, path: &str, on: &mut dyn FnMut(&Value)) {
    if let Value::Array(items) = value {
        for item in items {
            walk(item, path, on);
        }
    } else if path.is_empty() {
        on(value);
    } else {
        let (name, rest) = path.split_once('.').unwrap_or((path, ""));
        if let Some(value) = value.get(name) {
            walk(value, rest, on);
        }
    }
}

fn take(
    parameter: &'static Parameter,
    value: &Value,
    resolve: &mut dyn FnMut(&str) -> Option<String>,
    out: &mut Vec<Found>,
) {
    match parameter.kind {
        Kind::Token => tokens(value, out),
        Kind::Text => out.extend(value.as_str().map(|text| Found::Text(text.into()))),
        Kind::Date => out.extend(date(value).map(Found::Date)),
        Kind::Reference => {
            let Some(text) = value.get("reference").and_then(Value::as_str) else { return };
            let named = resolve(text).unwrap_or_else(|| text.to_owned());
            let other = parameter.name == "patient" && !named.starts_with("Patient/");
            if !other {
                out.push(Found::Reference(named.into()));
            }
        }
    }
}

/// The codes of a `CodeableConcept`, `Coding`, `Identifier`, `ContactPoint`, or of a bare value.
fn tokens(value: &Value, out: &mut Vec<Found>) {
    match value {
        Value::String(code) => out.push(bare(code)),
        Value::Bool(value) => out.push(bare(if *value { "true" } else { "false" })),
        Value::Object(fields) => {
            if let Some(Value::Array(codings)) = fields.get("coding") {
                for coding in codings {
                    tokens(coding, out);
                }
            }
            let code = fields.get("code").or_else(|| fields.get("value")).and_then(Value::as_str);
            if let Some(code) = code {
                let system = fields.get("system").and_then(Value::as_str).map(Box::from);
                out.push(Found::Token { system, code: code.into(), fixed: false });
            }
        }
        Value::Null | Value::Number(_) | Value::Array(_) => {}
    }
}

/// A date, or a Period; an end that is not given is open.
fn date(value: &Value) -> Option<Span> {
    if let Some(text) = value.as_str() {
        return Span::parse(text);
    }
    let end = |name| value.get(name).and_then(Value::as_str).and_then(Span::parse);
    match (end("start"), end("end")) {
        (None, None) => None,
        (start, end) => Some(Span {
            first: start.map_or(i64::MIN, |span| span.first),
            last: end.map_or(i64::MAX, |span| span.last),
        }),
    }
}
