//! Tests of this crate: properties and refusals here, known answers in `tests/`.

mod merkle;
mod passphrase;
mod seal;
mod share;
mod sign;
mod vectors;
mod wrap;
mod wycheproof;
