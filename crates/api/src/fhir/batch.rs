//! Bundles of requests: a batch, each entry by itself; a transaction, all writes or none.

use super::{
    FhirApiError, answer,
    bundle::Bundle,
    outcome::outcome,
    read::read_one,
    request::{Asked, decoded, resource_body, type_of},
    resources_of,
    search::search_bundle,
    write::{change, creation},
};
use crate::{error::ApiError, problem::Problem, state::Shared};
use axum::{
    extract::{Request, State},
    response::Response,
};
use salus_fhir::{
    json,
    rest::{Write, Written},
};
use salus_vault::rules::Act;
use serde::Deserialize;

/// Most entries of a bundle.
const ENTRIES_MAX: usize = 5_000;

/// What an entry asks for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wish {
    method: String,
    url: String,
    if_match: Option<String>,
    if_none_exist: Option<String>,
}

/// An entry, its resource as it stands.
struct Entry<'b> {
    full_url: Option<String>,
    resource: Option<&'b str>,
    wish: Wish,
}

/// What an entry is, when it is understood.
enum Step {
    Write(Write),
    Read { name: String, id: String },
    Search { name: String, query: String },
}

fn body(reason: &'static str) -> FhirApiError {
    FhirApiError::Body { reason }
}

/// Cuts the bundle into its entries; gives its type too.
fn entries(text: &str) -> Result<(String, Vec<Entry<'_>>), FhirApiError> {
    serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|_| body("it is not JSON"))?;
    let of = |member: &str| json::member(text, member);
    let word = |raw: Option<&str>| raw.and_then(|raw| serde_json::from_str::<String>(raw).ok());
    if word(of("resourceType")).as_deref() != Some("Bundle") {
        return Err(body("it is no Bundle"));
    }
    let kind = word(of("type")).ok_or_else(|| body("the Bundle has no type"))?;
    let items = of("entry").map_or(Some(Vec::new()), json::items);
    let items = items.ok_or_else(|| body("its entries are no list"))?;
    if items.len() > ENTRIES_MAX {
        return Err(body("it has too many entries"));
    }
    let entries = items
        .into_iter()
        .map(|item| {
            let wish = json::member(item, "request").and_then(|raw| serde_json::from_str(raw).ok());
            Ok(Entry {
                full_url: word(json::member(item, "fullUrl")),
                resource: json::member(item, "resource"),
                wish: wish.ok_or_else(|| body("an entry has no request"))?,
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok((kind, entries))
}

/// Understands an entry.
fn step(asked: &Asked, entry: &Entry<'_>) -> Result<Step, Problem> {
    let url = entry.wish.url.trim_start_matches('/');
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let (name, id) = match path.split_once('/') {
        None => (path, None),
        Some((name, id)) => (name, Some(id.to_owned())),
    };
    let resource =
        || entry.resource.map(str::to_owned).ok_or_else(|| body("a resource is missing"));
    match (entry.wish.method.as_str(), id) {
        ("GET", Some(id)) if query.is_empty() && !id.contains(['/', '$']) => {
            Ok(Step::Read { name: name.to_owned(), id })
        }
        ("GET", None) => Ok(Step::Search { name: name.to_owned(), query: query.to_owned() }),
        ("POST", None) if query.is_empty() => {
            let resource_type = type_of(name)?;
            let target = creation(asked, resource_type, entry.wish.if_none_exist.as_deref())?;
            let full_url = entry.full_url.clone();
            Ok(Step::Write(Write { resource_type, target, full_url, text: resource()? }))
        }
        ("PUT", Some(id)) if query.is_empty() => {
            let resource_type = type_of(name)?;
            let target = change(asked, resource_type, id, entry.wish.if_match.as_deref())?;
            let full_url = entry.full_url.clone();
            Ok(Step::Write(Write { resource_type, target, full_url, text: resource()? }))
        }
        _ => {
            Err(FhirApiError::NotSupported { what: "an entry with this method and address" }.into())
        }
    }
}

fn told(shared: &Shared, bundle: &mut Bundle, written: &Written, minimal: bool) {
    let status = answer::status(written.effect).to_string();
    let resource = (!minimal).then_some(written.resource.text.as_str());
    bundle.done(shared, &status, Some(&written.resource), resource);
}

/// Answers a read or a search.
async fn ask(
    shared: &Shared,
    asked: &Asked,
    bundle: &mut Bundle,
    step: Step,
) -> Result<(), Problem> {
    match step {
        Step::Write(write) => {
            let written =
                resources_of(shared)?.write(vec![write], &asked.asking(Act::Write)).await?;
            let written = written.first().ok_or(ApiError::Internal)?;
            told(shared, bundle, written, asked.minimal);
        }
        Step::Read { name, id } => {
            let found = read_one(shared, asked, type_of(&name)?, id, None).await?;
            bundle.done(shared, "200 OK", Some(&found), Some(&found.text));
        }
        Step::Search { name, query } => {
            let pairs = decoded(&query);
            let found = search_bundle(shared, asked, type_of(&name)?, &pairs).await?;
            bundle.done(shared, "200 OK", None, Some(&found));
        }
    }
    Ok(())
}

async fn transaction(
    shared: &Shared,
    asked: &Asked,
    entries: &[Entry<'_>],
) -> Result<String, Problem> {
    let steps = entries.iter().map(|entry| step(asked, entry)).collect::<Result<Vec<_>, _>>()?;
    let mut writes = Vec::new();
    let mut others = Vec::new();
    for (position, step) in steps.into_iter().enumerate() {
        match step {
            Step::Write(write) => writes.push(write),
            other => others.push((position, other)),
        }
    }
    let written = if writes.is_empty() {
        Vec::new()
    } else {
        resources_of(shared)?.write(writes, &asked.asking(Act::Write)).await?
    };
    let mut bundle = Bundle::new("transaction-response", None, &[]);
    let mut written = written.iter();
    let mut others = others.into_iter().peekable();
    for position in 0..entries.len() {
        if let Some((_, step)) = others.next_if(|(at, _)| *at == position) {
            ask(shared, asked, &mut bundle, step).await?;
        } else {
            let written = written.next().ok_or(ApiError::Internal)?;
            told(shared, &mut bundle, written, asked.minimal);
        }
    }
    Ok(bundle.end())
}

/// Does what the entries of a Bundle ask for: a transaction writes all or nothing; in a batch each
/// entry succeeds or is refused by itself.
#[utoipa::path(
    post, path = "/fhir", tag = "fhir", security(("token" = [])),
    request_body(content = Object, content_type = "application/fhir+json"),
    responses(
        (status = 200, description = "A Bundle of type transaction-response or batch-response.", body = Object, content_type = "application/fhir+json"),
        (status = "default", description = "Refused: an OperationOutcome.", body = Object, content_type = "application/fhir+json"),
    )
)]
pub(crate) async fn batch(
    State(shared): State<Shared>,
    asked: Asked,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, sent) = request.into_parts();
    let _turn = shared.submissions.acquire().await.map_err(|_| ApiError::Internal)?;
    let text = resource_body(&shared, &parts.headers, sent).await?;
    let (kind, entries) = entries(&text)?;
    match kind.as_str() {
        "transaction" => answer::made(transaction(&shared, &asked, &entries).await?),
        "batch" => {
            let mut bundle = Bundle::new("batch-response", None, &[]);
            for entry in &entries {
                let done = match step(&asked, entry) {
                    Ok(step) => ask(&shared, &asked, &mut bundle, step).await,
                    Err(problem) => Err(problem),
                };
                if let Err(problem) = done {
                    bundle.refused(problem.status, &outcome(&problem));
                }
            }
            answer::made(bundle.end())
        }
        _ => Err(body("the Bundle is neither a transaction nor a batch").into()),
    }
}
