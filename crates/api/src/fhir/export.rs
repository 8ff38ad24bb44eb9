//! Bulk export: planned in the background, read when it is fetched, never written down.
//!
//! A file is a list of records. Its lines are read, and accounted for, when somebody fetches it; what
//! may no longer be read by then is left out. So nothing decrypted lies anywhere between.
//!
//! Source: HL7 Bulk Data Access 2.0.

use super::{
    FhirApiError, answer,
    caller::{Caller, Rights},
    everything::{since_of, types_of},
    request::Asked,
    resources_of,
};
use crate::{
    error::ApiError, extract::Path, problem::Problem, records::RecordsRefusal, state::Shared,
};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use salus_consent::RecordId;
use salus_crypto::random;
use salus_fhir::{ResourceType, search::Handling};
use salus_vault::rules::{Act, Asking};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// The media type of an export's files.
const NDJSON: &str = "application/fhir+ndjson";
/// Exports that are kept at a time.
const EXPORTS_MAX: usize = 16;
/// How long an export that is not deleted is kept when another one needs its place.
const KEPT_FOR: Duration = Duration::from_hours(1);
/// Records of one file.
const FILE_RECORDS: usize = 10_000;
/// Records that are read, and accounted for, together.
const READ_TOGETHER: usize = 200;

/// The exports that were asked for.
#[derive(Default)]
pub(crate) struct Exports(Mutex<HashMap<String, Arc<Export>>>);

struct Export {
    /// The client that asked; none for the organisation itself.
    owner: Option<String>,
    asking: Asking,
    request: String,
    /// When it was planned, as an instant.
    time: String,
    begun: Instant,
    plan: Mutex<Plan>,
}

enum Plan {
    Making,
    Made(Vec<File>),
    Refused(RecordsRefusal),
}

#[derive(Clone)]
struct File {
    resource_type: ResourceType,
    records: Arc<[RecordId]>,
}

impl Exports {
    fn put(&self, export: &Arc<Export>) -> Result<String, FhirApiError> {
        let name = format!("{:032x}", u128::from_be_bytes(random()));
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= EXPORTS_MAX {
            kept.retain(|_, export| export.begun.elapsed() < KEPT_FOR);
        }
        if kept.len() >= EXPORTS_MAX {
            return Err(FhirApiError::TooManyExports);
        }
        kept.insert(name.clone(), Arc::clone(export));
        Ok(name)
    }

    /// The export of this name, for whoever asked for it.
    fn find(&self, name: &str, caller: &Caller) -> Result<Arc<Export>, FhirApiError> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.get(name).filter(|export| export.owner.as_deref() == caller.client());
        found.cloned().ok_or(FhirApiError::NotFound)
    }

    fn remove(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

impl Export {
    fn plan(&self) -> std::sync::MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The parameters that an export takes.
const PARAMETERS: [&str; 5] = ["_outputFormat", "_since", "_type", "patient", "_format"];

fn check_parameters(asked: &Asked) -> Result<(), Problem> {
    let unknown = asked.pairs.iter().find(|(name, _)| !PARAMETERS.contains(&name.as_str()));
    if unknown.is_some() && asked.handling == Handling::Strict {
        let reason = "an export takes _type, _since, _outputFormat and patient".to_owned();
        return Err(ApiError::Query { reason }.into());
    }
    match asked.parameter("_outputFormat").map(|format| format.replace(' ', "+")).as_deref() {
        None | Some(NDJSON | "application/ndjson" | "ndjson") => Ok(()),
        Some(_) => Err(FhirApiError::Format.into()),
    }
}

async fn begin(shared: Shared, asked: Asked, path: &str) -> Result<Response, Problem> {
    check_parameters(&asked)?;
    let records = resources_of(&shared)?;
    let wanted = types_of(&asked)?;
    let rights = Rights::READ.and(Rights::SEARCH);
    for one in wanted.iter().flatten() {
        asked.caller.must(*one, rights)?;
    }
    let since_ms = since_of(&asked)?;
    let patients: Option<Vec<String>> = asked.parameter("patient").map(|patients| {
        let id = |one: &str| one.strip_prefix("Patient/").unwrap_or(one).to_owned();
        patients.split(',').map(id).collect()
    });
    let base = answer::base(&shared);
    let now = shared.ledger.status().await.time;
    let export = Arc::new(Export {
        owner: asked.caller.client().map(str::to_owned),
        asking: asked.asking(Act::Export),
        request: format!("{base}{path}"),
        time: salus_fhir::search::instant(now.unix_ms()),
        begun: Instant::now(),
        plan: Mutex::new(Plan::Making),
    });
    let name = shared.exports.put(&export)?;
    let (caller, asking) = (asked.caller, export.asking.clone());
    tokio::spawn(async move {
        let types = |one: ResourceType| {
            caller.may(one, rights) && wanted.as_ref().is_none_or(|wanted| wanted.contains(&one))
        };
        let listed = records.listed(patients, since_ms, &types, &asking).await;
        *export.plan() = match listed {
            Ok(listed) => Plan::Made(files(listed)),
            Err(refusal) => Plan::Refused(refusal),
        };
    });
    let at = answer::value(&format!("{base}/$export/{name}"))?;
    Ok((StatusCode::ACCEPTED, [(header::CONTENT_LOCATION, at)]).into_response())
}

/// The files of an export: one type each, so many records.
fn files(listed: Vec<(ResourceType, RecordId)>) -> Vec<File> {
    let mut by_type: BTreeMap<ResourceType, Vec<RecordId>> = BTreeMap::new();
    for (resource_type, record) in listed {
        by_type.entry(resource_type).or_default().push(record);
    }
    let mut files = Vec::new();
    for (resource_type, records) in by_type {
        for part in records.chunks(FILE_RECORDS) {
            files.push(File { resource_type, records: part.into() });
        }
    }
    files
}

/// Begins an export of everything that may be read. The answer says where to ask for it.
#[utoipa::path(
    get, path = "/fhir/$export", tag = "fhir", security(("token" = [])),
    params(
        ("_type" = Option<String>, Query, description = "Only these types, separated by commas."),
        ("_since" = Option<String>, Query, description = "Only what was anchored since."),
        ("patient" = Option<String>, Query, description = "Only these patients, separated by commas."),
    ),
    responses(
        (status = 202, description = "Begun; the header Content-Location says where to ask."),
        (status = "default", description = "Refused: an OperationOutcome.", body = Object, content_type = "application/fhir+json"),
    )
)]
pub(crate) async fn export_all(
    State(shared): State<Shared>,
    asked: Asked,
) -> Result<Response, Problem> {
    begin(shared, asked, "/$export").await
}

/// The same for the records of patients: here every record is a patient's.
#[utoipa::path(
    get, path = "/fhir/Patient/$export", tag = "fhir", security(("token" = [])),
    responses(
        (status = 202, description = "Begun; the header Content-Location says where to ask."),
        (status = "default", description = "Refused: an OperationOutcome.", body = Object, content_type = "application/fhir+json"),
    )
)]
pub(crate) async fn export_patients(
    State(shared): State<Shared>,
    asked: Asked,
) -> Result<Response, Problem> {
    begin(shared, asked, "/Patient/$export").await
}

/// How an export stands: under way, or its files.
#[utoipa::path(
    get, path = "/fhir/$export/{job}", tag = "fhir", security(("token" = [])),
    params(("job" = String, Path, description = "The export.")),
    responses(
        (status = 200, description = "The files.", body = Object),
        (status = 202, description = "It is under way; ask again."),
        (status = "default", description = "Refused: an OperationOutcome.", body = Object, content_type = "application/fhir+json"),
    )
)]
pub(crate) async fn export_status(
    State(shared): State<Shared>,
    Path(job): Path<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    let export = shared.exports.find(&job, &asked.caller)?;
    let base = answer::base(&shared);
    let output: Vec<Value> = match &*export.plan() {
        Plan::Making => {
            let headers = [
                (header::RETRY_AFTER, HeaderValue::from_static("1")),
                (
                    "x-progress".parse().map_err(|_| ApiError::Internal)?,
                    HeaderValue::from_static("looking for records"),
                ),
            ];
            return Ok((StatusCode::ACCEPTED, headers).into_response());
        }
        Plan::Refused(refusal) => return Err(refusal.clone().into()),
        Plan::Made(files) => files
            .iter()
            .enumerate()
            .map(|(number, file)| {
                json!({
                    "type": file.resource_type.name(),
                    "url": format!("{base}/$export/{job}/{number}"),
                    "count": file.records.len(),
                })
            })
            .collect(),
    };
    let manifest = json!({
        "transactionTime": export.time,
        "request": export.request,
        "requiresAccessToken": true,
        "output": output,
        "error": [],
    });
    Ok(([(header::CACHE_CONTROL, "no-store")], axum::Json(manifest)).into_response())
}

/// A file of an export: a resource a line. Each is accounted for as it is read.
#[utoipa::path(
    get, path = "/fhir/$export/{job}/{file}", tag = "fhir", security(("token" = [])),
    params(
        ("job" = String, Path, description = "The export."),
        ("file" = String, Path, description = "The number of the file."),
    ),
    responses(
        (status = 200, description = "Resources, one a line.", content_type = "application/fhir+ndjson"),
        (status = "default", description = "Refused: an OperationOutcome.", body = Object, content_type = "application/fhir+json"),
    )
)]
pub(crate) async fn export_file(
    State(shared): State<Shared>,
    Path((job, file)): Path<(String, String)>,
    asked: Asked,
) -> Result<Response, Problem> {
    let export = shared.exports.find(&job, &asked.caller)?;
    let number: usize = file.parse().map_err(|_| FhirApiError::NotFound)?;
    let file = match &*export.plan() {
        Plan::Made(files) => files.get(number).cloned(),
        Plan::Making | Plan::Refused(_) => None,
    };
    let file = file.ok_or(FhirApiError::NotFound)?;
    asked.caller.must(file.resource_type, Rights::READ.and(Rights::SEARCH))?;
    let records = resources_of(&shared)?;
    let parts: Vec<Vec<RecordId>> =
        file.records.chunks(READ_TOGETHER).map(<[RecordId]>::to_vec).collect();
    let lines = stream::iter(parts).then(move |part| {
        let (records, export) = (Arc::clone(&records), Arc::clone(&export));
        async move {
            let found = records.resources(&part, &export.asking).await;
            // The head is out: an answer that breaks off is the only way to say that it failed.
            let found = found.map_err(|refusal| io::Error::other(refusal.code))?;
            let mut text = String::new();
            for resource in found {
                // Line feeds stand between the parts of JSON, never within.
                text.push_str(&resource.text.replace(['\n', '\r'], " "));
                text.push('\n');
            }
            Ok::<_, io::Error>(Bytes::from(text))
        }
    });
    let headers = [(header::CONTENT_TYPE, NDJSON), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, Body::from_stream(lines)).into_response())
}

/// Forgets an export.
#[utoipa::path(
    delete, path = "/fhir/$export/{job}", tag = "fhir", security(("token" = [])),
    params(("job" = String, Path, description = "The export.")),
    responses(
        (status = 202, description = "Forgotten."),
        (status = "default", description = "Refused: an OperationOutcome.", body = Object, content_type = "application/fhir+json"),
    )
)]
pub(crate) async fn export_delete(
    State(shared): State<Shared>,
    Path(job): Path<String>,
    asked: Asked,
) -> Result<Response, Problem> {
    shared.exports.find(&job, &asked.caller)?;
    shared.exports.remove(&job);
    Ok(StatusCode::ACCEPTED.into_response())
}
