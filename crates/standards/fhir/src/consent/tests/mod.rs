//! Tests of consents: tables of decisions, what is refused, what always holds.

mod kept;
mod properties;
mod refusals;
mod scene;
mod several;
mod tables;
