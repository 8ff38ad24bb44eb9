//! Refusals under `/fhir` as `OperationOutcome`, with the codes that they have everywhere.

use crate::problem::Problem;
use axum::{
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// The media type of resources.
pub(crate) const FHIR_JSON: &str = "application/fhir+json";
/// The system of the codes in `issue.details`.
pub(crate) const ERROR_SYSTEM: &str = "urn:salus:error";

/// The issue type of FHIR for a status.
fn issue_type(status: u16) -> &'static str {
    match status {
        400 => "invalid",
        401 => "login",
        403 => "forbidden",
        404 => "not-found",
        405 | 406 | 415 => "not-supported",
        408 => "timeout",
        409 | 412 => "conflict",
        410 => "expired",
        413 => "too-long",
        429 => "throttled",
        500 => "exception",
        502 | 503 => "transient",
        _ => "business-rule",
    }
}

/// The `OperationOutcome` of a refusal.
pub(crate) fn outcome(problem: &Problem) -> Value {
    let mut issue = json!({
        "severity": "error",
        "code": issue_type(problem.status),
        "details": {
            "coding": [{ "system": ERROR_SYSTEM, "code": problem.code }],
            "text": problem.detail,
        },
    });
    if let Some(wait_ms) = problem.retry_after_ms {
        issue["diagnostics"] = format!("try again after {wait_ms} ms").into();
    }
    json!({ "resourceType": "OperationOutcome", "issue": [issue] })
}

/// Turns problem documents of the routes under `/fhir` into `OperationOutcome`s.
pub(crate) async fn outcomes(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let ours = path == "/fhir" || path.starts_with("/fhir/");
    let mut response = next.run(request).await;
    if !ours {
        return response;
    }
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut told = (status, outcome(&problem).to_string()).into_response();
    told.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(FHIR_JSON));
    for (name, value) in response.headers() {
        if !told.headers().contains_key(name) && name != header::CONTENT_LENGTH {
            told.headers_mut().append(name, value.clone());
        }
    }
    told
}
