//! Who acts for whom.

use super::super::{At, Page, ask, one};
use crate::{
    extract::{Path, Query},
    problem::Problem,
    state::Shared,
    view::StateAnswer,
};
use axum::{Json, extract::State};
use salus_consent::{
    DelegationId,
    query::{self, DelegationView, Page as ConsentPage},
    state::{List, delegation_path},
};
use salus_state::StateRead;
use salus_types::AccountId;
use serde_json::Value;
use utoipa_axum::{router::OpenApiRouter, routes};

/// A delegation: who may act for whom, with which powers, until when.
#[utoipa::path(
    get, path = "/v1/delegations/{delegation}", tag = "consent",
    params(("delegation" = String, Path, description = "The delegation, 64 hexadecimal digits."), At),
    responses(
        (status = 200, description = "Delegation.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn delegation(
    State(shared): State<Shared>,
    Path(delegation): Path<DelegationId>,
    Query(at): Query<At>,
) -> Result<Json<StateAnswer<Option<DelegationView>>>, Problem> {
    let question = |state: &dyn StateRead| query::delegation(state, delegation);
    one("delegation", ask(&shared, at, question, |_| vec![delegation_path(delegation)]).await?)
}

/// The delegations that a patient gave, in that order.
#[utoipa::path(
    get, path = "/v1/patients/{account}/delegations", tag = "consent",
    params(("account" = String, Path, description = "The patient's account, 64 hexadecimal digits."), Page),
    responses(
        (status = 200, description = "A page of them.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn delegations(
    State(shared): State<Shared>,
    Path(patient): Path<AccountId>,
    Query(page): Query<Page>,
) -> Result<Json<StateAnswer<ConsentPage<DelegationView>>>, Problem> {
    let question =
        |state: &dyn StateRead| query::delegations_of(state, patient, page.start(), page.limit());
    let paths = |answer: &ConsentPage<DelegationView>| {
        let items = (answer.from..).zip(&answer.items).flat_map(|(number, item)| {
            [List::Delegations.at_path(patient, number), delegation_path(item.delegation)]
        });
        [List::Delegations.count_path(patient)].into_iter().chain(items).collect()
    };
    Ok(Json(ask(&shared, page.at(), question, paths).await?))
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(delegation)).routes(routes!(delegations))
}
