//! Labels of records, why a read is refused, and the organisation's own rules. All need its token.

use crate::{
    error::ApiError,
    extract::{JsonBody, Path},
    problem::Problem,
    rules::{ExplainOrder, RecordRules, RulesAnswer},
    state::Shared,
};
use axum::{Json, extract::State, http::StatusCode};
use salus_consent::RecordId;
use salus_vault::rules::{Explained, LabelOrder};
use std::sync::Arc;
use utoipa_axum::{router::OpenApiRouter, routes};

fn rules_of(shared: &Shared) -> Result<Arc<dyn RecordRules>, ApiError> {
    shared.rules.clone().ok_or(ApiError::NoVault)
}

/// Sets labels of a record: a clinician's take the place of its own, the patient's only raise them.
///
/// Who, when and why is kept, with all that was set before. Labels count for the next decision, and
/// stand in `meta.security` when the resource is shown.
#[utoipa::path(
    post, path = "/v1/vault/records/{record}/labels", tag = "vault", security(("token" = [])),
    params(("record" = String, Path, description = "The record, 64 hexadecimal digits.")),
    request_body(content = Object, description = "`by` (`clinician` or `patient`), `who`, `reason`, `labels`."),
    responses(
        (status = 204, description = "Set."),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn set_labels(
    State(shared): State<Shared>,
    Path(record): Path<RecordId>,
    JsonBody(order): JsonBody<LabelOrder>,
) -> Result<StatusCode, Problem> {
    rules_of(&shared)?.set_labels(record, order).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Says how a read would be decided now: which provision of which consent, which rule.
///
/// For the patient and the organisation that keeps the record. Whoever asks from elsewhere is told the
/// code alone.
#[utoipa::path(
    post, path = "/v1/vault/explain", tag = "vault", request_body = ExplainOrder, security(("token" = [])),
    responses(
        (status = 200, description = "How it would be decided, and by what.", body = Object),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn explain(
    State(shared): State<Shared>,
    JsonBody(order): JsonBody<ExplainOrder>,
) -> Result<Json<Explained>, Problem> {
    Ok(Json(rules_of(&shared)?.explain(order).await?))
}

/// Reads the rules of the organisation again, from the folder that the configuration names.
///
/// If they are not valid, what counted before stays in force.
#[utoipa::path(
    post, path = "/v1/vault/rules/reload", tag = "vault", security(("token" = [])),
    responses(
        (status = 200, description = "The rules that count now.", body = RulesAnswer),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn reload_rules(
    State(shared): State<Shared>,
) -> Result<Json<RulesAnswer>, Problem> {
    Ok(Json(rules_of(&shared)?.reload().await?))
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(set_labels))
        .routes(routes!(explain))
        .routes(routes!(reload_rules))
}
