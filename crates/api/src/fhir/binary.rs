//! Bytes of documents: `Binary/<id>` is the content of the `DocumentReference` with that id, and of a
//! Binary that was sent. It is one read, decided and accounted for as that of the resource.

use super::{
    FhirApiError, answer,
    caller::Rights,
    read::read_one,
    request::{Asked, type_of},
};
use crate::{problem::Problem, state::Shared};
use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use salus_fhir::{
    ResourceType,
    document::{Document, from_base64, to_base64},
    rest::Resource,
};
use serde::Deserialize;
use serde_json::json;

/// The name of the type.
pub(super) const BINARY: &str = "Binary";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Binary {
    content_type: Option<String>,
    data: Option<String>,
}

/// Reads the bytes of a document, as a resource or as they are.
pub(super) async fn read(shared: &Shared, asked: &Asked, id: String) -> Result<Response, Problem> {
    let (binary, reference) = (type_of(BINARY)?, ResourceType::DOCUMENT_REFERENCE);
    asked.caller.must(binary, Rights::READ)?;
    if asked.caller.may(reference, Rights::READ) {
        match read_one(shared, asked, reference, id.clone(), None).await {
            Ok(found) => return of_document(asked, &found),
            // It may be a Binary that was sent as one.
            Err(problem) if problem.code == "vault.unknown_record" => {}
            Err(problem) => return Err(problem),
        }
    }
    let found = read_one(shared, asked, binary, id, None).await?;
    if !asked.raw {
        return answer::resource(found);
    }
    let parsed: Option<Binary> = serde_json::from_str(&found.text).ok();
    let parsed = parsed.ok_or(FhirApiError::NotFound)?;
    let content = from_base64(parsed.data.as_deref().unwrap_or_default());
    let content = content.map_err(|_| FhirApiError::NotFound)?;
    raw(parsed.content_type.as_deref(), found.version, content)
}

fn of_document(asked: &Asked, found: &Resource) -> Result<Response, Problem> {
    // Bytes that are elsewhere, such as at a URL, are not here.
    let document = Document::of_resource(found.text.as_bytes());
    let document = document.map_err(|_| FhirApiError::NotFound)?;
    if asked.raw {
        return raw(document.media_type.as_deref(), found.version, document.content);
    }
    let shown = json!({
        "resourceType": BINARY,
        "id": found.id,
        "contentType": document.media_type,
        "securityContext": { "reference": format!("DocumentReference/{}", found.id) },
        "data": to_base64(&document.content),
    });
    answer::made(shown.to_string())
}

/// The bytes as they are. What kind they are says who sent them: nothing is to be run.
fn raw(media_type: Option<&str>, version: u32, content: Vec<u8>) -> Result<Response, Problem> {
    let unknown = HeaderValue::from_static("application/octet-stream");
    let media_type = media_type.and_then(|name| name.parse().ok()).unwrap_or(unknown);
    let fixed = HeaderValue::from_static;
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (header::CACHE_CONTROL, fixed("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, fixed("nosniff")),
        (header::CONTENT_DISPOSITION, fixed("attachment")),
        (header::ETAG, answer::value(&answer::etag(version))?),
    ];
    Ok((headers, content).into_response())
}
