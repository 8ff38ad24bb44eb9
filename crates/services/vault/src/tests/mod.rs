//! Stories of the vault against a ledger in memory.

mod accounts;
mod bases;
mod custodial;
mod documents;
mod epochs;
mod erasure;
mod fhir;
mod hostile;
mod hostile_custodial;
mod import;
mod marked;
mod read;
mod rules;
mod scene;
