//! How resources are answered.

use super::outcome::FHIR_JSON;
use crate::{error::ApiError, problem::Problem, state::Shared};
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use salus_fhir::rest::{Effect, Resource, Written};

/// The address under which resources are known.
pub(super) fn base(shared: &Shared) -> String {
    format!("{}/fhir", shared.base_url)
}

/// The entity tag of a version.
pub(super) fn etag(version: u32) -> String {
    format!("W/\"{version}\"")
}

/// The headers of every answer with records.
fn headers(version: Option<u32>) -> Result<HeaderMap, ApiError> {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(FHIR_JSON));
    // What was read once was accounted for once; nobody on the way may keep it.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(version) = version {
        headers.insert(header::ETAG, value(&etag(version))?);
    }
    Ok(headers)
}

pub(super) fn value(text: &str) -> Result<HeaderValue, ApiError> {
    text.parse().map_err(|_| ApiError::Internal)
}

/// One resource.
pub(super) fn resource(resource: Resource) -> Result<Response, Problem> {
    Ok((headers(Some(resource.version))?, resource.text).into_response())
}

/// A bundle, or another resource that is made here.
pub(super) fn made(text: String) -> Result<Response, Problem> {
    Ok((headers(None)?, text).into_response())
}

/// Where a version is.
pub(super) fn location(shared: &Shared, resource: &Resource) -> String {
    let Resource { resource_type, id, version, .. } = resource;
    format!("{}/{resource_type}/{id}/_history/{version}", base(shared))
}

/// The status of what was written.
pub(super) fn status(effect: Effect) -> StatusCode {
    match effect {
        Effect::Created => StatusCode::CREATED,
        Effect::Updated | Effect::Unchanged => StatusCode::OK,
    }
}

/// What became of one write.
pub(super) fn written(
    shared: &Shared,
    written: Written,
    minimal: bool,
) -> Result<Response, Problem> {
    let mut headers = headers(Some(written.resource.version))?;
    headers.insert(header::LOCATION, value(&location(shared, &written.resource))?);
    let body = if minimal { String::new() } else { written.resource.text };
    Ok((status(written.effect), headers, body).into_response())
}
