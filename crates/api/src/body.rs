//! Reading bodies: bounded in size, and in the time between two parts.

use crate::{error::ApiError, limits::Limits};
use axum::{
    body::Body,
    http::{HeaderMap, header},
};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use serde::de::DeserializeOwned;

/// The media type of a body, without its parameters; none when the request does not say.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next().unwrap_or_default().trim();
    (!essence.is_empty()).then(|| essence.to_ascii_lowercase())
}

/// The refusal of a body that is of another type than `expected`.
pub(crate) fn wrong_type(found: Option<String>, expected: &'static str) -> ApiError {
    ApiError::MediaType { found: found.unwrap_or_else(|| "no stated type".to_owned()), expected }
}

/// Reads a whole body of at most `bytes_max` bytes.
pub(crate) async fn read(
    mut body: Body,
    bytes_max: usize,
    limits: &Limits,
) -> Result<Bytes, ApiError> {
    let mut whole = BytesMut::new();
    loop {
        let frame = tokio::time::timeout(limits.body_idle_max, body.frame())
            .await
            .map_err(|_| ApiError::Timeout)?;
        let Some(frame) = frame else { return Ok(whole.freeze()) };
        let frame = frame.map_err(|_| ApiError::BodyInterrupted)?;
        if let Ok(part) = frame.into_data() {
            if whole.len() + part.len() > bytes_max {
                return Err(ApiError::BodyTooLarge { bytes_max });
            }
            whole.extend_from_slice(&part);
        }
    }
}

/// Reads a JSON body within the bound of small bodies.
pub(crate) async fn read_json<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
    limits: &Limits,
) -> Result<T, ApiError> {
    read_json_within(headers, body, limits.body_bytes_max, limits).await
}

/// Reads a JSON body of at most `bytes_max` bytes.
pub(crate) async fn read_json_within<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
    bytes_max: usize,
    limits: &Limits,
) -> Result<T, ApiError> {
    let found = media_type(headers);
    if found.as_deref() != Some("application/json") {
        return Err(wrong_type(found, "application/json"));
    }
    parse_json(&read(body, bytes_max, limits).await?)
}

/// Parses JSON, saying where it is wrong.
pub(crate) fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(bytes).map_err(|error| ApiError::Json { reason: error.to_string() })
}
