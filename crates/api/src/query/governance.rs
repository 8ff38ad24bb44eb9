//! Questions to `governance`: parameters and proposals.

use super::{At, Page, ask, one};
use crate::{
    extract::{Path, Query},
    problem::Problem,
    state::Shared,
    view::StateAnswer,
};
use axum::{Json, extract::State};
use salus_governance::{
    AccessLimits,
    query::{self, ProposalPage, ProposalView},
    state::{access_limits_path, parameters_path, proposal_count_path, proposal_path},
};
use salus_state::StateRead;
use salus_types::LedgerParameters;
use serde_json::Value;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The parameters that all nodes agree on.
#[utoipa::path(
    get, path = "/v1/parameters", tag = "governance", params(At),
    responses(
        (status = 200, description = "The parameters in force.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn parameters(
    State(shared): State<Shared>,
    Query(at): Query<At>,
) -> Result<Json<StateAnswer<LedgerParameters>>, Problem> {
    let question = |state: &dyn StateRead| query::parameters(state);
    Ok(Json(ask(&shared, at, question, |_| vec![parameters_path()]).await?))
}

/// The limits of access that all custodians keep: how long releases and emergencies last.
#[utoipa::path(
    get, path = "/v1/access-limits", tag = "governance", params(At),
    responses(
        (status = 200, description = "The limits in force.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn access_limits(
    State(shared): State<Shared>,
    Query(at): Query<At>,
) -> Result<Json<StateAnswer<AccessLimits>>, Problem> {
    let question = |state: &dyn StateRead| query::access_limits(state);
    Ok(Json(ask(&shared, at, question, |_| vec![access_limits_path()]).await?))
}

/// A proposal, with its votes and where it stands.
#[utoipa::path(
    get, path = "/v1/proposals/{id}", tag = "governance",
    params(("id" = u64, Path, description = "The proposal's number, from 0."), At),
    responses(
        (status = 200, description = "The proposal.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn proposal(
    State(shared): State<Shared>,
    Path(number): Path<u64>,
    Query(at): Query<At>,
) -> Result<Json<StateAnswer<Option<ProposalView>>>, Problem> {
    let question = |state: &dyn StateRead| query::proposal(state, number);
    one("proposal", ask(&shared, at, question, |_| vec![proposal_path(number)]).await?)
}

/// The proposals, in the order of their numbers.
#[utoipa::path(
    get, path = "/v1/proposals", tag = "governance", params(Page),
    responses(
        (status = 200, description = "A page of them.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn proposals(
    State(shared): State<Shared>,
    Query(page): Query<Page>,
) -> Result<Json<StateAnswer<ProposalPage>>, Problem> {
    let question = |state: &dyn StateRead| query::proposals(state, page.start(), page.limit());
    let paths = |answer: &ProposalPage| {
        let items = answer.items.iter().map(|item| proposal_path(item.proposal));
        [proposal_count_path()].into_iter().chain(items).collect()
    };
    Ok(Json(ask(&shared, page.at(), question, paths).await?))
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(parameters))
        .routes(routes!(access_limits))
        .routes(routes!(proposal))
        .routes(routes!(proposals))
}
