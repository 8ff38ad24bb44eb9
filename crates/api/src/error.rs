//! Refusals over HTTP: what this layer itself refuses, and the one table from code to status.

use crate::{
    port::{ReadRefusal, SubmitRefusal},
    problem::Problem,
    records::RecordsRefusal,
};
use axum::http::StatusCode;
use salus_types::DecodeError;

/// Why this layer refuses a request. Codes are stable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// Nothing is served under this path. Code: `api.unknown_route`.
    #[error("nothing is served here; see /openapi.json for what is")]
    UnknownRoute,
    /// The path is served, not with this method. Code: `api.method_not_allowed`.
    #[error("{method} is not served here; see /openapi.json for what is")]
    MethodNotAllowed {
        /// The method that was asked for.
        method: String,
    },
    /// There is no such thing, or the caller may not see it. Code: `api.not_found`.
    #[error("there is no such {what}")]
    NotFound {
        /// What was asked for, such as `grant`.
        what: &'static str,
    },
    /// A part of the path is not what it should be. Code: `api.path`.
    #[error("the path is not understood: {reason}")]
    Path {
        /// What was wrong.
        reason: String,
    },
    /// The query string is not understood. Code: `api.query`.
    #[error("the query is not understood: {reason}")]
    Query {
        /// What was wrong.
        reason: String,
    },
    /// The body is not the JSON that is expected. Code: `api.json`.
    #[error("the body is not the JSON that is expected: {reason}")]
    Json {
        /// What was wrong and where.
        reason: String,
    },
    /// The body is of a type that this route does not read. Code: `api.media_type`.
    #[error("the body is of type {found}; expected {expected}")]
    MediaType {
        /// The type that the request names.
        found: String,
        /// What the route reads.
        expected: &'static str,
    },
    /// The body is over the route's bound. Code: `api.body_too_large`.
    #[error("the body is larger than {bytes_max} bytes; send less at once")]
    BodyTooLarge {
        /// The bound, in bytes.
        bytes_max: usize,
    },
    /// The body ended before it was whole. Code: `api.body_interrupted`.
    #[error("the body could not be read to its end")]
    BodyInterrupted,
    /// The body stopped coming, or the whole took too long. Code: `api.timeout`.
    #[error("the request took too long; send it faster, or ask for less")]
    Timeout,
    /// The bearer token is missing or wrong. Code: `api.unauthorised`.
    #[error("this route needs the organisation's token: send `Authorization: Bearer <token>`")]
    Unauthorised,
    /// A signed request's signature does not verify. Code: `api.bad_signature`.
    #[error("the signature of the request does not verify")]
    BadSignature,
    /// A signed request is for another network. Code: `api.wrong_network`.
    #[error("the request is for another network; ask a node of that one")]
    WrongNetwork,
    /// A signed request names a height that is too far away. Code: `api.stale_request`.
    #[error(
        "the request was signed at height {found} and the ledger is at {height}; take the height \
         from /v1/status and sign again"
    )]
    StaleRequest {
        /// The height that the request names.
        found: u64,
        /// The ledger's height.
        height: u64,
    },
    /// One client sends too many requests. Code: `api.too_many_requests`.
    #[error("this address sends more requests than the node takes from one; send fewer at a time")]
    TooManyRequests,
    /// Too many requests are being answered. Code: `api.overloaded`.
    #[error("this node is answering as many requests as it can; try again")]
    Overloaded,
    /// Too many listeners. Code: `api.too_many_listeners`.
    #[error("this node serves as many event listeners as it can; listen at another")]
    TooManyListeners,
    /// The handler failed. Code: `api.internal`.
    #[error("the node failed while answering; its log says why")]
    Internal,
    /// A submission without a transaction. Code: `api.no_transaction`.
    #[error("the body holds no transaction")]
    NoTransaction,
    /// A submission with too many transactions. Code: `api.too_many_transactions`.
    #[error("the body holds {found} transactions, at most {max} are taken at once")]
    TooManyTransactions {
        /// How many were sent.
        found: usize,
        /// How many are taken at once.
        max: usize,
    },
    /// Bytes are not in canonical form. Code: `codec.invalid`.
    #[error("the body is not in canonical form: {reason}")]
    NotCanonical {
        /// What was wrong.
        reason: String,
    },
    /// The position to resume from is not one. Code: `api.event_id`.
    #[error(
        "{found} is not an event id; expected height.transaction.event, as in an earlier event"
    )]
    EventId {
        /// What was given.
        found: String,
    },
    /// A past event that is asked for is no longer kept. Code: `api.events_not_retained`.
    #[error("events at height {height} are no longer kept here; resume later, or ask another node")]
    EventsNotRetained {
        /// The first height that is missing.
        height: u64,
    },
    /// The question reads more of the state than is allowed. Code: `api.question_too_large`.
    #[error("the question reads too much of the state; ask for a smaller page")]
    QuestionTooLarge,
    /// A list changed faster than it could be proved. Code: `api.moving`.
    #[error("the list changes faster than it can be proved; ask again")]
    Moving,
    /// The organisation signs for an assisted patient only what assistance is for. Code:
    /// `api.not_for_assistance`.
    #[error(
        "call {call} is not one that the organisation signs for a patient; it signs grants of \
         access and their revocation, nothing else"
    )]
    NotForAssistance {
        /// The position of the first such call.
        call: usize,
    },
    /// The filter for logs is none. Code: `api.log_filter`.
    #[error("this is no filter for logs: {reason}; write for example info,salus_mempool=debug")]
    LogFilter {
        /// What was wrong.
        reason: String,
    },
    /// Nothing here is for an operator. Code: `api.no_operator`.
    #[error("this interface offers nothing to an operator; ask the node itself")]
    NoOperator,
    /// A block below those that this node keeps. Code: `api.block_not_kept`.
    #[error("block {height} is not kept here, only those from {oldest} on; ask an archive")]
    BlockNotKept {
        /// The height that is asked for.
        height: u64,
        /// The lowest height that is kept.
        oldest: u64,
    },
    /// The node has no vault. Code: `api.no_vault`.
    #[error("this node keeps no records; ask the organisation's gateway")]
    NoVault,
}

impl ApiError {
    /// Every code of this layer, in the order of the variants.
    pub const CODES: &'static [&'static str] = &[
        "api.unknown_route",
        "api.method_not_allowed",
        "api.not_found",
        "api.path",
        "api.query",
        "api.json",
        "api.media_type",
        "api.body_too_large",
        "api.body_interrupted",
        "api.timeout",
        "api.unauthorised",
        "api.bad_signature",
        "api.wrong_network",
        "api.stale_request",
        "api.overloaded",
        "api.too_many_listeners",
        "api.internal",
        "api.no_transaction",
        "api.too_many_transactions",
        "codec.invalid",
        "api.event_id",
        "api.events_not_retained",
        "api.question_too_large",
        "api.moving",
        "api.not_for_assistance",
        "api.block_not_kept",
        "api.no_vault",
        "api.log_filter",
        "api.no_operator",
        "api.too_many_requests",
    ];

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownRoute => "api.unknown_route",
            Self::MethodNotAllowed { .. } => "api.method_not_allowed",
            Self::NotFound { .. } => "api.not_found",
            Self::Path { .. } => "api.path",
            Self::Query { .. } => "api.query",
            Self::Json { .. } => "api.json",
            Self::MediaType { .. } => "api.media_type",
            Self::BodyTooLarge { .. } => "api.body_too_large",
            Self::BodyInterrupted => "api.body_interrupted",
            Self::Timeout => "api.timeout",
            Self::Unauthorised => "api.unauthorised",
            Self::BadSignature => "api.bad_signature",
            Self::WrongNetwork => "api.wrong_network",
            Self::StaleRequest { .. } => "api.stale_request",
            Self::TooManyRequests => "api.too_many_requests",
            Self::Overloaded => "api.overloaded",
            Self::TooManyListeners => "api.too_many_listeners",
            Self::Internal => "api.internal",
            Self::NoTransaction => "api.no_transaction",
            Self::TooManyTransactions { .. } => "api.too_many_transactions",
            Self::NotCanonical { .. } => "codec.invalid",
            Self::EventId { .. } => "api.event_id",
            Self::EventsNotRetained { .. } => "api.events_not_retained",
            Self::QuestionTooLarge => "api.question_too_large",
            Self::Moving => "api.moving",
            Self::NotForAssistance { .. } => "api.not_for_assistance",
            Self::LogFilter { .. } => "api.log_filter",
            Self::NoOperator => "api.no_operator",
            Self::BlockNotKept { .. } => "api.block_not_kept",
            Self::NoVault => "api.no_vault",
        }
    }
}

/// The HTTP status of a code: the one table. A code that is not listed is a refusal, 422.
pub fn status(code: &str) -> StatusCode {
    match code {
        // The request itself is not understood.
        "api.path"
        | "api.query"
        | "api.json"
        | "api.body_interrupted"
        | "api.no_transaction"
        | "api.event_id"
        | "api.log_filter"
        | "codec.invalid"
        | "transaction.malformed"
        | "fhir.not_json"
        | "fhir.wrong_encoding"
        | "fhir.truncated"
        | "fhir.bad_gzip"
        | "fhir.source"
        | "fhir.actor"
        | "fhir.purpose"
        | "fhir.version"
        | "fhir.body"
        | "fhir.patient_needed"
        | "fhir.unknown_parameter"
        | "fhir.unsupported_modifier"
        | "fhir.bad_value"
        | "fhir.search_too_long"
        | "document.empty"
        | "document.metadata"
        | "document.encoding" => StatusCode::BAD_REQUEST,
        "fhir.insufficient_scope"
        | "vault.consent_denied"
        | "vault.rule_denied"
        | "vault.marked" => StatusCode::FORBIDDEN,
        "fhir.format" => StatusCode::NOT_ACCEPTABLE,
        // The caller is not who it must be.
        "api.unauthorised" | "api.bad_signature" | "vault.bad_signature" => {
            StatusCode::UNAUTHORIZED
        }
        // There is no such thing, or the caller may not see it.
        "api.unknown_route"
        | "api.not_found"
        | "api.no_vault"
        | "api.no_operator"
        | "fhir.unknown_type"
        | "fhir.not_found"
        | "engine.height_ahead"
        | "engine.unknown_transaction"
        | "vault.unknown_erasure"
        | "vault.unknown_record"
        | "vault.unknown_patient" => StatusCode::NOT_FOUND,
        "api.method_not_allowed" | "fhir.not_supported" => StatusCode::METHOD_NOT_ALLOWED,
        "api.timeout" => StatusCode::REQUEST_TIMEOUT,
        "vault.replayed" => StatusCode::CONFLICT,
        "vault.version_conflict" | "vault.ambiguous_condition" => StatusCode::PRECONDITION_FAILED,
        // It was there and is not kept any longer.
        "api.events_not_retained"
        | "api.block_not_kept"
        | "engine.height_not_retained"
        | "vault.erased"
        | "vault.search_forgotten" => StatusCode::GONE,
        "api.body_too_large"
        | "api.too_many_transactions"
        | "fhir.too_large"
        | "document.too_large" => StatusCode::PAYLOAD_TOO_LARGE,
        "api.media_type" => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        // The caller's own share is used up.
        "mempool.full" | "api.too_many_requests" | "fhir.too_many_exports" => {
            StatusCode::TOO_MANY_REQUESTS
        }
        // Something here is broken, and somebody must look at it.
        "api.internal" | "vault.integrity" | "vault.home" | "vault.accesses_incomplete" => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
        // Another organisation's gateway did not answer as it should.
        "client.unreachable"
        | "client.unexpected_answer"
        | "vault.not_openable"
        | "vault.unaccounted" => StatusCode::BAD_GATEWAY,
        // It passes: the node is busy, behind, or its disk is full.
        "api.overloaded"
        | "api.too_many_listeners"
        | "api.moving"
        | "mempool.journal"
        | "engine.no_block"
        | "node.no_anchor"
        | "engine.stopped"
        | "engine.guests_full"
        | "engine.proof_timeout"
        | "engine.syncing"
        | "vault.busy"
        | "vault.too_few_shares"
        | "vault.ledger"
        | "vault.storage"
        | "vault.account_not_written"
        | "vault.not_anchored" => StatusCode::SERVICE_UNAVAILABLE,
        // Understood and refused.
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// A refusal that passes is told with a time to try again.
fn with_pause(problem: Problem) -> Problem {
    if problem.status == StatusCode::SERVICE_UNAVAILABLE.as_u16() {
        problem.retry_after(std::time::Duration::from_secs(1))
    } else {
        problem
    }
}

impl From<ApiError> for Problem {
    fn from(error: ApiError) -> Self {
        with_pause(Self::new(error.code(), error.to_string()))
    }
}

impl From<DecodeError> for Problem {
    fn from(error: DecodeError) -> Self {
        ApiError::NotCanonical { reason: error.to_string() }.into()
    }
}

impl From<ReadRefusal> for Problem {
    fn from(refusal: ReadRefusal) -> Self {
        with_pause(Self::new(refusal.code, refusal.detail))
    }
}

impl From<RecordsRefusal> for Problem {
    fn from(refusal: RecordsRefusal) -> Self {
        with_pause(Self::new(&refusal.code, refusal.detail))
    }
}

impl From<SubmitRefusal> for Problem {
    fn from(refusal: SubmitRefusal) -> Self {
        let problem = Self::new(refusal.code, refusal.detail);
        match refusal.retry_after {
            Some(wait) => problem.retry_after(wait),
            None => with_pause(problem),
        }
    }
}
