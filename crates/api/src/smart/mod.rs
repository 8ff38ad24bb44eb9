//! SMART Backend Services: systems of the organisation that authenticate with a key of their own.
//!
//! ```text
//! client ─ signed assertion ─▶ /oauth/token ─ short-lived token ─▶ /fhir/… within its scopes
//!                                  │
//!                  key and scopes: a public entry of the organisation on the ledger
//! ```
//!
//! A client is registered by the organisation setting the entry `smart-client/<client id>` of its
//! account: who may ask at a gateway, with which key and within which scopes, is on record, and ends
//! everywhere when the entry is removed. Tokens live five minutes, in memory. A scope never widens what
//! consent allows: it is asked beside it.
//!
//! Source: SMART App Launch 2.2, Backend Services; RFC 6749, 7521, 7523.

mod assertion;
mod registration;
mod routes;
mod tokens;

#[cfg(test)]
mod tests;

pub use assertion::{ASSERTION_LIFE_MAX_S, CLOCK_SKEW_S, Claims, SmartError};
pub use registration::{ClientRegistration, Jwk};
pub(crate) use routes::router;
pub(crate) use tokens::{Clients, client_of};
