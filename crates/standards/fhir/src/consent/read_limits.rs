//! Reads what a provision is limited to.

use super::{
    error::{ConsentError, Refusal},
    json::Cursor,
    model::{Actor, Class, Data, DataPeriod, LabelLimits, Limits, Meaning, Release},
    moment::Moment,
    read::ITEMS_MAX,
    vocabulary::{
        ACT_REASON, Action, CONSENT_ACTION, MIME_TYPES, Participation, RESOURCE_TYPES, purpose_bit,
    },
};
use crate::{
    Day, DaySpan,
    labels::{ACT_CODE, CONFIDENTIALITY, Coding, Confidentiality, Sensitivities},
};

const FIELDS_R4: [&str; 12] = [
    "modifierExtension",
    "type",
    "period",
    "actor",
    "action",
    "securityLabel",
    "purpose",
    "class",
    "code",
    "dataPeriod",
    "data",
    "provision",
];
const FIELDS_R5: [&str; 13] = [
    "modifierExtension",
    "period",
    "actor",
    "action",
    "securityLabel",
    "purpose",
    "documentType",
    "resourceType",
    "code",
    "dataPeriod",
    "data",
    "expression",
    "provision",
];

/// The limits of the provision at `at`.
pub(crate) fn limits(at: &Cursor<'_, '_>, release: Release) -> Result<Limits, ConsentError> {
    at.check_fields(match release {
        Release::R4 => &FIELDS_R4[..],
        Release::R5 => &FIELDS_R5[..],
    })?;
    let mut limits = Limits::none();
    if let Some(at) = at.field("period")? {
        limits.period = period(&at)?;
    }
    if let Some(at) = at.field("dataPeriod")? {
        limits.data_period = Some(data_period(&at)?);
    }
    limits.actors = list(at, "actor", |at| actor(at, release))?;
    limits.actions = list(at, "action", action)?;
    limits.purposes = list(at, "purpose", purpose)?;
    limits.codes = list(at, "code", concept)?.concat();
    limits.data = list(at, "data", data)?;
    limits.labels = labels(at)?;
    match release {
        Release::R4 => limits.classes = list(at, "class", class)?,
        Release::R5 => {
            limits.classes = list(at, "resourceType", class)?;
            limits.documents = list(at, "documentType", class)?;
        }
    }
    Ok(limits)
}

/// Reads a list that may be absent; an empty one is not FHIR.
fn list<T>(
    at: &Cursor<'_, '_>,
    name: &'static str,
    mut read: impl FnMut(&Cursor<'_, '_>) -> Result<T, ConsentError>,
) -> Result<Vec<T>, ConsentError> {
    let Some(at) = at.field(name)? else { return Ok(Vec::new()) };
    let items = at.items(ITEMS_MAX)?;
    if items.is_empty() {
        return Err(at.refuse(Refusal::MissingElement));
    }
    items.iter().map(&mut read).collect()
}

/// A Coding with system and code.
pub(crate) fn coding(at: &Cursor<'_, '_>) -> Result<Coding, ConsentError> {
    at.check_fields(&["system", "version", "code", "display", "userSelected"])?;
    let (Some(system), Some(code)) = (at.field("system")?, at.field("code")?) else {
        return Err(at.refuse(Refusal::IncompleteCoding));
    };
    Ok(Coding::new(system.text()?, code.text()?))
}

/// The codings of a `CodeableConcept`, at least one.
pub(crate) fn concept(at: &Cursor<'_, '_>) -> Result<Vec<Coding>, ConsentError> {
    at.check_fields(&["coding", "text"])?;
    let found = list(at, "coding", coding)?;
    if found.is_empty() { Err(at.refuse(Refusal::IncompleteCoding)) } else { Ok(found) }
}

/// What a Reference names: an address, or `system|value` of an identifier.
pub(crate) fn reference(at: &Cursor<'_, '_>) -> Result<Box<str>, ConsentError> {
    at.check_fields(&["reference", "type", "identifier", "display"])?;
    if let Some(text) = at.field("reference")? {
        let name = crate::labels::without_version(text.text()?);
        if name.starts_with('#') || name.is_empty() {
            return Err(text.refuse(Refusal::UnusableReference));
        }
        return Ok(name.into());
    }
    let Some(identifier) = at.field("identifier")? else {
        return Err(at.refuse(Refusal::UnusableReference));
    };
    let (Some(system), Some(value)) = (identifier.field("system")?, identifier.field("value")?)
    else {
        return Err(identifier.refuse(Refusal::UnusableReference));
    };
    Ok(format!("{}|{}", system.text()?, value.text()?).into())
}

/// The references of a list that may be absent.
pub(crate) fn references(
    at: &Cursor<'_, '_>,
    name: &'static str,
) -> Result<Vec<Box<str>>, ConsentError> {
    list(at, name, reference)
}

/// First and last moment of a Period; an end that is absent is open.
pub(crate) fn period(at: &Cursor<'_, '_>) -> Result<(Moment, Moment), ConsentError> {
    at.check_fields(&["start", "end"])?;
    let bound = |name| -> Result<Option<(Moment, Moment)>, ConsentError> {
        let Some(at) = at.field(name)? else { return Ok(None) };
        Moment::span_of(at.text()?).ok_or_else(|| at.refuse(Refusal::NotATime)).map(Some)
    };
    let from = bound("start")?.map_or(Moment::FIRST, |(first, _)| first);
    let until = bound("end")?.map_or(Moment::LAST, |(_, last)| last);
    if from > until { Err(at.refuse(Refusal::PeriodBackwards)) } else { Ok((from, until)) }
}

/// Days of a Period. A bound within a day touches that day and does not hold it.
fn data_period(at: &Cursor<'_, '_>) -> Result<DataPeriod, ConsentError> {
    period(at)?;
    let bound = |name| -> Result<Option<(DaySpan, i32)>, ConsentError> {
        let Some(at) = at.field(name)? else { return Ok(None) };
        let text = at.text()?;
        let days = DaySpan::from_fhir(text).ok_or_else(|| at.refuse(Refusal::NotATime))?;
        Ok(Some((days, i32::from(text.contains('T')))))
    };
    let (start, end) = (bound("start")?, bound("end")?);
    let first = start.map_or(i32::MIN, |(days, _)| days.first.0);
    let last = end.map_or(i32::MAX, |(days, _)| days.last.0);
    let whole_first = start.map_or(i32::MIN, |(days, within)| days.first.0 + within);
    let whole_last = end.map_or(i32::MAX, |(days, within)| days.last.0 - within);
    let span = |first, last| DaySpan { first: Day(first), last: Day(last) };
    // Zones may turn the order of two times within neighbouring days.
    let touched = span(first.min(last), last.max(first));
    let within = (whole_first <= whole_last).then(|| span(whole_first, whole_last));
    Ok(DataPeriod { within, touched })
}

fn actor(at: &Cursor<'_, '_>, release: Release) -> Result<Actor, ConsentError> {
    at.check_fields(&["modifierExtension", "role", "reference"])?;
    let roles = at.field("role")?.map(|role| concept(&role)).transpose()?;
    let reference = at.field("reference")?.map(|at| reference(&at)).transpose()?;
    if release == Release::R4 && (roles.is_none() || reference.is_none()) {
        return Err(at.refuse(Refusal::MissingElement));
    }
    if roles.is_none() && reference.is_none() {
        return Err(at.refuse(Refusal::MissingElement));
    }
    // Several codings of one concept say the same; one that says how the actor takes part is preferred.
    let role = roles.and_then(|roles| {
        let takes_part = |role: &&Coding| Participation::of(role.by_ref()) != Participation::InRole;
        roles.iter().find(takes_part).or(roles.first()).cloned()
    });
    let participation =
        role.as_ref().map_or(Participation::Recipient, |role| Participation::of(role.by_ref()));
    if participation != Participation::InRole && reference.is_none() {
        return Err(at.refuse(Refusal::UnusableReference));
    }
    Ok(Actor { participation, role, reference })
}

fn action(at: &Cursor<'_, '_>) -> Result<Action, ConsentError> {
    let codings = concept(at)?;
    let mut known = codings.iter().map(|coding| {
        (*coding.system == *CONSENT_ACTION).then(|| Action::from_code(&coding.code)).flatten()
    });
    match (known.next().flatten(), known.next()) {
        (Some(action), None) => Ok(action),
        _ => Err(at.refuse(Refusal::UnknownAction)),
    }
}

fn purpose(at: &Cursor<'_, '_>) -> Result<Coding, ConsentError> {
    let purpose = coding(at)?;
    if *purpose.system == *ACT_REASON && purpose_bit(&purpose.code).is_none() {
        return Err(at.refuse(Refusal::UnknownCode));
    }
    Ok(purpose)
}

fn class(at: &Cursor<'_, '_>) -> Result<Class, ConsentError> {
    let class = coding(at)?;
    if RESOURCE_TYPES.contains(&&*class.system) {
        let known = class.code.parse().map_err(|_| at.refuse(Refusal::UnknownCode))?;
        return Ok(Class::Type(known));
    }
    if *class.system == *MIME_TYPES {
        return Ok(Class::ContentType(class.code));
    }
    Ok(Class::Code(class))
}

fn data(at: &Cursor<'_, '_>) -> Result<Data, ConsentError> {
    at.check_fields(&["modifierExtension", "meaning", "reference"])?;
    let meaning = at.required("meaning")?;
    let code = Meaning::from_code(meaning.text()?);
    Ok(Data {
        meaning: code.ok_or_else(|| meaning.refuse(Refusal::UnknownCode))?,
        reference: reference(&at.required("reference")?)?,
    })
}

fn labels(at: &Cursor<'_, '_>) -> Result<Option<LabelLimits>, ConsentError> {
    let mut limits = LabelLimits::default();
    let found = list(at, "securityLabel", |at| {
        let label = coding(at)?;
        match &*label.system {
            CONFIDENTIALITY => {
                let level = Confidentiality::from_code(&label.code)
                    .ok_or_else(|| at.refuse(Refusal::UnknownCode))?;
                let (low, high) = limits.levels.unwrap_or((level, level));
                limits.levels = Some((low.min(level), high.max(level)));
            }
            ACT_CODE => {
                let one = Sensitivities::from_code(&label.code)
                    .ok_or_else(|| at.refuse(Refusal::UnknownCode))?;
                limits.sensitivities = limits.sensitivities.with(one);
            }
            _ => limits.others.push(label),
        }
        Ok(())
    })?;
    Ok((!found.is_empty()).then_some(limits))
}
