//! Between gateways: requests that another organisation signs with a key that the ledger lists.

use super::vault::records_of;
use crate::{
    body::{media_type, read, wrong_type},
    error::ApiError,
    problem::Problem,
    schema,
    state::Shared,
};
use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The media type of a signed request to read, in canonical bytes.
pub const READ_REQUEST: &str = "application/vnd.salus.read-request";
/// The media type of its answer: ciphertext and a wrapped key, in canonical bytes.
pub const READ_RESPONSE: &str = "application/vnd.salus.read-response";
/// The media type of a signed opening of a scope, in canonical bytes.
pub const SCOPE_OPENING: &str = "application/vnd.salus.scope-opening";

pub(super) async fn body(
    shared: &Shared,
    request: Request,
    expected: &'static str,
) -> Result<Bytes, ApiError> {
    let (parts, body) = request.into_parts();
    let found = media_type(&parts.headers);
    if found.as_deref() != Some(expected) {
        return Err(wrong_type(found, expected));
    }
    read(body, shared.limits.body_bytes_max, &shared.limits).await
}

/// Answers another organisation's signed request to read on a basis: a grant, an episode, an emergency.
///
/// The access is accounted for on the ledger before the answer is given. The answer is ciphertext
/// with a key wrapped to the organisation that asks: whoever carries it learns nothing.
#[utoipa::path(
    post, path = "/v1/gateway/read", tag = "gateway",
    request_body(content = schema::Binary, content_type = "application/vnd.salus.read-request"),
    responses(
        (status = 200, description = "The sealed record.", body = schema::Binary, content_type = "application/vnd.salus.read-response"),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn release(
    State(shared): State<Shared>,
    request: Request,
) -> Result<Response, Problem> {
    let request = body(&shared, request, READ_REQUEST).await?;
    let answer = records_of(&shared)?.release(request).await?;
    Ok(([(header::CONTENT_TYPE, READ_RESPONSE)], answer).into_response())
}

/// Takes the opening of a scope from another organisation.
#[utoipa::path(
    post, path = "/v1/gateway/scopes", tag = "gateway",
    request_body(content = schema::Binary, content_type = "application/vnd.salus.scope-opening"),
    responses(
        (status = 204, description = "Taken."),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn receive_scope(
    State(shared): State<Shared>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let opening = body(&shared, request, SCOPE_OPENING).await?;
    records_of(&shared)?.receive_scope(opening).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(release)).routes(routes!(receive_scope))
}
