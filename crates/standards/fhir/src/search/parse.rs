//! From the parameters of a request to a [`Query`].

use super::{
    SearchError,
    instant::Span,
    query::{
        COUNT_DEFAULT, COUNT_MAX, Condition, Handling, Include, Modifier, Prefix, Query, SortKey,
        Wanted,
    },
    table::{self, Kind, Parameter},
};
use crate::ResourceType;

/// Most parameters of a search.
const PARAMETERS_MAX: usize = 32;
/// Most alternatives of one parameter.
const ALTERNATIVES_MAX: usize = 64;
/// Most bytes of one parameter's values.
const VALUE_BYTES_MAX: usize = 8 * 1024;

impl Query {
    /// Understands the parameters of a search: names and values, decoded.
    ///
    /// # Errors
    ///
    /// The first parameter that is not understood: [`SearchError`].
    pub fn parse<'p>(
        resource_type: ResourceType,
        pairs: impl IntoIterator<Item = (&'p str, &'p str)>,
        handling: Handling,
    ) -> Result<Self, SearchError> {
        let mut query = Self::all(resource_type);
        for (position, (name, value)) in pairs.into_iter().enumerate() {
            if position >= PARAMETERS_MAX {
                return Err(SearchError::TooLong { what: "parameters", max: PARAMETERS_MAX });
            }
            if value.len() > VALUE_BYTES_MAX {
                return Err(SearchError::TooLong {
                    what: "bytes of a value",
                    max: VALUE_BYTES_MAX,
                });
            }
            match query.take(name, value) {
                Ok(()) => query.understood.push((name.to_owned(), value.to_owned())),
                Err(SearchError::UnknownParameter { .. }) if handling == Handling::Lenient => {}
                Err(error) => return Err(error),
            }
        }
        Ok(query)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), SearchError> {
        match name {
            "_count" => {
                let count: u32 = value.parse().map_err(|_| bad(name, "a number from 1"))?;
                // None at all: the count alone is asked for.
                self.count_only |= count == 0;
                self.count = if count == 0 { COUNT_DEFAULT } else { count.min(COUNT_MAX) };
            }
            "_summary" => match value {
                "count" => self.count_only = true,
                "false" => {}
                _ => return Err(bad(name, "`count` or `false`")),
            },
            "_total" if matches!(value, "accurate" | "estimate" | "none") => {}
            "_total" => return Err(bad(name, "`accurate`, `estimate` or `none`")),
            "_sort" => {
                for key in value.split(',') {
                    let (descending, name) = match key.strip_prefix('-') {
                        Some(name) => (true, name),
                        None => (false, key),
                    };
                    let parameter = self.parameter(name)?;
                    self.sort.push(SortKey { parameter, descending });
                }
            }
            "_include" => {
                let include = self.include(value)?;
                self.includes.push(include);
            }
            // How the answer is spelled is for whoever spells it.
            "_format" | "_pretty" => {}
            _ => {
                let condition = self.condition(name, value)?;
                self.conditions.push(condition);
            }
        }
        Ok(())
    }

    fn parameter(&self, name: &str) -> Result<&'static Parameter, SearchError> {
        table::parameter(self.resource_type, name).ok_or_else(|| SearchError::UnknownParameter {
            resource: self.resource_type.name(),
            name: name.chars().take(64).filter(char::is_ascii_graphic).collect(),
        })
    }

    /// `Type:parameter`, `Type:parameter:Target`, or `*`.
    fn include(&self, value: &str) -> Result<Include, SearchError> {
        let expected = "`Type:parameter` or `Type:parameter:Target`";
        if value == "*" {
            return Ok(Include { parameter: None, target: None });
        }
        let mut parts = value.split(':');
        if parts.next() != Some(self.resource_type.name()) {
            return Err(bad("_include", expected));
        }
        let name = parts.next().ok_or_else(|| bad("_include", expected))?;
        let target = match parts.next() {
            None => None,
            Some(target) => Some(target.parse().map_err(|_| bad("_include", expected))?),
        };
        if name == "*" {
            return Ok(Include { parameter: None, target });
        }
        let parameter = self.parameter(name)?;
        if parameter.kind != Kind::Reference || parts.next().is_some() {
            return Err(bad("_include", expected));
        }
        Ok(Include { parameter: Some(parameter), target })
    }

    fn condition(&self, name: &str, value: &str) -> Result<Condition, SearchError> {
        let (name, modifier) = match name.split_once(':') {
            None => (name, None),
            Some((name, modifier)) => (name, Some(modifier)),
        };
        let parameter = self.parameter(name)?;
        let unsupported = || SearchError::UnsupportedModifier { name: name.to_owned() };
        let mut target = parameter.target;
        let modifier = match (modifier, parameter.kind) {
            (None, _) => None,
            (Some("missing"), _) => match value {
                "true" => Some(Modifier::Missing(true)),
                "false" => Some(Modifier::Missing(false)),
                _ => return Err(bad(name, "`true` or `false`")),
            },
            (Some("exact"), Kind::Text) => Some(Modifier::Exact),
            (Some("contains"), Kind::Text) => Some(Modifier::Contains),
            (Some("not"), Kind::Token) => Some(Modifier::Not),
            (Some(of), Kind::Reference) => {
                let of: ResourceType = of.parse().map_err(|_| unsupported())?;
                target = Some(of.name());
                None
            }
            (Some(_), _) => return Err(unsupported()),
        };
        if matches!(modifier, Some(Modifier::Missing(_))) {
            return Ok(Condition { parameter, modifier, wanted: Vec::new() });
        }
        let mut wanted = Vec::new();
        for text in split(value, ',') {
            if wanted.len() >= ALTERNATIVES_MAX {
                return Err(SearchError::TooLong { what: "alternatives", max: ALTERNATIVES_MAX });
            }
            wanted.push(wanted_of(parameter, modifier, target, &text)?);
        }
        Ok(Condition { parameter, modifier, wanted })
    }
}

fn wanted_of(
    parameter: &'static Parameter,
    modifier: Option<Modifier>,
    target: Option<&'static str>,
    text: &str,
) -> Result<Wanted, SearchError> {
    let name = parameter.name;
    if text.is_empty() {
        return Err(bad(name, "empty"));
    }
    match parameter.kind {
        Kind::Token => {
            let parts = split(text, '|');
            let given = |text: &String| (!text.is_empty()).then(|| unescaped(text));
            match &parts[..] {
                [code] => Ok(Wanted::Token { system: None, code: given(code) }),
                [system, code] if !(system.is_empty() && code.is_empty()) => {
                    Ok(Wanted::Token { system: Some(unescaped(system)), code: given(code) })
                }
                _ => Err(bad(name, "`code`, `system|code`, `|code` or `system|`")),
            }
        }
        Kind::Text if modifier == Some(Modifier::Exact) => Ok(Wanted::Text(unescaped(text))),
        Kind::Text => Ok(Wanted::Text(unescaped(text).to_lowercase())),
        Kind::Date => {
            let (prefix, date) = prefix(text);
            let span = Span::parse(date);
            let span = span.ok_or_else(|| bad(name, "a date, such as 2026-11-21 or ge2026-11"))?;
            Ok(Wanted::Date(prefix, span))
        }
        Kind::Reference => {
            let text = unescaped(text);
            if text.contains(':') {
                return Ok(Wanted::Reference(text));
            }
            match (text.split_once('/'), target) {
                (Some((of, _)), Some(target)) if name == "patient" && of != target => {
                    Err(bad(name, "a reference to a Patient"))
                }
                (Some(_), _) => Ok(Wanted::Reference(text)),
                (None, Some(target)) => Ok(Wanted::Reference(format!("{target}/{text}"))),
                (None, None) => Err(bad(name, "`Type/id`")),
            }
        }
    }
}

fn bad(name: &str, expected: &'static str) -> SearchError {
    SearchError::BadValue { name: name.to_owned(), expected }
}

fn prefix(text: &str) -> (Prefix, &str) {
    const PREFIXES: [(&str, Prefix); 8] = [
        ("eq", Prefix::Equal),
        ("ne", Prefix::NotEqual),
        ("gt", Prefix::Greater),
        ("lt", Prefix::Less),
        ("ge", Prefix::GreaterOrEqual),
        ("le", Prefix::LessOrEqual),
        ("sa", Prefix::StartsAfter),
        ("eb", Prefix::EndsBefore),
    ];
    PREFIXES
        .iter()
        .find_map(|(name, prefix)| text.strip_prefix(name).map(|rest| (*prefix, rest)))
        .unwrap_or((Prefix::Equal, text))
}

/// The parts between separators that no backslash escapes; escapes stay in.
fn split(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for one in text.chars() {
        if one == separator && !escaped {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(one);
        }
        escaped = one == '\\' && !escaped;
    }
    parts
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut escaped = false;
    for one in text.chars() {
        if one == '\\' && !escaped {
            escaped = true;
        } else {
            out.push(one);
            escaped = false;
        }
    }
    out
}
