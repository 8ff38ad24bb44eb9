//! Calls to the vault.
