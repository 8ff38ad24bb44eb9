//! The HTTP interface: ledger, records, events, health, metrics, OpenAPI.

pub mod port;
