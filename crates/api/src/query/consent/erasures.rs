//! Erasures, and how many accesses there are.

use super::super::{At, Page, ask, one};
use crate::{
    extract::{Path, Query},
    problem::Problem,
    state::Shared,
    view::StateAnswer,
};
use axum::{Json, extract::State};
use salus_consent::{
    ErasureId,
    query::{self, AccessSummary, ErasureView, Page as ConsentPage},
    state::{
        List, custodian_at_path, custodian_count_path, erasure_attestation_path, erasure_path,
        relation_path, release_series_path,
    },
};
use salus_state::StateRead;
use salus_types::AccountId;
use serde_json::Value;
use utoipa_axum::{router::OpenApiRouter, routes};

/// An erasure: what was asked of whom, who attested, or why it was refused.
#[utoipa::path(
    get, path = "/v1/erasures/{erasure}", tag = "consent",
    params(("erasure" = String, Path, description = "The erasure, 64 hexadecimal digits."), At),
    responses(
        (status = 200, description = "Erasure.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn erasure(
    State(shared): State<Shared>,
    Path(erasure): Path<ErasureId>,
    Query(at): Query<At>,
) -> Result<Json<StateAnswer<Option<ErasureView>>>, Problem> {
    let question = |state: &dyn StateRead| query::erasure(state, erasure);
    let paths = |found: &Option<ErasureView>| {
        let attestors = found.iter().flat_map(|view| view.stored.attestors.iter());
        let attested = attestors.map(|one| erasure_attestation_path(erasure, *one));
        std::iter::once(erasure_path(erasure)).chain(attested).collect()
    };
    one("erasure", ask(&shared, at, question, paths).await?)
}

/// The erasures of a patient, in the order in which they were asked for.
#[utoipa::path(
    get, path = "/v1/patients/{account}/erasures", tag = "consent",
    params(("account" = String, Path, description = "The patient's account, 64 hexadecimal digits."), Page),
    responses(
        (status = 200, description = "A page of them.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn erasures(
    State(shared): State<Shared>,
    Path(patient): Path<AccountId>,
    Query(page): Query<Page>,
) -> Result<Json<StateAnswer<ConsentPage<ErasureView>>>, Problem> {
    let question =
        |state: &dyn StateRead| query::erasures_of(state, patient, page.start(), page.limit());
    let paths = |answer: &ConsentPage<ErasureView>| {
        let items = (answer.from..).zip(&answer.items).flat_map(|(number, item)| {
            [List::Erasures.at_path(patient, number), erasure_path(item.erasure)]
        });
        [List::Erasures.count_path(patient)].into_iter().chain(items).collect()
    };
    Ok(Json(ask(&shared, page.at(), question, paths).await?))
}

/// How many accesses to a patient's records there are at each custodian: none below can be kept back.
#[utoipa::path(
    get, path = "/v1/patients/{account}/access-summary", tag = "consent",
    params(("account" = String, Path, description = "The patient's account, 64 hexadecimal digits."), Page),
    responses(
        (status = 200, description = "A page of custodians.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn access_summary(
    State(shared): State<Shared>,
    Path(patient): Path<AccountId>,
    Query(page): Query<Page>,
) -> Result<Json<StateAnswer<ConsentPage<AccessSummary>>>, Problem> {
    let question =
        |state: &dyn StateRead| query::access_summary(state, patient, page.start(), page.limit());
    let paths = |answer: &ConsentPage<AccessSummary>| {
        let items = (answer.from..).zip(&answer.items).flat_map(|(number, item)| {
            let place = u32::try_from(number).unwrap_or(u32::MAX);
            [
                custodian_at_path(patient, place),
                relation_path(patient, item.custodian),
                release_series_path(patient, item.custodian),
            ]
        });
        [custodian_count_path(patient)].into_iter().chain(items).collect()
    };
    Ok(Json(ask(&shared, page.at(), question, paths).await?))
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(erasure))
        .routes(routes!(erasures))
        .routes(routes!(access_summary))
}
