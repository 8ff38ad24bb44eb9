//! How the node stands, which network this is, and what this interface is.

use crate::{
    openapi, schema,
    state::Shared,
    view::{StateAnswer, StatusAnswer},
};
use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use salus_types::{NetworkFile, NodeRecord};
use utoipa_axum::{router::OpenApiRouter, routes};

/// How the node stands.
#[utoipa::path(
    get, path = "/v1/status", tag = "network",
    responses((status = 200, description = "How it stands.", body = StatusAnswer))
)]
pub(crate) async fn status(State(shared): State<Shared>) -> Json<StatusAnswer> {
    Json(status_of(&shared).await)
}

/// How the node stands, as everybody may know.
pub(crate) async fn status_of(shared: &Shared) -> StatusAnswer {
    let network = shared.ledger.network();
    let status = shared.ledger.status().await;
    StatusAnswer {
        network: shared.network,
        network_name: network.name.as_str().to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        node: status.node,
        height: status.height,
        oldest: status.oldest,
        time: status.time,
        state_root: status.state_root,
        epoch: status.epoch,
        validator: status.validator,
        peers: status.peers,
        syncing: status.syncing,
        mempool: status.mempool,
        clock_ms: status.clock_ms,
    }
}

/// The network file: the public identity against which proofs are checked.
///
/// Take it from somebody you trust when you verify what this node says.
#[utoipa::path(
    get, path = "/v1/network", tag = "network",
    responses((status = 200, description = "The network file.", body = Object))
)]
pub(crate) async fn network(State(shared): State<Shared>) -> Json<NetworkFile> {
    Json(shared.ledger.network().clone())
}

/// The validators of the current epoch.
#[utoipa::path(
    get, path = "/v1/validators", tag = "network",
    responses((status = 200, description = "Who votes.", body = StateAnswer<Vec<schema::NodeRecord>>))
)]
pub(crate) async fn validators(State(shared): State<Shared>) -> Json<StateAnswer<Vec<NodeRecord>>> {
    let height = shared.ledger.status().await.height;
    let nodes = shared.ledger.validators().await.nodes().to_vec();
    Json(StateAnswer { height, value: nodes, proof: None })
}

/// This document.
#[utoipa::path(
    get, path = "/openapi.json", tag = "network",
    responses((status = 200, description = "OpenAPI 3.1.", body = Object))
)]
pub(crate) async fn document() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], openapi::document_json()).into_response()
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(status))
        .routes(routes!(network))
        .routes(routes!(validators))
        .routes(routes!(document))
}
