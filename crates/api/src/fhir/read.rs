//! Reading one resource: its latest version, another one, all of them.

use super::{
    FhirApiError, ResourceOrder, answer, audit, binary,
    bundle::Bundle,
    caller::Rights,
    request::{Asked, type_of},
    resources_of,
};
use crate::{extract::Path, problem::Problem, state::Shared};
use axum::{extract::State, response::Response};
use salus_fhir::{ResourceType, rest::Resource};
use salus_vault::rules::Act;

/// Reads for whoever asks.
pub(super) async fn read_one(
    shared: &Shared,
    asked: &Asked,
    resource_type: ResourceType,
    id: String,
    version: Option<u32>,
) -> Result<Resource, Problem> {
    asked.caller.must(resource_type, Rights::READ)?;
    let (basis, asking) = (asked.basis, asked.asking(Act::Read));
    let order = ResourceOrder { resource_type, id, version, basis, asking };
    Ok(resources_of(shared)?.resource(order).await?)
}

/// Reads a resource, once the access is accounted for on the ledger.
///
/// With one of the headers `salus-grant`, `salus-episode` and `salus-emergency` a record of another
/// organisation is read, on that basis. `Binary` with the id of a `DocumentReference` is its
/// document: as it is, where `Accept` names another type than JSON.
#[utoipa::path(
    get, path = "/fhir/{type}/{id}", tag = "fhir", operation_id = "fhir_read", security(("token" = [])),
    params(
        ("type" = String, Path, description = "The resource type."),
        ("id" = String, Path, description = "The logical id."),
        ("salus-purpose-of-use" = Option<String>, Header, description = "What for; TREAT when left out."),
        ("salus-actor" = Option<String>, Header, description = "Who in the organisation asks: JSON with `person`, `roles`, `departments`, `treatment`."),
        ("salus-grant" = Option<String>, Header, description = "The grant under which another organisation's record is read."),
        ("salus-episode" = Option<String>, Header, description = "The episode under which another organisation's record is read."),
        ("salus-emergency" = Option<String>, Header, description = "The emergency in which another organisation's record is read."),
    ),
    responses(
        (status = 200, description = "The resource.", body = Object, content_type = "application/fhir+json"),
        (status = "default", description = "Refused: an OperationOutcome.", body = Object, content_type = "application/fhir+json"),
    )
)]
pub(crate) async fn read(
    State(shared): State<Shared>,
    Path((name, id)): Path<(String, String)>,
    asked: Asked,
) -> Result<Response, Problem> {
    let resource_type = type_of(&name)?;
    if audit::answers(resource_type) {
        return answer::made(audit::read(&shared, &asked, &id).await?);
    }
    if resource_type.name() == binary::BINARY {
        return binary::read(&shared, &asked, id).await;
    }
    answer::resource(read_one(&shared, &asked, resource_type, id, None).await?)
}

/// Reads a version of a resource.
#[utoipa::path(
    get, path = "/fhir/{type}/{id}/_history/{version}", tag = "fhir", security(("token" = [])),
    params(
        ("type" = String, Path, description = "The resource type."),
        ("id" = String, Path, description = "The logical id."),
        ("version" = String, Path, description = "The version, from 1."),
    ),
    responses(
        (status = 200, description = "The version.", body = Object, content_type = "application/fhir+json"),
        (status = "default", description = "Refused: an OperationOutcome.", body = Object, content_type = "application/fhir+json"),
    )
)]
pub(crate) async fn read_version(
    State(shared): State<Shared>,
    Path((name, id, version)): Path<(String, String, String)>,
    asked: Asked,
) -> Result<Response, Problem> {
    let version = version.parse().map_err(|_| FhirApiError::NotFound)?;
    let found = read_one(&shared, &asked, type_of(&name)?, id, Some(version)).await?;
    answer::resource(found)
}

/// All versions of a resource, latest first.
#[utoipa::path(
    get, path = "/fhir/{type}/{id}/_history", tag = "fhir", operation_id = "fhir_history", security(("token" = [])),
    params(
        ("type" = String, Path, description = "The resource type."),
        ("id" = String, Path, description = "The logical id."),
    ),
    responses(
        (status = 200, description = "A Bundle of type history.", body = Object, content_type = "application/fhir+json"),
        (status = "default", description = "Refused: an OperationOutcome.", body = Object, content_type = "application/fhir+json"),
    )
)]
pub(crate) async fn history(
    State(shared): State<Shared>,
    Path((name, id)): Path<(String, String)>,
    asked: Asked,
) -> Result<Response, Problem> {
    let resource_type = type_of(&name)?;
    asked.caller.must(resource_type, Rights::READ.and(Rights::SEARCH))?;
    let records = resources_of(&shared)?;
    let versions = records.resource_history(resource_type, &id, &asked.asking(Act::Read)).await?;
    let url = format!("{}/{resource_type}/{id}/_history", answer::base(&shared));
    let mut bundle = Bundle::new("history", Some(versions.len() as u64), &[("self", url)]);
    for version in &versions {
        bundle.version(&shared, version);
    }
    answer::made(bundle.end())
}
