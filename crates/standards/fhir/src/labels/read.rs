//! One walk through the bytes of a resource.

use super::{
    Coding, FACTS_MAX, Facts, LabelFacts, Labels, lists,
    walk::{Dated, Walk},
};
use crate::{
    DaySpan, FhirError, Position, ResourceType,
    view::{DATE_FIELDS, Key},
};
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use std::{borrow::Cow, fmt};

/// The fields that say what a resource is about.
const ABOUT: [&str; 7] = [
    "code",
    "type",
    "category",
    "medicationCodeableConcept",
    "vaccineCode",
    "productOrService",
    "class",
];
/// The fields that name who wrote it.
pub(super) const AUTHORS: [&str; 9] = [
    "author",
    "recorder",
    "performer",
    "requester",
    "asserter",
    "enterer",
    "informationSource",
    "authenticator",
    "sender",
];
/// Units of measure have codes that tell nothing.
const UNITS: &str = "http://unitsofmeasure.org";

impl Facts {
    /// Reads the facts of a resource from its JSON.
    ///
    /// # Errors
    ///
    /// [`FhirError::NotJson`], [`FhirError::NotFhir`]: it is no resource of R4, or a field stands
    /// there twice. The position is that of the resource itself.
    pub fn read(bytes: &[u8]) -> Result<Self, FhirError> {
        Self::read_with_labels(bytes).map(|(facts, _)| facts)
    }

    /// The same, with where the labels come from.
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    pub fn read_with_labels(bytes: &[u8]) -> Result<(Self, LabelFacts), FhirError> {
        let at = Position::default();
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        let found = deserializer
            .deserialize_map(Resource)
            .and_then(|found| deserializer.end().map(|()| found))
            .map_err(|error| {
                if error.is_data() {
                    let reason =
                        "it is no resource of R4, or a field stands there twice".to_owned();
                    FhirError::NotFhir { at, reason }
                } else {
                    FhirError::NotJson { at, reason: "the resource is malformed".to_owned() }
                }
            })?;
        let Found { mut facts, own, .. } = found;
        let codes = || facts.codes.iter().chain(&facts.mentioned).map(Coding::by_ref);
        let derived = lists::derive(codes());
        let mut labels = lists::labels_of(codes());
        labels.raise(&own);
        // What says nothing of its confidentiality is health data as such.
        labels.confidentiality = labels.confidentiality.or(Some(super::Confidentiality::N));
        if !facts.complete {
            // A code that was not looked at may be a sensitive one.
            labels.confidentiality = labels.confidentiality.max(Some(super::Confidentiality::R));
        }
        facts.labels = labels;
        facts.labelled = facts.complete;
        Ok((facts.tidy(), LabelFacts { own, derived }))
    }
}

pub(super) struct Found {
    facts: Facts,
    own: Labels,
    dates: Option<(usize, DaySpan)>,
}

/// What the part that is walked through is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    About,
    Author,
    Encounter,
    Date,
    Security,
    Other,
}

impl Found {
    pub(super) fn coding(&mut self, part: Part, system: &str, code: &str) {
        if part == Part::Security {
            self.own.add(system, code);
            return;
        }
        if system == UNITS {
            return;
        }
        let list =
            if part == Part::About { &mut self.facts.codes } else { &mut self.facts.mentioned };
        if list.len() >= FACTS_MAX {
            self.facts.complete = false;
            return;
        }
        list.push(Coding::new(system, code));
    }

    pub(super) fn reference(&mut self, part: Part, reference: &str) {
        if self.facts.references.len() >= FACTS_MAX {
            self.facts.complete = false;
            return;
        }
        let name: Box<str> = without_version(reference).into();
        match part {
            Part::Author => self.facts.authors.push(name.clone()),
            Part::Encounter if name.contains("Encounter/") || name.starts_with("urn:") => {
                self.facts.encounters.push(name.clone());
            }
            Part::Encounter | Part::About | Part::Date | Part::Security | Part::Other => {}
        }
        self.facts.references.push(name);
    }

    pub(super) fn content_type(&mut self, text: &str) {
        if self.facts.content_types.len() < FACTS_MAX {
            self.facts.content_types.push(text.into());
        } else {
            self.facts.complete = false;
        }
    }
}

/// A reference without the version that it may name.
pub(crate) fn without_version(reference: &str) -> &str {
    reference.split("/_history/").next().unwrap_or(reference)
}

struct Resource;

impl<'de> Visitor<'de> for Resource {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a resource")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Found, A::Error> {
        let mut seen: Vec<Cow<'de, str>> = Vec::with_capacity(24);
        let mut resource_type: Option<ResourceType> = None;
        let mut id: Option<Cow<'de, str>> = None;
        // The type may come last; until then any will do.
        let facts = Facts::of_type(ResourceType::PATIENT);
        let mut found = Found { facts, own: Labels::default(), dates: None };
        while let Some(key) = map.next_key_seed(Key)? {
            if seen.contains(&key) {
                return Err(A::Error::custom("a field stands there twice"));
            }
            let name = key.as_ref();
            match name {
                "resourceType" => {
                    let text = map.next_value_seed(Key)?;
                    let known = text.parse().map_err(|_| A::Error::custom("unknown type"))?;
                    resource_type = Some(known);
                }
                "id" => id = Some(map.next_value_seed(Key)?),
                "text" => {
                    map.next_value::<IgnoredAny>()?;
                }
                "meta" => {
                    map.next_value_seed(Walk { part: Part::Other, meta: true, found: &mut found })?;
                }
                _ => {
                    let part = part_of(name);
                    let dates = map.next_value_seed(Dated { part, found: &mut found })?;
                    let rank = DATE_FIELDS.iter().position(|field| *field == name);
                    if let (Some(rank), Some(span)) = (rank, dates)
                        && found.dates.as_ref().is_none_or(|(best, _)| rank < *best)
                    {
                        found.dates = Some((rank, span));
                    }
                }
            }
            seen.push(key);
        }
        found.facts.resource_type =
            resource_type.ok_or_else(|| A::Error::custom("no resourceType"))?;
        found.facts.dates = found.dates.map(|(_, span)| span);
        if let Some(id) = id {
            let name = format!("{}/{id}", found.facts.resource_type);
            found.facts.add_name(&name);
        }
        Ok(found)
    }
}

fn part_of(name: &str) -> Part {
    if ABOUT.contains(&name) {
        Part::About
    } else if AUTHORS.contains(&name) {
        Part::Author
    } else if matches!(name, "encounter" | "context") {
        Part::Encounter
    } else if DATE_FIELDS.contains(&name) {
        Part::Date
    } else {
        Part::Other
    }
}
