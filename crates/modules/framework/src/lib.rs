//! What every module is made of.
//!
//! A module is a folder of transactions over its own part of the state. It implements [`Module`];
//! `salus-app` lists the modules and executes blocks with them, through [`AnyModule`]. While a call
//! runs it sees a [`Context`] and nothing else: no clock, no randomness, no I/O, no threads.
//!
//! Three rules make execution the same on every node and safe to repeat:
//!
//! 1. Checks come first, then writes, then events. A refused call has written nothing.
//! 2. A key whose value is not known yet reads as absent, and the block is executed again once it
//!    is. So code never takes the presence of one key as proof that another is there: what cannot
//!    be found is refused or skipped, it does not panic.
//! 3. Values are bounded when they are decoded or checked, before they are written.
//!
//! A newcomer reads [`module`], then [`context`], then a module such as `salus-identity`.

#![warn(clippy::arithmetic_side_effects, clippy::float_arithmetic)]

pub mod context;
pub mod error;
pub mod event;
pub mod module;
pub mod store;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod work;

#[cfg(test)]
mod tests;

pub use context::{BlockContext, BlockInfo, Context};
pub use error::{BoundError, ModuleError, Refusal};
pub use event::ModuleEvent;
pub use module::{AnyModule, Authorise, Authority, Broken, Module};
pub use store::{get, put};
