//! JSON as a tree in which no field stands twice, and a cursor that knows where in it it is.

use super::error::{ConsentError, Place, Refusal};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// Parses text in which no field stands twice.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, ConsentError> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    Strict
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|_| ConsentError::whole(Refusal::NotJson))
}

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(Strict)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(Strict)?;
            if fields.insert(name, value).is_some() {
                return Err(A::Error::custom("a field stands there twice"));
            }
        }
        Ok(Value::Object(fields))
    }
}

/// A value and its place.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'v, 'p> {
    pub(crate) value: &'v Value,
    step: Step,
    parent: Option<&'p Cursor<'v, 'p>>,
}

#[derive(Clone, Copy)]
enum Step {
    Root,
    Field(&'static str),
    Item(usize),
}

impl<'v, 'p> Cursor<'v, 'p> {
    /// At the top.
    pub(crate) fn root(value: &'v Value) -> Self {
        Self { value, step: Step::Root, parent: None }
    }

    /// Where it is.
    pub(crate) fn place(&self) -> Place {
        use fmt::Write as _;

        let mut text = self.parent.map(|parent| parent.place().0).unwrap_or_default();
        // Writing to a string does not fail.
        let _ = match self.step {
            Step::Root => Ok(()),
            Step::Field(name) if text.is_empty() => write!(text, "{name}"),
            Step::Field(name) => write!(text, ".{name}"),
            Step::Item(at) => write!(text, "[{at}]"),
        };
        Place(text)
    }

    /// A refusal here.
    pub(crate) fn refuse(&self, refusal: Refusal) -> ConsentError {
        ConsentError { refusal, at: self.place() }
    }

    fn object(&self) -> Result<&'v Map<String, Value>, ConsentError> {
        self.value.as_object().ok_or_else(|| self.refuse(Refusal::WrongType))
    }

    /// Checks that it is an object of which all fields are known. `id`, `extension` and the fields
    /// with an underscore before a known name, which carry extensions of plain values, may always be
    /// there.
    pub(crate) fn check_fields(&self, known: &[&'static str]) -> Result<(), ConsentError> {
        for name in self.object()?.keys() {
            let plain = name.strip_prefix('_').unwrap_or(name);
            if !matches!(plain, "id" | "extension") && !known.contains(&plain) {
                return Err(self.refuse(Refusal::UnknownElement));
            }
        }
        Ok(())
    }

    /// The field, if it is there.
    pub(crate) fn field<'s>(
        &'s self,
        name: &'static str,
    ) -> Result<Option<Cursor<'v, 's>>, ConsentError>
    where
        'p: 's,
    {
        let value = self.object()?.get(name);
        Ok(value.map(|value| Cursor { value, step: Step::Field(name), parent: Some(self) }))
    }

    /// The field, which must be there.
    pub(crate) fn required<'s>(&'s self, name: &'static str) -> Result<Cursor<'v, 's>, ConsentError>
    where
        'p: 's,
    {
        self.field(name)?.ok_or_else(|| {
            let mut error = self.refuse(Refusal::MissingElement);
            if !error.at.0.is_empty() {
                error.at.0.push('.');
            }
            error.at.0.push_str(name);
            error
        })
    }

    /// The items of a list, which is not empty and of at most `max`.
    pub(crate) fn items<'s>(&'s self, max: usize) -> Result<Vec<Cursor<'v, 's>>, ConsentError>
    where
        'p: 's,
    {
        let list = self.value.as_array().ok_or_else(|| self.refuse(Refusal::WrongType))?;
        if list.len() > max {
            return Err(self.refuse(Refusal::TooLarge));
        }
        let items = list.iter().enumerate();
        Ok(items
            .map(|(at, value)| Cursor { value, step: Step::Item(at), parent: Some(self) })
            .collect())
    }

    /// It as text.
    pub(crate) fn text(&self) -> Result<&'v str, ConsentError> {
        match self.value.as_str() {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(self.refuse(Refusal::WrongType)),
        }
    }
}
