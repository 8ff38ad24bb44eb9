//! Whole networks on a simulated clock, network and disk, from one seed.
//!
//! A run has a [`Cast`] (organisations, nodes, people), a `Story` (how many nodes there are, and which
//! faults come when), a [`Workload`] (what clients do, and some of what they must not be able to do)
//! and a [`Witness`], which executes every block again and checks the invariants of all modules. All
//! of it follows from the seed: the same seed gives the same blocks, and a failing one prints the
//! command that replays it. `docs/guides/simulator.md` explains what it prints.
//!
//! [`run_chain`] is the same without the engine: one mempool and one executor, for speed.

mod acknowledged;
mod cast;
mod chain;
mod dice;
mod fault;
mod journal;
mod memory;
mod network;
mod report;
mod run;
mod story;
mod witness;
mod workload;

#[cfg(test)]
mod tests;

pub use acknowledged::Acknowledged;
pub use cast::{Actor, Cast, GENESIS_MS, Node};
pub use chain::{ChainReport, quick_parameters, run_chain};
pub use dice::Dice;
pub use fault::Fault;
pub use memory::Memory;
pub use report::{RunReport, Summary, run};
pub use witness::{Agreement, FinalBlock, Witness};
pub use workload::{Submission, Workload};
