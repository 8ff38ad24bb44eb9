//! `Patient/{id}/$everything`.

use super::{
    FhirApiError, answer,
    caller::Rights,
    request::{Asked, type_of},
    resources_of, search,
};
use crate::{error::ApiError, extract::Path, problem::Problem, state::Shared};
use axum::{extract::State, response::Response};
use salus_fhir::{
    ResourceType,
    search::{COUNT_DEFAULT, COUNT_MAX, Span},
};
use salus_vault::rules::Act;

/// The types that `_type` names; none for all.
pub(super) fn types_of(asked: &Asked) -> Result<Option<Vec<ResourceType>>, FhirApiError> {
    asked
        .parameter("_type")
        .map(|names| names.split(',').map(type_of).collect::<Result<Vec<_>, _>>())
        .transpose()
}

/// The moment that `_since` names, in milliseconds since 1970.
pub(super) fn since_of(asked: &Asked) -> Result<Option<u64>, ApiError> {
    let Some(text) = asked.parameter("_since") else { return Ok(None) };
    let moment = Span::parse(text).and_then(|span| u64::try_from(span.first).ok());
    let reason = || "_since is no instant, such as 2026-11-21T00:00:00Z".to_owned();
    moment.map(Some).ok_or_else(|| ApiError::Query { reason: reason() })
}

/// Everything that is kept here of a patient and may be read, in pages, the Patient first.
#[utoipa::path(
    get, path = "/fhir/{type}/{id}/$everything", tag = "fhir", security(("token" = [])),
    params(
        ("type" = String, Path, description = "Patient."),
        ("id" = String, Path, description = "The logical id of the Patient."),
        ("_type" = Option<String>, Query, description = "Only these types, separated by commas."),
        ("_since" = Option<String>, Query, description = "Only what was anchored since."),
        ("_count" = Option<u32>, Query, description = "Resources on a page, at most 500."),
    ),
    responses(
        (status = 200, description = "A Bundle of type searchset.", body = Object, content_type = "application/fhir+json"),
        (status = "default", description = "Refused: an OperationOutcome.", body = Object, content_type = "application/fhir+json"),
    )
)]
pub(crate) async fn everything(
    State(shared): State<Shared>,
    Path((name, id)): Path<(String, String)>,
    asked: Asked,
) -> Result<Response, Problem> {
    if type_of(&name)? != ResourceType::PATIENT {
        return Err(FhirApiError::NotSupported { what: "$everything of this type" }.into());
    }
    asked.caller.must(ResourceType::PATIENT, Rights::READ)?;
    let wanted = types_of(&asked)?;
    let types = |one: ResourceType| {
        asked.caller.may(one, Rights::READ)
            && wanted.as_ref().is_none_or(|wanted| wanted.contains(&one))
    };
    let records = resources_of(&shared)?;
    let operation = format!("{id}/$everything");
    let found = if let Some(cursor) = asked.parameter("_cursor") {
        records.next_page(&operation, cursor, &types, &asked.asking(Act::Search)).await?
    } else {
        let since_ms = since_of(&asked)?;
        let count = asked.parameter("_count").map_or(Ok(COUNT_DEFAULT), str::parse);
        let reason = || "_count is no number".to_owned();
        let count = count.map_err(|_| ApiError::Query { reason: reason() })?;
        let count = count.clamp(1, COUNT_MAX);
        records.everything(&id, since_ms, count, &types, &asked.asking(Act::Search)).await?
    };
    let at = format!("{}/Patient/{operation}", answer::base(&shared));
    let understood: Vec<_> =
        asked.pairs.iter().filter(|(name, _)| name != "_format").cloned().collect();
    answer::made(search::bundle(&shared, &found, &at, &understood))
}
