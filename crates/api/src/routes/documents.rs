//! Documents of any format: added and changed here, and read like any other record.

use super::vault::records_of;
use crate::{
    body::read_json_within,
    error::ApiError,
    extract::Path,
    problem::Problem,
    records::{DocumentAnswer, DocumentChange, DocumentOrder},
    state::Shared,
};
use axum::{
    Json,
    extract::{Request, State},
};
use salus_consent::RecordId;
use serde::de::DeserializeOwned;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Most bytes of a request with a document in it: more than the largest in base 64.
const BODY_BYTES_MAX: usize = 17 * 1024 * 1024;

/// Reads a request that may hold a document. As many as submissions are in memory at once.
async fn read<T: DeserializeOwned>(shared: &Shared, request: Request) -> Result<T, ApiError> {
    let (parts, body) = request.into_parts();
    read_json_within(&parts.headers, body, BODY_BYTES_MAX, &shared.limits).await
}

/// Adds a document of any format to the records of a patient who has a Patient here.
///
/// It becomes a record, a `DocumentReference` with the exact bytes in it: sealed, stored, and anchored on
/// the ledger when the answer comes. It is read by `/v1/vault/read` and under `/fhir` like any other.
#[utoipa::path(
    post, path = "/v1/vault/documents", tag = "vault", request_body = DocumentOrder, security(("token" = [])),
    responses(
        (status = 200, description = "Its record.", body = DocumentAnswer),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn add_document(
    State(shared): State<Shared>,
    request: Request,
) -> Result<Json<DocumentAnswer>, Problem> {
    let _turn = shared.submissions.acquire().await.map_err(|_| ApiError::Internal)?;
    let order = read(&shared, request).await?;
    Ok(Json(records_of(&shared)?.add_document(order).await?))
}

/// Makes the next version of a document. What is not given stays as it is, the bytes too.
#[utoipa::path(
    put, path = "/v1/vault/documents/{record}", tag = "vault", request_body = DocumentChange, security(("token" = [])),
    params(("record" = String, Path, description = "Its record, 64 hexadecimal digits.")),
    responses(
        (status = 200, description = "Its latest version.", body = DocumentAnswer),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn update_document(
    State(shared): State<Shared>,
    Path(record): Path<RecordId>,
    request: Request,
) -> Result<Json<DocumentAnswer>, Problem> {
    let _turn = shared.submissions.acquire().await.map_err(|_| ApiError::Internal)?;
    let change = read(&shared, request).await?;
    Ok(Json(records_of(&shared)?.update_document(record, change).await?))
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(add_document)).routes(routes!(update_document))
}
