//! Signed requests name a height of the ledger, so that an old one cannot be used again much later.

use crate::{error::ApiError, state::Shared};
use salus_types::Height;

/// Refuses a request that was signed at a height too far from the ledger's, in either direction.
pub(crate) async fn check(shared: &Shared, found: Height) -> Result<(), ApiError> {
    let height = shared.ledger.status().await.height;
    if height.0.abs_diff(found.0) > shared.limits.freshness_blocks {
        return Err(ApiError::StaleRequest { found: found.0, height: height.0 });
    }
    Ok(())
}
