//! Guests: nodes that are not on the ledger and wish to follow it through this one.

use crate::{
    error::ApiError, extract::JsonBody, freshness, problem::Problem, schema, state::Shared,
};
use axum::{extract::State, http::StatusCode};
use salus_crypto::sign::{SigningKey, verify};
use salus_types::{Height, NetworkId, NodeRecord, PublicKey, Signature, encode, key::Ed25519Key};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

/// Asks a node to be let follow the network as its guest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PeerRequest {
    /// The network.
    #[schema(value_type = String)]
    pub network: NetworkId,
    /// A recent height, as `/v1/status` says it, so that the request cannot be used much later.
    #[schema(value_type = u64)]
    pub height: Height,
    /// The node that asks.
    #[schema(value_type = schema::NodeRecord)]
    pub node: NodeRecord,
    /// Signature of the node's own key over [`PeerRequest::signed_bytes`].
    #[schema(value_type = schema::Algorithmic)]
    pub signature: Signature,
}

impl PeerRequest {
    /// Signs a request with the node's key.
    pub fn sign(network: NetworkId, height: Height, node: NodeRecord, key: &SigningKey) -> Self {
        let signature = key.sign(&Self::bytes(network, height, &node));
        Self { network, height, node, signature }
    }

    /// What the signature is over: a domain string, then network, height and node in canonical
    /// bytes.
    pub fn signed_bytes(&self) -> Vec<u8> {
        Self::bytes(self.network, self.height, &self.node)
    }

    fn bytes(network: NetworkId, height: Height, node: &NodeRecord) -> Vec<u8> {
        [b"salus/sign-peer/1".as_slice(), &encode(&(network, height, node))].concat()
    }
}

/// Lets a node that is not on the ledger follow as a guest.
///
/// The request is signed with the node's own key and names a recent height.
#[utoipa::path(
    post, path = "/v1/peers", tag = "network", request_body = PeerRequest,
    responses(
        (status = 204, description = "The node may connect."),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn add_peer(
    State(shared): State<Shared>,
    JsonBody(request): JsonBody<PeerRequest>,
) -> Result<StatusCode, Problem> {
    if request.network != shared.network {
        return Err(ApiError::WrongNetwork.into());
    }
    let key = PublicKey::Ed25519(Ed25519Key(request.node.key.0));
    verify(&key, &request.signed_bytes(), &request.signature)
        .map_err(|_| ApiError::BadSignature)?;
    freshness::check(&shared, request.height).await?;
    shared.ledger.add_guest(request.node).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(add_peer))
}
