//! What modules see of the authenticated state.
//!
//! The store itself lives beside the engine that drives it, and reads asynchronously. Modules are
//! synchronous: they run against a [`ReadSet`], the values known so far. A key that is not known
//! yet reads as absent and is noted as missing; the caller loads what is missing in one batch and
//! runs the code again, until nothing is. Running again gives the same answer on every node,
//! because the code has no other input.
//!
//! Writes go to an [`Overlay`] on top: a transaction's writes are kept or dropped as one.
//!
//! What the store keeps of a value is an [`Entry`], which links to the one that it replaced.

mod entry;
mod key;
mod overlay;
mod read;

#[cfg(test)]
mod tests;

pub use entry::{ENTRY_BYTES_MAX, Entry, stood_at};
pub use key::{KeyPath, StateKey};
pub use overlay::{Overlay, Writes};
pub use read::{ReadSet, StateRead, StateWrite, read_until_known};

/// Most bytes of one value.
pub const VALUE_BYTES_MAX: usize = 16 * 1024;
