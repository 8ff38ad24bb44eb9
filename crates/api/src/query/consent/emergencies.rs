//! Emergencies, and how services use them.

use super::super::{At, Page, ask, one};
use crate::{
    extract::{Path, Query},
    problem::Problem,
    state::Shared,
    view::StateAnswer,
};
use axum::{Json, extract::State};
use salus_consent::{
    EmergencyId,
    query::{self, EmergencyReport, EmergencyView, Page as ConsentPage},
    state::{EmergencyRules, List, emergency_path, emergency_rules_path, review_counts_path},
};
use salus_governance::state::emergency_service_path;
use salus_state::StateRead;
use salus_types::AccountId;
use serde_json::Value;
use utoipa_axum::{router::OpenApiRouter, routes};

/// An emergency: who opened what for whom, why, and what its review found.
#[utoipa::path(
    get, path = "/v1/emergencies/{emergency}", tag = "consent",
    params(("emergency" = String, Path, description = "The emergency, 64 hexadecimal digits."), At),
    responses(
        (status = 200, description = "Emergency.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn emergency(
    State(shared): State<Shared>,
    Path(emergency): Path<EmergencyId>,
    Query(at): Query<At>,
) -> Result<Json<StateAnswer<Option<EmergencyView>>>, Problem> {
    let question = |state: &dyn StateRead| query::emergency(state, emergency);
    one("emergency", ask(&shared, at, question, |_| vec![emergency_path(emergency)]).await?)
}

/// What a patient allows in emergencies.
#[utoipa::path(
    get, path = "/v1/patients/{account}/emergency-rules", tag = "consent",
    params(("account" = String, Path, description = "The patient's account, 64 hexadecimal digits."), At),
    responses(
        (status = 200, description = "Rules.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn emergency_rules(
    State(shared): State<Shared>,
    Path(patient): Path<AccountId>,
    Query(at): Query<At>,
) -> Result<Json<StateAnswer<Option<EmergencyRules>>>, Problem> {
    let question = |state: &dyn StateRead| query::emergency_rules(state, patient);
    one("rules", ask(&shared, at, question, |_| vec![emergency_rules_path(patient)]).await?)
}

/// The emergencies of a patient, in the order in which they were opened.
#[utoipa::path(
    get, path = "/v1/patients/{account}/emergencies", tag = "consent",
    params(("account" = String, Path, description = "The patient's account, 64 hexadecimal digits."), Page),
    responses(
        (status = 200, description = "A page of them.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn emergencies(
    State(shared): State<Shared>,
    Path(patient): Path<AccountId>,
    Query(page): Query<Page>,
) -> Result<Json<StateAnswer<ConsentPage<EmergencyView>>>, Problem> {
    let question =
        |state: &dyn StateRead| query::emergencies_of(state, patient, page.start(), page.limit());
    let paths = |answer: &ConsentPage<EmergencyView>| {
        let items = (answer.from..).zip(&answer.items).flat_map(|(number, item)| {
            [List::Emergencies.at_path(patient, number), emergency_path(item.emergency)]
        });
        [List::Emergencies.count_path(patient)].into_iter().chain(items).collect()
    };
    Ok(Json(ask(&shared, page.at(), question, paths).await?))
}

/// The emergencies that a service opened, in that order.
#[utoipa::path(
    get, path = "/v1/organisations/{account}/emergencies", tag = "consent",
    params(("account" = String, Path, description = "The service, 64 hexadecimal digits."), Page),
    responses(
        (status = 200, description = "A page of them.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn service_emergencies(
    State(shared): State<Shared>,
    Path(service): Path<AccountId>,
    Query(page): Query<Page>,
) -> Result<Json<StateAnswer<ConsentPage<EmergencyView>>>, Problem> {
    let question =
        |state: &dyn StateRead| query::emergencies_by(state, service, page.start(), page.limit());
    let paths = |answer: &ConsentPage<EmergencyView>| {
        let items = (answer.from..).zip(&answer.items).flat_map(|(number, item)| {
            [List::ServiceEmergencies.at_path(service, number), emergency_path(item.emergency)]
        });
        [List::ServiceEmergencies.count_path(service)].into_iter().chain(items).collect()
    };
    Ok(Json(ask(&shared, page.at(), question, paths).await?))
}

/// How a service uses emergencies: how many it opened, what their reviews found, how many are missing.
#[utoipa::path(
    get, path = "/v1/organisations/{account}/emergency-report", tag = "consent",
    params(("account" = String, Path, description = "The service, 64 hexadecimal digits."), At),
    responses(
        (status = 200, description = "The report, at the time of the latest block.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn emergency_report(
    State(shared): State<Shared>,
    Path(service): Path<AccountId>,
    Query(at): Query<At>,
) -> Result<Json<StateAnswer<EmergencyReport>>, Problem> {
    let now = shared.ledger.status().await.time;
    let question = |state: &dyn StateRead| query::emergency_report(state, service, now);
    let paths = |_: &EmergencyReport| {
        vec![
            emergency_service_path(service),
            List::ServiceEmergencies.count_path(service),
            review_counts_path(service),
        ]
    };
    Ok(Json(ask(&shared, at, question, paths).await?))
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(emergency))
        .routes(routes!(emergency_rules))
        .routes(routes!(emergencies))
        .routes(routes!(service_emergencies))
        .routes(routes!(emergency_report))
}
