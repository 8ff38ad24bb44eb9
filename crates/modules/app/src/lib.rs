//! Lists the modules and executes blocks with them.
//!
//! [`execute_block`] is a function: the same block on the same state gives the same outcome on every
//! node. It runs against what is known of the state and notes what is missing; the caller loads that
//! and runs the whole block again, until nothing is missing (`salus_state::ReadSet`):
//!
//! ```text
//!   reads_ahead(transactions) ─▶ load ─▶ execute_block ─▶ nothing missing? ─▶ commit the writes
//!                                  ▲                            │
//!                                  └──────── load what is ◀─────┘
//! ```
//!
//! In a block, every transaction is authorised and its calls are executed in order, all or none. A
//! refused transaction leaves a receipt with a stable code and changes nothing. No input makes this
//! crate panic; a state that this code did not write does.
//!
//! Adding a module is adding it to [`MODULES`].

#![warn(clippy::arithmetic_side_effects, clippy::float_arithmetic)]

mod error;
mod execute;
mod json;

#[cfg(test)]
mod tests;

pub use error::AppError;
pub use execute::{BlockInput, BlockOutcome, check_network, execute_block, reads_ahead};
pub use json::{call_from_json, call_to_json, describe_event};

pub use salus_consent as consent;
pub use salus_governance as governance;
pub use salus_identity as identity;

use salus_framework::{AnyModule, BoundError, Broken, ModuleError};
use salus_state::StateRead;
use salus_types::{AccountId, ModuleId};

/// The modules, in the order in which their genesis and their end of block run.
pub static MODULES: [&dyn AnyModule; 3] =
    [&identity::Identity, &governance::Governance, &consent::Consent];

/// The module with this number.
pub fn module(id: ModuleId) -> Option<&'static dyn AnyModule> {
    MODULES.iter().copied().find(|module| module.id() == id)
}

/// The module with this name.
pub fn module_named(name: &str) -> Option<&'static dyn AnyModule> {
    MODULES.iter().copied().find(|module| module.name() == name)
}

/// Every code that a receipt can carry. Append-only.
pub fn error_codes() -> Vec<&'static str> {
    let own = AppError::CODES.iter().chain(BoundError::CODES).copied();
    own.chain(MODULES.iter().flat_map(|module| module.error_codes())).collect()
}

/// Checks what must hold after every block, as far as it can be followed from `accounts`.
///
/// # Errors
///
/// The first that does not hold.
pub fn invariants(state: &dyn StateRead, accounts: &[AccountId]) -> Result<(), Broken> {
    MODULES.iter().try_for_each(|module| module.invariants(state, accounts))
}
