//! Stories of the vault against a ledger in memory.

mod accounts;
mod import;
mod read;
mod scene;
