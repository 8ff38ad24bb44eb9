//! Puts the routes together, with what every request passes.

use crate::{
    auth,
    error::ApiError,
    fhir, guard,
    openapi::ApiDoc,
    problem::{self, Problem},
    query, rate, routes, smart,
    state::{ApiState, Shared},
};
use axum::{Router, extract::DefaultBodyLimit, http::Method, middleware};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;

/// Routes that anybody may call: facts of the ledger, and submissions that are signed themselves.
fn open_routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .merge(routes::health::router())
        .merge(routes::network::router())
        .merge(routes::transactions::router())
        .merge(routes::blocks::router())
        .merge(routes::events::router())
        .merge(query::identity::router())
        .merge(query::governance::router())
        .merge(query::consent::router())
        .merge(routes::proofs::router())
        .merge(routes::peers::router())
        .merge(routes::gateway::router())
        .merge(routes::custody::open_router())
        .merge(routes::research::open_router())
        .merge(fhir::open_router())
        .merge(smart::router())
}

/// Every route, without what guards them: what the OpenAPI document is made of.
pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(ApiDoc::openapi())
        .merge(open_routes())
        .merge(routes::archive::router())
        .merge(routes::operator::router())
        .merge(routes::vault::router())
        .merge(routes::custody::router())
        .merge(routes::erasures::router())
        .merge(routes::research::router())
        .merge(routes::vault::import_router())
        .merge(fhir::router())
}

/// The router of the whole interface, ready to be served.
pub fn router(state: ApiState) -> Router {
    let shared = Shared::new(state);
    let token = || middleware::from_fn_with_state(shared.clone(), auth::require_token);
    let caller = || middleware::from_fn_with_state(shared.clone(), fhir::caller::require_caller);
    let deadline = || middleware::from_fn_with_state(shared.clone(), guard::deadline);
    let (router, _) = OpenApiRouter::new()
        .merge(open_routes().route_layer(deadline()))
        .merge(routes::archive::router().route_layer(token()).route_layer(deadline()))
        .merge(routes::operator::router().route_layer(token()).route_layer(deadline()))
        .merge(routes::vault::router().route_layer(token()).route_layer(deadline()))
        .merge(routes::custody::router().route_layer(token()).route_layer(deadline()))
        .merge(routes::erasures::router().route_layer(token()).route_layer(deadline()))
        // An export takes as long as there are records.
        .merge(routes::research::router().route_layer(token()))
        .merge(fhir::router().route_layer(caller()).route_layer(deadline()))
        // An import takes as long as its sender does; its parts may not be far between.
        .merge(routes::vault::import_router().route_layer(token()))
        .split_for_parts();
    router
        .fallback(unknown_route)
        .method_not_allowed_fallback(method_not_allowed)
        // Each handler bounds its own body and answers with a problem.
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(shared.clone(), guard::bounded))
        .layer(middleware::from_fn_with_state(shared.clone(), rate::limit))
        .layer(CatchPanicLayer::custom(guard::panicked))
        .layer(middleware::from_fn(fhir::outcome::outcomes))
        .layer(middleware::from_fn(problem::with_instance))
        .layer(middleware::from_fn(guard::observe))
        .with_state(shared)
}

async fn unknown_route() -> Problem {
    ApiError::UnknownRoute.into()
}

async fn method_not_allowed(method: Method) -> Problem {
    ApiError::MethodNotAllowed { method: method.as_str().chars().take(16).collect() }.into()
}
