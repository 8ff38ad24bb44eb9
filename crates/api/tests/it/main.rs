//! The interface over a ledger in memory, through a real socket.

mod access;
mod client;
mod events;
mod execute;
mod fake;
mod openapi;
mod problems;
mod queries;
mod serving;
mod submit;
mod vault;
