//! Proof files: what a stranger verifies offline against the network file.

use crate::{
    error::ApiError,
    extract::{Path, Query},
    problem::Problem,
    query::{consent::path_of_access, identity::account_paths},
    schema,
    state::Shared,
};
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use salus_consent::{
    GrantId, RecordId,
    state::{grant_path, record_path, record_version_path},
};
use salus_state::KeyPath;
use salus_types::{AccountId, Height, TransactionHash};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The media type of a proof file.
pub const PROOF_FILE: &str = "application/vnd.salus.proof";

/// The file as an answer.
fn file(bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, PROOF_FILE)], bytes).into_response()
}

/// A proof of the values under these paths, present or absent.
async fn state_file(
    shared: &Shared,
    height: Option<Height>,
    paths: Vec<KeyPath>,
) -> Result<Response, Problem> {
    let paths = paths.iter().map(|path| path.as_bytes().to_vec()).collect();
    Ok(file(shared.ledger.prove_state(height, paths).await?.file))
}

/// At which height.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Past {
    /// A recent height; the latest when left out.
    #[param(value_type = Option<u64>)]
    height: Option<Height>,
}

/// Which version of a record, and at which height.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Version {
    /// An earlier version; the latest when left out.
    version: Option<u32>,
    /// A recent height; the latest when left out.
    #[param(value_type = Option<u64>)]
    height: Option<Height>,
}

/// Proves a record's anchor, or that there is none.
#[utoipa::path(
    get, path = "/v1/proofs/records/{record}", tag = "proofs",
    params(("record" = String, Path, description = "The record, 64 hexadecimal digits."), Version),
    responses(
        (status = 200, description = "The proof file.", body = schema::Binary, content_type = "application/vnd.salus.proof"),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn prove_record(
    State(shared): State<Shared>,
    Path(record): Path<RecordId>,
    Query(version): Query<Version>,
) -> Result<Response, Problem> {
    let mut paths = vec![record_path(record)];
    paths.extend(version.version.map(|version| record_version_path(record, version)));
    state_file(&shared, version.height, paths).await
}

/// Proves a grant and whether it was revoked, or that there is none.
#[utoipa::path(
    get, path = "/v1/proofs/grants/{grant}", tag = "proofs",
    params(("grant" = String, Path, description = "The grant, 64 hexadecimal digits."), Past),
    responses(
        (status = 200, description = "The proof file.", body = schema::Binary, content_type = "application/vnd.salus.proof"),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn prove_grant(
    State(shared): State<Shared>,
    Path(grant): Path<GrantId>,
    Query(past): Query<Past>,
) -> Result<Response, Problem> {
    state_file(&shared, past.height, vec![grant_path(grant)]).await
}

/// At which custodian, and at which height.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Custodian {
    /// The custodian; may be left out where the patient has one only.
    #[param(value_type = Option<String>)]
    custodian: Option<AccountId>,
    /// A recent height; the latest when left out.
    #[param(value_type = Option<u64>)]
    height: Option<Height>,
}

/// Proves the account of one access: the batch that holds it.
#[utoipa::path(
    get, path = "/v1/proofs/accesses/{account}/{sequence}", tag = "proofs",
    params(
        ("account" = String, Path, description = "The patient's account, 64 hexadecimal digits."),
        ("sequence" = u64, Path, description = "The access's number at the custodian, from 1."),
        Custodian,
    ),
    responses(
        (status = 200, description = "The proof file.", body = schema::Binary, content_type = "application/vnd.salus.proof"),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn prove_access(
    State(shared): State<Shared>,
    Path((patient, sequence)): Path<(AccountId, u64)>,
    Query(custodian): Query<Custodian>,
) -> Result<Response, Problem> {
    let path = path_of_access(&shared, patient, custodian.custodian, sequence).await?;
    state_file(&shared, custodian.height, vec![path]).await
}

/// Proves that a transaction is in a block, with its receipt.
#[utoipa::path(
    get, path = "/v1/proofs/transactions/{hash}", tag = "proofs",
    params(("hash" = String, Path, description = "The transaction's hash, 64 hexadecimal digits.")),
    responses(
        (status = 200, description = "The proof file.", body = schema::Binary, content_type = "application/vnd.salus.proof"),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn prove_transaction(
    State(shared): State<Shared>,
    Path(hash): Path<TransactionHash>,
) -> Result<Response, Problem> {
    match shared.ledger.transaction(hash, std::time::Duration::ZERO).await {
        crate::port::TransactionStatus::Final(_) => {
            Ok(file(shared.ledger.prove_transaction(hash).await?))
        }
        _ => Err(ApiError::NotFound { what: "final transaction here" }.into()),
    }
}

/// Proves an account with its keys, or that there is none.
#[utoipa::path(
    get, path = "/v1/proofs/accounts/{account}", tag = "proofs",
    params(("account" = String, Path, description = "The account, 64 hexadecimal digits."), Past),
    responses(
        (status = 200, description = "The proof file.", body = schema::Binary, content_type = "application/vnd.salus.proof"),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn prove_account(
    State(shared): State<Shared>,
    Path(account): Path<AccountId>,
    Query(past): Query<Past>,
) -> Result<Response, Problem> {
    state_file(&shared, past.height, account_paths(account)).await
}

/// Proves where a node that joins can begin to copy the state.
#[utoipa::path(
    get, path = "/v1/proofs/anchor", tag = "proofs",
    responses(
        (status = 200, description = "The changes of validators and a final block.", body = schema::Binary, content_type = "application/octet-stream"),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn prove_anchor(State(shared): State<Shared>) -> Result<Response, Problem> {
    Ok(shared.ledger.anchor().await?.into_response())
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(prove_record))
        .routes(routes!(prove_grant))
        .routes(routes!(prove_access))
        .routes(routes!(prove_transaction))
        .routes(routes!(prove_account))
        .routes(routes!(prove_anchor))
}
