//! Writing one resource: sealed, and anchored on the ledger, before the answer.

use super::{
    FhirApiError, answer,
    caller::Rights,
    request::{Asked, decoded, resource_body, text_of, type_of, version_of},
    resources_of,
};
use crate::{error::ApiError, extract::Path, problem::Problem, state::Shared};
use axum::{
    extract::{Request, State},
    http::{HeaderName, header},
    response::Response,
};
use salus_fhir::{
    ResourceType,
    rest::{Target, Write, Written},
    search::{Handling, Query},
};
use salus_vault::rules::Act;

/// The header of a conditional create.
const IF_NONE_EXIST: HeaderName = HeaderName::from_static("if-none-exist");

/// What a create is to become; `condition` is the query of a conditional one.
pub(super) fn creation(
    asked: &Asked,
    resource_type: ResourceType,
    condition: Option<&str>,
) -> Result<Target, Problem> {
    asked.caller.must(resource_type, Rights::CREATE)?;
    let Some(condition) = condition else { return Ok(Target::Create(None)) };
    asked.caller.must(resource_type, Rights::SEARCH)?;
    let condition = condition.split_once('?').map_or(condition, |(_, query)| query);
    let pairs = decoded(condition);
    let pairs = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    // A condition that is not understood in full would meet more than is meant.
    let query = Query::parse(resource_type, pairs, Handling::Strict)?;
    if query.conditions.is_empty() {
        return Err(FhirApiError::Body { reason: "the condition is empty" }.into());
    }
    Ok(Target::Create(Some(query)))
}

/// What an update is to become.
pub(super) fn change(
    asked: &Asked,
    resource_type: ResourceType,
    id: String,
    if_match: Option<&str>,
) -> Result<Target, Problem> {
    asked.caller.must(resource_type, Rights::UPDATE)?;
    Ok(Target::Update { id, version: if_match.map(version_of).transpose()? })
}

async fn write_one(shared: &Shared, asked: &Asked, write: Write) -> Result<Written, Problem> {
    let mut written = resources_of(shared)?.write(vec![write], &asked.asking(Act::Write)).await?;
    Ok(written.pop().ok_or(ApiError::Internal)?)
}

/// Creates a resource. Its id is given here; with `If-None-Exist` nothing is created twice.
#[utoipa::path(
    post, path = "/fhir/{type}", tag = "fhir", security(("token" = [])),
    params(
        ("type" = String, Path, description = "The resource type."),
        ("if-none-exist" = Option<String>, Header, description = "A search; only if it finds nothing, the resource is created."),
    ),
    request_body(content = Object, content_type = "application/fhir+json"),
    responses(
        (status = 201, description = "Created, sealed and anchored.", body = Object, content_type = "application/fhir+json"),
        (status = "default", description = "Refused: an OperationOutcome.", body = Object, content_type = "application/fhir+json"),
    )
)]
pub(crate) async fn create(
    State(shared): State<Shared>,
    Path(name): Path<String>,
    asked: Asked,
    request: Request,
) -> Result<Response, Problem> {
    let resource_type = type_of(&name)?;
    let (parts, body) = request.into_parts();
    let target = creation(&asked, resource_type, text_of(&parts.headers, IF_NONE_EXIST))?;
    let _turn = shared.submissions.acquire().await.map_err(|_| ApiError::Internal)?;
    let text = resource_body(&shared, &parts.headers, body).await?;
    let write = Write { resource_type, target, full_url: None, text };
    answer::written(&shared, write_one(&shared, &asked, write).await?, asked.minimal)
}

/// Makes the next version of a resource; with `If-Match` only of the version that it names.
#[utoipa::path(
    put, path = "/fhir/{type}/{id}", tag = "fhir", security(("token" = [])),
    params(
        ("type" = String, Path, description = "The resource type."),
        ("id" = String, Path, description = "The logical id."),
        ("if-match" = Option<String>, Header, description = "The version that is changed, as W/\"1\"."),
    ),
    request_body(content = Object, content_type = "application/fhir+json"),
    responses(
        (status = 200, description = "Changed, sealed and anchored.", body = Object, content_type = "application/fhir+json"),
        (status = "default", description = "Refused: an OperationOutcome.", body = Object, content_type = "application/fhir+json"),
    )
)]
pub(crate) async fn update(
    State(shared): State<Shared>,
    Path((name, id)): Path<(String, String)>,
    asked: Asked,
    request: Request,
) -> Result<Response, Problem> {
    let resource_type = type_of(&name)?;
    let (parts, body) = request.into_parts();
    let target = change(&asked, resource_type, id, text_of(&parts.headers, header::IF_MATCH))?;
    let _turn = shared.submissions.acquire().await.map_err(|_| ApiError::Internal)?;
    let text = resource_body(&shared, &parts.headers, body).await?;
    let write = Write { resource_type, target, full_url: None, text };
    answer::written(&shared, write_one(&shared, &asked, write).await?, asked.minimal)
}
