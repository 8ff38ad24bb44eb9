//! The organisation's own records. All of these need its token.

use crate::{
    error::ApiError,
    extract::{JsonBody, Path, Query},
    problem::Problem,
    records::{
        AccessesAnswer, HistoryAnswer, ImportAnswer, ImportOrder, PatientsAnswer, ReadOrder,
        RecordFilter, Records, RecordsAnswer, ScopeRegistration,
    },
    schema,
    state::Shared,
};
use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::StreamExt as _;
use salus_consent::{Basis, EmergencyId, EpisodeId, GrantId, RecordId};
use salus_types::AccountId;
use serde::Deserialize;
use std::{
    io::{self, Read},
    sync::Arc,
    time::Duration,
};
use tokio_util::io::{StreamReader, SyncIoBridge};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The media type of a record's exact bytes.
pub const FHIR_JSON: &str = "application/fhir+json";
/// Header of a record that was read: its id.
pub const RECORD_HEADER: &str = "salus-record";
/// Header of a record that was read: its version.
pub const VERSION_HEADER: &str = "salus-version";
/// Header of a record that was read: its FHIR resource type.
pub const TYPE_HEADER: &str = "salus-resource-type";
/// Header of a record that was read: the number of the access among the patient's.
pub const ACCESS_HEADER: &str = "salus-access";
/// Header of a record that was read: the height at which the access was accounted for.
pub const HEIGHT_HEADER: &str = "salus-height";

/// The records of this organisation.
pub(crate) fn records_of(shared: &Shared) -> Result<Arc<dyn Records>, ApiError> {
    shared.vault.clone().ok_or(ApiError::NoVault)
}

/// Whose records a bundle holds.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Import {
    /// The account of a patient who keeps their own key. When left out, the patients are those of the
    /// bundle, and the organisation keeps a key for each.
    #[param(value_type = Option<String>)]
    patient: Option<AccountId>,
    /// May say `true` when `patient` is left out, for clarity.
    assisted: Option<bool>,
    /// The system that the bundle comes from; ids of resources are unique within it.
    #[serde(default)]
    source: String,
}

/// Imports a FHIR R4 bundle, JSON or gzip, of any length.
///
/// Every entry becomes a record: sealed, stored, anchored on the ledger. All of the bundle or nothing.
/// The answer comes when all anchors are final. The same bundle again changes nothing.
#[utoipa::path(
    post, path = "/v1/vault/import", tag = "vault", params(Import), security(("token" = [])),
    request_body(
        description = "A FHIR R4 bundle, streamed.",
        content((Object = "application/fhir+json"), (Object = "application/json"), (schema::Binary = "application/gzip"))
    ),
    responses(
        (status = 200, description = "What was imported.", body = ImportAnswer),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn import(
    State(shared): State<Shared>,
    Query(import): Query<Import>,
    request: Request,
) -> Result<Json<ImportAnswer>, Problem> {
    if import.patient.is_some() == import.assisted.unwrap_or(import.patient.is_none()) {
        let reason = "give `patient`, or `assisted=true`, not both and not neither".to_owned();
        return Err(ApiError::Query { reason }.into());
    }
    if import.source.len() > 256 {
        return Err(ApiError::Query { reason: "source is at most 256 bytes".to_owned() }.into());
    }
    let records = records_of(&shared)?;
    let order = ImportOrder { patient: import.patient, source: import.source };
    let bundle = blocking(request.into_body(), shared.limits.body_idle_max);
    Ok(Json(records.import(order, bundle).await?))
}

/// The body as a reader for a thread that may block; it fails when nothing comes for `idle_max`.
fn blocking(body: Body, idle_max: Duration) -> Box<dyn Read + Send> {
    let parts = body.into_data_stream().map(|part| part.map_err(io::Error::other));
    let parts = tokio_stream::StreamExt::timeout(parts, idle_max).map(|part| match part {
        Ok(part) => part,
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the body stopped coming")),
    });
    Box::new(SyncIoBridge::new(Box::pin(StreamReader::new(parts))))
}

/// The organisation's records, in pages; nothing of their content.
#[utoipa::path(
    get, path = "/v1/vault/records", tag = "vault", params(RecordFilter), security(("token" = [])),
    responses(
        (status = 200, description = "A page of records.", body = RecordsAnswer),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn records(
    State(shared): State<Shared>,
    Query(filter): Query<RecordFilter>,
) -> Result<Json<RecordsAnswer>, Problem> {
    Ok(Json(records_of(&shared)?.records(filter).await?))
}

/// After which patient a page begins.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct After {
    /// The last patient of the page before.
    #[param(value_type = Option<String>)]
    after: Option<AccountId>,
}

/// The organisation's patients, in pages.
#[utoipa::path(
    get, path = "/v1/vault/patients", tag = "vault", params(After), security(("token" = [])),
    responses(
        (status = 200, description = "A page of patients.", body = PatientsAnswer),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn patients(
    State(shared): State<Shared>,
    Query(after): Query<After>,
) -> Result<Json<PatientsAnswer>, Problem> {
    Ok(Json(records_of(&shared)?.patients(after.after).await?))
}

/// Every access to a patient's records here, for the patient: each checked against the ledger, without
/// a gap.
#[utoipa::path(
    get, path = "/v1/vault/patients/{account}/accesses", tag = "vault", security(("token" = [])),
    params(("account" = String, Path, description = "The patient's account, 64 hexadecimal digits.")),
    responses(
        (status = 200, description = "The accesses, in the order of their numbers.", body = AccessesAnswer),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn patient_accesses(
    State(shared): State<Shared>,
    Path(patient): Path<AccountId>,
) -> Result<Json<AccessesAnswer>, Problem> {
    Ok(Json(records_of(&shared)?.accesses(patient).await?))
}

/// The versions of a record.
#[utoipa::path(
    get, path = "/v1/vault/records/{record}/history", tag = "vault", security(("token" = [])),
    params(("record" = String, Path, description = "The record, 64 hexadecimal digits.")),
    responses(
        (status = 200, description = "The versions, oldest first.", body = HistoryAnswer),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn history(
    State(shared): State<Shared>,
    Path(record): Path<RecordId>,
) -> Result<Json<HistoryAnswer>, Problem> {
    Ok(Json(records_of(&shared)?.history(record).await?))
}

/// Reads a record: the organisation's own, or another's on a basis: a grant, an episode, an emergency.
///
/// The access is accounted for on the ledger first; if it cannot be, nothing is read. The answer is
/// the exact bytes that were imported; headers say record, version, access number and height.
#[utoipa::path(
    post, path = "/v1/vault/read", tag = "vault", request_body = ReadOrder, security(("token" = [])),
    responses(
        (status = 200, description = "The record's exact bytes.", body = Object, content_type = "application/fhir+json",
            headers(
                ("salus-record" = String, description = "The record."),
                ("salus-version" = u32, description = "Its version."),
                ("salus-resource-type" = String, description = "Its FHIR resource type."),
                ("salus-access" = u64, description = "The number of this access at the custodian."),
                ("salus-height" = u64, description = "The height at which it was accounted for."),
            )
        ),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn read(
    State(shared): State<Shared>,
    JsonBody(order): JsonBody<ReadOrder>,
) -> Result<Response, Problem> {
    let read = records_of(&shared)?.read(order).await?;
    let mut headers = HeaderMap::new();
    let told = [
        (RECORD_HEADER, read.record.to_string()),
        (VERSION_HEADER, read.version.to_string()),
        (TYPE_HEADER, read.resource_type),
        (ACCESS_HEADER, read.sequence.to_string()),
        (HEIGHT_HEADER, read.accounted.to_string()),
        (header::CONTENT_TYPE.as_str(), FHIR_JSON.to_owned()),
        // What was read once was accounted for once; nobody on the way may keep it.
        (header::CACHE_CONTROL.as_str(), "no-store".to_owned()),
    ];
    for (name, value) in told {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| ApiError::Internal)?;
        headers.insert(name, value.parse().map_err(|_| ApiError::Internal)?);
    }
    Ok((headers, read.bytes).into_response())
}

/// Registers the opening of a scope with an organisation that keeps the records.
#[utoipa::path(
    post, path = "/v1/vault/scopes", tag = "vault", request_body = ScopeRegistration, security(("token" = [])),
    responses(
        (status = 204, description = "Registered."),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn register_scope(
    State(shared): State<Shared>,
    JsonBody(opening): JsonBody<ScopeRegistration>,
) -> Result<StatusCode, Problem> {
    records_of(&shared)?.register_scope(opening).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which records a grant, an episode or an emergency covers, as far as this organisation was told.
#[utoipa::path(
    get, path = "/v1/vault/scopes/{kind}/{id}", tag = "vault", security(("token" = [])),
    params(
        ("kind" = String, Path, description = "`grant`, `episode` or `emergency`."),
        ("id" = String, Path, description = "Its id, 64 hexadecimal digits."),
    ),
    responses(
        (status = 200, description = "The scope and the salt of its commitment.", body = Object),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn scope(
    State(shared): State<Shared>,
    Path((kind, id)): Path<(String, GrantId)>,
) -> Result<Json<serde_json::Value>, Problem> {
    let basis = match kind.as_str() {
        "grant" => Basis::Grant(id),
        "episode" => Basis::Episode(EpisodeId(id.0)),
        "emergency" => Basis::Emergency(EmergencyId(id.0)),
        _ => return Err(ApiError::NotFound { what: "scope of that kind" }.into()),
    };
    Ok(Json(records_of(&shared)?.scope(basis).await?))
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(records))
        .routes(routes!(patients))
        .routes(routes!(patient_accesses))
        .merge(super::assistance::router())
        .merge(super::documents::router())
        .merge(super::rules::router())
        .routes(routes!(history))
        .routes(routes!(read))
        .routes(routes!(register_scope))
        .routes(routes!(scope))
}

/// The one route that takes as long as its sender does.
pub(crate) fn import_router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(import))
}
