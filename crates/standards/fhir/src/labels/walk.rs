//! Walks through the values of a resource.

use super::read::{AUTHORS, Found, Part};
use crate::{DaySpan, view::Key};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::{borrow::Cow, fmt};

/// Walks through the value of a field of the resource, which may be a date.
pub(super) struct Dated<'f> {
    pub(super) part: Part,
    pub(super) found: &'f mut Found,
}

impl<'de> DeserializeSeed<'de> for Dated<'_> {
    type Value = Option<DaySpan>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if self.part != Part::Date {
            let walk = Walk { part: self.part, meta: false, found: self.found };
            return walk.deserialize(deserializer).map(|()| None);
        }
        deserializer.deserialize_any(DateOrPeriod { found: self.found })
    }
}

struct DateOrPeriod<'f> {
    found: &'f mut Found,
}

impl<'de> Visitor<'de> for DateOrPeriod<'_> {
    type Value = Option<DaySpan>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a date or a period")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(DaySpan::from_fhir(text))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        Walk { part: Part::Other, meta: false, found: self.found }.visit_seq(list).map(|()| None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut start, mut end) = (None, None);
        while let Some(key) = map.next_key_seed(Key)? {
            match key.as_ref() {
                "start" => start = DaySpan::from_fhir(&map.next_value_seed(Key)?),
                "end" => end = DaySpan::from_fhir(&map.next_value_seed(Key)?),
                _ => {
                    map.next_value_seed(Walk {
                        part: Part::Other,
                        meta: false,
                        found: self.found,
                    })?;
                }
            }
        }
        Ok(match (start, end) {
            (Some(start), Some(end)) => Some(start.until(end)),
            (one, other) => one.or(other),
        })
    }
}

/// Walks through any value and notes its codes, references and content types.
pub(super) struct Walk<'f> {
    pub(super) part: Part,
    /// Whether it is `meta`, of which only `security` counts.
    pub(super) meta: bool,
    pub(super) found: &'f mut Found,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Self { part, meta, found } = self;
        while list.next_element_seed(Walk { part, meta, found: &mut *found })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { part, meta, found } = self;
        if meta {
            while let Some(key) = map.next_key_seed(Key)? {
                if key == "security" {
                    map.next_value_seed(Walk { part: Part::Security, meta: false, found })?;
                } else {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            return Ok(());
        }
        let (mut system, mut code): (Option<Cow<'de, str>>, Option<Cow<'de, str>>) = (None, None);
        while let Some(key) = map.next_key_seed(Key)? {
            let name = key.as_ref();
            match name {
                "system" | "code" | "reference" | "contentType" => {
                    let text = map.next_value_seed(MaybeText { part, found })?;
                    match (name, text) {
                        (_, None) => {}
                        ("system", text) => system = text,
                        ("code", text) => code = text,
                        ("reference", Some(text)) => found.reference(part, &text),
                        (_, Some(text)) => found.content_type(&text),
                    }
                }
                "display" | "div" => {
                    map.next_value::<IgnoredAny>()?;
                }
                // A resource within: its authors are authors of a part.
                name => {
                    let inner = if part == Part::Other && AUTHORS.contains(&name) {
                        Part::Author
                    } else {
                        part
                    };
                    map.next_value_seed(Walk { part: inner, meta: name == "meta", found })?;
                }
            }
        }
        if let (Some(system), Some(code)) = (system, code) {
            found.coding(part, &system, &code);
        }
        Ok(())
    }
}

/// Text, or another value that is walked through.
struct MaybeText<'f> {
    part: Part,
    found: &'f mut Found,
}

impl<'de> DeserializeSeed<'de> for MaybeText<'_> {
    type Value = Option<Cow<'de, str>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for MaybeText<'_> {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        Walk { part: self.part, meta: false, found: self.found }.visit_seq(list).map(|()| None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Walk { part: self.part, meta: false, found: self.found }.visit_map(map).map(|()| None)
    }
}
