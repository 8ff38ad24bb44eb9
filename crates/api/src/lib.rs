//! The HTTP interface of a node: ledger, records, events, health, metrics, OpenAPI.
//!
//! [`router`] builds the routes over [`port::Ledger`], which a node implements, and [`serve`] puts
//! them on a socket. Handlers are in `routes/`, questions about the state in `query/`. Every refusal
//! is a [`Problem`]; [`error::status`] is the one table from codes to HTTP statuses. Every route
//! stands in [`ROUTES`] with who may call it, and a test fails for one that does not.
//!
//! [`client`] is the other side: what the command line, the bench and other gateways call with.

pub mod advice;
pub mod auth;
mod body;
pub mod client;
pub mod custody;
pub mod erasures;
pub mod error;
mod extract;
mod feed;
pub mod fhir;
mod freshness;
pub mod guard;
pub mod limits;
pub mod openapi;
pub mod port;
pub mod problem;
mod query;
mod rate;
pub mod records;
mod router;
mod routes;
pub mod rules;
mod schema;
mod server;
pub mod smart;
mod state;
pub mod tls;
pub mod view;

#[cfg(test)]
mod tests;

pub use auth::ApiToken;
pub use error::ApiError;
pub use feed::EventId;
pub use limits::Limits;
pub use problem::{PROBLEM_JSON, Problem};
pub use query::PAGE_MAX;
pub use rate::ClientAddress;
pub use router::router;
pub use routes::{
    Access, ROUTES, Route,
    custody::CUSTODY,
    gateway::{READ_REQUEST, READ_RESPONSE, SCOPE_OPENING},
    operator::{LogLevel, Operator, OperatorAnswer},
    peers::PeerRequest,
    proofs::PROOF_FILE,
    research::EXPORT,
    transactions::{BATCH_MAX, MANY_TRANSACTIONS, ONE_TRANSACTION, TransactionBatch},
    vault::{ACCESS_HEADER, FHIR_JSON, HEIGHT_HEADER, RECORD_HEADER, TYPE_HEADER, VERSION_HEADER},
};
pub use server::{CONNECTIONS_MAX, DRAIN_TIME_MAX, HEAD_BYTES_MAX, HEADERS_MAX, serve, serve_with};
pub use state::ApiState;
pub use tls::{TlsError, TlsServer};
