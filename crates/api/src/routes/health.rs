//! Whether the node lives and is ready, and its metrics.

use crate::{state::Shared, view::HealthAnswer};
use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use utoipa_axum::{router::OpenApiRouter, routes};

/// Whether the process answers.
#[utoipa::path(
    get, path = "/health/live", tag = "health",
    responses((status = 200, description = "It answers.", body = HealthAnswer))
)]
pub(crate) async fn live() -> Json<HealthAnswer> {
    Json(HealthAnswer { ok: true, reason: None })
}

/// Whether the node follows the ledger, so that traffic may be sent to it.
///
/// Ready: not catching up, and the last block is recent.
#[utoipa::path(
    get, path = "/health/ready", tag = "health",
    responses(
        (status = 200, description = "It follows.", body = HealthAnswer),
        (status = 503, description = "It does not; `reason` says why.", body = HealthAnswer),
    )
)]
pub(crate) async fn ready(State(shared): State<Shared>) -> Response {
    let status = shared.ledger.status().await;
    let now_ms = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |now| u64::try_from(now.as_millis()).unwrap_or(u64::MAX));
    let age = Duration::from_millis(now_ms.saturating_sub(status.time.unix_ms()));
    let reason = if status.syncing {
        Some(format!("catching up, at height {}", status.height))
    } else if age > shared.limits.ready_for {
        Some(format!("the last block, {}, is {} s old", status.height, age.as_secs()))
    } else {
        None
    };
    let ok = reason.is_none();
    let code = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(HealthAnswer { ok, reason })).into_response()
}

/// The node's metrics, in Prometheus text format.
#[utoipa::path(
    get, path = "/metrics", tag = "health",
    responses((status = 200, description = "Metrics.", body = String, content_type = "text/plain"))
)]
pub(crate) async fn metrics(State(shared): State<Shared>) -> Response {
    let text = shared.ledger.metrics().await;
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(live)).routes(routes!(ready)).routes(routes!(metrics))
}
