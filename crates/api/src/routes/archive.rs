//! Blocks with their certificates, for the operator's back-ups.

use crate::{error::ApiError, extract::Path, problem::Problem, schema, state::Shared};
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use salus_types::Height;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The media type of blocks with their certificates, in canonical bytes.
const ARCHIVE: &str = "application/vnd.salus.archive";

/// Final blocks from a height on, some megabytes of them; none beyond the last one.
///
/// They prove themselves, so they are no secret; the token keeps strangers from asking for all.
#[utoipa::path(
    get, path = "/v1/archive/{height}", tag = "blocks",
    params(("height" = u64, Path, description = "The first height, from 1.")),
    responses(
        (status = 200, description = "The blocks.", body = schema::Binary, content_type = "application/vnd.salus.archive"),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn archive(
    State(shared): State<Shared>,
    Path(height): Path<String>,
) -> Result<Response, Problem> {
    let height = height.parse().ok().filter(|height| *height > 0);
    let reason = "a height is a number from 1".to_owned();
    let from = Height(height.ok_or(ApiError::Path { reason })?);
    let blocks = shared.ledger.archive(from).await;
    Ok(([(header::CONTENT_TYPE, ARCHIVE)], blocks).into_response())
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(archive))
}
