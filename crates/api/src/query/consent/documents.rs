//! Documents, and since when they exist.

use super::super::{At, Page, ask, one};
use crate::{
    extract::{Path, Query},
    problem::Problem,
    state::Shared,
    view::StateAnswer,
};
use axum::{Json, extract::State};
use salus_consent::{
    DocumentId,
    query::{self, DocumentVersionView, DocumentView, Existence, Page as ConsentPage},
    state::{List, document_path, document_signature_path, document_version_path, notarised_path},
};
use salus_state::StateRead;
use salus_types::{AccountId, Hash};
use serde_json::Value;
use utoipa_axum::{router::OpenApiRouter, routes};

/// A document: its owner, its latest version, what it takes the place of.
#[utoipa::path(
    get, path = "/v1/documents/{document}", tag = "consent",
    params(("document" = String, Path, description = "The document, 64 hexadecimal digits."), At),
    responses(
        (status = 200, description = "Document.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn notarised_document(
    State(shared): State<Shared>,
    Path(document): Path<DocumentId>,
    Query(at): Query<At>,
) -> Result<Json<StateAnswer<Option<DocumentView>>>, Problem> {
    let question = |state: &dyn StateRead| query::document(state, document);
    one("document", ask(&shared, at, question, |_| vec![document_path(document)]).await?)
}

/// One version of a document, with its signers. A proof is of its owner and its signatures too.
#[utoipa::path(
    get, path = "/v1/documents/{document}/versions/{version}", tag = "consent",
    params(
        ("document" = String, Path, description = "The document, 64 hexadecimal digits."),
        ("version" = u32, Path, description = "The version, from 1."),
        At,
    ),
    responses(
        (status = 200, description = "The version.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn document_version(
    State(shared): State<Shared>,
    Path((document, version)): Path<(DocumentId, u32)>,
    Query(at): Query<At>,
) -> Result<Json<StateAnswer<Option<DocumentVersionView>>>, Problem> {
    let question = |state: &dyn StateRead| query::document_version(state, document, version);
    let paths = |answer: &Option<DocumentVersionView>| {
        let signatures = answer.as_ref().map_or(0, |found| found.signed.len());
        let signatures = (0..).take(signatures);
        [document_path(document), document_version_path(document, version)]
            .into_iter()
            .chain(signatures.map(|number| document_signature_path(document, version, number)))
            .collect()
    };
    one("version", ask(&shared, at, question, paths).await?)
}

/// Since which block bytes with this hash exist.
#[utoipa::path(
    get, path = "/v1/notarised/{commitment}", tag = "consent",
    params(("commitment" = String, Path, description = "The hash, salted or not, 64 hexadecimal digits."), At),
    responses(
        (status = 200, description = "The first notarisation.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn notarised(
    State(shared): State<Shared>,
    Path(commitment): Path<Hash>,
    Query(at): Query<At>,
) -> Result<Json<StateAnswer<Option<Existence>>>, Problem> {
    let question = |state: &dyn StateRead| query::existed_since(state, commitment);
    let paths = |answer: &Option<Existence>| {
        let version = answer.map(|found| document_version_path(found.document, found.version));
        [notarised_path(commitment)].into_iter().chain(version).collect()
    };
    one("notarisation", ask(&shared, at, question, paths).await?)
}

/// The documents that an account notarised, in that order.
#[utoipa::path(
    get, path = "/v1/accounts/{account}/documents", tag = "consent",
    params(("account" = String, Path, description = "The owner, 64 hexadecimal digits."), Page),
    responses(
        (status = 200, description = "A page of them.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn documents(
    State(shared): State<Shared>,
    Path(owner): Path<AccountId>,
    Query(page): Query<Page>,
) -> Result<Json<StateAnswer<ConsentPage<DocumentView>>>, Problem> {
    let question =
        |state: &dyn StateRead| query::documents_of(state, owner, page.start(), page.limit());
    let paths = |answer: &ConsentPage<DocumentView>| {
        let items = (answer.from..).zip(&answer.items).flat_map(|(number, item)| {
            [List::Documents.at_path(owner, number), document_path(item.document)]
        });
        [List::Documents.count_path(owner)].into_iter().chain(items).collect()
    };
    Ok(Json(ask(&shared, page.at(), question, paths).await?))
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(notarised_document))
        .routes(routes!(document_version))
        .routes(routes!(notarised))
        .routes(routes!(documents))
}
