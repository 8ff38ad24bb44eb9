//! Searching, and the pages of what was found.

use super::{
    FhirApiError, answer, audit,
    bundle::Bundle,
    caller::Rights,
    request::{Asked, decoded, type_of},
    resources_of,
};
use crate::{
    body::{media_type, read, wrong_type},
    extract::Path,
    problem::Problem,
    state::Shared,
};
use axum::{
    extract::{Request, State},
    response::Response,
};
use salus_fhir::{ResourceType, rest::Found, search::Query};
use salus_vault::rules::Act;

/// The parameter that asks for a further page.
pub(super) const CURSOR: &str = "_cursor";

/// Searches for whoever asks; gives the bundle.
pub(super) async fn search_bundle(
    shared: &Shared,
    asked: &Asked,
    resource_type: ResourceType,
    pairs: &[(String, String)],
) -> Result<String, Problem> {
    asked.caller.must(resource_type, Rights::SEARCH)?;
    if audit::answers(resource_type) {
        let cursor = pairs.iter().find(|(name, _)| name == CURSOR);
        let position = cursor.map_or(Ok(0), |(_, position)| position.parse());
        let position = position.map_err(|_| FhirApiError::NotFound)?;
        let given = pairs.iter().filter(|(name, _)| name != CURSOR);
        let given = given.map(|(name, value)| (name.as_str(), value.as_str()));
        let query = Query::parse(resource_type, given, asked.handling)?;
        return audit::search(shared, &query, position).await;
    }
    let records = resources_of(shared)?;
    let types = |one: ResourceType| asked.caller.may(one, Rights::READ);
    let at = format!("{}/{resource_type}", answer::base(shared));
    if let Some((_, cursor)) = pairs.iter().find(|(name, _)| name == CURSOR) {
        let name = resource_type.name();
        let found = records.next_page(name, cursor, &types, &asked.asking(Act::Search)).await?;
        return Ok(bundle(shared, &found, &at, &[(CURSOR.to_owned(), cursor.clone())]));
    }
    let given = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let query = Query::parse(resource_type, given, asked.handling)?;
    let found = records.search(&query, &types, &asked.asking(Act::Search)).await?;
    Ok(bundle(shared, &found, &at, &query.understood))
}

/// A page as a bundle: `at` is what was searched, `understood` what was asked of it.
pub(super) fn bundle(
    shared: &Shared,
    found: &Found,
    at: &str,
    understood: &[(String, String)],
) -> String {
    let encoded = |pairs: &[(String, String)]| {
        let mut text = form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(pairs);
        text.finish()
    };
    let mut own = at.to_owned();
    if !understood.is_empty() {
        own = format!("{at}?{}", encoded(understood));
    }
    let mut links = vec![("self", own)];
    if let Some(next) = &found.next {
        links.push(("next", format!("{at}?{CURSOR}={next}")));
    }
    let mut bundle = Bundle::new("searchset", Some(found.total), &links);
    for resource in &found.matches {
        bundle.found(shared, resource, "match");
    }
    for resource in &found.included {
        bundle.found(shared, resource, "include");
    }
    bundle.end()
}

/// Searches resources of one type. What may not be read is in no count, no order and no page; what is
/// shown is accounted for.
#[utoipa::path(
    get, path = "/fhir/{type}", tag = "fhir", security(("token" = [])),
    params(
        ("type" = String, Path, description = "The resource type. Its parameters are in /fhir/metadata."),
        ("_count" = Option<u32>, Query, description = "Matches on a page, at most 500."),
        ("_sort" = Option<String>, Query, description = "Parameters to order by, a minus before one for the greatest first."),
        ("_include" = Option<String>, Query, description = "Type:parameter whose resources come along."),
        ("_cursor" = Option<String>, Query, description = "A further page, from the link `next`."),
    ),
    responses(
        (status = 200, description = "A Bundle of type searchset.", body = Object, content_type = "application/fhir+json"),
        (status = "default", description = "Refused: an OperationOutcome.", body = Object, content_type = "application/fhir+json"),
    )
)]
pub(crate) async fn search(
    State(shared): State<Shared>,
    Path(name): Path<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    let found = search_bundle(&shared, &asked, type_of(&name)?, &asked.pairs).await?;
    answer::made(found)
}

/// The same with the parameters in the body, so that they stand in no log on the way.
#[utoipa::path(
    post, path = "/fhir/{type}/_search", tag = "fhir", security(("token" = [])),
    params(("type" = String, Path, description = "The resource type.")),
    request_body(content = Object, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "A Bundle of type searchset.", body = Object, content_type = "application/fhir+json"),
        (status = "default", description = "Refused: an OperationOutcome.", body = Object, content_type = "application/fhir+json"),
    )
)]
pub(crate) async fn post_search(
    State(shared): State<Shared>,
    Path(name): Path<String>,
    asked: Asked,
    request: Request,
) -> Result<Response, Problem> {
    const FORM: &str = "application/x-www-form-urlencoded";
    let resource_type = type_of(&name)?;
    let (parts, body) = request.into_parts();
    let mut pairs = asked.pairs.clone();
    let bytes = read(body, shared.limits.body_bytes_max, &shared.limits).await?;
    if !bytes.is_empty() {
        let found = media_type(&parts.headers);
        if found.as_deref() != Some(FORM) {
            return Err(wrong_type(found, FORM).into());
        }
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| FhirApiError::Body { reason: "it is not UTF-8" })?;
        pairs.extend(decoded(text));
    }
    answer::made(search_bundle(&shared, &asked, resource_type, &pairs).await?)
}
