//! Problem documents: how every refusal is spelled (RFC 9457).

use crate::error::{ApiError, status};
use axum::{
    Json,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// The media type of a problem document.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Why a request was refused.
///
/// Source: RFC 9457. `code` is what programs compare; `detail` is for people and may change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, thiserror::Error)]
#[error("{detail} ({code})")]
pub struct Problem {
    /// `/errors/<code>`, a relative reference.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub type_uri: Box<str>,
    /// The HTTP status in words.
    #[schema(value_type = String)]
    pub title: Box<str>,
    /// The HTTP status.
    pub status: u16,
    /// What was wrong and what to do.
    pub detail: String,
    /// The stable code, `area.reason`.
    pub code: String,
    /// The path that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub instance: Option<Box<str>>,
    /// When to try again, in milliseconds; only where trying again can help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl Problem {
    /// A problem with a code, whose status is looked up in the table, and a sentence.
    pub fn new(code: &str, detail: impl Into<String>) -> Self {
        let status = status(code);
        Self {
            type_uri: format!("/errors/{code}").into(),
            title: status.canonical_reason().unwrap_or("Refused").into(),
            status: status.as_u16(),
            detail: detail.into(),
            code: code.to_owned(),
            instance: None,
            retry_after_ms: None,
        }
    }

    /// Says when to try again.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after_ms = Some(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if self.code == ApiError::Unauthorised.code() {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait_ms) = self.retry_after_ms {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait_ms.div_ceil(1000).max(1)));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Fills in `instance`, which handlers do not know.
pub(crate) async fn with_instance(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    match response.extensions_mut().remove::<Problem>() {
        Some(mut problem) => {
            problem.instance = Some(path.into());
            let mut told = problem.into_response();
            for (name, value) in response.headers() {
                if !told.headers().contains_key(name) && name != header::CONTENT_LENGTH {
                    told.headers_mut().append(name, value.clone());
                }
            }
            told
        }
        None => response,
    }
}
