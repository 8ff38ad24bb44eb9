//! The organisation's token, which its own systems show.

use crate::{error::ApiError, problem::Problem, state::Shared};
use axum::{
    extract::{Request, State},
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::fmt;
use subtle::ConstantTimeEq;

/// The bearer token of an organisation's gateway.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiToken(String);

impl ApiToken {
    /// Takes the token as it stands in the file that the operator protects.
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// The header that shows it.
    pub(crate) fn header(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// Whether `shown` is this token, in time that does not depend on where they differ.
    pub fn matches(&self, shown: &str) -> bool {
        !self.0.is_empty() && bool::from(self.0.as_bytes().ct_eq(shown.as_bytes()))
    }
}

impl fmt::Debug for ApiToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiToken([redacted])")
    }
}

/// Lets only requests through that show the token. Without a token nobody passes.
pub(crate) async fn require_token(
    State(shared): State<Shared>,
    request: Request,
    next: Next,
) -> Response {
    if shows_token(&shared, &request) {
        next.run(request).await
    } else {
        Problem::from(ApiError::Unauthorised).into_response()
    }
}

/// The bearer token that a request shows.
pub(crate) fn shown_token(request: &Request) -> Option<&str> {
    request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
}

/// Whether a token that was shown is the organisation's.
pub(crate) fn is_token(shared: &Shared, shown: &str) -> bool {
    shared.token.as_ref().is_some_and(|token| token.matches(shown))
}

/// Whether a request shows the organisation's token.
pub(crate) fn shows_token(shared: &Shared, request: &Request) -> bool {
    shown_token(request).is_some_and(|shown| is_token(shared, shown))
}
