//! Tests of this crate.

mod golden;
mod hostile;
mod json;
mod properties;
mod rules;
mod samples;
