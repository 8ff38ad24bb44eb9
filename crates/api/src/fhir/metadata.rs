//! The statement of capabilities, made of the table of search parameters.

use super::{answer, audit};
use crate::{problem::Problem, state::Shared};
use axum::{extract::State, response::Response};
use salus_fhir::{
    ResourceType,
    search::{instant, parameters, searchable},
};
use serde_json::{Value, json};

fn resource(resource_type: ResourceType) -> Value {
    let search: Vec<Value> = parameters(resource_type)
        .map(|parameter| json!({ "name": parameter.name, "type": parameter.kind.code() }))
        .collect();
    let includes: Vec<String> = parameters(resource_type)
        .filter(|parameter| parameter.kind.code() == "reference")
        .map(|parameter| format!("{resource_type}:{}", parameter.name))
        .collect();
    let interactions: &[&str] = if audit::answers(resource_type) {
        &["read", "search-type"]
    } else {
        &["read", "vread", "history-instance", "search-type", "create", "update"]
    };
    let interactions: Vec<Value> =
        interactions.iter().map(|code| json!({ "code": code })).collect();
    let mut described = json!({
        "type": resource_type.name(),
        "interaction": interactions,
        "versioning": "versioned-update",
        "readHistory": true,
        "updateCreate": false,
        "conditionalCreate": true,
        "searchInclude": includes,
        "searchParam": search,
    });
    if resource_type == ResourceType::PATIENT {
        described["operation"] = json!([
            {
                "name": "everything",
                "definition": "http://hl7.org/fhir/OperationDefinition/Patient-everything",
            },
        ]);
    }
    described
}

/// The statement, for a server at `base`.
fn statement(base: &str, date: &str) -> Value {
    json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": date,
        "kind": "instance",
        "software": { "name": "Salus", "version": env!("CARGO_PKG_VERSION") },
        "implementation": { "description": "The records of one organisation", "url": base },
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [{
            "mode": "server",
            "resource": searchable().map(resource).collect::<Vec<_>>(),
            "interaction": [{ "code": "transaction" }, { "code": "batch" }],
            "operation": [{
                "name": "export",
                "definition": "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export",
            }],
        }],
    })
}

/// What is offered under `/fhir`: types, interactions, search parameters.
#[utoipa::path(
    get, path = "/fhir/metadata", tag = "fhir",
    responses(
        (status = 200, description = "A CapabilityStatement.", body = Object, content_type = "application/fhir+json"),
    )
)]
pub(crate) async fn metadata(State(shared): State<Shared>) -> Result<Response, Problem> {
    let date = instant(shared.ledger.network().genesis_time.unix_ms());
    answer::made(statement(&answer::base(&shared), &date).to_string())
}
