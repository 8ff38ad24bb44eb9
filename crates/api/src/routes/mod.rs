//! The handlers, one file for each subject, and [`ROUTES`]: every route with who may call it.

pub(crate) mod archive;
pub(crate) mod assistance;
pub(crate) mod blocks;
pub(crate) mod custody;
pub(crate) mod documents;
pub(crate) mod erasures;
pub(crate) mod events;
pub(crate) mod gateway;
pub(crate) mod health;
pub(crate) mod network;
pub(crate) mod operator;
pub(crate) mod peers;
pub(crate) mod proofs;
pub(crate) mod research;
pub(crate) mod rules;
mod table;
pub(crate) mod transactions;
pub(crate) mod vault;

pub use table::{Access, ROUTES, Route};
