//! Episodes.

use super::super::{At, Page, ask, one};
use crate::{
    extract::{Path, Query},
    problem::Problem,
    state::Shared,
    view::StateAnswer,
};
use axum::{Json, extract::State};
use salus_consent::{
    EpisodeId,
    query::{self, EpisodeView, Page as ConsentPage},
    state::{List, episode_path},
};
use salus_state::StateRead;
use salus_types::AccountId;
use serde_json::Value;
use utoipa_axum::{router::OpenApiRouter, routes};

/// An episode: who is treated where, and until when.
#[utoipa::path(
    get, path = "/v1/episodes/{episode}", tag = "consent",
    params(("episode" = String, Path, description = "The episode, 64 hexadecimal digits."), At),
    responses(
        (status = 200, description = "Episode.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn episode(
    State(shared): State<Shared>,
    Path(episode): Path<EpisodeId>,
    Query(at): Query<At>,
) -> Result<Json<StateAnswer<Option<EpisodeView>>>, Problem> {
    let question = |state: &dyn StateRead| query::episode(state, episode);
    one("episode", ask(&shared, at, question, |_| vec![episode_path(episode)]).await?)
}

/// The episodes of a patient, in the order in which they were opened.
#[utoipa::path(
    get, path = "/v1/patients/{account}/episodes", tag = "consent",
    params(("account" = String, Path, description = "The patient's account, 64 hexadecimal digits."), Page),
    responses(
        (status = 200, description = "A page of them.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn episodes(
    State(shared): State<Shared>,
    Path(patient): Path<AccountId>,
    Query(page): Query<Page>,
) -> Result<Json<StateAnswer<ConsentPage<EpisodeView>>>, Problem> {
    let question =
        |state: &dyn StateRead| query::episodes_of(state, patient, page.start(), page.limit());
    let paths = |answer: &ConsentPage<EpisodeView>| {
        let items = (answer.from..).zip(&answer.items).flat_map(|(number, item)| {
            [List::Episodes.at_path(patient, number), episode_path(item.episode)]
        });
        [List::Episodes.count_path(patient)].into_iter().chain(items).collect()
    };
    Ok(Json(ask(&shared, page.at(), question, paths).await?))
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(episode)).routes(routes!(episodes))
}
