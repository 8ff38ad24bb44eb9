//! Submitting transactions and asking what became of them.

use crate::{
    body::{media_type, parse_json, read, wrong_type},
    error::ApiError,
    extract::{Path, Query},
    limits::Limits,
    port::{FinalTransaction, SubmitRefusal, Submitted, TransactionStatus},
    problem::Problem,
    schema,
    state::Shared,
    view::{
        SubmissionAnswer, SubmittedItem, SubmittedStatus, TransactionAnswer, TransactionStanding,
    },
};
use axum::{
    Json,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use salus_types::{
    BytesMax, Transaction, TransactionHash, VecMax, decode, transaction::TRANSACTION_BYTES_MAX,
};
use serde::Deserialize;
use std::time::Duration;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The media type of one transaction in canonical bytes.
pub const ONE_TRANSACTION: &str = "application/octet-stream";
/// The media type of many transactions: [`TransactionBatch`] in canonical bytes.
pub const MANY_TRANSACTIONS: &str = "application/vnd.salus.transactions";
/// Most transactions of one submission, as the encoding allows.
pub const BATCH_MAX: usize = 1000;

/// Many transactions, each in its canonical bytes.
pub type TransactionBatch = VecMax<BytesMax<TRANSACTION_BYTES_MAX>, BATCH_MAX>;

/// How long to wait.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wait {
    /// Waits up to so many milliseconds for finality. 0 to 60,000; 0 when left out.
    #[serde(default)]
    wait_ms: u64,
}

impl Wait {
    pub(crate) fn duration(&self, limits: &Limits) -> Result<Duration, ApiError> {
        let wait = Duration::from_millis(self.wait_ms);
        if wait > limits.wait_max {
            let max = limits.wait_max.as_millis();
            return Err(ApiError::Query { reason: format!("wait_ms is at most {max}") });
        }
        Ok(wait)
    }
}

/// What a submission carries.
enum Submission {
    /// One transaction: its refusal is the answer.
    One(Bytes),
    /// Several: each has its own answer.
    Many(Vec<Bytes>),
}

/// Submits one transaction or many.
///
/// Submitting twice is harmless: the hash of a transaction identifies it, and the second submission
/// is answered with the first receipt. 202: accepted for ordering. 200: all are in blocks already.
/// The refusal of a single transaction is a problem document; of many, each has its own answer, but
/// where the node has no room for any (`mempool.full`).
#[utoipa::path(
    post, path = "/v1/transactions", tag = "transactions", params(Wait),
    request_body(
        description = "One transaction in canonical bytes; many of them; or one or many as JSON.",
        content(
            (schema::Binary = "application/octet-stream"),
            (schema::Binary = "application/vnd.salus.transactions"),
            (schema::OneOrMany = "application/json"),
        )
    ),
    responses(
        (status = 200, description = "All are in blocks.", body = SubmissionAnswer),
        (status = 202, description = "Accepted for ordering.", body = SubmissionAnswer),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn submit(
    State(shared): State<Shared>,
    Query(wait): Query<Wait>,
    request: Request,
) -> Result<Response, Problem> {
    let wait = wait.duration(&shared.limits)?;
    let submission = read_submission(&shared, request).await?;
    let (transactions, single) = match submission {
        Submission::One(bytes) => (vec![bytes], true),
        Submission::Many(many) => (many, false),
    };
    if !single && let Some(refusal) = shared.ledger.full() {
        return Err(refusal.into());
    }

    let answers = shared.ledger.submit(transactions).await;
    if single && let Some(Err(refusal)) = answers.first() {
        return Err(refusal.clone().into());
    }

    let mut items: Vec<SubmittedItem> = answers.into_iter().map(item).collect();
    if !wait.is_zero() {
        items = wait_for_all(&shared, items, wait).await;
    }
    let all_final = items.iter().all(|item| item.receipt.is_some());
    let status = if all_final { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(SubmissionAnswer { transactions: items })).into_response())
}

async fn read_submission(shared: &Shared, request: Request) -> Result<Submission, ApiError> {
    let (parts, body) = request.into_parts();
    let limits = &shared.limits;
    let found = media_type(&parts.headers);
    let known = [ONE_TRANSACTION, MANY_TRANSACTIONS, "application/json"];
    if !found.as_deref().is_some_and(|found| known.contains(&found)) {
        return Err(wrong_type(
            found,
            "application/octet-stream, application/vnd.salus.transactions or application/json",
        ));
    }
    // Bodies in memory are bounded; a caller waits here until another's has been handed on.
    let _place = shared.submissions.acquire().await.map_err(|_| ApiError::Overloaded)?;
    let bytes_max = match found.as_deref() {
        Some(ONE_TRANSACTION) => TRANSACTION_BYTES_MAX,
        _ => limits.submission_bytes_max,
    };
    let bytes = read(body, bytes_max, limits).await?;
    let submission = match found.as_deref() {
        Some(ONE_TRANSACTION) => Submission::One(bytes),
        Some(MANY_TRANSACTIONS) => Submission::Many(split(&bytes, limits)?),
        _ => from_json(&bytes, limits)?,
    };
    match submission {
        Submission::One(bytes) if bytes.is_empty() => Err(ApiError::NoTransaction),
        Submission::Many(many) if many.is_empty() => Err(ApiError::NoTransaction),
        submission => Ok(submission),
    }
}

fn split(bytes: &[u8], limits: &Limits) -> Result<Vec<Bytes>, ApiError> {
    let batch: TransactionBatch = decode("transactions", bytes)
        .map_err(|error| ApiError::NotCanonical { reason: error.to_string() })?;
    check_count(batch.len(), limits)?;
    Ok(batch.into_inner().into_iter().map(|one| Bytes::from(one.into_inner())).collect())
}

fn from_json(bytes: &[u8], limits: &Limits) -> Result<Submission, ApiError> {
    let is_list = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
    if !is_list {
        let one: Transaction = parse_json(bytes)?;
        return Ok(Submission::One(one.to_bytes().into()));
    }
    let many: Vec<Transaction> = parse_json(bytes)?;
    check_count(many.len(), limits)?;
    Ok(Submission::Many(many.iter().map(|one| one.to_bytes().into()).collect()))
}

fn check_count(found: usize, limits: &Limits) -> Result<(), ApiError> {
    let max = limits.submission_transactions_max.min(BATCH_MAX);
    if found > max {
        return Err(ApiError::TooManyTransactions { found, max });
    }
    Ok(())
}

/// The answer for one transaction of a submission.
fn item(answer: Result<Submitted, SubmitRefusal>) -> SubmittedItem {
    let none = SubmittedItem {
        hash: None,
        status: SubmittedStatus::Accepted,
        code: None,
        detail: None,
        retry_after_ms: None,
        time: None,
        receipt: None,
    };
    match answer {
        Ok(Submitted::Accepted(hash)) => SubmittedItem { hash: Some(hash), ..none },
        Ok(Submitted::Pending(hash)) => {
            SubmittedItem { hash: Some(hash), status: SubmittedStatus::Duplicate, ..none }
        }
        Ok(Submitted::Final(found)) => SubmittedItem {
            hash: Some(found.receipt.transaction),
            status: SubmittedStatus::Duplicate,
            time: Some(found.time),
            receipt: Some(found.receipt),
            ..none
        },
        Err(refusal) => SubmittedItem {
            hash: refusal.hash,
            status: SubmittedStatus::Refused,
            code: Some(refusal.code.to_owned()),
            detail: Some(refusal.detail),
            retry_after_ms: refusal
                .retry_after
                .map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
            ..none
        },
    }
}

/// Adds the receipts of what becomes final within `wait`, and says what has expired.
async fn wait_for_all(
    shared: &Shared,
    items: Vec<SubmittedItem>,
    wait: Duration,
) -> Vec<SubmittedItem> {
    let count = items.len().max(1);
    let waits = items.into_iter().map(|mut item| async move {
        let waiting = matches!(item.status, SubmittedStatus::Accepted | SubmittedStatus::Duplicate);
        if let (Some(hash), true, None) = (item.hash, waiting, &item.receipt) {
            match shared.ledger.transaction(hash, wait).await {
                TransactionStatus::Final(found) => {
                    item.time = Some(found.time);
                    item.receipt = Some(found.receipt);
                }
                TransactionStatus::Expired => item.status = SubmittedStatus::Expired,
                TransactionStatus::Pending | TransactionStatus::Unknown => {}
            }
        }
        item
    });
    // All wait at the same time, so that together they wait no longer than one.
    stream::iter(waits).buffered(count).collect().await
}

/// What became of a transaction.
///
/// `unknown` means that this node has not seen it; `expired` that it never will be in a block.
#[utoipa::path(
    get, path = "/v1/transactions/{hash}", tag = "transactions",
    params(("hash" = String, Path, description = "The transaction's hash, 64 hexadecimal digits."), Wait),
    responses(
        (status = 200, description = "Where it stands.", body = TransactionAnswer),
        (status = "default", description = "Refused.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn transaction(
    State(shared): State<Shared>,
    Path(hash): Path<TransactionHash>,
    Query(wait): Query<Wait>,
) -> Result<Json<TransactionAnswer>, Problem> {
    let wait = wait.duration(&shared.limits)?;
    let none = |status| TransactionAnswer {
        hash,
        status,
        height: None,
        time: None,
        block: None,
        receipt: None,
    };
    let answer = match shared.ledger.transaction(hash, wait).await {
        TransactionStatus::Unknown => none(TransactionStanding::Unknown),
        TransactionStatus::Pending => none(TransactionStanding::Pending),
        TransactionStatus::Expired => none(TransactionStanding::Expired),
        TransactionStatus::Final(found) => {
            let FinalTransaction { time, block, receipt } = *found;
            TransactionAnswer {
                hash,
                status: TransactionStanding::Final,
                height: Some(receipt.height),
                time: Some(time),
                block: Some(block),
                receipt: Some(receipt),
            }
        }
    };
    Ok(Json(answer))
}

pub(crate) fn router() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(submit)).routes(routes!(transaction))
}
