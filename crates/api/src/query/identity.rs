//! Questions to `identity`: accounts, their entries, organisations.

use super::{At, PAGE_MAX, Page, ask, one};
use crate::{
    extract::{Path, Query},
    problem::Problem,
    state::Shared,
    view::StateAnswer,
};
use axum::{Json, extract::State};
use salus_identity::{
    query::{self, AccountView, OrganisationPage},
    state::{
        ENTRY_BYTES_MAX, account_path, counts_path, entry_path, organisation_at_path,
        organisation_path, sealing_key_path,
    },
};
use salus_state::{KeyPath, StateRead};
use salus_types::{AccountId, BytesMax};
use serde_json::Value;
use utoipa_axum::{router::OpenApiRouter, routes};

/// What is known of an account that the state holds under these paths.
pub(crate) fn account_paths(account: AccountId) -> Vec<KeyPath> {
    vec![account_path(account), organisation_path(account), sealing_key_path(account)]
}

/// An account: its kind, its keys, and what it is as an organisation.
#[utoipa::path(
    get, path = "/v1/accounts/{account}", tag = "identity",
    params(("account" = String, Path, description = "The account, 64 hexadecimal digits."), At),
    responses(
        (status = 200, description = "The account.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn account(
    State(shared): State<Shared>,
    Path(account): Path<AccountId>,
    Query(at): Query<At>,
) -> Result<Json<StateAnswer<Option<AccountView>>>, Problem> {
    let question = |state: &dyn StateRead| query::account_view(state, account);
    one("account", ask(&shared, at, question, |_| account_paths(account)).await?)
}

/// A public entry of an account, as hexadecimal digits.
#[utoipa::path(
    get, path = "/v1/accounts/{account}/entries/{name}", tag = "identity",
    params(
        ("account" = String, Path, description = "The account, 64 hexadecimal digits."),
        ("name" = String, Path, description = "The entry's name."),
        At,
    ),
    responses(
        (status = 200, description = "The entry's value.", body = StateAnswer<String>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn entry(
    State(shared): State<Shared>,
    Path((account, name)): Path<(AccountId, String)>,
    Query(at): Query<At>,
) -> Result<Json<StateAnswer<Option<BytesMax<ENTRY_BYTES_MAX>>>>, Problem> {
    let question = |state: &dyn StateRead| query::entry(state, account, &name);
    one("entry", ask(&shared, at, question, |_| vec![entry_path(account, &name)]).await?)
}

/// The organisations, in the order of their admission.
#[utoipa::path(
    get, path = "/v1/organisations", tag = "identity", params(Page),
    responses(
        (status = 200, description = "A page of them.", body = StateAnswer<Value>),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn organisations(
    State(shared): State<Shared>,
    Query(page): Query<Page>,
) -> Result<Json<StateAnswer<OrganisationPage>>, Problem> {
    let (from, limit) = (page.start_u32()?, page.limit());
    let question = |state: &dyn StateRead| query::organisations(state, from, limit.min(PAGE_MAX));
    let paths = |answer: &OrganisationPage| {
        let items = (from..).zip(&answer.items).flat_map(|(number, item)| {
            [vec![organisation_at_path(number)], account_paths(item.account)].concat()
        });
        [counts_path()].into_iter().chain(items).collect()
    };
    Ok(Json(ask(&shared, page.at(), question, paths).await?))
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(account))
        .routes(routes!(entry))
        .routes(routes!(organisations))
}
