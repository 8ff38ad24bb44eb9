//! CDS Hooks: the check of prescriptions as a service that a prescribing system calls by itself.
//!
//! Two hooks, `order-select` and `order-sign`: their draft orders are checked as by
//! `MedicationRequest/$check`, and answered with the same cards. Nothing is prefetched: what the check
//! needs is here, and each record that is looked at is accounted for.
//!
//! Source: CDS Hooks 2.0.

use super::{
    FhirApiError,
    check::alerts,
    request::{Asked, resource_body},
};
use crate::{extract::Path, problem::Problem, state::Shared};
use axum::{
    Json,
    extract::{Request, State},
};
use serde_json::{Value, json};

/// The hooks that are answered, each by the service of its name.
const HOOKS: [&str; 2] = ["order-select", "order-sign"];
/// Most draft orders of one call.
const ORDERS_MAX: usize = 64;

/// The services: one for each hook.
#[utoipa::path(
    get, path = "/cds-services", tag = "fhir",
    responses((status = 200, description = "The services, as CDS Hooks has them.", body = Object))
)]
pub(crate) async fn services() -> Json<Value> {
    let services: Vec<Value> = HOOKS
        .iter()
        .map(|hook| {
            json!({
                "hook": hook,
                "id": hook,
                "title": "Counter-indications",
                "description": "Alerts about draft prescriptions, by the medicines and allergies \
                                that may be read of the patient. Each look is accounted for.",
            })
        })
        .collect();
    Json(json!({ "services": services }))
}

/// Checks draft prescriptions, and answers with alerts only.
#[utoipa::path(
    post, path = "/cds-services/{service}", tag = "fhir", security(("token" = [])),
    params(("service" = String, Path, description = "`order-select` or `order-sign`.")),
    request_body(content = Object, description = "A call of the hook: `hook` and `context` with `patientId` and `draftOrders`."),
    responses(
        (status = 200, description = "Cards.", body = Object),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn call(
    State(shared): State<Shared>,
    Path(service): Path<String>,
    asked: Asked,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let hook = HOOKS.iter().find(|hook| **hook == service).ok_or(FhirApiError::NotFound)?;
    let (parts, body) = request.into_parts();
    let text = resource_body(&shared, &parts.headers, body).await?;
    let orders = orders(&text, hook)?;
    Ok(Json(alerts(&shared, &asked, &orders, Vec::new()).await?))
}

/// The draft prescriptions of a call: of a selection those that are selected.
fn orders(text: &str, hook: &str) -> Result<Vec<Value>, FhirApiError> {
    let bad = |reason| FhirApiError::Body { reason };
    let call: Value = serde_json::from_str(text).map_err(|_| bad("it is not JSON"))?;
    if call["hook"] != hook {
        return Err(bad("it calls another hook than the service is for"));
    }
    let context = &call["context"];
    let patient = context["patientId"].as_str().ok_or(FhirApiError::PatientNeeded)?;
    let drafts = context["draftOrders"]["entry"].as_array();
    let drafts = drafts.ok_or_else(|| bad("`context.draftOrders` is no bundle of orders"))?;
    let selected = |order: &Value| match context["selections"].as_array() {
        None => true,
        Some(selections) => {
            let name = format!("MedicationRequest/{}", order["id"].as_str().unwrap_or_default());
            selections.iter().any(|one| *one == name)
        }
    };
    let mut found = Vec::new();
    for draft in drafts {
        let order = &draft["resource"];
        if order["resourceType"] != "MedicationRequest" || !selected(order) {
            continue;
        }
        let subject = order["subject"]["reference"].as_str().unwrap_or_default();
        if subject.strip_prefix("Patient/") != Some(patient) {
            return Err(bad("a draft order is of another patient than `context.patientId`"));
        }
        found.push(order.clone());
    }
    if found.len() > ORDERS_MAX { Err(bad("it has too many draft orders")) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::orders;
    use serde_json::json;

    #[test]
    fn of_a_selection_the_selected_prescriptions_are_checked_and_no_other_orders() {
        let order = |kind: &str, id: &str, patient: &str| {
            let subject = json!({"reference": format!("Patient/{patient}")});
            json!({"resource": {"resourceType": kind, "id": id, "subject": subject}})
        };
        let call = |hook: &str, drafts: &[serde_json::Value], selections: serde_json::Value| {
            let bundle = json!({"resourceType": "Bundle", "entry": drafts});
            let mut context = json!({"patientId": "p", "draftOrders": bundle});
            if !selections.is_null() {
                context["selections"] = selections;
            }
            json!({"hook": hook, "context": context}).to_string()
        };
        let drafts = [
            order("MedicationRequest", "a", "p"),
            order("MedicationRequest", "b", "p"),
            order("ServiceRequest", "c", "p"),
        ];
        let some = json!(["MedicationRequest/b", "ServiceRequest/c"]);

        let signed = orders(&call("order-sign", &drafts, json!(null)), "order-sign").unwrap();
        assert_eq!(signed.len(), 2);
        let selected = orders(&call("order-select", &drafts, some), "order-select").unwrap();
        assert_eq!(selected[0]["id"], "b");
        assert_eq!(selected.len(), 1);
        let other = [order("MedicationRequest", "a", "q")];
        assert!(orders(&call("order-sign", &other, json!(null)), "order-sign").is_err());
        assert!(orders(&call("order-select", &drafts, json!(null)), "order-sign").is_err());
        assert!(orders("no JSON", "order-sign").is_err());
    }
}
