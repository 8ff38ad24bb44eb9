//! Whole nodes: real sockets on loopback, real folders, the interface that everybody uses.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

mod access;
mod admission;
mod backup;
mod care;
mod copying;
mod custody;
mod delegation;
mod documents;
mod emergencies;
mod erasure;
mod joining;
mod network;
mod observability;
mod protocol;
mod refusals;
mod research;
mod restart;
mod rules;
mod scene;
