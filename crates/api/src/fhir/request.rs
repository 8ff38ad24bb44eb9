//! What every request under `/fhir` says beside its path.

use super::{FhirApiError, caller::Caller};
use crate::{
    body::{media_type, read},
    error::ApiError,
    problem::Problem,
    state::Shared,
};
use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, header, request::Parts},
};
use salus_consent::{Basis, PurposeOfUse};
use salus_fhir::{ResourceType, search::Handling};
use salus_vault::{
    actor::Actor,
    rules::{Act, Asking},
};
use std::{borrow::Cow, sync::Arc};

/// The header that says what a record is read for: a code of HL7 `PurposeOfUse`; `TREAT` when left
/// out.
pub const PURPOSE_HEADER: &str = "salus-purpose-of-use";
/// The header that says who in the organisation asks: JSON of an actor.
const ACTOR_HEADER: &str = "salus-actor";
/// Most bytes of that header.
const ACTOR_BYTES_MAX: usize = 8 * 1024;
/// Reads the id of a basis of one kind.
type ParseBasis = fn(&str) -> Option<Basis>;
/// The headers that name on what a record of another organisation is read; at most one is given.
const BASIS_HEADERS: [(&str, ParseBasis); 3] = [
    ("salus-grant", |id| id.parse().ok().map(Basis::Grant)),
    ("salus-episode", |id| id.parse().ok().map(Basis::Episode)),
    ("salus-emergency", |id| id.parse().ok().map(Basis::Emergency)),
];
/// Most bytes of a resource or a bundle that is sent.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Who asks, what for, and how the answer should be.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(super) caller: Caller,
    pub(super) purpose: PurposeOfUse,
    /// Who in the organisation asks: as the request says, or else the client.
    pub(super) actor: Option<Arc<Actor>>,
    pub(super) basis: Option<Basis>,
    pub(super) handling: Handling,
    /// The bytes of a document are to be answered as they are.
    pub(super) raw: bool,
    /// The answer to a write need not hold the resource.
    pub(super) minimal: bool,
    /// The parameters of the query, decoded.
    pub(super) pairs: Vec<(String, String)>,
}

impl FromRequestParts<Shared> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Problem> {
        let caller = parts.extensions.get::<Caller>().cloned().ok_or(ApiError::Unauthorised)?;
        let pairs = decoded(parts.uri.query().unwrap_or_default());
        let format = pairs.iter().find(|(name, _)| name == "_format");
        let raw = format.is_none() && wants_raw(parts);
        if !raw {
            check_format(&parts.headers, format.map(|(_, value)| value.as_str()))?;
        }
        let purpose = match parts.headers.get(PURPOSE_HEADER) {
            None => PurposeOfUse::Treatment,
            Some(code) => code
                .to_str()
                .ok()
                .and_then(|code| code.parse().ok())
                .ok_or(FhirApiError::Purpose)?,
        };
        let actor = actor_of(&parts.headers, &caller)?;
        let basis = basis_of(&parts.headers)?;
        Ok(Self {
            caller,
            purpose,
            actor,
            basis,
            raw,
            handling: if prefers(&parts.headers, "handling=lenient") {
                Handling::Lenient
            } else {
                Handling::Strict
            },
            minimal: prefers(&parts.headers, "return=minimal"),
            pairs,
        })
    }
}

/// On what a read of another organisation's record rests, by the headers.
fn basis_of(headers: &HeaderMap) -> Result<Option<Basis>, ApiError> {
    let mut found = None;
    for (name, parse) in BASIS_HEADERS {
        let Some(value) = headers.get(name) else { continue };
        let basis = value.to_str().ok().and_then(parse).ok_or_else(|| ApiError::Query {
            reason: format!("{name} is not 64 hexadecimal digits"),
        })?;
        if found.replace(basis).is_some() {
            let reason = "give one of `salus-grant`, `salus-episode` and `salus-emergency`";
            return Err(ApiError::Query { reason: reason.to_owned() });
        }
    }
    Ok(found)
}

impl Asked {
    /// What for, by whom and in what way it is asked.
    pub(super) fn asking(&self, act: Act) -> Asking {
        Asking { purpose: self.purpose, actor: self.actor.clone(), act }
    }

    /// The value of a parameter of the query.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str())
    }
}

/// Decodes the parameters of a query, or of a form.
pub(super) fn decoded(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// Who asks: as the header says; without it the client, if it is one.
fn actor_of(headers: &HeaderMap, caller: &Caller) -> Result<Option<Arc<Actor>>, FhirApiError> {
    let actor = match (headers.get(ACTOR_HEADER), caller.client()) {
        (Some(text), _) if text.len() > ACTOR_BYTES_MAX => return Err(FhirApiError::Actor),
        (Some(text), _) => {
            serde_json::from_slice(text.as_bytes()).map_err(|_| FhirApiError::Actor)?
        }
        (None, Some(client)) => Actor::client(client).map_err(|_| FhirApiError::Actor)?,
        (None, None) => return Ok(None),
    };
    Ok(Some(Arc::new(actor)))
}

fn prefers(headers: &HeaderMap, wanted: &str) -> bool {
    let values = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split([',', ';'])).any(|one| one.trim() == wanted)
}

/// Whether the bytes of a document are asked for in their own type, and not as a resource.
fn wants_raw(parts: &Parts) -> bool {
    let accepted = text_of(&parts.headers, header::ACCEPT);
    parts.uri.path().starts_with("/fhir/Binary/")
        && accepted.is_some_and(|types| !types.contains("json") && !types.contains("*/*"))
}

/// Refuses a request that asks for something else than JSON.
fn check_format(headers: &HeaderMap, format: Option<&str>) -> Result<(), FhirApiError> {
    if let Some(format) = format {
        let known = ["json", "text/json", "application/json", "application/fhir+json"];
        // A plus sign in a query is a blank when it is not escaped.
        let format = format.split(';').next().unwrap_or_default().replace(' ', "+");
        return if known.contains(&&*format) { Ok(()) } else { Err(FhirApiError::Format) };
    }
    let accepted: Vec<Cow<'_, str>> = headers
        .get_all(header::ACCEPT)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    let fits = |accept: &Cow<'_, str>| {
        accept
            .split(',')
            .any(|one| one.contains("*/*") || one.contains("application/*") || one.contains("json"))
    };
    if accepted.is_empty() || accepted.iter().any(fits) {
        Ok(())
    } else {
        Err(FhirApiError::Format)
    }
}

/// The resource type of the path.
pub(super) fn type_of(name: &str) -> Result<ResourceType, FhirApiError> {
    name.parse().map_err(|_| FhirApiError::UnknownType)
}

/// A header as text.
pub(super) fn text_of(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The version that `If-Match` names.
pub(super) fn version_of(etag: &str) -> Result<u32, FhirApiError> {
    let etag = etag.trim();
    let quoted = etag.strip_prefix("W/").unwrap_or(etag);
    let version = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    version.unwrap_or(quoted).parse().map_err(|_| FhirApiError::Version)
}

/// Reads a resource or a bundle that is sent.
pub(super) async fn resource_body(
    shared: &Shared,
    headers: &HeaderMap,
    body: Body,
) -> Result<String, Problem> {
    let found = media_type(headers);
    let json = matches!(found.as_deref(), Some("application/fhir+json" | "application/json"));
    if !json {
        return Err(crate::body::wrong_type(found, "application/fhir+json").into());
    }
    let bytes = read(body, BODY_BYTES_MAX, &shared.limits).await?;
    let text = String::from_utf8(bytes.into());
    text.map_err(|_| FhirApiError::Body { reason: "it is not UTF-8" }.into())
}
