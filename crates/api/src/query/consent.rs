//! Questions to `consent`: record anchors, grants, accounts of access; more in the folder.

mod delegations;
mod documents;
mod emergencies;
mod episodes;
mod erasures;
mod releases;

use super::{At, Page, ask, ask_at, one};
use crate::{
    error::ApiError,
    extract::{Path, Query},
    problem::Problem,
    state::Shared,
    view::StateAnswer,
};
use axum::{Json, extract::State};
use salus_consent::{
    GrantId, RecordId,
    query::{self, AccessView, GrantView, Page as ConsentPage, RecordView},
    state::{
        RecordVersion, access_path, custodian_count_path, grant_at_path, grant_count_path,
        grant_path, record_path, record_version_path, relation_path,
    },
};
use salus_state::{KeyPath, StateRead};
use salus_types::AccountId;
use serde_json::Value;
use utoipa_axum::{router::OpenApiRouter, routes};

/// A record's anchor: patient's account, custodian, commitments of the latest version.
#[utoipa::path(
    get, path = "/v1/records/{record}", tag = "consent",
    params(("record" = String, Path, description = "The record, 64 hexadecimal digits."), At),
    responses(
        (status = 200, description = "The anchor.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn record(
    State(shared): State<Shared>,
    Path(record): Path<RecordId>,
    Query(at): Query<At>,
) -> Result<Json<StateAnswer<Option<RecordView>>>, Problem> {
    let question = |state: &dyn StateRead| query::record(state, record);
    one("record", ask(&shared, at, question, |_| vec![record_path(record)]).await?)
}

/// One version of a record's anchor.
#[utoipa::path(
    get, path = "/v1/records/{record}/versions/{version}", tag = "consent",
    params(
        ("record" = String, Path, description = "The record, 64 hexadecimal digits."),
        ("version" = u32, Path, description = "The version, from 1."),
        At,
    ),
    responses(
        (status = 200, description = "The version.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn record_version(
    State(shared): State<Shared>,
    Path((record, version)): Path<(RecordId, u32)>,
    Query(at): Query<At>,
) -> Result<Json<StateAnswer<Option<RecordVersion>>>, Problem> {
    let question = |state: &dyn StateRead| query::record_version(state, record, version);
    // The latest version is stored with the record, earlier ones by themselves.
    let paths =
        |_: &Option<RecordVersion>| vec![record_path(record), record_version_path(record, version)];
    one("version", ask(&shared, at, question, paths).await?)
}

/// A grant: who may read what of whom, for what, in which period; and whether it was revoked.
#[utoipa::path(
    get, path = "/v1/grants/{grant}", tag = "consent",
    params(("grant" = String, Path, description = "The grant, 64 hexadecimal digits."), At),
    responses(
        (status = 200, description = "The grant.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn grant(
    State(shared): State<Shared>,
    Path(grant): Path<GrantId>,
    Query(at): Query<At>,
) -> Result<Json<StateAnswer<Option<GrantView>>>, Problem> {
    let question = |state: &dyn StateRead| query::grant(state, grant);
    one("grant", ask(&shared, at, question, |_| vec![grant_path(grant)]).await?)
}

/// The grants of a patient, in the order in which they were given.
#[utoipa::path(
    get, path = "/v1/patients/{account}/grants", tag = "consent",
    params(("account" = String, Path, description = "The patient's account, 64 hexadecimal digits."), Page),
    responses(
        (status = 200, description = "A page of them.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn grants(
    State(shared): State<Shared>,
    Path(patient): Path<AccountId>,
    Query(page): Query<Page>,
) -> Result<Json<StateAnswer<ConsentPage<GrantView>>>, Problem> {
    let question =
        |state: &dyn StateRead| query::grants_of(state, patient, page.start(), page.limit());
    let paths = |answer: &ConsentPage<GrantView>| {
        let items = (answer.from..)
            .zip(&answer.items)
            .flat_map(|(number, item)| [grant_at_path(patient, number), grant_path(item.grant)]);
        [grant_count_path(patient)].into_iter().chain(items).collect()
    };
    Ok(Json(ask(&shared, page.at(), question, paths).await?))
}

/// The accounts of access to a patient's records, in batches as custodians wrote them.
#[utoipa::path(
    get, path = "/v1/patients/{account}/accesses", tag = "consent",
    params(("account" = String, Path, description = "The patient's account, 64 hexadecimal digits."), Page),
    responses(
        (status = 200, description = "A page of them; `from` and `total` count batches.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn accesses(
    State(shared): State<Shared>,
    Path(patient): Path<AccountId>,
    Query(page): Query<Page>,
) -> Result<Json<StateAnswer<ConsentPage<AccessView>>>, Problem> {
    let question = |state: &dyn StateRead| {
        query::accesses_of_patient(state, patient, page.start(), page.limit())
    };
    let paths = |answer: &ConsentPage<AccessView>| {
        let mut paths = vec![custodian_count_path(patient)];
        for item in &answer.items {
            let relation = relation_path(patient, item.custodian);
            if !paths.contains(&relation) {
                paths.push(relation);
            }
            paths.push(access_path(patient, item.custodian, item.batch));
        }
        paths
    };
    Ok(Json(ask(&shared, page.at(), question, paths).await?))
}

/// Where the state holds the batch with an access; `custodian` may be left out where the patient has
/// one only.
pub(crate) async fn path_of_access(
    shared: &Shared,
    patient: AccountId,
    custodian: Option<AccountId>,
    sequence: u64,
) -> Result<KeyPath, Problem> {
    let ledger = shared.ledger.as_ref();
    let custodian = if let Some(custodian) = custodian {
        custodian
    } else {
        let question = |state: &dyn StateRead| query::custodians_of(state, patient, 0, 2);
        let (_, custodians) = ask_at(ledger, None, question).await?;
        match custodians.items.as_slice() {
            [only] => only.custodian,
            [] => return Err(ApiError::NotFound { what: "access" }.into()),
            _ => {
                let reason = "the patient has several custodians; say which with `custodian`";
                return Err(ApiError::Query { reason: reason.to_owned() }.into());
            }
        }
    };
    let question = |state: &dyn StateRead| query::access_with(state, patient, custodian, sequence);
    let (_, found) = ask_at(ledger, None, question).await?;
    let found = found.ok_or(ApiError::NotFound { what: "access" })?;
    Ok(access_path(patient, custodian, found.batch))
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(record))
        .routes(routes!(record_version))
        .routes(routes!(grant))
        .routes(routes!(grants))
        .routes(routes!(accesses))
        .merge(delegations::router())
        .merge(episodes::router())
        .merge(releases::router())
        .merge(emergencies::router())
        .merge(documents::router())
        .merge(erasures::router())
}
