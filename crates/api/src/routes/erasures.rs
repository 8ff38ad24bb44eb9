//! Erasures at this organisation, and what must be kept.

use crate::{
    erasures::{ErasureAnswer, ErasureOrder, Erasures, RetentionOrder},
    error::ApiError,
    extract::{JsonBody, Path},
    problem::Problem,
    state::Shared,
};
use axum::{Json, extract::State, http::StatusCode};
use salus_consent::ErasureId;
use salus_types::AccountId;
use std::sync::Arc;
use utoipa_axum::{router::OpenApiRouter, routes};

fn erasures_of(shared: &Shared) -> Result<Arc<dyn Erasures>, ApiError> {
    shared.erasures.clone().ok_or(ApiError::NoVault)
}

/// Carries out an erasure that the ledger has, and answers when it is attested.
///
/// The node does so by itself as soon as the ledger has one; this waits for it. One of some records has to
/// be told here which.
#[utoipa::path(
    post, path = "/v1/vault/erasures", tag = "vault", request_body = ErasureOrder, security(("token" = [])),
    responses(
        (status = 200, description = "What became of it.", body = ErasureAnswer),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn erase(
    State(shared): State<Shared>,
    JsonBody(order): JsonBody<ErasureOrder>,
) -> Result<Json<ErasureAnswer>, Problem> {
    Ok(Json(erasures_of(&shared)?.erase(order).await?))
}

/// What this organisation says that it destroyed: the report whose hash it attested.
#[utoipa::path(
    get, path = "/v1/vault/erasures/{erasure}", tag = "vault", security(("token" = [])),
    params(("erasure" = String, Path, description = "The erasure, 64 hexadecimal digits.")),
    responses(
        (status = 200, description = "The signed report.", body = ErasureAnswer),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn erasure_report(
    State(shared): State<Shared>,
    Path(erasure): Path<ErasureId>,
) -> Result<Json<ErasureAnswer>, Problem> {
    Ok(Json(erasures_of(&shared)?.report(erasure).await?))
}

/// Notes until when the law wants a patient's records to be kept: an erasure before is refused.
#[utoipa::path(
    put, path = "/v1/vault/patients/{account}/retention", tag = "vault", request_body = RetentionOrder,
    security(("token" = [])),
    params(("account" = String, Path, description = "The patient, 64 hexadecimal digits.")),
    responses(
        (status = 204, description = "Noted."),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn retain(
    State(shared): State<Shared>,
    Path(account): Path<AccountId>,
    JsonBody(order): JsonBody<RetentionOrder>,
) -> Result<StatusCode, Problem> {
    erasures_of(&shared)?.retain(account, order).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the organisation itself calls.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(erase))
        .routes(routes!(erasure_report))
        .routes(routes!(retain))
}
