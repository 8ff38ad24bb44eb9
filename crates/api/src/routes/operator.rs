//! What the node's operator sees and changes while it runs. All of these need the token.

use crate::{
    advice::Advice, error::ApiError, extract::JsonBody, problem::Problem, state::Shared,
    view::StatusAnswer,
};
use async_trait::async_trait;
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// How a node stands, with what only its operator may know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OperatorAnswer {
    /// What everybody may know.
    pub status: StatusAnswer,
    /// How old the last block is, in milliseconds.
    pub block_age_ms: u64,
    /// How many nodes vote.
    pub validators: usize,
    /// How far this machine's clock is ahead of other nodes', in milliseconds; below 0: behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_ahead_ms: Option<i64>,
    /// Free bytes of the disk of the home.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_free_bytes: Option<u64>,
    /// Bytes of that disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_bytes: Option<u64>,
    /// What is logged.
    pub log: String,
    /// What is wrong and what to do, the most important first; empty when all is well.
    pub advice: Vec<Advice>,
}

/// What is to be logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogLevel {
    /// A filter, such as `info` or `info,salus_mempool=debug`.
    pub filter: String,
}

/// What the node offers its operator.
#[async_trait]
pub trait Operator: Send + Sync + 'static {
    /// How the node stands.
    async fn stand(&self, status: StatusAnswer) -> OperatorAnswer;

    /// Changes what is logged, until it is changed again or the node ends.
    ///
    /// # Errors
    ///
    /// What is wrong with the filter.
    fn set_log(&self, filter: &str) -> Result<(), String>;
}

/// How the node stands, what is wrong with it, and what to do.
#[utoipa::path(
    get, path = "/v1/operator/status", tag = "operator", security(("token" = [])),
    responses(
        (status = 200, description = "How it stands.", body = OperatorAnswer),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn stand(State(shared): State<Shared>) -> Result<Json<OperatorAnswer>, Problem> {
    let operator = shared.operator.clone().ok_or(ApiError::NoOperator)?;
    let status = super::network::status_of(&shared).await;
    Ok(Json(operator.stand(status).await))
}

/// Changes what is logged, for each part of the program, while the node runs.
#[utoipa::path(
    put, path = "/v1/operator/log-level", tag = "operator", request_body = LogLevel,
    security(("token" = [])),
    responses(
        (status = 200, description = "What is logged now.", body = LogLevel),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn set_log_level(
    State(shared): State<Shared>,
    JsonBody(level): JsonBody<LogLevel>,
) -> Result<Json<LogLevel>, Problem> {
    let operator = shared.operator.clone().ok_or(ApiError::NoOperator)?;
    operator.set_log(&level.filter).map_err(|reason| ApiError::LogFilter { reason })?;
    Ok(Json(level))
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(stand)).routes(routes!(set_log_level))
}
