//! What every request passes: measuring, catching panics, a bound on how many, a deadline.

use crate::{error::ApiError, problem::Problem, state::Shared};
use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    http::{Method, Response as HttpResponse},
    middleware::Next,
    response::{IntoResponse, Response},
};
use metrics::{counter, histogram};
use std::{any::Any, time::Instant};
use tracing::Instrument as _;

/// Metric: requests answered, by route template, method and status.
pub const REQUESTS_TOTAL: &str = "api_requests_total";
/// Metric: time to the head of the answer, by route template and method.
pub const REQUEST_SECONDS: &str = "api_request_duration_seconds";
/// Metric: event listeners at this moment.
pub const LISTENERS: &str = "api_event_listeners";

/// Counts and times a request. Labels hold the route's template, never what is in the path.
pub(crate) async fn observe(request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unknown".to_owned(), |path| path.as_str().to_owned());
    let method = method_label(request.method());
    let span = tracing::debug_span!("api.request", route, method);
    let start = Instant::now();

    let response = next.run(request).instrument(span).await;

    let status = response.status().as_u16().to_string();
    counter!(REQUESTS_TOTAL, "route" => route.clone(), "method" => method, "status" => status)
        .increment(1);
    histogram!(REQUEST_SECONDS, "route" => route, "method" => method)
        .record(start.elapsed().as_secs_f64());
    response
}

/// The method, of a fixed set so that callers cannot invent labels.
fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// Refuses a request when too many are being answered.
pub(crate) async fn bounded(
    State(shared): State<Shared>,
    request: Request,
    next: Next,
) -> Response {
    let Ok(_place) = shared.requests.try_acquire() else {
        return Problem::from(ApiError::Overloaded).into_response();
    };
    next.run(request).await
}

/// Ends a request that takes too long.
pub(crate) async fn deadline(
    State(shared): State<Shared>,
    request: Request,
    next: Next,
) -> Response {
    match tokio::time::timeout(shared.limits.deadline, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::from(ApiError::Timeout).into_response(),
    }
}

/// What a caller gets when a handler panicked: no detail; the log has it.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over")]
pub(crate) fn panicked(panic: Box<dyn Any + Send + 'static>) -> HttpResponse<Body> {
    let what = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a message");
    tracing::error!(what, "a handler panicked");
    Problem::from(ApiError::Internal).into_response()
}
