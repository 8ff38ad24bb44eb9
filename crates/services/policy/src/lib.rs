//! Rules of an organisation: who of its staff may do what, in Cedar.
//!
//! The patient's consent says which organisation may; these rules say who in it. Both must permit. A
//! [`Policy`] is the rules of an organisation, checked against a strict schema when they are loaded
//! ([`SCHEMA`]), or those that a hospital starts with ([`DEFAULT_RULES`]). [`Policy::decide`] answers
//! with the rules that decided.
//!
//! Cedar leaves out a rule that fails while it is asked, so that a `forbid` which fails would forbid
//! nothing. Here any such error is a deny.

mod ask;
mod error;
mod load;

#[cfg(test)]
mod tests;

pub use ask::{Ask, Decision, Staff, StaffAction, Target};
pub use error::{Finding, PolicyError};
pub use load::{DEFAULT_RULES, Policy, RULES_BYTES_MAX, SCHEMA};
