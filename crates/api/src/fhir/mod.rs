//! FHIR R4 over the organisation's records, under `/fhir`.
//!
//! One request is one question to [`FhirRecords`], which the node implements over its vault: it
//! decides, accounts and opens. What is here understands requests, checks what the caller's scopes
//! allow, and spells answers. Every refusal is an `OperationOutcome` with the same stable codes as
//! elsewhere. Which parameters can be searched is one table, in `salus-fhir`; `/fhir/metadata` is made
//! of it.

mod answer;
mod audit;
mod batch;
mod binary;
mod bundle;
pub(crate) mod caller;
mod cds;
mod check;
mod error;
mod everything;
pub(crate) mod export;
mod metadata;
pub(crate) mod outcome;
mod port;
mod read;
mod request;
mod search;
mod write;

pub use caller::{Rights, Scope, ScopeContext};
pub use error::FhirApiError;
pub use port::{FhirRecords, ResourceOrder, TypeFilter};
pub use request::PURPOSE_HEADER;

use crate::{error::ApiError, state::Shared};
use std::sync::Arc;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The records of this organisation as resources.
pub(crate) fn resources_of(shared: &Shared) -> Result<Arc<dyn FhirRecords>, ApiError> {
    shared.fhir.clone().ok_or(ApiError::NoVault)
}

/// What anybody may ask.
pub(crate) fn open_router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(metadata::metadata)).routes(routes!(cds::services))
}

/// What the organisation's systems and its clients ask.
pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(batch::batch))
        .routes(routes!(search::search, write::create))
        .routes(routes!(search::post_search))
        .routes(routes!(read::read, write::update))
        .routes(routes!(read::history))
        .routes(routes!(read::read_version))
        .routes(routes!(everything::everything))
        .routes(routes!(check::check))
        .routes(routes!(cds::call))
        .routes(routes!(export::export_all))
        .routes(routes!(export::export_patients))
        .routes(routes!(export::export_status, export::export_delete))
        .routes(routes!(export::export_file))
        // Some clients end the address of the server with a slash.
        .route("/fhir/", axum::routing::post(batch::batch))
}
