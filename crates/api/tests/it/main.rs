//! The interface over a ledger in memory, through a real socket.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

mod access;
mod broken;
mod client;
mod documents;
mod events;
mod execute;
mod fake;
mod fake_fhir;
mod fhir;
mod measured;
mod openapi;
mod problems;
mod queries;
mod retries;
mod safe;
mod serving;
mod smart;
mod submit;
mod vault;
