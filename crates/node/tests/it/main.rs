//! Whole nodes: real sockets on loopback, real folders, the interface that everybody uses.

mod joining;
mod network;
mod refusals;
mod restart;
mod scene;
