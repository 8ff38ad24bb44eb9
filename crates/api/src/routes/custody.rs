//! Keys with custodians: arranging them, keeping shares, releasing them for final requests.

use super::gateway::body;
use crate::{
    custody::{Custody, CustodyBegin, CustodyOffer, CustodyOrder},
    error::ApiError,
    extract::JsonBody,
    problem::Problem,
    schema,
    state::Shared,
};
use axum::{
    Json,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The media type of what custodians, holders and requesters say to one another, in canonical bytes.
pub const CUSTODY: &str = "application/vnd.salus.custody";

fn custody_of(shared: &Shared) -> Result<Arc<dyn Custody>, ApiError> {
    shared.custody.clone().ok_or(ApiError::NoVault)
}

/// Makes keys for categories of a patient's records and deals them to custodians.
///
/// Nothing changes before the patient has signed `AppointCustodians` with the root of the answer, and
/// the arrangement is begun. An offer that is not begun is forgotten when the node stops.
#[utoipa::path(
    post, path = "/v1/vault/custody", tag = "vault", request_body = CustodyOrder, security(("token" = [])),
    responses(
        (status = 200, description = "What the patient signs.", body = CustodyOffer),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn deal(
    State(shared): State<Shared>,
    JsonBody(order): JsonBody<CustodyOrder>,
) -> Result<Json<CustodyOffer>, Problem> {
    Ok(Json(custody_of(&shared)?.deal(order).await?))
}

/// Begins an arrangement that the patient has signed.
///
/// Every custodian gets its shares first; then this vault forgets the keys, for good.
#[utoipa::path(
    post, path = "/v1/vault/custody/begin", tag = "vault", request_body = CustodyBegin, security(("token" = [])),
    responses(
        (status = 204, description = "The keys are with the custodians."),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn begin(
    State(shared): State<Shared>,
    JsonBody(begin): JsonBody<CustodyBegin>,
) -> Result<StatusCode, Problem> {
    custody_of(&shared)?.begin(begin.arrangement).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes shares of another vault's keys, to keep them.
///
/// They prove themselves: the ledger has the root of their commitments, signed by the patient.
#[utoipa::path(
    post, path = "/v1/gateway/custody/shares", tag = "gateway",
    request_body(content = schema::Binary, content_type = "application/vnd.salus.custody"),
    responses(
        (status = 204, description = "Kept."),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn keep_shares(
    State(shared): State<Shared>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let bundle = body(&shared, request, CUSTODY).await?;
    custody_of(&shared)?.keep_shares(bundle).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Releases a share of a key, sealed to the key that a final request names.
#[utoipa::path(
    post, path = "/v1/gateway/custody/share", tag = "gateway",
    request_body(content = schema::Binary, content_type = "application/vnd.salus.custody"),
    responses(
        (status = 200, description = "The share, sealed.", body = schema::Binary, content_type = "application/vnd.salus.custody"),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn release_share(
    State(shared): State<Shared>,
    request: Request,
) -> Result<Response, Problem> {
    let request = body(&shared, request, CUSTODY).await?;
    let answer = custody_of(&shared)?.release_share(request).await?;
    Ok(([(header::CONTENT_TYPE, CUSTODY)], answer).into_response())
}

/// Gives a sealed record, which its holder cannot open, for a final request.
#[utoipa::path(
    post, path = "/v1/gateway/custody/read", tag = "gateway",
    request_body(content = schema::Binary, content_type = "application/vnd.salus.custody"),
    responses(
        (status = 200, description = "The sealed record.", body = schema::Binary, content_type = "application/vnd.salus.custody"),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn release_sealed(
    State(shared): State<Shared>,
    request: Request,
) -> Result<Response, Problem> {
    let request = body(&shared, request, CUSTODY).await?;
    let answer = custody_of(&shared)?.release_sealed(request).await?;
    Ok(([(header::CONTENT_TYPE, CUSTODY)], answer).into_response())
}

/// Tells a holder which records this organisation read with shares, and who: leaves and audit events.
#[utoipa::path(
    post, path = "/v1/gateway/custody/told", tag = "gateway",
    request_body(content = schema::Binary, content_type = "application/vnd.salus.custody"),
    responses(
        (status = 200, description = "The leaves of the requests that are known here.", body = schema::Binary, content_type = "application/vnd.salus.custody"),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn tell(
    State(shared): State<Shared>,
    request: Request,
) -> Result<Response, Problem> {
    let request = body(&shared, request, CUSTODY).await?;
    let answer = custody_of(&shared)?.tell(request).await?;
    Ok(([(header::CONTENT_TYPE, CUSTODY)], answer).into_response())
}

/// What other gateways call.
pub(crate) fn open_router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(keep_shares))
        .routes(routes!(release_share))
        .routes(routes!(release_sealed))
        .routes(routes!(tell))
}

/// What the organisation itself calls.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(deal)).routes(routes!(begin))
}
