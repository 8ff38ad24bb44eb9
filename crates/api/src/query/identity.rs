//! Questions to the module `identity`.

use crate::state::Shared;
use utoipa_axum::router::OpenApiRouter;

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
}
