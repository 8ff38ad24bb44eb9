//! Routes of gateway.

use crate::state::Shared;
use utoipa_axum::router::OpenApiRouter;

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
}

pub(crate) fn import_router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
}
