//! Exports for research, asked for by the organisation that has a grant and given by the one that keeps
//! the records; and what a hospital offers at admission.

use super::{gateway::body, vault::records_of};
use crate::{
    extract::JsonBody,
    problem::Problem,
    records::{AdmissionAnswer, AdmissionOrder, ExportOrder},
    schema,
    state::Shared,
};
use axum::{
    Json,
    extract::{Request, State},
    http::header,
    response::{IntoResponse, Response},
};
use utoipa_axum::{router::OpenApiRouter, routes};

/// The media type of lines of JSON.
const NDJSON: &str = "application/fhir+ndjson";
/// The media type of a signed request for an export and of its answer, in canonical bytes.
pub const EXPORT: &str = "application/vnd.salus.export";

/// Gets what a grant for research gives: a patient's records without what says whose they are.
///
/// The holder of the records decides, accounts for each as exported, and takes out names, addresses,
/// identifiers, free text and exact dates before it answers. One resource on each line.
#[utoipa::path(
    post, path = "/v1/vault/export", tag = "vault", request_body = ExportOrder, security(("token" = [])),
    responses(
        (status = 200, description = "The records, one on each line.", body = String, content_type = "application/fhir+ndjson"),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn export(
    State(shared): State<Shared>,
    JsonBody(order): JsonBody<ExportOrder>,
) -> Result<Response, Problem> {
    let lines = records_of(&shared)?.export(order).await?;
    let headers = [(header::CONTENT_TYPE, NDJSON), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, lines).into_response())
}

/// Offers an episode at this hospital: a link that a patient takes with one act.
///
/// The hospital reads under the episode until discharge. Its gateway knows the scope from the offer, and
/// shows it to whoever keeps the records.
#[utoipa::path(
    post, path = "/v1/vault/admissions", tag = "vault", request_body = AdmissionOrder, security(("token" = [])),
    responses(
        (status = 200, description = "The link and the episode that it opens.", body = AdmissionAnswer),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn admit(
    State(shared): State<Shared>,
    JsonBody(order): JsonBody<AdmissionOrder>,
) -> Result<Json<AdmissionAnswer>, Problem> {
    Ok(Json(records_of(&shared)?.admit(order).await?))
}

/// Gives a page of an export to the organisation that a grant names.
#[utoipa::path(
    post, path = "/v1/gateway/export", tag = "gateway",
    request_body(content = schema::Binary, content_type = "application/vnd.salus.export"),
    responses(
        (status = 200, description = "The page, sealed.", body = schema::Binary, content_type = "application/vnd.salus.export"),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn release_export(
    State(shared): State<Shared>,
    request: Request,
) -> Result<Response, Problem> {
    let request = body(&shared, request, EXPORT).await?;
    let answer = records_of(&shared)?.release_export(request).await?;
    Ok(([(header::CONTENT_TYPE, EXPORT)], answer).into_response())
}

/// What other gateways call.
pub(crate) fn open_router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(release_export))
}

/// What the organisation itself calls.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(export)).routes(routes!(admit))
}
