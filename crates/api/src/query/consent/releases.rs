//! Custodians of shares, requests for release, and whether an access is allowed.

use super::super::{At, Page, ask, one};
use crate::{
    error::ApiError,
    extract::{Path, Query},
    problem::Problem,
    state::Shared,
    view::StateAnswer,
};
use axum::{Json, extract::State};
use salus_consent::{
    ArrangementId, Ask, Basis, ConsentError, EmergencyId, EpisodeId, GrantId, PurposeOfUse,
    RequestId, Terms,
    query::{self, ArrangementView, Page as ConsentPage, ReleaseView},
    state::{
        Attestation, List, Release, arrangement_path, attestation_path, emergency_path,
        episode_path, grant_path, relation_path, release_at_path, release_path,
        release_series_path,
    },
};
use salus_framework::ModuleError;
use salus_state::StateRead;
use salus_types::{AccountId, BlockTime, Height};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

/// A decision: what is allowed, or why nothing is.
#[derive(Debug, Serialize)]
pub(crate) struct Decision<T> {
    /// Whether it is allowed.
    allowed: bool,
    /// What exactly, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    what: Option<T>,
    /// The stable code of the refusal, if it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// Why, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl<T> From<Result<T, ConsentError>> for Decision<T> {
    fn from(found: Result<T, ConsentError>) -> Self {
        match found {
            Ok(what) => Self { allowed: true, what: Some(what), code: None, reason: None },
            Err(error) => Self {
                allowed: false,
                what: None,
                code: Some(error.code()),
                reason: Some(error.to_string()),
            },
        }
    }
}

/// A request for release, with the attestations of its custodians.
#[derive(Debug, Serialize)]
pub(crate) struct ReleaseAnswer {
    #[serde(flatten)]
    view: ReleaseView,
    attestations: Vec<Attested>,
}

/// A custodian's attestation.
#[derive(Debug, Serialize)]
struct Attested {
    custodian: AccountId,
    #[serde(flatten)]
    stored: Attestation,
}

/// At which time, in milliseconds since 1970, a decision is asked for.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct When {
    /// A recent height; the latest when left out.
    height: Option<u64>,
    /// Adds a proof file.
    #[serde(default)]
    proof: bool,
    /// The time; that of the latest block when left out.
    time: Option<u64>,
}

/// What access is asked about.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// Whose records.
    #[param(value_type = String)]
    patient: AccountId,
    /// The organisation that holds them.
    #[param(value_type = String)]
    holder: AccountId,
    /// The organisation that asks.
    #[param(value_type = String)]
    accessor: AccountId,
    /// What for, a code of HL7 `PurposeOfUse`.
    #[param(value_type = String)]
    purpose: PurposeOfUse,
    /// The grant on which it rests; or an episode or an emergency.
    #[param(value_type = Option<String>)]
    grant: Option<GrantId>,
    /// The episode on which it rests.
    #[param(value_type = Option<String>)]
    episode: Option<EpisodeId>,
    /// The emergency on which it rests.
    #[param(value_type = Option<String>)]
    emergency: Option<EmergencyId>,
    /// A recent height; the latest when left out.
    height: Option<u64>,
    /// Adds a proof file.
    #[serde(default)]
    proof: bool,
    /// The time; that of the latest block when left out.
    time: Option<u64>,
}

impl Question {
    fn basis(&self) -> Result<Basis, ApiError> {
        match (self.grant, self.episode, self.emergency) {
            (Some(grant), None, None) => Ok(Basis::Grant(grant)),
            (None, Some(episode), None) => Ok(Basis::Episode(episode)),
            (None, None, Some(emergency)) => Ok(Basis::Emergency(emergency)),
            _ => {
                let reason = "name one of `grant`, `episode` and `emergency`".to_owned();
                Err(ApiError::Query { reason })
            }
        }
    }
}

async fn time_of(shared: &Shared, time: Option<u64>) -> BlockTime {
    match time {
        Some(ms) => BlockTime::from_unix_ms(ms),
        None => shared.ledger.status().await.time,
    }
}

/// An arrangement: who holds shares of a patient's keys at whom, and how many it takes.
#[utoipa::path(
    get, path = "/v1/arrangements/{arrangement}", tag = "consent",
    params(("arrangement" = String, Path, description = "The arrangement, 64 hexadecimal digits."), At),
    responses(
        (status = 200, description = "Arrangement.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn arrangement(
    State(shared): State<Shared>,
    Path(arrangement): Path<ArrangementId>,
    Query(at): Query<At>,
) -> Result<Json<StateAnswer<Option<ArrangementView>>>, Problem> {
    let question = |state: &dyn StateRead| query::arrangement(state, arrangement);
    one("arrangement", ask(&shared, at, question, |_| vec![arrangement_path(arrangement)]).await?)
}

/// The arrangements of a patient, in the order in which they were made.
#[utoipa::path(
    get, path = "/v1/patients/{account}/arrangements", tag = "consent",
    params(("account" = String, Path, description = "The patient's account, 64 hexadecimal digits."), Page),
    responses(
        (status = 200, description = "A page of them.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn arrangements(
    State(shared): State<Shared>,
    Path(patient): Path<AccountId>,
    Query(page): Query<Page>,
) -> Result<Json<StateAnswer<ConsentPage<ArrangementView>>>, Problem> {
    let question =
        |state: &dyn StateRead| query::arrangements_of(state, patient, page.start(), page.limit());
    let paths = |answer: &ConsentPage<ArrangementView>| {
        let items = (answer.from..).zip(&answer.items).flat_map(|(number, item)| {
            [List::Arrangements.at_path(patient, number), arrangement_path(item.arrangement)]
        });
        [List::Arrangements.count_path(patient)].into_iter().chain(items).collect()
    };
    Ok(Json(ask(&shared, page.at(), question, paths).await?))
}

/// A request that custodians release their shares, and which of them attested that they did.
#[utoipa::path(
    get, path = "/v1/releases/{request}", tag = "consent",
    params(("request" = String, Path, description = "The request, 64 hexadecimal digits."), At),
    responses(
        (status = 200, description = "The request.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn requested_release(
    State(shared): State<Shared>,
    Path(request): Path<RequestId>,
    Query(at): Query<At>,
) -> Result<Json<StateAnswer<Option<ReleaseAnswer>>>, Problem> {
    let question = |state: &dyn StateRead| {
        let view = query::release(state, request)?;
        let attested = query::attestations_of(state, request).into_iter();
        let attestations = attested.map(|(custodian, stored)| Attested { custodian, stored });
        Some(ReleaseAnswer { view, attestations: attestations.collect() })
    };
    let paths = |answer: &Option<ReleaseAnswer>| {
        let attested = answer.iter().flat_map(|found| &found.attestations);
        let attested = attested.map(|one| attestation_path(request, one.custodian));
        [release_path(request)].into_iter().chain(attested).collect()
    };
    one("request", ask(&shared, at, question, paths).await?)
}

/// Whether custodians may release their shares for a request.
#[utoipa::path(
    get, path = "/v1/releases/{request}/allowed", tag = "consent",
    params(("request" = String, Path, description = "The request, 64 hexadecimal digits."), When),
    responses(
        (status = 200, description = "The decision, with the request or the code of the refusal.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn release_allowed(
    State(shared): State<Shared>,
    Path(request): Path<RequestId>,
    Query(when): Query<When>,
) -> Result<Json<StateAnswer<Decision<Release>>>, Problem> {
    let now = time_of(&shared, when.time).await;
    let question =
        |state: &dyn StateRead| Decision::from(query::release_allowed(state, request, now));
    let at = At { height: when.height.map(Height), proof: when.proof };
    Ok(Json(ask(&shared, at, question, |_| vec![release_path(request)]).await?))
}

/// Whether an access is allowed, on which terms; or why not.
#[utoipa::path(
    get, path = "/v1/access-decisions", tag = "consent", params(Question),
    responses(
        (status = 200, description = "The decision, with the terms or the code of the refusal.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn access_decision(
    State(shared): State<Shared>,
    Query(asked): Query<Question>,
) -> Result<Json<StateAnswer<Decision<Terms>>>, Problem> {
    let basis = asked.basis()?;
    let now = time_of(&shared, asked.time).await;
    let Question { patient, holder, accessor, purpose, .. } = asked;
    let access = Ask { patient, holder, accessor, basis, purpose };
    let question =
        |state: &dyn StateRead| Decision::from(query::access_allowed(state, &access, now));
    let path = match basis {
        Basis::Grant(grant) => grant_path(grant),
        Basis::Episode(episode) => episode_path(episode),
        Basis::Emergency(emergency) => emergency_path(emergency),
    };
    let paths = |_: &Decision<Terms>| vec![relation_path(patient, holder), path.clone()];
    let at = At { height: asked.height.map(Height), proof: asked.proof };
    Ok(Json(ask(&shared, at, question, paths).await?))
}

/// The requests for a patient's records at a holder, in the order of their numbers.
#[utoipa::path(
    get, path = "/v1/patients/{account}/releases/{holder}", tag = "consent",
    params(
        ("account" = String, Path, description = "The patient's account, 64 hexadecimal digits."),
        ("holder" = String, Path, description = "The organisation that holds the records, 64 hexadecimal digits."),
        Page,
    ),
    responses(
        (status = 200, description = "A page of them.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn releases(
    State(shared): State<Shared>,
    Path((patient, holder)): Path<(AccountId, AccountId)>,
    Query(page): Query<Page>,
) -> Result<Json<StateAnswer<ConsentPage<ReleaseView>>>, Problem> {
    let question = |state: &dyn StateRead| {
        query::releases_of(state, patient, holder, page.start(), page.limit())
    };
    let paths = |answer: &ConsentPage<ReleaseView>| {
        let items = (answer.from..).zip(&answer.items).flat_map(|(number, item)| {
            [release_at_path(patient, holder, number), release_path(item.request)]
        });
        [release_series_path(patient, holder)].into_iter().chain(items).collect()
    };
    Ok(Json(ask(&shared, page.at(), question, paths).await?))
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(arrangement))
        .routes(routes!(arrangements))
        .routes(routes!(requested_release))
        .routes(routes!(release_allowed))
        .routes(routes!(access_decision))
        .routes(routes!(releases))
}
