//! Blocks.

use crate::{
    error::ApiError,
    extract::Path,
    problem::Problem,
    state::Shared,
    view::{BlockAnswer, BlockTransaction},
};
use axum::{Json, extract::State};
use salus_types::{Height, Transaction};
use utoipa_axum::{router::OpenApiRouter, routes};

/// A block with its transactions and receipts.
#[utoipa::path(
    get, path = "/v1/blocks/{height}", tag = "blocks",
    params(("height" = String, Path, description = "The height, or `latest`.")),
    responses(
        (status = 200, description = "The block.", body = BlockAnswer),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn block(
    State(shared): State<Shared>,
    Path(height): Path<String>,
) -> Result<Json<BlockAnswer>, Problem> {
    let height = match height.as_str() {
        "latest" => None,
        number => Some(Height(number.parse().map_err(|_| ApiError::Path {
            reason: "a height is a number, or `latest`".to_owned(),
        })?)),
    };
    let Some(block) = shared.ledger.block(height).await else {
        let oldest = shared.ledger.status().await.oldest;
        return Err(match height.filter(|height| *height > Height(0) && *height < oldest) {
            Some(height) => ApiError::BlockNotKept { height: height.0, oldest: oldest.0 }.into(),
            None => ApiError::NotFound { what: "block here" }.into(),
        });
    };
    let transactions = block
        .transactions
        .iter()
        .zip(block.receipts)
        .map(|(bytes, receipt)| {
            let transaction = Transaction::from_bytes(bytes).map_err(|error| {
                tracing::error!(%error, "a transaction of a stored block does not decode");
                ApiError::Internal
            })?;
            Ok(BlockTransaction { hash: receipt.transaction, transaction, receipt })
        })
        .collect::<Result<_, ApiError>>()?;
    Ok(Json(BlockAnswer { hash: block.hash, header: block.header, transactions }))
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(block))
}
