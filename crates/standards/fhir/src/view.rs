//! What the ledger needs to know of a resource, read in one walk; everything else stays as it is.

use crate::{DaySpan, ResourceType};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::{borrow::Cow, fmt};

/// The few fields of a resource that are looked at.
#[derive(Clone, PartialEq, Eq)]
pub struct ResourceView {
    /// The type.
    pub resource_type: ResourceType,
    /// The logical id, if it has one.
    pub id: Option<String>,
    /// The reference to the patient it is about, as it stands.
    pub patient: Option<String>,
    /// The days that it speaks of: when it happened, or else when it was written.
    pub dates: Option<DaySpan>,
}

impl fmt::Debug for ResourceView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}([redacted])", self.resource_type)
    }
}

impl ResourceView {
    /// Looks at the text of one resource.
    ///
    /// # Errors
    ///
    /// The text is not JSON (`is_syntax`), or not a resource of R4 (`is_data`).
    pub fn of(text: &str) -> Result<Self, serde_json::Error> {
        parse(text, |_| {})
    }

    /// Everything that the text of one resource refers to, in its order.
    ///
    /// # Errors
    ///
    /// As [`Self::of`].
    pub fn references(text: &str) -> Result<Vec<String>, serde_json::Error> {
        let mut found = Vec::new();
        parse(text, |reference| found.push(reference.to_owned()))?;
        Ok(found)
    }
}

/// The fields that name the patient, by precedence.
const PATIENT_FIELDS: [&str; 5] = ["patient", "subject", "beneficiary", "individual", "for"];

/// The fields that say when, by precedence: what happened before what was written down.
pub(crate) const DATE_FIELDS: [&str; 24] = [
    "effectiveDateTime",
    "effectivePeriod",
    "effectiveInstant",
    "performedDateTime",
    "performedPeriod",
    "occurrenceDateTime",
    "occurrencePeriod",
    "onsetDateTime",
    "onsetPeriod",
    "started",
    "startDate",
    "billablePeriod",
    "period",
    "servicedDate",
    "collectedDateTime",
    "authoredOn",
    "recordedDate",
    "recorded",
    "dateTime",
    "date",
    "created",
    "authored",
    "issued",
    "sent",
];

/// Parses the resource and hands each of its references to `on_reference`.
///
/// The error says whether the text is JSON at all (`is_syntax`) or not a resource (`is_data`).
pub(crate) fn parse(
    text: &str,
    mut on_reference: impl FnMut(&str),
) -> Result<ResourceView, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let view = deserializer.deserialize_map(Resource { on_reference: &mut on_reference })?;
    deserializer.end()?;
    Ok(view)
}

struct Resource<'f> {
    on_reference: &'f mut dyn FnMut(&str),
}

impl<'de> Visitor<'de> for Resource<'_> {
    type Value = ResourceView;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a resource")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ResourceView, A::Error> {
        use serde::de::Error as _;

        let mut seen: Vec<Cow<'de, str>> = Vec::with_capacity(24);
        let mut resource_type = None;
        let mut id = None;
        let mut patient: Option<(usize, String)> = None;
        let mut dates: Option<(usize, DaySpan)> = None;
        while let Some(key) = map.next_key_seed(Key)? {
            if seen.contains(&key) {
                return Err(A::Error::custom("a field stands there twice"));
            }
            match key.as_ref() {
                "resourceType" => {
                    let name: Cow<'de, str> = map.next_value_seed(Key)?;
                    let known: ResourceType = name
                        .parse()
                        .map_err(|_| A::Error::custom("the resourceType is none of R4's"))?;
                    resource_type = Some(known);
                }
                "id" => {
                    let text = map.next_value_seed(Key)?;
                    if !is_id(&text) {
                        return Err(A::Error::custom("the id is not 1 to 64 of A-Z a-z 0-9 - ."));
                    }
                    id = Some(text.into_owned());
                }
                name => {
                    let patient_rank = PATIENT_FIELDS.iter().position(|field| *field == name);
                    let date_rank = DATE_FIELDS.iter().position(|field| *field == name);
                    let walk =
                        Walk { wants_text: date_rank.is_some(), on_reference: self.on_reference };
                    let walked = map.next_value_seed(walk)?;
                    if let (Some(rank), Some(reference)) = (patient_rank, walked.reference)
                        && patient.as_ref().is_none_or(|(best, _)| rank < *best)
                    {
                        patient = Some((rank, reference.into_owned()));
                    }
                    if let (Some(rank), Some(span)) = (date_rank, walked.dates)
                        && dates.as_ref().is_none_or(|(best, _)| rank < *best)
                    {
                        dates = Some((rank, span));
                    }
                }
            }
            seen.push(key);
        }
        Ok(ResourceView {
            resource_type: resource_type
                .ok_or_else(|| A::Error::custom("the resource has no resourceType"))?,
            id,
            patient: patient.map(|(_, reference)| reference),
            dates: dates.map(|(_, span)| span),
        })
    }
}

fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}

/// A string, borrowed from the input where it has no escapes.
pub(crate) struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// What was found in a value that was walked through.
#[derive(Default)]
struct Walked<'de> {
    /// The `reference` of the object itself, or of the first object of the list.
    reference: Option<Cow<'de, str>>,
    /// The days of a date, or of a Period.
    dates: Option<DaySpan>,
}

/// Walks through any value and reports every `reference` in it.
struct Walk<'f> {
    wants_text: bool,
    on_reference: &'f mut dyn FnMut(&str),
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = Walked<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Walked<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = Walked<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Walked<'de>, E> {
        let dates = if self.wants_text { DaySpan::from_fhir(text) } else { None };
        Ok(Walked { reference: None, dates })
    }

    fn visit_bool<E>(self, _: bool) -> Result<Walked<'de>, E> {
        Ok(Walked::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Walked<'de>, E> {
        Ok(Walked::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Walked<'de>, E> {
        Ok(Walked::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Walked<'de>, E> {
        Ok(Walked::default())
    }

    fn visit_unit<E>(self) -> Result<Walked<'de>, E> {
        Ok(Walked::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Walked<'de>, A::Error> {
        let mut first = None;
        while let Some(walked) =
            list.next_element_seed(Walk { wants_text: false, on_reference: self.on_reference })?
        {
            first.get_or_insert(walked);
        }
        Ok(Walked { reference: first.and_then(|walked| walked.reference), dates: None })
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Walked<'de>, A::Error> {
        let mut found = Walked::default();
        let (mut start, mut end) = (None, None);
        while let Some(key) = map.next_key_seed(Key)? {
            match key.as_ref() {
                "reference" => found.reference = self.reference(&mut map)?,
                name => {
                    let period = self.wants_text.then_some(name);
                    let wants_text = matches!(period, Some("start" | "end"));
                    let walk = Walk { wants_text, on_reference: self.on_reference };
                    let dates = map.next_value_seed(walk)?.dates;
                    match period {
                        Some("start") => start = dates,
                        Some("end") => end = dates,
                        _ => {}
                    }
                }
            }
        }
        found.dates = match (start, end) {
            (Some(start), Some(end)) => Some(start.until(end)),
            (one, other) => one.or(other),
        };
        Ok(found)
    }
}

impl Walk<'_> {
    /// Reads a `reference` and reports it; a field of that name may also be something else.
    fn reference<'de, A: MapAccess<'de>>(
        &mut self,
        map: &mut A,
    ) -> Result<Option<Cow<'de, str>>, A::Error> {
        let found = map.next_value_seed(Reference { on_reference: self.on_reference })?;
        if let Some(text) = &found {
            (self.on_reference)(text);
        }
        Ok(found)
    }
}

/// The value of a field called `reference`: text, or an object in some resource types.
struct Reference<'f> {
    on_reference: &'f mut dyn FnMut(&str),
}

impl<'de> DeserializeSeed<'de> for Reference<'_> {
    type Value = Option<Cow<'de, str>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reference<'_> {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a reference")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        Walk { wants_text: false, on_reference: self.on_reference }.visit_seq(list).map(|_| None)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Walk { wants_text: false, on_reference: self.on_reference }.visit_map(map).map(|_| None)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Self::Value, E> {
        Err(E::custom("a reference is null"))
    }
}
